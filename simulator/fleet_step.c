/* What the events of a device lead to: the actions of device.h. */
#include "simulator/fleet_inside.h"

static void begin_publish(struct fleet *f, uint32_t i, int64_t now_us)
{
    fleet_set_busy(f, &f->devices[i], true);
    fleet_publish(f, i, now_us);
}

static void begin_connect(struct fleet *f, uint32_t i, bool queued, int64_t now_us)
{
    fleet_set_busy(f, &f->devices[i], true);
    f->devices[i].tries = queued; /* how long it waited counts: the beginning is kept */
    fleet_connect(f, i, now_us);
}

static void greet(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];

    if ((d->flags & FLAG_PENDING) != 0 && !f->is_stopped) {
        d->flags |= FLAG_MOVED; /* it has just come */
        fleet_step(f, i, DEVICE_DUE, now_us);
        return;
    }
    fleet_settle(f, i, now_us);
}

/* What was due could not be sent, and is not tried again. */
static void fail_connect(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];

    if ((d->flags & FLAG_PENDING) != 0 && !fleet_is_hostile(f, d)) {
        tally_count(f->tally, TALLY_PUBLISH_INTENDED);
        tally_count(f->tally, TALLY_PUBLISH_TIMEOUT);
    }
    if ((d->flags & FLAG_PENDING) != 0) {
        d->sequence++;
        fleet_flag(d, FLAG_SCHEDULED, false);
    }
    fleet_settle(f, i, now_us);
}

static void lose_session(struct fleet *f, uint32_t i, enum device_state was, int64_t now_us)
{
    fleet_lose_session(f, i);
    if (was == DEVICE_WAIT_ACK || was == DEVICE_WAIT_ANSWER) {
        tally_count(f->tally, TALLY_PUBLISH_RESET);
        fleet_hook_outcome(f, i, TRACE_RESET, now_us);
        fleet_notice(f, i, NOTICE_UNDECIDED, 0, now_us);
    }
    fleet_settle(f, i, now_us);
}

void fleet_step(struct fleet *f, uint32_t i, enum device_event event, int64_t now_us)
{
    struct device *d = &f->devices[i];
    enum device_state was = (enum device_state)d->state;
    struct device_step step = device_step(was, event);

    d->state = (uint8_t)step.to;
    switch (step.action) {
    case DEVICE_IGNORE:
        break;
    case DEVICE_CONNECT:
        begin_connect(f, i, was == DEVICE_QUEUED, now_us);
        break;
    case DEVICE_ENQUEUE:
        fleet_enqueue(f, i);
        break;
    case DEVICE_GREET:
        greet(f, i, now_us);
        break;
    case DEVICE_FAIL_CONNECT:
        fail_connect(f, i, now_us);
        break;
    case DEVICE_FINISH:
        fleet_settle(f, i, now_us);
        break;
    case DEVICE_PUBLISH:
        begin_publish(f, i, now_us);
        break;
    case DEVICE_AWAIT:
        fleet_await(f, i, now_us);
        break;
    case DEVICE_NEXT_BLOCK:
        fleet_next_block(f, i, now_us);
        break;
    case DEVICE_FINISH_RESET:
        tally_count(f->tally, TALLY_PUBLISH_RESET);
        fleet_hook_outcome(f, i, TRACE_RESET, now_us);
        fleet_notice(f, i, NOTICE_UNDECIDED, 0, now_us);
        fleet_settle(f, i, now_us);
        break;
    case DEVICE_RETRANSMIT:
        fleet_retransmit(f, i, now_us);
        break;
    case DEVICE_GIVE_UP:
        fleet_give_up(f, i, now_us);
        break;
    case DEVICE_LOSE_SESSION:
        lose_session(f, i, was, now_us);
        break;
    }
}

void fleet_notice(struct fleet *f, uint32_t i, enum notice_kind kind, uint32_t command,
                  int64_t now_us)
{
    const struct device *d = &f->devices[i];

    if (f->options.ring == NULL)
        return;
    struct notice n = {.at_us = now_us,
                       .device = f->options.first + i,
                       .sequence = d->sequence,
                       .command = command,
                       .kind = (uint8_t)kind,
                       .hostile = fleet_is_hostile(f, d),
                       .ct_s = d->ct_s};

    notice_post(f->options.ring, &n);
}
