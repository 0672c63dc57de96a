/*
 * Is it UTF-8? Strict, as RFC 3629 4: no overlong form, no surrogate, nothing beyond U+10FFFF.
 */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include "lib/base.h"

/* True when all of s is UTF-8; the empty string is. Runs of ASCII are read eight bytes a step. */
bool utf8_valid(struct str s);

/*
 * The length (1..4) of the well-formed character that s begins with, or 0 when s begins with none
 * or is empty.
 */
size_t utf8_char_len(struct str s);

#endif
