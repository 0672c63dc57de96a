/*
 * What the reports in XML, HTML and SVG share.
 */
#ifndef CONFORMANCE_MARKUP_H
#define CONFORMANCE_MARKUP_H

#include <jansson.h>

#include "conformance/verdict.h"
#include "lib/markup.h"

/* `#rrggbb` of a verdict, the same in every report. */
const char *markup_colour(enum verdict v);

/* The exchange of a result as an SVG: a lifeline an actor, an arrow a message, time from above.
 * Nothing when the result has no timeline. */
void markup_add_ladder(struct buf *out, const json_t *result);

#endif
