/*
 * Does a device's password match? Plain ones at once, hashed ones through the hash pool, with the
 * verdict remembered.
 *
 * Bounds: of one device one hash is in flight (for each verifier), a few more askers wait behind
 * it, and the pool's queue is bounded too. Beyond that the answer is VERIFIER_OVERLOADED, so wrong
 * guesses cost the endpoint a bounded share of its time.
 */
#ifndef REFERENCE_VERIFIER_H
#define REFERENCE_VERIFIER_H

#include "reference/claim.h"
#include "reference/hash_pool.h"
#include "reference/in_flight.h"
#include "reference/metrics.h"
#include "reference/registry_view.h"

struct verifier;

enum verifier_result {
    VERIFIER_MATCHES,
    VERIFIER_DIFFERS,
    VERIFIER_PENDING,    /* ask again when the ticket comes back */
    VERIFIER_OVERLOADED, /* nothing was started */
};

enum {
    VERIFIER_MAX_TICKETS = IN_FLIGHT_MAX_TICKETS
}; /* askers for one device while its hash is computed */

/* Borrows pool and metrics. Pair: verifier_free, before the pool's. */
struct verifier *verifier_new(struct hash_pool *pool, size_t cache_entries, int64_t cache_us,
                              struct metrics *metrics);
/* Waits for the hash that runs, if any. */
void verifier_free(struct verifier **v);

struct verifier_ask {
    const struct registry_app *app;
    const struct registry_device *device; /* what claim->device was found to be */
    const struct claim *claim;
    struct str password;
    uint64_t ticket;
};

enum verifier_result verifier_check(struct verifier *v, const struct verifier_ask *ask,
                                    int64_t now_us) MUST_CHECK;

/* Tickets to ask again for; call until it returns less than max. */
size_t verifier_poll(struct verifier *v, int64_t now_us, uint64_t *tickets, size_t max);
int verifier_wake_fd(const struct verifier *v);

#endif
