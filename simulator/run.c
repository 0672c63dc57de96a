#include "simulator/run.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/entropy.h"
#include "lib/target_files.h"
#include "lib/target_where.h"
#include "simulator/check.h"
#include "simulator/engine_local.h"
#include "simulator/metrics_page.h"
#include "simulator/report.h"
#include "simulator/result_verdict.h"
#include "simulator/server_watch.h"
#include "simulator/slices.h"
#include "simulator/summary.h"
#include "simulator/validity.h"

static enum swarm_exit refuse(enum swarm_exit code, const char *why)
{
    (void)fprintf(stderr, "seatrial-swarm: %s\n", why);
    return code;
}

/* --- set-up */

static void new_run_id(struct run_set *s)
{
    entropy_fill(&s->run, sizeof s->run);
    (void)snprintf(s->run_id, sizeof s->run_id, "%016" PRIx64, s->run);
}

/* What a slice plays of what is said for all. */
static double part_of_devices(const struct run_set *s)
{
    return (double)s->setup.devices / (double)s->setup.all_devices;
}

/* A search asks for other things than commands. */
static double commands_per_s(const struct run_set *s)
{
    const char *command = s->setup.options->command;

    if (strcmp(command, "run") != 0 && strcmp(command, "replay") != 0)
        return 0;
    return s->setup.profile.commands_per_s * part_of_devices(s);
}

static bool open_application(struct run_set *s, char *why)
{
    struct application_options o = {
        .target = &s->setup.target,
        .profile = &s->setup.profile,
        .run_id = s->run_id,
        .run = s->run,
        .seed = s->setup.options->seed_number,
        .first_device = s->setup.first_device,
        .device_count = s->setup.devices,
        .commands_per_s = commands_per_s(s),
        .rings = s->rings,
        .ring_count = (size_t)s->setup.workers,
    };

    if (!s->setup.options->events && o.commands_per_s == 0)
        return true;
    s->application = application_new(&o, why);
    return s->application != NULL;
}

static bool read_slo(struct run_set *s, char *why)
{
    const char *text = s->setup.options->slo != NULL ? s->setup.options->slo : s->setup.profile.slo;

    return slo_parse(&s->slo, text == NULL ? (struct str){"", 0} : str_from(text), why);
}

/* What the target's own certificate must end in; the target may have made it just now. */
static bool read_ca(struct run_set *s, char *why)
{
    const char *path = s->setup.target.tls.ca;
    char bytes[4096];
    FILE *f = fopen(path, "r");
    size_t got;

    if (f == NULL) {
        (void)snprintf(why, SETUP_WHY_LEN, "tls.ca: %s: %s", path, strerror(errno));
        return false;
    }
    while ((got = fread(bytes, 1, sizeof bytes, f)) > 0)
        buf_add(&s->ca_pem, bytes, got);
    (void)fclose(f);
    return true;
}

static void watch_server(struct run_set *s)
{
    const struct options *o = s->setup.options;
    struct server_watch_options w = {
        .pid = s->setup.launch.pid > 0 ? s->setup.launch.pid : o->server_pid,
        .metrics_url = o->metrics_url,
    };

    s->server = server_watch_new(&w, clock_mono_us());
}

static void show_metrics(const struct run_set *s, const struct result *r)
{
    struct buf page = buf_growing();

    if (s->metrics == NULL)
        return;
    metrics_page_render(r, &page);
    metrics_listener_show(s->metrics, buf_str(&page));
    buf_fini(&page);
}

static bool serve_metrics(struct run_set *s, char *why)
{
    const struct options *o = s->setup.options;

    if (o->metrics == NULL)
        return true;
    s->metrics = metrics_listener_new(o->metrics, why);
    if (s->metrics != NULL)
        (void)fprintf(stderr, "metrics: %s\n", metrics_listener_url(s->metrics));
    return s->metrics != NULL;
}

static enum swarm_exit bring_up(struct run_set *s, char *why)
{
    struct setup *setup = &s->setup;

