#include "simulator/virtual.h"

enum { START_US = 1000000 };

static void send(void *arg, const struct fleet_datagram *d)
{
    struct virtual_world *w = arg;

    if (w->passes == NULL || w->passes(w->arg, d, w->now_us))
        ideal_receive(w->ideal, d, w->now_us);
}

bool virtual_begin(struct virtual_world *w, const struct fleet_options *options,
                   const struct ideal_options *endpoint, struct tally *tally, char *why)
{
    struct fleet_options o = *options;

    o.send = send;
    o.arg = w;
    w->now_us = START_US;
    w->tally = tally;
    w->ideal = ideal_new(endpoint);
    w->fleet = fleet_new(&o, w->now_us, why);
    if (w->fleet == NULL)
        return false;
    fleet_count_into(w->fleet, tally);
    fleet_begin(w->fleet, w->now_us);
    return true;
}

/* One step; false: nothing is left to come before until_us. */
static bool step(struct virtual_world *w, int64_t until_us)
{
    int64_t fleet_us = fleet_deadline_us(w->fleet);
    int64_t ideal_us = ideal_deadline_us(w->ideal);
    int64_t next_us = fleet_us < ideal_us ? fleet_us : ideal_us;

    if (next_us > until_us)
        return false;
    w->now_us = next_us > w->now_us ? next_us : w->now_us;
    ideal_advance(w->ideal, w->fleet, w->now_us);
    while (fleet_advance(w->fleet, w->now_us)) {
    }
    return true;
}

void virtual_run(struct virtual_world *w, int64_t until_us)
{
    while (step(w, until_us)) {
    }
    w->now_us = until_us > w->now_us ? until_us : w->now_us;
}

void virtual_drain(struct virtual_world *w, int64_t limit_us)
{
    int64_t until_us = w->now_us + limit_us;

    fleet_stop(w->fleet, w->now_us);
    while (fleet_in_flight(w->fleet) > 0 && step(w, until_us)) {
    }
}

void virtual_end(struct virtual_world *w)
{
    fleet_free(&w->fleet);
    ideal_free(&w->ideal);
}
