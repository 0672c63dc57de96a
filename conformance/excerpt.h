/*
 * What a file has got since some moment, bounded: of the target's log, what was written while a
 * case ran.
 */
#ifndef CONFORMANCE_EXCERPT_H
#define CONFORMANCE_EXCERPT_H

#include "lib/buf.h"

enum { EXCERPT_MAX = 64 * 1024 };

/* The size of the file; 0 when there is none. */
int64_t excerpt_mark(const char *file);

/*
 * Appends what stands behind the mark to out, at most EXCERPT_MAX bytes: of more the first and the
 * last half, with a line between them that says how much is left out. Bytes that are no UTF-8
 * become
 * `?`. redact: words behind `Basic`, and values of names that end in password, psk, key, token or
 * secret are hidden. False: there is nothing.
 */
bool excerpt_read(const char *file, int64_t mark, bool redact, struct buf *out);

#endif
