/*
 * The answer of a capacity search: for the console, as JSON, and as a page with rate and latency
 * against load, the knee and the law that was fitted.
 */
#ifndef SIMULATOR_REPORT_CAPACITY_H
#define SIMULATOR_REPORT_CAPACITY_H

#include "lib/buf.h"
#include "simulator/capacity.h"

/* All borrowed. */
struct report_capacity {
    const char *target;
    const char *profile;
    const char *options; /* the command line, as a person would repeat it */
    const char *slo;
    const char *unit;              /* of load: `devices`, `publishes/s`, `handshakes/s` */
    const struct capacity *search; /* finished or not */
};

void report_capacity_text(const struct report_capacity *c, struct buf *out);
void report_capacity_json(const struct report_capacity *c, struct buf *out);
void report_capacity_html(const struct report_capacity *c, struct buf *out);

#endif