    s->rings = xcalloc((size_t)setup->workers, sizeof *s->rings);
    for (int i = 0; i < setup->workers; i++)
        notice_ring_init(&s->rings[i]);
    if (!stock_prepare(&s->stock, setup, s->run_id, why))
        return SWARM_USAGE;
    if (!setup_start_helpers(setup, why))
        return setup->site.unusable ? SWARM_USAGE : SWARM_UNREACHABLE;
    /* before the target starts, which may want to know where events go */
    if (setup->options->processes == 1 && !open_application(s, why))
        return SWARM_USAGE;
    setup->site.places.events_url =
        s->application == NULL ? "" : application_events_url(s->application);
    if (!setup_start(setup, why))
        return setup->launch.unusable ? SWARM_USAGE : SWARM_UNREACHABLE;
    if (!target_files_check(&setup->target, why))
        return SWARM_USAGE;
    if ((!setup->options->devices_only && !setup_probe(setup, why)) ||
        !stock_fill(&s->stock, why) ||
        (s->application != NULL && !application_watch(s->application, why)))
        return SWARM_UNREACHABLE;
    watch_server(s);
    if (setup->target.tls.ca == NULL || read_ca(s, why))
        return SWARM_HELD;
    return SWARM_USAGE;
}

enum swarm_exit run_open(struct run_set *s, const struct options *o, const struct trace_plan *plan)
{
    char why[SETUP_WHY_LEN + SLO_WHY_LEN];
    enum swarm_exit code;

    *s = (struct run_set){.ca_pem = buf_growing()};
    setup_catch_signals();
    if (!setup_read(&s->setup, o, plan, why) || !read_slo(s, why) || !setup_make_out(o, why) ||
        (o->report != NULL && !report_check(o->report, why)) || !serve_metrics(s, why))
        return refuse(SWARM_USAGE, why);
    new_run_id(s);
    code = bring_up(s, why);
    if (setup_interrupts > 0)
        return refuse(SWARM_INTERRUPTED, "interrupted before the load began: there is no report");
    s->is_refused = code != SWARM_HELD;
    return code == SWARM_HELD ? code : refuse(code, why);
}

void run_close(struct run_set *s)
{
    char why[STOCK_WHY_LEN];

    if (!stock_clear(&s->stock, why))
        (void)refuse(SWARM_HELD, s->is_refused ? "devices may be left in the registry: once it "
                                                 "answers, seatrial-swarm cleanup removes them"
                                               : why);
    if (s->application != NULL)
        application_free(&s->application);
    if (s->server != NULL)
        server_watch_free(&s->server);
    metrics_listener_free(&s->metrics);
    for (int i = 0; s->rings != NULL && i < s->setup.workers; i++)
        notice_ring_fini(&s->rings[i]);
    free(s->rings);
    setup_close(&s->setup);
    stock_close(&s->stock);
    slo_fini(&s->slo);
    buf_fini(&s->ca_pem);
}

/* --- a trial */

void run_trial_of(const struct run_set *s, struct trial *t)
{
    const struct options *o = s->setup.options;

    *t = (struct trial){
        .target = &s->setup.target,
        .profile = &s->setup.profile,
        .source = &s->setup.source,
        .seed = o->seed_number,
        .first_device = s->setup.first_device,
        .devices = s->setup.devices,
        .all_devices = s->setup.all_devices,
        .workers = s->setup.workers,
        .rate_per_s = o->rate_per_s,
        .compress = o->compress,
        .window = s->setup.window,
        .handshakes = o->handshakes,
        .answer_timeout_us = o->answer_timeout_us,
        .start_wall_us = o->start_wall_us,
        .record_dir = o->record,
        .ca_pem = buf_str(&s->ca_pem),
        .roster = s->stock.roster,
        .plan = s->setup.plan,
        .server = s->server,
        .engine = s->engine,
        .interrupts = &setup_interrupts,
    };
}

static void describe(const struct run_set *s, const struct trial *t, struct result *r)
{
    struct buf line = buf_growing();

    for (int i = 0; i < s->setup.options->argc; i++)
        buf_add_format(&line, i > 0 ? " %s" : "%s", s->setup.options->argv[i]);
    r->target = arena_str(&r->arena, str_from(s->setup.target.name)).ptr;
    r->profile = arena_str(&r->arena, str_from(t->profile->name)).ptr;
    r->run_id = arena_str(&r->arena, str_from(s->run_id)).ptr;
    r->version = SEATRIAL_VERSION;
    r->source = arena_str(&r->arena, str_from(t->source->text)).ptr;
    r->options = arena_str(&r->arena, buf_str(&line)).ptr;
    r->seed = t->seed;
    r->devices = t->devices;
    r->first_device = t->first_device;
    r->workers = t->workers;
    r->window = t->window;
    r->compress = t->compress;
    r->rate_per_s = t->window > 0 ? NAN : t->rate_per_s * part_of_devices(s);
    if (t->window == 0 && isnan(t->rate_per_s))
        r->rate_per_s = (double)t->devices * t->compress / t->profile->period_s;
    buf_fini(&line);
}

