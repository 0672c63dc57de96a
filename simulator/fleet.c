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

static bool is_closed_loop(const struct fleet *f)
{
    return f->options.window > 0;
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

    if (f->is_stopped || is_closed_loop(f))
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
static void begin_later(struct fleet *f, uint32_t i)
{
    struct device *d = &f->devices[i];
    uint32_t number = f->options.first + i;
    int64_t connect_us = f->options.plan != NULL
                             ? trace_plan_connect_us(f->options.plan, number)
                             : pace_connect_us(f->options.pace, f->options.seed, number);

    if (connect_us < 0)
        return; /* it never did */
    connect_us += f->start_us;
    while (!is_closed_loop(f) && f->options.plan == NULL) {
        double load = d->load;

        if (next_point(f, i, d->sequence + 1, &load) >= connect_us)
            break;
        d->load = load;
        d->sequence++;
    }
    fleet_schedule(f, i, f->start_us);
    fleet_timer(f, i, connect_us);
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
            begin_later(f, i);
    }
}

static void set_busy(struct fleet *f, struct device *d, bool busy)
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
    set_busy(f, d, false);
    note_rest(f, i, now_us);
    d->ct_s = 0;
    fleet_schedule(f, i, now_us);
}

/* --- steps */

static void begin_publish(struct fleet *f, uint32_t i, int64_t now_us)
{
    set_busy(f, &f->devices[i], true);
    fleet_publish(f, i, now_us);
}

static void begin_connect(struct fleet *f, uint32_t i, bool queued, int64_t now_us)
{
    set_busy(f, &f->devices[i], true);
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
    if (is_closed_loop(f) && !f->is_stopped)
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
    if (is_closed_loop(f) && !f->is_stopped && (int64_t)f->in_flight < f->options.window &&
        f->in_flight < f->options.count)
        return 0;
    return earlier(deadline_us, f->storm_us);
}

/* --- the end */

/* Publishes whose time has come and that were not begun. */
static uint64_t overdue(const struct fleet *f, uint32_t i, int64_t now_us)
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

void fleet_stop(struct fleet *f, int64_t now_us)
{
    if (f->is_stopped)
        return;
    f->is_stopped = true;
    f->storm_us = INT64_MAX;
    if (is_closed_loop(f))
        return;
    for (uint32_t i = 0; i < f->options.count; i++)
        f->tally->counter[TALLY_PUBLISH_INTENDED] += overdue(f, i, now_us);
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
