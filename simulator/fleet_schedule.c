/* When a device publishes next: by the schedule, and by what it does itself. */
#include "simulator/fleet_inside.h"

/* The time of a device's publish by the schedule; INT64_MAX: there is none. */
static int64_t next_point(const struct fleet *f, uint32_t i, uint32_t number, double *load)
{
    const struct trace_send *send;
    int64_t next_us;

    if (f->options.plan != NULL) {
        send = trace_plan_send(f->options.plan, f->options.first + i, number);
        next_us = send == NULL ? INT64_MAX : send->at_us;
    } else {
        next_us =
            pace_next_us(f->options.pace, f->options.seed, f->options.first + i, number, load);
    }
    return next_us == INT64_MAX ? INT64_MAX : f->start_us + next_us;
}

/* A publish is over: since when may the device mean to send another? It waits for commands as long
 * as it has said, and rests; what the target adds to that is latency. */
static void note_rest(const struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];
    double think_s = fleet_class(f, d)->think_s;
    int64_t free_us = f->start_us;

    if (d->ct_s > 0) {
        free_us = d->intended_us + d->ct_s * US_PER_S;
        free_us = now_us < free_us ? now_us : free_us; /* a command has ended it */
    }
    if (think_s > 0)
        free_us = now_us + (int64_t)(think_s * (double)US_PER_S);
    if (f->hooked != NULL && f->hooked[i].delay_ms > 0)
        free_us = d->sent_us + (int64_t)f->hooked[i].delay_ms * US_PER_MS;
    if (free_us > f->start_us)
        d->rested_ms = (uint32_t)((free_us - f->start_us) / US_PER_MS);
}

void fleet_schedule(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];

    if (f->is_stopped || fleet_is_closed_loop(f))
        return;
    if ((d->flags & FLAG_SCHEDULED) == 0) {
        int64_t least_us = f->start_us + (int64_t)d->rested_ms * US_PER_MS;

        d->intended_us = next_point(f, i, d->sequence + 1, &d->load);
        d->intended_us = d->intended_us < least_us ? least_us : d->intended_us;
        d->flags |= FLAG_SCHEDULED;
    }
    if (d->intended_us == INT64_MAX)
        return;
    fleet_flag(d, FLAG_FREE, d->intended_us > now_us);
    fleet_timer(f, i, d->intended_us);
}

/* A device that needs a session first connects when the profile says so; what it would have sent
 * until then is not meant to be. */
void fleet_begin_later(struct fleet *f, uint32_t i)
{
    struct device *d = &f->devices[i];
    uint32_t number = f->options.first + i;
    int64_t connect_us = f->options.plan != NULL
                             ? trace_plan_connect_us(f->options.plan, number)
                             : pace_connect_us(f->options.pace, f->options.seed, number);

    if (connect_us < 0)
        return; /* it never did */
    connect_us += f->start_us;
    while (!fleet_is_closed_loop(f) && f->options.plan == NULL) {
        double load = d->load;

        if (next_point(f, i, d->sequence + 1, &load) >= connect_us)
            break;
        d->load = load;
        d->sequence++;
    }
    fleet_schedule(f, i, f->start_us);
    fleet_timer(f, i, connect_us);
}

void fleet_set_busy(struct fleet *f, struct device *d, bool busy)
{
    if (((d->flags & FLAG_BUSY) != 0) == busy)
        return;
    fleet_flag(d, FLAG_BUSY, busy);
    f->in_flight += busy ? 1 : SIZE_MAX;
}

void fleet_settle(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];

    wheel_cancel(&d->timer);
    d->flags &= (uint16_t) ~(FLAG_PENDING | FLAG_UPLOAD | FLAG_DOWNLOAD);
    if (d->ct_s > 0)
        f->waiting--;
    if (f->shared != NULL)
        mid_release(f->shared, i % f->options.sockets, d->mid);
    fleet_set_busy(f, d, false);
    note_rest(f, i, now_us);
    d->ct_s = 0;
    fleet_schedule(f, i, now_us);
}

/* Publishes whose time has come and that were not begun. */
uint64_t fleet_overdue(const struct fleet *f, uint32_t i, int64_t now_us)
{
    const struct device *d = &f->devices[i];
    bool scheduled = (d->flags & FLAG_SCHEDULED) != 0;
    uint32_t number = d->sequence + 1;
    double load = d->load;
    uint64_t count = 0;
    int64_t next_us = scheduled ? d->intended_us : next_point(f, i, number, &load);

    while (next_us <= now_us) {
        count++;
        next_us = next_point(f, i, ++number, &load);
    }
    return count;
}
