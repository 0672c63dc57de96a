/*
 * The text forms of option values: numbers with a unit, yes and no.
 *
 * Each function reads the whole text or returns false and leaves *out alone.
 */
#ifndef LIB_OPT_VALUE_H
#define LIB_OPT_VALUE_H

#include "lib/base.h"

/* `42`, `-1`; decimal, 64 bits. */
bool opt_value_integer(struct str text, int64_t *out) MUST_CHECK;

/*
 * Microseconds from `250us`, `1500ms`, `2s`, `1.5s`, `10min`, `1h`, `7d`. A number without a unit
 * is refused, as nobody knows which one was meant; only `0` needs none.
 */
bool opt_value_duration(struct str text, int64_t *out_us) MUST_CHECK;

/* Bytes from `512`, `64KiB`, `1.5MiB`, `1GiB`, `2TiB`. */
bool opt_value_size(struct str text, int64_t *out_bytes) MUST_CHECK;

/* With a blank before the unit or without, as files have it: `2 s`, `64 KiB`. read: one of the two
 * above. */
bool opt_value_spaced(struct str text, bool (*read)(struct str text, int64_t *out),
                      int64_t *out) MUST_CHECK;

/* `1.5`, `2`: digits with at most one point, at most 18 digits in all. No sign, no exponent. */
bool opt_value_decimal(struct str text, double *out) MUST_CHECK;

/* `yes`, `true`, `on`; `no`, `false`, `off`. */
bool opt_value_flag(struct str text, bool *out) MUST_CHECK;

/* The index of text in names, which are joined by `|`; -1 when it is none of them. */
int opt_value_name(struct str text, const char *names);

#endif
