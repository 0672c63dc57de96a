#include "simulator/fleet.h"

#include <stdlib.h>

#include "lib/lazy.h"
#include "simulator/fleet_inside.h"

/* At most so many devices in one call, so that datagrams are read in between. */
enum { ADVANCE_MOST = 512 };

/* --- set-up */

static bool shares_sockets(const struct fleet_options *o)
{
    return o->sockets > 0 && o->count > o->sockets;
}

static bool any_resumes(const struct profile *p)
{
    for (size_t i = 0; i < p->class_count; i++) {
        if (p->classes[i].resume_part > 0)
            return true;
    }
    return false;
}

static void make_device(struct fleet *f, uint32_t i)
{
    struct device *d = &f->devices[i];

    d->class = (uint8_t)profile_class_of(f->profile, f->options.seed, f->options.first + i);
    d->mids.next = (uint16_t)fleet_random(f, i, RNG_MID, 0);
    d->state = profile_is_dtls(fleet_class(f, d)->credential) ? DEVICE_OFFLINE : DEVICE_READY;
    f->connected += d->state == DEVICE_READY;
}

struct fleet *fleet_new(const struct fleet_options *options, int64_t now_us, char *why)
{
    struct fleet *f = xcalloc(1, sizeof *f);

    f->options = *options;
    f->profile = options->profile;
    for (size_t i = 0; i < f->profile->class_count; i++)
        publish_init(&f->publish[i], &f->profile->classes[i], options->run);
    f->devices = lazy_calloc(options->count, sizeof *f->devices);
    f->keys = lazy_calloc(options->count, sizeof *f->keys);
    f->queue = lazy_calloc(options->count, sizeof *f->queue);
    if (any_resumes(f->profile))
        f->tickets = lazy_calloc(options->count, sizeof *f->tickets);
    if (shares_sockets(options))
        f->shared = mid_shared_new(options->sockets, options->count);
    f->wheel = wheel_new(now_us, options->count);
    f->storm_us = INT64_MAX;
    for (uint32_t i = 0; i < options->count; i++)
        make_device(f, i);
    fleet_way_init(f);
    if (!fleet_session_init(f, why) || !fleet_hook_init(f, why))
        fleet_free(&f);
    return f;
}

void fleet_free(struct fleet **fleet)
{
    struct fleet *f = *fleet;

    if (f == NULL)
        return;
    fleet_session_fini(f);
    fleet_way_fini(f);
    fleet_hook_fini(f);
    for (uint32_t i = 0; f->tickets != NULL && i < f->options.count; i++)
        free((char *)f->tickets[i].ptr);
    wheel_free(&f->wheel);
    mid_shared_free(&f->shared);
    if (f->tickets != NULL)
        lazy_free(f->tickets, f->options.count, sizeof *f->tickets);
    lazy_free(f->queue, f->options.count, sizeof *f->queue);
    lazy_free(f->keys, f->options.count, sizeof *f->keys);
    lazy_free(f->devices, f->options.count, sizeof *f->devices);
    free(f);
    *fleet = NULL;
}

void fleet_count_into(struct fleet *f, struct tally *tally)
{
    f->tally = tally;
    if (f->out != NULL)
        impair_count_into(f->out, tally);
    if (f->in != NULL)
        impair_count_into(f->in, tally);
}

/* --- when */

void fleet_timer(struct fleet *f, uint32_t i, int64_t deadline_us)
{
    wheel_set(f->wheel, &f->devices[i].timer, i, deadline_us);
}

/* The next storm of the profile behind `stage`. */
static void find_storm(struct fleet *f, size_t stage)
{
    f->storm_us = INT64_MAX;
    for (size_t i = stage; i < f->profile->stage_count; i++) {
        if (f->profile->stages[i].storm_part > 0) {
            f->storm_us = f->start_us + pace_stage_from_us(f->options.pace, i);
            f->storm_stage = i;
            return;
        }
    }
}

void fleet_begin(struct fleet *f, int64_t now_us)
{
    f->start_us = now_us;
    find_storm(f, 0);
    for (uint32_t i = 0; i < f->options.count; i++) {
        const struct device *d = &f->devices[i];

        fleet_hook_start(f, i);
        if (d->state == DEVICE_READY || fleet_is_hostile(f, d))
            fleet_schedule(f, i, now_us);
        else
            fleet_begin_later(f, i);
    }
}

/* --- time */

static struct wheel_timer *timer_of(void *arg, uint32_t i)
{
    return &((struct fleet *)arg)->devices[i].timer;
}

static void due(void *arg, uint32_t i, int64_t now_us)
{
    struct fleet *f = arg;
    struct device *d = &f->devices[i];

    switch ((enum device_state)d->state) {
    case DEVICE_OFFLINE:
    case DEVICE_READY:
        if (f->is_stopped)
            return;
        if (d->intended_us != 0 && d->intended_us <= now_us)
            d->flags |= FLAG_PENDING;
        fleet_step(f, i, DEVICE_DUE, now_us);
        break;
    case DEVICE_WAIT_ACK:
        fleet_step(f, i, d->tries >= f->options.max_retransmit ? DEVICE_EXPIRED : DEVICE_REPEAT,
                   now_us);
        break;
    case DEVICE_WAIT_ANSWER:
        fleet_step(f, i, DEVICE_EXPIRED, now_us);
        break;
    case DEVICE_QUEUED:
    case DEVICE_CONNECTING:
    case DEVICE_STATE_COUNT:
        break;
    }
}

