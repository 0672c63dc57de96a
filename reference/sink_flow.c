#include "reference/sink_flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/entropy.h"
#include "lib/log.h"
#include "lib/thread.h"

enum {
    FIRST_REST_US = 100 * 1000, /* doubles with each attempt; half of it by chance */
    LONGEST_REST_US = 5 * 1000 * 1000,
    ATTEMPT_PART = 2,     /* one attempt takes at most half of the time */
    LEAST_PART = 20,      /* with less left no attempt begins: it could only make things unclear */
    ASK_US = 1000 * 1000, /* how often a receiver that is down is asked */
    MAX_SLEEP_MS = 60 * 1000,
};

struct sink_flow {
    struct sink sink;
    struct sink_flow_shared shared;
    struct mailbox inbox;  /* events */
    struct mailbox closed; /* ports, to be freed at the end */
    pthread_t thread;
    _Atomic int64_t drain_until_us;
    _Atomic unsigned looks; /* counts what the thread shall look at: closing ports, a drain, stop */
    _Atomic bool stop;
    _Atomic bool up;
    /* the thread's */
    struct sink_carrier *carrier;
    struct metrics *metrics;
    struct timer_wheel wheel;
    struct timer ask_timer;
    struct sink_lanes lanes;
    struct sink_flow_event *all;
    struct sink_flow_event *ready_first, *ready_last;
    int64_t timeout_us;
    int64_t now_us;
    unsigned looked;
};

static struct sink_flow *of(struct sink *s)
{
    return CONTAINER_OF(s, struct sink_flow, sink);
}

/* The thread's sink, from an event. */
static struct sink_flow *sink_of(const struct sink_flow_event *x)
{
    return x->port->sink;
}

/* --- one event -----------------------------------------------------------------------------------
 */

static void add_ready(struct sink_flow *s, struct sink_flow_event *x)
{
    x->state = SINK_FLOW_READY;
    x->later = NULL;
    x->earlier = s->ready_last;
    *(s->ready_last == NULL ? &s->ready_first : &s->ready_last->later) = x;
    s->ready_last = x;
    timer_set(&s->wheel, &x->timer, x->deadline_us);
}

static void remove_ready(struct sink_flow *s, struct sink_flow_event *x)
{
    *(x->earlier == NULL ? &s->ready_first : &x->earlier->later) = x->later;
    *(x->later == NULL ? &s->ready_last : &x->later->earlier) = x->earlier;
}

/* Gives x back to its port. It is the first of its lane; returns the next one, or NULL. */
static struct sink_flow_event *give_back(struct sink_flow *s, struct sink_flow_event *x,
                                         enum sink_err err)
{
    struct sink_lane_item *next = sink_lanes_remove(&s->lanes, &x->lane);

    timer_cancel(&s->wheel, &x->timer);
    *(x->prev == NULL ? &s->all : &x->prev->next) = x->next;
    if (x->next != NULL)
        x->next->prev = x->prev;
    metrics_add(s->metrics, METRIC_SINK_EVENTS, -1);
    x->err = err;
    mailbox_post(&x->port->answered, &x->mail); /* x is the port's from here on */
    return next == NULL ? NULL : CONTAINER_OF(next, struct sink_flow_event, lane);
}

/* Ends x, and with it those behind it that are too late by now. */
static void finish(struct sink_flow *s, struct sink_flow_event *x, enum sink_err err)
{
    while ((x = give_back(s, x, err)) != NULL) {
        if (x->deadline_us > s->now_us) {
            add_ready(s, x);
            return;
        }
        err = SINK_FAILED;
    }
}

static int64_t random_below(int64_t n)
{
    uint64_t random = 0;

    entropy_fill(&random, sizeof random);
    return (int64_t)(random % (uint64_t)n);
}

/* An attempt has failed: a pause, then another one with the same id, unless that would be too late.
 */
static void try_again(struct sink_flow *s, struct sink_flow_event *x, int64_t retry_after_us)
{
    int64_t most = x->rest_us == 0 ? FIRST_REST_US : 2 * x->rest_us;

    x->rest_us = most < LONGEST_REST_US ? most : LONGEST_REST_US;
    int64_t rest_us = x->rest_us / 2 + random_below(x->rest_us / 2 + 1);

    if (rest_us < retry_after_us)
        rest_us = retry_after_us;
    if (s->now_us + rest_us >= x->deadline_us) {
        finish(s, x, SINK_FAILED);
        return;
    }
    x->state = SINK_FLOW_RESTING;
    timer_set(&s->wheel, &x->timer, s->now_us + rest_us);
}

static void set_up(struct sink_flow *s, bool up)
{
    static struct log_limit limit;

    if (s->up != up)
        log_limited(&limit, LOG_INFO, "sink", up ? "up" : "down", "by=%s", s->carrier->fn->name);
    s->up = up;
    if (!up && s->carrier->fn->ask != NULL && !timer_is_set(&s->ask_timer))
        timer_set(&s->wheel, &s->ask_timer, s->now_us + ASK_US);
}

