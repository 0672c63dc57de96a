/*
 * One thread of a run: sockets, a clock, and a fleet. It shares nothing but what it hands over: its
 * notices, and once a second its counts.
 */
#ifndef SIMULATOR_WORKER_H
#define SIMULATOR_WORKER_H

#include <stdatomic.h>

#include "simulator/fleet.h"
#include "simulator/source.h"

struct worker;

struct worker_options {
    struct fleet_options fleet; /* send and arg are the worker's; sockets too */
    const struct source *source;
    struct addr coap; /* of the target; len 0: it has none */
    struct addr coaps;
    const char *record_dir; /* NULL: nothing is written down */
    struct trace_header record;
    int index; /* of this worker */
};

enum { WORKER_WHY_LEN = 512 };

/* Borrows what options point to. NULL: why says what cannot be. */
struct worker *worker_new(const struct worker_options *options, char *why) MUST_CHECK;
void worker_free(struct worker **w);

/* Starts the thread; its devices begin at start_us of the monotonic clock. */
void worker_start(struct worker *w, int64_t start_us);
/* No device begins another publish; it goes on for what is under way. Any thread. */
void worker_stop(struct worker *w);
/* Publishes under way. Any thread. */
size_t worker_in_flight(const struct worker *w);
/* What the worker has counted since the last call, whole seconds of it, is added to *to, gauges as
 * they are now; false: there is nothing new. One thread. */
bool worker_take(struct worker *w, struct tally *to);
/* Ends the thread, closes sessions, and adds what is left. */
void worker_join(struct worker *w, struct tally *to);
/* After that: did everything work? False: why says which hook of the profile went wrong, or that
 * the record could not be written. */
bool worker_finish(struct worker *w, char *why) MUST_CHECK;
/* Processor time of the thread until now, microseconds. */
int64_t worker_cpu_us(const struct worker *w);
size_t worker_bytes(const struct worker *w);

#endif
