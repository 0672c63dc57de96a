/*
 * Failures while time passed very fast: what a busy machine makes of 2 s at speed 20 is 100 ms, for
 * the windows of cases and for the time limits inside the target. Such a case is judged once more,
 * alone and at speed 4, and that verdict counts.
 */
#ifndef CONFORMANCE_REJUDGE_H
#define CONFORMANCE_REJUDGE_H

#include <jansson.h>

#include "conformance/options.h"

enum { REJUDGE_SPEED = 4 };

/* Did the result of a run at this speed fail, or warn, or remain unclear after it had judged? */
bool rejudge_is_due(const json_t *result, double speed);

/*
 * Runs the cases of these results (a list) again, in a run of its own with a target of its own and
 * evidence in OUT/again. Gives the new results, with "speed" and an attempt of their own; an old
 * one that has a new one says "retried". Interrupted by what also interrupts the run; *interrupted
 * says so.
 */
json_t *rejudge_run(const struct options *o, const char *seed, const char *out_dir, json_t *old,
                    bool *interrupted);

#endif
