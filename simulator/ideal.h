/*
 * An ideal endpoint in virtual time, without a network: every publish is acknowledged after a fixed
 * time, every wait ends when it should. What `--check` and the tests of the fleet play against.
 *
 * It can be made less than ideal: it may fall silent for a while, and serve only so many requests a
 * second.
 */
#ifndef SIMULATOR_IDEAL_H
#define SIMULATOR_IDEAL_H

#include "simulator/fleet.h"

struct ideal;

struct ideal_options {
    int64_t latency_us;
    int64_t stall_from_us; /* what comes within is answered when it is over */
    int64_t stall_to_us;
    double capacity_per_s; /* requests queue for their turn; 0: any number */
};

struct ideal *ideal_new(const struct ideal_options *options);
void ideal_free(struct ideal **e);

/* A datagram of a device, plain CoAP. */
void ideal_receive(struct ideal *e, const struct fleet_datagram *d, int64_t now_us);
/* When the next answer leaves; INT64_MAX: none is under way. */
int64_t ideal_deadline_us(const struct ideal *e);
/* Gives the answers that are due to the fleet. */
void ideal_advance(struct ideal *e, struct fleet *f, int64_t now_us);
/* Publishes that were accepted. */
uint64_t ideal_accepted(const struct ideal *e);

#endif
