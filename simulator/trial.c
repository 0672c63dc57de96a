#include "simulator/trial.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "simulator/pace.h"
#include "simulator/server_watch.h"
#include "simulator/slices.h"
#include "simulator/worker.h"

enum {
    LOOK_MS = 20,              /* how often workers are looked at */
    BEGIN_US = 20000,          /* from starting the threads to the start of the run */
    ROW_LATE_US = 300000,      /* a row waits no longer for a worker that is busy */
    SETTLE_MOST_US = 30000000, /* events are awaited */
    SILENT_S = 10,             /* a target that has answered nothing for so long is not there */
};

struct running {
    const struct trial *t;
    struct result *r;
    struct pace pace;
    struct worker **workers;
    bool *taken; /* of this second */
    struct tally second;
    int64_t start_wall_us; /* asked for, or agreed on; 0: at once */
    int64_t start_us;
    int64_t row_us; /* the end of the second that is being collected */
};

/* --- set-up */

static double parameter(const struct target *target, const char *name)
{
    double value = NAN;
    bool known = target_parameter(target, name, &value);

    assert(known);
    return value;
}

static void fleet_options_of(const struct running *run, int index, struct fleet_options *o)
{
    const struct trial *t = run->t;
    int64_t from = t->devices * index / t->workers;
    int64_t to = t->devices * (index + 1) / t->workers;
    int64_t window = t->window * (index + 1) / t->workers - t->window * index / t->workers;

    *o = (struct fleet_options){
        .profile = t->profile,
        .pace = &run->pace,
        .window = t->window > 0 && window == 0 ? 1 : window,
        .seed = t->seed,
        .run = t->run,
        .first = (uint32_t)(t->first_device + from),
        .count = (uint32_t)(to - from),
        .ack_timeout_us = (int64_t)(parameter(t->target, "ACK_TIMEOUT") * (double)US_PER_S),
        .ack_random_factor = parameter(t->target, "ACK_RANDOM_FACTOR"),
        .max_retransmit = (int)parameter(t->target, "MAX_RETRANSMIT"),
        .answer_timeout_us = t->answer_timeout_us,
        .handshake = {.cap = t->handshakes, .limit_us = t->answer_timeout_us, .ca_pem = t->ca_pem},
        .roster = t->roster,
        .is_listed = t->target->registry.kind == REGISTRY_STATIC,
        .plan = t->plan,
        .ring = t->rings == NULL ? NULL : &t->rings[index],
    };
}

static struct trace_header record_of(const struct running *run, const struct fleet_options *f)
{
    const struct trial *t = run->t;

    return (struct trace_header){
        .seed = t->seed,
        .first_device = f->first,
        .device_count = f->count,
        .rate_per_s = t->rate_per_s,
        .compress = t->compress,
        .all_devices = t->all_devices,
        .window = t->window,
        .duration_us = pace_end_us(&run->pace),
        .profile = str_from(t->profile->name),
        .profile_text = t->profile->source,
    };
}

static bool make_workers(struct running *run, char *why)
{
    const struct trial *t = run->t;

    run->workers = xcalloc((size_t)t->workers, sizeof(struct worker *));
    run->taken = xcalloc((size_t)t->workers, sizeof *run->taken);
    for (int i = 0; i < t->workers; i++) {
        struct worker_options o = {
            .source = t->source,
            .coap = t->target->coap.host == NULL ? (struct addr){.len = 0} : t->target->coap.addr,
            .coaps =
                t->target->coaps.host == NULL ? (struct addr){.len = 0} : t->target->coaps.addr,
            .record_dir = t->record_dir,
            .index = i,
        };

        fleet_options_of(run, i, &o.fleet);
        o.record = record_of(run, &o.fleet);
        run->workers[i] = worker_new(&o, why);
        if (run->workers[i] == NULL)
            return false;
    }
    return true;
}

