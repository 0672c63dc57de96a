/*
 * What Prometheus calls the process metrics, read from /proc when somebody asks, and the build.
 */
#ifndef LIB_METRICS_PROCESS_H
#define LIB_METRICS_PROCESS_H

#include "lib/buf.h"

/* Appends them as Prometheus text. A value that cannot be read is left out. */
void metrics_process_render(struct buf *out);

#endif
