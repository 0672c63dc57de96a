/*
 * Base64 with the standard alphabet (RFC 4648 4), strict except for padding: clients and documents
 * come with and without it.
 */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include "lib/base.h"
#include "lib/buf.h"

/* Bytes that decoding in_len characters can need at most. */
#define BASE64_DECODED_MAX(in_len) ((in_len) / 4 * 3 + 2)

/*
 * Decodes in into out (cap bytes) and sets *len. Whole padding or none; everything else is refused:
 * whitespace, the URL-safe alphabet, half a padding, unused bits that are not zero (RFC 4648 3.5),
 * more than cap bytes.
 */
bool base64_decode(struct str in, uint8_t *out, size_t cap, size_t *len) MUST_CHECK;

/* Appends the padded form of len bytes. */
void base64_encode(struct buf *out, const void *bytes, size_t len);

#endif
