/*
 * For tests of what Prometheus is to read: the text as the format is described (Prometheus text
 * format 0.0.4): lines that end with a line feed; for each name one HELP, one TYPE, then its
 * samples, all together; no series twice.
 */
#ifndef LIB_METRICS_TESTFORMAT_H
#define LIB_METRICS_TESTFORMAT_H

#include "lib/base.h"

/* Fails the test where it is not that. Returns how many samples there are. */
size_t testformat_read(struct str text);

#endif