static void share_end(const struct run_set *s)
{
    if (s->engine != NULL)
        slices_share_end(s->engine, setup_interrupts > 0, setup_interrupt);
}

static void on_second(void *arg, const struct result *r)
{
    const struct run_set *s = arg;

    share_end(s);
    show_metrics(s, r);
    if (s->progress != NULL)
        progress_second(s->progress, r);
}

bool run_try(struct run_set *s, struct trial *t, struct result *r, char *why)
{
    bool ok;

    if (s->application == NULL) {
        new_run_id(s);
        if (!open_application(s, why) ||
            (s->application != NULL && !application_watch(s->application, why)))
            return false;
    }
    t->run = s->run;
    t->progress = on_second;
    t->arg = s;
    t->application = s->application;
    t->rings = s->application == NULL ? NULL : s->rings;
    describe(s, t, r);
    show_metrics(s, r);
    r->events_checked = s->application != NULL && application_sees_events(s->application);
    ok = trial_run(t, r, why);
    share_end(s);
    if (s->application != NULL)
        application_free(&s->application);
    return ok;
}

/* --- the command */

static bool is_silent(const struct result *r)
{
    const uint64_t *count = r->total.counter;

    return count[TALLY_DATAGRAM_SENT] > 0 && count[TALLY_DATAGRAM_RECEIVED] == 0;
}

static void judge(const struct run_set *s, struct result *r)
{
    struct validity_options validity = {.lag_us = s->setup.options->max_lag_us,
                                        .steal_part = s->setup.options->max_steal / 100};

    slo_judge(&s->slo, r);
    if (is_silent(r))
        result_add_invalid(r,
                           "The target has not answered a single datagram: is its address right?");
    validity_judge(r, &validity);
    r->verdict = result_verdict_of(r, setup_interrupts > 0);
}

static enum swarm_exit code_of(const struct result *r)
{
    if (is_silent(r) && setup_interrupts == 0)
        return SWARM_UNREACHABLE;
    return (enum swarm_exit)result_verdict_exit(r->verdict);
}

static bool write_reports(const struct run_set *s, const struct result *r, char *why)
{
    const struct options *o = s->setup.options;

    return report_write_all(setup_out(o), r, why) &&
           (o->report == NULL || report_write(o->report, r, why));
}

static int64_t load_us(const struct trial *t)
{
    int64_t sum_us = 0;

    for (size_t i = 0; i < t->profile->stage_count; i++)
        sum_us += t->profile->stages[i].duration_us;
    return sum_us;
}

static bool try_and_judge(struct run_set *s, struct trial *t, struct result *r, char *why)
{
    if (!run_try(s, t, r, why))
        return false;
    judge(s, r);
    return s->engine == NULL || slices_join(s->engine, r, why); /* others than the first end here */
}

/* Where no event at all comes, more likely the target file is wrong than the target. */
static void doubt_events(const struct run_set *s, const struct result *r)
{
    static const char *const fields[] = {
        [EVENTS_NONE] = "events",          [EVENTS_HTTP_SINK] = "events.http_sink",
        [EVENTS_MQTT] = "events.mqtt.url", [EVENTS_KAFKA] = "events.kafka.url",
        [EVENTS_FILE] = "events.file",     [EVENTS_EXEC] = "events.exec",
    };
    const struct target *t = &s->setup.target;
    char where[TARGET_WHERE_LEN];

    if (r->total.counter[TALLY_EVENT_LOST] > 0 && r->total.counter[TALLY_EVENT_DELIVERED] == 0)
        (void)fprintf(stderr,
                      "seatrial-swarm: %s: not one event came: is that where the target's events "
                      "go? seatrial doctor looks\n",
                      target_where(t, fields[t->events.kind], where));
}

static enum swarm_exit run_and_report(struct run_set *s)
{
    const struct options *o = s->setup.options;
    struct trial t;
    struct result r;
    char why[RUN_WHY_LEN];
    enum swarm_exit code;

