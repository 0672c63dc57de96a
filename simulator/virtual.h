/*
 * A fleet against an ideal endpoint, with a clock that jumps from one thing to the next: an hour of
 * a hundred thousand devices in seconds. Behind `--check`, and what tests of the fleet run in.
 */
#ifndef SIMULATOR_VIRTUAL_H
#define SIMULATOR_VIRTUAL_H

#include "simulator/ideal.h"

struct virtual_world {
    struct fleet *fleet;
    struct ideal *ideal;
    struct tally *tally;
    int64_t now_us;
    /* False: the datagram is lost. NULL: none is. */
    bool (*passes)(void *arg, const struct fleet_datagram *d, int64_t now_us);
    void *arg;
};

/* options.send and .arg are the world's. NULL in w->fleet: why (FLEET_WHY_LEN) says what cannot be.
 * w must not move. */
bool virtual_begin(struct virtual_world *w, const struct fleet_options *options,
                   const struct ideal_options *endpoint, struct tally *tally, char *why) MUST_CHECK;
/* Lets time pass until then. */
void virtual_run(struct virtual_world *w, int64_t until_us);
/* No more publishes; what is under way ends, within limit_us. */
void virtual_drain(struct virtual_world *w, int64_t limit_us);
void virtual_end(struct virtual_world *w);

#endif
