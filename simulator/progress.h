/*
 * What people see while a run goes on: a line a second, or on a terminal a picture of a few lines
 * that is drawn again each second.
 */
#ifndef SIMULATOR_PROGRESS_H
#define SIMULATOR_PROGRESS_H

#include <stdio.h>

#include "simulator/result.h"

struct progress;

/* Borrows out until progress_end. live: out is a terminal. total_us: of the load, for the time that
 * is left. */
struct progress *progress_new(FILE *out, bool live, int64_t total_us);
/* After each second: the last row of r is new. */
void progress_second(struct progress *p, const struct result *r);
/* Leaves the last picture and gives the terminal its cursor back. NULL is nothing to end. */
void progress_end(struct progress **p);

#endif