/* Devices lose their sessions at once and come back at once. */
static void storm(struct fleet *f, int64_t now_us)
{
    for (uint32_t i = 0; i < f->options.count; i++) {
        struct device *d = &f->devices[i];

        if ((d->flags & FLAG_SESSION) == 0 ||
            !pace_in_storm(f->options.pace, f->options.seed, f->options.first + i, f->storm_stage))
            continue;
        fleet_step(f, i, DEVICE_CLOSED, now_us);
        fleet_timer(f, i, now_us);
    }
    find_storm(f, f->storm_stage + 1);
}

/* Closed loop: the next devices that are free publish, until the window is full. */
static void fill_window(struct fleet *f, int64_t now_us)
{
    uint32_t tries = f->options.count;

    while ((int64_t)f->in_flight < f->options.window && tries-- > 0) {
        uint32_t i = f->cursor;
        struct device *d = &f->devices[i];

        f->cursor = i + 1 == f->options.count ? 0 : i + 1;
        if ((d->flags & FLAG_BUSY) != 0 || (d->state != DEVICE_READY && d->state != DEVICE_OFFLINE))
            continue;
        d->intended_us = now_us;
        d->flags |= FLAG_PENDING;
        fleet_step(f, i, DEVICE_DUE, now_us);
    }
}

bool fleet_advance(struct fleet *f, int64_t now_us)
{
    struct wheel_hooks hooks = {timer_of, due, f};
    bool more;

    f->now_us = now_us;
    if (f->out != NULL)
        impair_advance(f->out, now_us);
    if (f->in != NULL)
        impair_advance(f->in, now_us);
    if (now_us >= f->storm_us)
        storm(f, now_us);
    if (f->handshakes != NULL) {
        handshakes_tick(f->handshakes, now_us);
        fleet_serve_queue(f, now_us);
    }
    more = wheel_advance(f->wheel, now_us, ADVANCE_MOST, &hooks);
    if (fleet_is_closed_loop(f) && !f->is_stopped)
        fill_window(f, now_us);
    return more;
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

int64_t fleet_deadline_us(const struct fleet *f)
{
    int64_t deadline_us = wheel_deadline_us(f->wheel);

    if (f->handshakes != NULL)
        deadline_us = earlier(deadline_us, handshakes_deadline_us(f->handshakes));
    if (f->out != NULL)
        deadline_us = earlier(deadline_us, impair_deadline_us(f->out));
    if (f->in != NULL)
        deadline_us = earlier(deadline_us, impair_deadline_us(f->in));
    if (fleet_is_closed_loop(f) && !f->is_stopped && (int64_t)f->in_flight < f->options.window &&
        f->in_flight < f->options.count)
        return 0;
    return earlier(deadline_us, f->storm_us);
}

/* --- the end */

void fleet_stop(struct fleet *f, int64_t now_us)
{
    if (f->is_stopped)
        return;
    f->is_stopped = true;
    f->storm_us = INT64_MAX;
    if (fleet_is_closed_loop(f))
        return;
    for (uint32_t i = 0; i < f->options.count; i++)
        f->tally->counter[TALLY_PUBLISH_INTENDED] += fleet_overdue(f, i, now_us);
}

void fleet_close(struct fleet *f, int64_t now_us)
{
    static const uint8_t close_notify[] = {1, 0}; /* RFC 5246 7.2.1 */

    for (uint32_t i = 0; i < f->options.count; i++) {
        const struct device *d = &f->devices[i];

        if ((d->flags & FLAG_SESSION) == 0)
            continue;
        size_t len = record_seal(f->crypto, &f->keys[i], RECORD_ALERT, close_notify,
                                 sizeof close_notify, f->sealed);

        fleet_send(f, i, f->sealed, len, now_us);
        fleet_lose_session(f, i);
    }
}

size_t fleet_in_flight(const struct fleet *f)
{
    return f->in_flight;
}

void fleet_gauge(const struct fleet *f, struct tally *tally)
{
    tally->gauge[TALLY_GAUGE_CONNECTED] = (int64_t)f->connected;
    tally->gauge[TALLY_GAUGE_IN_FLIGHT] = (int64_t)f->in_flight;
    tally->gauge[TALLY_GAUGE_WAITING] = (int64_t)f->waiting;
    tally->gauge[TALLY_GAUGE_HANDSHAKING] =
        f->handshakes == NULL ? 0 : (int64_t)handshakes_in_flight(f->handshakes);
}

size_t fleet_bytes(const struct fleet *f)
{
    size_t dtls = 0;

    for (uint32_t i = 0; i < f->options.count; i++)
        dtls += profile_is_dtls(fleet_class(f, &f->devices[i])->credential);
    return f->options.count * sizeof *f->devices + dtls * sizeof *f->keys;
}
