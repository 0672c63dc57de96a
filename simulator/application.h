/*
 * The application's side of a run, in a thread of its own: it sees events through the target's
 * adapter, sends commands, and holds both against what the devices say (reconcile.h).
 */
#ifndef SIMULATOR_APPLICATION_H
#define SIMULATOR_APPLICATION_H

#include "lib/target.h"
#include "simulator/notice.h"
#include "simulator/profile.h"
#include "simulator/tally.h"

struct application;

struct application_options {
    const struct target *target; /* placeholders are filled in */
    const struct profile *profile;
    const char *run_id; /* 16 hexadecimal digits */
    uint64_t run;       /* the same as a number: marker.run */
    uint64_t seed;
    int64_t first_device;
    int64_t device_count;
    double commands_per_s;     /* to these devices; 0: none */
    struct notice_ring *rings; /* one a worker */
    size_t ring_count;
};

enum { APPLICATION_WHY_LEN = 1024 };

/* Opens adapters; the event sink listens when this returns. NULL: why says. */
struct application *application_new(const struct application_options *options,
                                    char *why) MUST_CHECK;
/* Of an HTTP sink: where the target shall send events, {events_url}; else "". */
const char *application_events_url(const struct application *a);
/* Where events come from a broker: it is told of the run's applications, and gives their events
 * when this returns. Their devices exist. Waits. False: why (APPLICATION_WHY_LEN). */
bool application_watch(struct application *a, char *why) MUST_CHECK;
/* Does the target give us events at all? */
bool application_sees_events(const struct application *a);

/* Starts the thread: notices, events and, from now on, commands. */
void application_begin(struct application *a);
/* No more commands. */
void application_calm(struct application *a);
/* What has been found since the last call is added to *out. Any thread. */
void application_take(struct application *a, struct tally *out);
/*
 * Waits until nothing is open, no event has come for a while, or limit_us is over; ends the thread;
 * decides what is open; adds it to *out.
 */
void application_end(struct application *a, int64_t limit_us, struct tally *out);
void application_free(struct application **a);

#endif
