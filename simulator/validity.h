/*
 * Was the generator itself the bottleneck? Then the run says nothing about the endpoint. A pure
 * function of what the run found out; each reason is a sentence that says what to do.
 *
 * - Sends later than intended, by more than a bound, or by enough to decide an objective that is
 *   broken but holds when times count from the actual sending.
 * - Intended publishes that were not sent though their devices were free, or held back because all
 *   message IDs were in use.
 * - Datagrams that this machine dropped or could not send.
 * - Workers without idle time while sends were late, or in a closed loop.
 * - Processor time taken by other machines.
 */
#ifndef SIMULATOR_VALIDITY_H
#define SIMULATOR_VALIDITY_H

#include "simulator/result.h"

enum { VALIDITY_LAG_US = 10000 };

struct validity_options {
    int64_t lag_us;    /* allowed p99 of schedule_lag; 0: VALIDITY_LAG_US, or 20 % of publish.p99 if
                          that is more */
    double steal_part; /* of all processors' time, allowed to others; 0: a tenth */
};

/* Appends to r->invalid; reads r->slo, which must have been judged. */
void validity_judge(struct result *r, const struct validity_options *options);

#endif
