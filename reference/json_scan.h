/*
 * Is it JSON? A scanner over the bytes, RFC 8259 to the letter: no tree, no recursion, no
 * allocation, time proportional to the length.
 *
 * It accepts what the grammar accepts and leaves the meaning alone: numbers of any length and size,
 * `\u0000`, an escaped lone surrogate, repeated names. It refuses what is not UTF-8, a byte order
 * mark (RFC 8259 8.1), and nesting deeper than JSON_SCAN_MAX_DEPTH (RFC 8259 9 allows a limit;
 * readers of our events have limits too, of 2048 and below).
 */
#ifndef REFERENCE_JSON_SCAN_H
#define REFERENCE_JSON_SCAN_H

#include "lib/base.h"

enum { JSON_SCAN_MAX_DEPTH = 1024 };

/* True when text is one JSON value, with or without white space around it. */
bool json_scan_valid(struct str text);

/* How many bytes s begins with that stand in a JSON string as they are: ASCII, but no control
 * character, quote or backslash. DEL is one of them. */
size_t json_scan_plain_len(struct str s);

#endif
