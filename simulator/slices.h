/*
 * A run whose devices are played by several processes, an engine's: each has its slice, all start
 * together, and the first one reports for all.
 */
#ifndef SIMULATOR_SLICES_H
#define SIMULATOR_SLICES_H

#include "simulator/engine.h"
#include "simulator/result.h"

enum { SLICES_WHY_LEN = 512 };

/* When all are ready: the moment at which the run begins, by the wall clock; *wall_us is the one
 * that was asked for, or 0. False: why. */
bool slices_agree(struct engine *e, int64_t *wall_us, char *why) MUST_CHECK;

/* The first process is interrupted: so are the others, whose *interrupts is set. Does not wait. */
void slices_share_end(struct engine *e, bool interrupted, void (*interrupt)(void));

/* At rank 0 *r, a judged slice, becomes the whole run, judged; false: why. At the others it is
 * given away, and the process ends. */
bool slices_join(struct engine *e, struct result *r, char *why) MUST_CHECK;

#endif
