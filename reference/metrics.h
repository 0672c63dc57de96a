/*
 * Counters and gauges, one slot of relaxed atomics a thread, added up when somebody reads them.
 *
 * Every metric is one row of reference/metrics_table.h: name, labels, type, help. Nothing here is a
 * secret, and no label comes from a peer, so the number of series is fixed.
 */
#ifndef REFERENCE_METRICS_H
#define REFERENCE_METRICS_H

#include <stdatomic.h>

#include "lib/base.h"
#include "lib/buf.h"

enum metric {
#define X(id, name, labels, type, help) METRIC_##id,
#include "reference/metrics_table.h"
#undef X
    METRIC_COUNT
};

/* One a thread: only its owner adds, anybody reads. Lives until the program ends. */
struct metrics {
    _Atomic int64_t value[METRIC_COUNT];
    struct metrics *next;
};

/* A new zeroed slot that metrics_render includes. Any thread; never freed before the end. */
struct metrics *metrics_new(void);

static inline void metrics_add(struct metrics *m, enum metric id, int64_t n)
{
    atomic_fetch_add_explicit(&m->value[id], n, memory_order_relaxed);
}

/* The sum over all slots. */
int64_t metrics_total(enum metric id);

/* Prometheus text format 0.0.4 of all metrics. */
void metrics_render(struct buf *out);

#endif
