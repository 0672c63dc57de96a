/*
 * A run while it goes on, as Prometheus reads it: what came of requests by class of the answer,
 * devices by state, times as summaries. One row a counter, histogram and gauge of tally_table.h.
 */
#ifndef SIMULATOR_METRICS_PAGE_H
#define SIMULATOR_METRICS_PAGE_H

#include "lib/buf.h"
#include "simulator/result.h"

/* Text format 0.0.4; appended. r: up to its last second, or without any yet. */
void metrics_page_render(const struct result *r, struct buf *out);

#endif