static void free_workers(struct running *run)
{
    for (int i = 0; run->workers != NULL && i < run->t->workers; i++)
        worker_free(&run->workers[i]);
    free(run->workers);
    free(run->taken);
}

/* --- rows */

static void fill_times(const struct tally *t, struct result_second *row)
{
    static const double parts[] = {0.5, 0.9, 0.99};
    const struct hist *publish = t->hist[TALLY_HIST_PUBLISH];

    for (size_t i = 0; i < COUNT(parts); i++)
        row->publish_us[i] = hist_value_us(publish, parts[i]);
    row->publish_us[COUNT(parts)] = hist_max_us(publish);
    row->handshake_p99_us = hist_value_us(t->hist[TALLY_HIST_HANDSHAKE], 0.99);
    row->ct_error_p99_us = hist_value_us(t->hist[TALLY_HIST_CT_ERROR], 0.99);
    row->lag_p99_us = hist_value_us(t->hist[TALLY_HIST_SCHEDULE_LAG], 0.99);
}

static void end_second(struct running *run)
{
    struct result_second *row = result_add_second(run->r);

    if (run->t->application != NULL)
        application_take(run->t->application, &run->second);
    row->at_us = run->row_us - run->start_us;
    memcpy(row->counter, run->second.counter, sizeof row->counter);
    memcpy(row->gauge, run->second.gauge, sizeof row->gauge);
    fill_times(&run->second, row);
    server_watch_take(run->t->server, clock_mono_us(), row);
    result_keep_times(run->r, &run->second, row->at_us - US_PER_S, row->at_us);
    tally_add(&run->r->total, &run->second);
    tally_clear(&run->second);
    memset(run->taken, 0, (size_t)run->t->workers * sizeof *run->taken);
    run->row_us += US_PER_S;
    run->r->duration_us = row->at_us;
    if (run->t->progress != NULL)
        run->t->progress(run->t->arg, run->r);
}

/* Takes what workers offer; a row is complete when all have, or one is too late. */
static void collect(struct running *run, int64_t now_us)
{
    bool all = true;

    for (int i = 0; i < run->t->workers; i++) {
        if (!run->taken[i])
            run->taken[i] = worker_take(run->workers[i], &run->second);
        all &= run->taken[i];
    }
    if (now_us >= run->row_us && (all || now_us >= run->row_us + ROW_LATE_US))
        end_second(run);
}

/* --- the course of it */

static int interrupts(const struct running *run)
{
    return run->t->interrupts == NULL ? 0 : *run->t->interrupts;
}

static size_t in_flight(const struct running *run)
{
    size_t sum = 0;

    for (int i = 0; i < run->t->workers; i++)
        sum += worker_in_flight(run->workers[i]);
    return sum;
}

/* Datagrams have left for a while, and nothing at all came back. */
static bool is_silent(const struct running *run)
{
    const uint64_t *count = run->r->total.counter;

    return run->r->second_count >= SILENT_S && count[TALLY_DATAGRAM_SENT] > 0 &&
           count[TALLY_DATAGRAM_RECEIVED] == 0;
}

/* Looks at the workers until the time has come, or `idle` and nothing is under way any more. */
static void watch_until(struct running *run, int64_t end_us, bool until_idle, int patience)
{
    int64_t idle_from_us = clock_mono_us() + 2 * LOOK_MS * US_PER_MS; /* they have seen the end */

    for (;;) {
        int64_t now_us = clock_mono_us();

        if (now_us >= end_us || interrupts(run) > patience || is_silent(run))
            return;
        if (until_idle && now_us > idle_from_us && in_flight(run) == 0)
            return;
        collect(run, now_us);
        (void)poll(NULL, 0, LOOK_MS);
    }
}

/* When the run begins, by the monotonic clock. */
static int64_t start_time(int64_t wall_us)
{
    int64_t now_us = clock_mono_us();
    int64_t ahead_us = wall_us == 0 ? 0 : wall_us - clock_wall_us();

    return now_us + (ahead_us > BEGIN_US ? ahead_us : BEGIN_US);
}