/* Counts and logs the end of an attempt. */
static void note(struct sink_flow *s, const struct sink_answer *answer)
{
    static const struct {
        enum metric metric;
        enum log_level level;
    } rows[] = {
        [SINK_VERDICT_TAKEN] = {METRIC_SINK_TAKEN,   LOG_DEBUG},
        [SINK_VERDICT_REFUSED] = {METRIC_SINK_REFUSED, LOG_WARN },
        [SINK_VERDICT_BROKEN] = {METRIC_SINK_BROKEN,  LOG_ERROR},
        [SINK_VERDICT_FAILED] = {METRIC_SINK_FAILED,  LOG_WARN },
    };
    static struct log_limit limits[COUNT(rows)];
    bool good = answer->verdict == SINK_VERDICT_TAKEN || answer->verdict == SINK_VERDICT_REFUSED;

    metrics_add(s->metrics, rows[answer->verdict].metric, 1);
    if (answer->verdict != SINK_VERDICT_TAKEN)
        log_limited(&limits[answer->verdict], rows[answer->verdict].level, "sink", "attempt",
                    "by=%s outcome=%s status=%ld error=\"%s\"", s->carrier->fn->name,
                    sink_verdict_name(answer->verdict), answer->status, answer->error);
    if (s->carrier->fn->is_up == NULL)
        set_up(s, good);
}

/* The attempt to send x has ended. */
static void answered(struct sink_flow *s, struct sink_flow_event *x,
                     const struct sink_answer *answer)
{
    note(s, answer);
    x->request = NULL;
    switch (answer->verdict) {
    case SINK_VERDICT_TAKEN:
        finish(s, x, SINK_OK);
        break;
    case SINK_VERDICT_REFUSED:
        /* an earlier attempt may have put it there: the device must not be told that it is not */
        finish(s, x, x->maybe_taken ? SINK_FAILED : SINK_REFUSED);
        break;
    case SINK_VERDICT_BROKEN:
        finish(s, x, SINK_BROKEN);
        break;
    case SINK_VERDICT_FAILED:
        x->maybe_taken |= answer->maybe_taken;
        try_again(s, x, answer->retry_after_us);
        break;
    }
}

/* --- timers --------------------------------------------------------------------------------------
 */

static void too_late(struct sink_flow *s, struct sink_flow_event *x)
{
    remove_ready(s, x);
    finish(s, x, SINK_FAILED);
}

static void give_attempt_up(struct sink_flow *s, struct sink_flow_event *x)
{
    const struct sink_answer answer = {
        .verdict = SINK_VERDICT_FAILED,
        .maybe_taken = s->carrier->fn->cancel(s->carrier, x->request),
        .error = "no answer in time",
    };

    answered(s, x, &answer);
}

static void rested(struct sink_flow *s, struct sink_flow_event *x)
{
    if (x->deadline_us <= s->now_us)
        finish(s, x, SINK_FAILED);
    else
        add_ready(s, x);
}

static void on_timer(struct timer *t, int64_t now_us)
{
    static void (*const actions[])(struct sink_flow * s, struct sink_flow_event * x) = {
        [SINK_FLOW_BEHIND] = NULL, /* its time is over when that of the first of its lane is */
        [SINK_FLOW_READY] = too_late,
        [SINK_FLOW_SENDING] = give_attempt_up,
        [SINK_FLOW_RESTING] = rested,
    };
    struct sink_flow_event *x = CONTAINER_OF(t, struct sink_flow_event, timer);

    sink_of(x)->now_us = now_us;
    actions[x->state](sink_of(x), x);
}

static void on_ask(struct timer *t, int64_t now_us)
{
    struct sink_flow *s = CONTAINER_OF(t, struct sink_flow, ask_timer);

    if (s->up)
        return;
    if (!s->carrier->fn->ask(s->carrier, s))
        timer_set(&s->wheel, t, now_us + ASK_US);
}

/* --- the thread ----------------------------------------------------------------------------------
 */

static void take_events(struct sink_flow *s)
{
    for (struct mail *mail = mailbox_take(&s->inbox); mail != NULL;) {
        struct sink_flow_event *x = CONTAINER_OF(mail, struct sink_flow_event, mail);
        int64_t drain_us = s->drain_until_us;

        mail = mail->next;
        x->timer.fn = on_timer;
        x->deadline_us = s->now_us + s->timeout_us;
        if (x->deadline_us > drain_us)
            x->deadline_us = drain_us;
        if (x->port->closing)
            x->deadline_us = s->now_us;
        x->prev = NULL;
        x->next = s->all;
        if (s->all != NULL)
            s->all->prev = x;
        s->all = x;
        metrics_add(s->metrics, METRIC_SINK_EVENTS, 1);
        if (sink_lanes_add(&s->lanes, &x->lane))
            add_ready(s, x);
        else
            x->state = SINK_FLOW_BEHIND;
    }
}

/* Somebody is in a hurry: events of a port that closes end now, others with the drain. */
static void look(struct sink_flow *s)
{
    const unsigned looks = s->looks;

    if (looks == s->looked)
        return;
    s->looked = looks;
    for (struct sink_flow_event *x = s->all; x != NULL; x = x->next) {
        int64_t deadline_us = x->port->closing ? s->now_us : s->drain_until_us;

        if (x->deadline_us > deadline_us)
            x->deadline_us = deadline_us;
        if (timer_is_set(&x->timer) && x->timer.deadline_us > x->deadline_us)
            timer_set(&s->wheel, &x->timer, x->deadline_us);
    }
}

