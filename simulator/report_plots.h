/*
 * The plots of a run's page.
 */
#ifndef SIMULATOR_REPORT_PLOTS_H
#define SIMULATOR_REPORT_PLOTS_H

#include "lib/buf.h"
#include "simulator/result.h"

void report_plots_add(const struct result *r, struct buf *out);

#endif
