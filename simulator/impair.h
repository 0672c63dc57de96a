/*
 * A bad network in user space, for one direction of one worker's devices: loss, bursts of loss
 * (Gilbert-Elliott), copies, overtaking, delay, changed bits.
 *
 * What happens to a device's n-th datagram comes from (seed, device, direction, n), so it does not
 * depend on other devices and workers. Delayed datagrams wait in a bounded pool; when it is full
 * they are not delayed. No clock: the caller says what time it is and asks for the deadline.
 */
#ifndef SIMULATOR_IMPAIR_H
#define SIMULATOR_IMPAIR_H

#include "simulator/profile.h"
#include "simulator/tally.h"

struct impair;

struct impair_options {
    const struct profile_impairment *what; /* borrowed */
    uint64_t seed;
    bool inbound; /* from the target */
    uint32_t first_device;
    int64_t device_count;
    size_t pool; /* datagrams that are held back, at most */
    /* Gets what goes on. Bytes are borrowed for the call, which must not call impair_pass. */
    void (*deliver)(void *arg, uint32_t device, const uint8_t *bytes, size_t len);
    void *arg;
    struct tally *tally; /* borrowed; impair.* are counted there */
};

/* NULL: nothing is impaired, and the caller sends without asking. */
struct impair *impair_new(const struct impair_options *options);
void impair_free(struct impair **i);
/* Counts go there from now on. */
void impair_count_into(struct impair *i, struct tally *tally);

/* Takes a datagram its way; it may be delivered now, later, twice, or never. */
void impair_pass(struct impair *i, uint32_t device, const uint8_t *bytes, size_t len,
                 int64_t now_us);

/* When impair_advance wants to be called; INT64_MAX: nothing is held back. */
int64_t impair_deadline_us(const struct impair *i);
/* Delivers what is due. */
void impair_advance(struct impair *i, int64_t now_us);

#endif