static void send_ready(struct sink_flow *s)
{
    for (struct sink_flow_event *x = s->ready_first; x != NULL; x = s->ready_first) {
        int64_t attempt_us = s->now_us + s->timeout_us / ATTEMPT_PART;

        if (x->deadline_us - s->now_us < s->timeout_us / LEAST_PART) {
            too_late(s, x);
            continue;
        }
        x->request = s->carrier->fn->send(s->carrier, &x->letter, x);
        if (x->request == NULL)
            return;
        remove_ready(s, x);
        x->state = SINK_FLOW_SENDING;
        timer_set(&s->wheel, &x->timer, attempt_us < x->deadline_us ? attempt_us : x->deadline_us);
    }
}

/* True: requests have ended, and others may begin. */
static bool take_answers(struct sink_flow *s)
{
    struct sink_answer answer;
    bool any = false;
    void *arg;

    s->carrier->fn->work(s->carrier);
    if (s->carrier->fn->is_up != NULL)
        set_up(s, s->carrier->fn->is_up(s->carrier));
    while ((arg = s->carrier->fn->next(s->carrier, &answer)) != NULL) {
        any = true;
        if (arg == s)
            set_up(s,
                   answer.verdict == SINK_VERDICT_TAKEN || answer.verdict == SINK_VERDICT_REFUSED);
        else
            answered(s, arg, &answer);
    }
    return any;
}

static int sleep_ms(const struct sink_flow *s)
{
    int64_t until_us = timer_wheel_deadline_us(&s->wheel);
    int64_t ms = (until_us - s->now_us + US_PER_MS - 1) / US_PER_MS;

    if (until_us <= s->now_us)
        return 0;
    return until_us == INT64_MAX || ms > MAX_SLEEP_MS ? MAX_SLEEP_MS : (int)ms;
}

static void *run(void *arg)
{
    struct sink_flow *s = arg;

    while (!s->stop || s->all != NULL) {
        s->now_us = clock_mono_us();
        take_events(s);
        look(s);
        (void)take_answers(s); /* before the timers: what is there is not too late */
        timer_wheel_advance(&s->wheel, s->now_us);
        do /* an answer may come at once: nothing would wake us for it later */
            send_ready(s);
        while (take_answers(s));
        s->carrier->fn->wait(s->carrier, s->inbox.wake_fd, sleep_ms(s));
    }
    return NULL;
}

/* --- start and end -------------------------------------------------------------------------------
 */

struct sink *sink_flow_open(const struct sink_options *options, struct sink_carrier *carrier,
                            char *why)
{
    struct sink_flow *s = xcalloc(1, sizeof *s);

    entropy_fill(s->shared.key, sizeof s->shared.key);
    s->carrier = carrier;
    s->shared.carrier = carrier;
    s->shared.inbox = &s->inbox;
    s->shared.max_bytes = (size_t)options->max_bytes;
    s->timeout_us = options->timeout_us;
    s->drain_until_us = INT64_MAX;
    s->up = true;
    s->metrics = metrics_new();
    s->ask_timer.fn = on_ask;
    mailbox_init(&s->inbox);
    mailbox_init(&s->closed);
    timer_wheel_init(&s->wheel, clock_mono_us());
    if (thread_start(&s->thread, run, s))
        return &s->sink;
    (void)snprintf(why, SINK_WHY_LEN, "sink: cannot start the sending thread");
    mailbox_fini(&s->inbox);
    mailbox_fini(&s->closed);
    carrier->fn->free(&s->carrier);
    free(s);
    return NULL;
}

void sink_flow_close(struct sink **sink)
{
    struct sink_flow *s = of(*sink);

    s->stop = true;
    sink_flow_look(s);
    (void)pthread_join(s->thread, NULL);
    s->carrier->fn->free(&s->carrier);
    mailbox_fini(&s->inbox);
    for (struct mail *port = mailbox_take(&s->closed); port != NULL;) {
        struct mail *next = port->next;

        sink_flow_port_free(port);
        port = next;
    }
    mailbox_fini(&s->closed);
    free(s);
    *sink = NULL;
}

bool sink_flow_is_up(const struct sink *s)
{
    return ((const struct sink_flow *)s)->up;
}

void sink_flow_drain(struct sink *s, int64_t until_us)
{
    of(s)->drain_until_us = until_us;
    sink_flow_look(of(s));
}

const struct sink_flow_shared *sink_flow_shared(const struct sink_flow *s)
{
    return &s->shared;
}

void sink_flow_look(struct sink_flow *s)
{
    uint64_t one = 1;

    s->looks++;
    ssize_t ignored = write(s->inbox.wake_fd, &one, sizeof one);

    UNUSED(ignored); /* a full counter is already readable */
}

void sink_flow_keep_port(struct sink_flow *s, struct mail *port)
{
    mailbox_post(&s->closed, port);
}
