/*
 * One answer in flight for each device, and those who wait for it: tickets line up behind whatever
 * is asked about their device, and come back when that is known.
 *
 * A piece of work is embedded in what is asked. A few may wait for one: the rest is refused.
 */
#ifndef REFERENCE_IN_FLIGHT_H
#define REFERENCE_IN_FLIGHT_H

#include "reference/verdict_cache.h"

enum { IN_FLIGHT_MAX_TICKETS = 8, IN_FLIGHT_BUCKETS = 1024 };

struct in_flight_work {
    struct verdict_key device;
    struct in_flight_work *next; /* in its bucket */
    size_t ticket_count;
    uint64_t tickets[IN_FLIGHT_MAX_TICKETS];
};

/* Zeroed memory is an empty one. Pair: in_flight_fini, which leaves work to its owner. */
struct in_flight {
    struct in_flight_work *buckets[IN_FLIGHT_BUCKETS];
    uint64_t *ready; /* tickets whose answer is there: [ready_first, ready_end) */
    size_t ready_first;
    size_t ready_end;
    size_t ready_cap;
};

void in_flight_fini(struct in_flight *f);

/* What is in flight for this device; NULL: nothing. */
struct in_flight_work *in_flight_find(const struct in_flight *f, struct verdict_key device);
/* Lines up once. False: too many wait already. */
bool in_flight_join(struct in_flight_work *work, uint64_t ticket) MUST_CHECK;
/* Nothing is in flight for its device so far. */
void in_flight_add(struct in_flight *f, struct in_flight_work *work, struct verdict_key device,
                   uint64_t ticket);
/* The answer is there: work is the caller's again, its tickets are ready. */
void in_flight_done(struct in_flight *f, struct in_flight_work *work);
/* Takes a piece of work out, for the end. */
struct in_flight_work *in_flight_remove_any(struct in_flight *f);

/* Tickets that are ready; returns how many, up to max: call until it is 0. */
size_t in_flight_take(struct in_flight *f, uint64_t *tickets, size_t max);

#endif