/* The longest that what is under way may take. */
static int64_t drain_us(const struct trial *t)
{
    double ct_s = 0;

    for (size_t i = 0; i < t->profile->class_count; i++) {
        const struct profile_class *c = &t->profile->classes[i];

        ct_s = c->ct_part > 0 && c->ct_s.max > ct_s ? c->ct_s.max : ct_s;
    }
    return (int64_t)(ct_s * (double)US_PER_S) + t->answer_timeout_us;
}

static void run_through(struct running *run)
{
    const struct trial *t = run->t;

    run->start_us = start_time(run->start_wall_us);
    run->r->started_wall_us = clock_wall_us() + (run->start_us - clock_mono_us());
    run->row_us = run->start_us + US_PER_S;
    for (int i = 0; i < t->workers; i++)
        worker_start(run->workers[i], run->start_us);
    if (t->application != NULL)
        application_begin(t->application);
    watch_until(run, run->start_us, false, 0);
    run->r->own_cpu_s = server_watch_own_cpu_s();
    watch_until(run, run->start_us + pace_end_us(&run->pace), false, 0);
    run->r->duration_us = clock_mono_us() - run->start_us;
    int64_t duration_us = run->r->duration_us;

    for (int i = 0; i < t->workers; i++)
        worker_stop(run->workers[i]);
    if (t->application != NULL)
        application_calm(t->application);
    watch_until(run, clock_mono_us() + drain_us(t), true, 1);
    for (int i = 0; i < t->workers; i++)
        worker_join(run->workers[i], &run->second);
    if (t->application != NULL)
        application_end(t->application, interrupts(run) > 1 ? 0 : SETTLE_MOST_US, &run->second);
    result_keep_times(run->r, &run->second, run->row_us - US_PER_S - run->start_us,
                      clock_mono_us() - run->start_us);
    tally_add(&run->r->total, &run->second);
    run->r->duration_us = duration_us;
    run->r->own_cpu_s = server_watch_own_cpu_s() - run->r->own_cpu_s;
    run->r->own_memory_bytes = server_watch_own_memory();
}

static void note_stages(struct running *run)
{
    const struct profile *p = run->t->profile;
    int64_t at_us = 0;

    for (size_t i = 0; i < p->stage_count; i++) {
        struct result_stage *s = result_add_stage(run->r);
        bool closed = run->t->window > 0;
        int64_t to_us = at_us + p->stages[i].duration_us;

        s->name = arena_str(&run->r->arena, str_from(p->stages[i].name)).ptr;
        s->from_us = at_us;
        s->to_us = to_us;
        s->rate_from = closed ? NAN : pace_rate_at(&run->pace, at_us);
        s->rate_to = closed ? NAN : pace_rate_at(&run->pace, to_us - 1);
        at_us = to_us;
    }
}

bool trial_run(const struct trial *t, struct result *r, char *why)
{
    struct running run = {.t = t, .r = r, .start_wall_us = t->start_wall_us};
    bool ok;

    pace_init(&run.pace, t->profile, t->window > 0 ? 1 : t->rate_per_s, t->all_devices,
              t->compress);
    note_stages(&run);
    tally_init(&run.second);
    ok = make_workers(&run, why) &&
         (t->engine == NULL || slices_agree(t->engine, &run.start_wall_us, why));
    if (ok) {
        r->bytes_per_device = 0;
        for (int i = 0; i < t->workers; i++)
            r->bytes_per_device += (double)worker_bytes(run.workers[i]) / (double)t->devices;
        run_through(&run);
    }
    for (int i = 0; ok && i < t->workers; i++)
        ok = worker_finish(run.workers[i], why);
    free_workers(&run);
    tally_fini(&run.second);
    return ok;
}
