/*
 * Text inside XML, HTML and SVG.
 */
#ifndef LIB_MARKUP_H
#define LIB_MARKUP_H

#include "lib/buf.h"

/* Escapes &, <, >, quotes; control characters that XML cannot hold become `?`. */
void markup_add(struct buf *out, const char *text);

/* ` name="value"` with the value escaped. */
void markup_add_attribute(struct buf *out, const char *name, const char *value);

#endif
