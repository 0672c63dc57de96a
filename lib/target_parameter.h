/*
 * The parameters of a target: RFC 7252 4.8, what follows from them (4.8.2), and what a target
 * states about itself.
 */
#ifndef LIB_TARGET_PARAMETER_H
#define LIB_TARGET_PARAMETER_H

#include "lib/target.h"

/* Defaults; what follows from others is not known yet (NAN). */
void target_parameters_init(struct target *t);
/* Computes what was not stated. */
void target_parameters_derive(struct target *t);

/* The index of the name; TARGET_PARAMETERS_MAX when there is none. */
size_t target_parameter_find(const char *name);
/* NULL: value is lawful. Else what is expected. */
const char *target_parameter_set(struct target *t, size_t index, double value);
/* `2 s`, `64KiB`, as the parameter's kind wants it. */
const char *target_parameter_set_text(struct target *t, size_t index, const char *text);

#endif
