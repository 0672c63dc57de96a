/*
 * Text inside XML, HTML and SVG, and what the reports in these forms share.
 */
#ifndef CONFORMANCE_MARKUP_H
#define CONFORMANCE_MARKUP_H

#include <jansson.h>

#include "conformance/verdict.h"
#include "lib/buf.h"

/* Escapes &, <, >, quotes; control characters that XML cannot hold become `?`. */
void markup_add(struct buf *out, const char *text);

/* `#rrggbb` of a verdict, the same in every report. */
const char *markup_colour(enum verdict v);

/* The exchange of a result as an SVG: a lifeline an actor, an arrow a message, time from above.
 * Nothing when the result has no timeline. */
void markup_add_ladder(struct buf *out, const json_t *result);

#endif
