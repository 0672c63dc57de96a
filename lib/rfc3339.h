/*
 * Times as text, `2026-11-23T05:38:45.123456Z` (RFC 3339 5.6), without locale and time zone data.
 */
#ifndef LIB_RFC3339_H
#define LIB_RFC3339_H

#include "lib/base.h"
#include "lib/buf.h"

/* Appends unix_us as UTC; the fraction has 0, 3 or 6 digits, as needed. Years 0 to 9999 only. */
void rfc3339_format(int64_t unix_us, struct buf *out);

/*
 * Any offset, any number of fraction digits (beyond microseconds they are cut off), `t` and `z` in
 * lower case; a leap second counts as the second before it. False for anything else, such as a date
 * that does not exist.
 */
bool rfc3339_parse(struct str text, int64_t *unix_us) MUST_CHECK;

#endif
