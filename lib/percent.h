/*
 * Percent-decoding (RFC 3986 2.1) for those who are lenient: a `%` that two hex digits do not
 * follow stands for itself. What comes out may be any bytes; whoever needs UTF-8 checks it.
 */
#ifndef LIB_PERCENT_H
#define LIB_PERCENT_H

#include "lib/base.h"

/* The byte that s begins with as `%XX`; false when s does not begin so. */
bool percent_byte(struct str s, char *out) MUST_CHECK;

/* out has room for in.len bytes. */
struct str percent_decode(struct str in, char *out);

#endif
