/*
 * A made-up run that looks like a real one, for what shows, writes, reads and compares results:
 * ramp, hold, a spike that the endpoint does not quite carry, a stall, hold.
 */
#ifndef SIMULATOR_RESULT_TESTRUN_H
#define SIMULATOR_RESULT_TESTRUN_H

#include "simulator/result.h"

struct testrun {
    uint64_t seed;
    int64_t first_device;
    int64_t devices;
    double slowness;   /* of the endpoint; 1: as it is */
    double rate_per_s; /* of the hold */
    const char *slo;
};

/* The seeds' differences are noise. */
static const struct testrun testrun_plain = {
    1,
    0,
    10000,
    1,
    500,
    "publish.p99 < 50ms; error_rate < 0.1%; events.lost == 0; handshake.p99 < 1s; "
    "ct_error.p99 <= 100ms; command.p99 < 200ms; rate >= 450/s; server_memory < 200MiB",
};

/* Judged; the caller's to end. */
void testrun_make(struct result *r, const struct testrun *t);

#endif
