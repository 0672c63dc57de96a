/*
 * Prometheus' text format 0.0.4, as far as one wants to know the value of a name.
 */
#ifndef SIMULATOR_METRICS_TEXT_H
#define SIMULATOR_METRICS_TEXT_H

#include "lib/base.h"

/* The sum of all samples of that name, whatever their labels. False: there is none. */
bool metrics_text_sum(struct str text, const char *name, double *out) MUST_CHECK;

#endif