    run_trial_of(s, &t);
    result_init(&r);
    if (!o->quiet && (s->engine == NULL || s->engine->rank == 0))
        s->progress = progress_new(stderr, !o->no_tui && isatty(STDERR_FILENO), load_us(&t));
    if (!try_and_judge(s, &t, &r, why)) {
        code = refuse(SWARM_USAGE, why);
    } else {
        code = code_of(&r);
        progress_end(&s->progress);
        summary_print(stdout, &r, setup_out(o));
        doubt_events(s, &r);
        if (!write_reports(s, &r, why))
            code = refuse(SWARM_USAGE, why);
    }
    progress_end(&s->progress);
    result_fini(&r);
    return code;
}

/* What the first process has open stays its own: the others leave it alone, and end by _exit. */
static bool become_slices(struct run_set *s, char *why)
{
    s->engine = engine_local_new(s->setup.options->processes, why);
    if (s->engine == NULL)
        return false;
    setup_take_slice(&s->setup, s->engine->rank, s->engine->size);
    if (s->engine->rank > 0) {
        s->metrics = NULL;
        s->server = NULL;
        watch_server(s);
    }
    return true;
}

static enum swarm_exit run_in_slices(struct run_set *s)
{
    char why[ENGINE_LOCAL_WHY_LEN];
    enum swarm_exit code = become_slices(s, why) ? run_and_report(s) : refuse(SWARM_USAGE, why);

    if (s->engine != NULL && s->engine->rank > 0)
        _exit((int)code); /* something went wrong, and was said */
    engine_free(&s->engine);
    return code;
}

enum swarm_exit run_command(const struct options *o)
{
    struct run_set s;
    enum swarm_exit code;

    if (o->check)
        return check_command(o);
    code = run_open(&s, o, NULL);
    if (code == SWARM_HELD)
        code = o->processes > 1 ? run_in_slices(&s) : run_and_report(&s);
    run_close(&s);
    return code;
}

enum swarm_exit replay_command(const struct options *o)
{
    struct options as_recorded = *o;
    struct trace_plan plan;
    struct run_set s;
    char why[TRACE_FILE_WHY_LEN];
    enum swarm_exit code;

    if (!trace_plan_load(&plan, o->args[0], why))
        return refuse(SWARM_USAGE, why);
    if (plan.is_cut)
        (void)refuse(SWARM_HELD,
                     "the recorded run was ended by force: it is played as far as it goes");
    as_recorded.seed_number = plan.head.seed;
    as_recorded.rate_per_s = plan.head.rate_per_s;
    as_recorded.compress = plan.head.compress;
    as_recorded.window = 0;
    code = run_open(&s, &as_recorded, &plan);
    if (code == SWARM_HELD)
        code = run_and_report(&s);
    run_close(&s);
    trace_plan_free(&plan);
    return code;
}

/* --- devices without a load */

/* Somebody else has to make them. */
static enum swarm_exit list_devices(const struct run_set *s)
{
    char why[STOCK_WHY_LEN];

    if (s->setup.target.registry.kind == REGISTRY_STATIC)
        return refuse(SWARM_USAGE, "the target file lists its devices, so they are there already");
    return stock_list(&s->stock, why) ? SWARM_HELD : refuse(SWARM_USAGE, why);
}

enum swarm_exit provision_command(const struct options *o)
{
    struct options keep = *o;
    struct run_set s;
    enum swarm_exit code;

    keep.keep = true;
    keep.events = false;
    keep.devices_only = true;
    code = run_open(&s, &keep, NULL);
    if (code == SWARM_HELD && provision_way(&s.setup.target) == PROVISION_NOT)
        code = list_devices(&s);
    run_close(&s);
    return code;
}

enum swarm_exit cleanup_command(const struct options *o)
{
    struct setup setup;
    struct stock stock = {.made = true};
    char why[SETUP_WHY_LEN];
    enum swarm_exit code = SWARM_HELD;

    setup_catch_signals();
    if (!setup_read(&setup, o, NULL, why)) {
        code = refuse(SWARM_USAGE, why);
    } else if (provision_way(&setup.target) == PROVISION_FILE) {
        code = refuse(SWARM_USAGE, "this target is started anew each time: nothing stays in it");
    } else if (provision_way(&setup.target) == PROVISION_NOT) {
        code = refuse(SWARM_USAGE, "this target has no registry to remove devices from");
    } else {
        stock.setup = &setup;
        stock.options = stock_options(&setup, "0");
        if (!stock_clear(&stock, why))
            code = refuse(SWARM_UNREACHABLE, why);
    }
    setup_close(&setup);
    return code;
}
