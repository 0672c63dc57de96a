#include "conformance/run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "conformance/advice.h"
#include "conformance/commands.h"
#include "conformance/diff.h"
#include "conformance/json.h"
#include "conformance/plan.h"
#include "conformance/rejudge.h"
#include "conformance/report.h"
#include "conformance/runner.h"
#include "conformance/sanity.h"
#include "conformance/session.h"
#include "conformance/speed.h"
#include "conformance/stream.h"
#include "conformance/waiver.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/rfc3339.h"
#include "lib/target_probe.h"

enum { BYTES_PER_CASE = 64 << 20, FEWEST_JOBS = 4, MOST_JOBS = 32 };

struct run {
    const struct options *o;
    const struct case_engine *engine;
    struct catalogue catalogue;
    struct case_def sanity;
    struct session session;
    struct plan plan;
    struct stream stream;
    struct waivers waivers;
    json_t *baseline; /* NULL: none */
    json_t *doubtful; /* results that are judged again at a lower speed */
    uint64_t seed;
    char out_dir[PATH_MAX];
};

static enum exit_code complain(enum exit_code code, const char *why)
{
    size_t len = strlen(why);

    (void)fprintf(stderr, "seatrial: %s%s", why, len > 0 && why[len - 1] == '\n' ? "" : "\n");
    return code;
}

/* --- before anything runs ------------------------------------------------------------------------
 */

static bool read_seed(const char *text, uint64_t *out)
{
    if (text == NULL)
        return getrandom(out, sizeof *out, 0) == (ssize_t)sizeof *out;
    if (strlen(text) > 16 || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
        return false;
    *out = strtoull(text, NULL, 16);
    return true;
}

/* Digits, at most five of them, up to a character; what comes behind it, or NULL. */
static const char *read_digits(const char *text, char end, unsigned *out)
{
    size_t len = strspn(text, "0123456789");

    if (len == 0 || len > 5 || text[len] != end)
        return NULL;
    *out = (unsigned)strtoul(text, NULL, 10);
    return text + len + 1;
}

static bool read_shard(const char *text, struct plan_options *p)
{
    const char *shards = text == NULL ? NULL : read_digits(text, '/', &p->shard);

    if (text == NULL)
        return true;
    return shards != NULL && read_digits(shards, '\0', &p->shards) != NULL && p->shard >= 1 &&
           p->shard <= p->shards;
}

/* A target that the suite starts is its own to flood and to restart. */
static enum case_impact max_impact(const struct run *r)
{
    if (r->o->impact_given)
        return (enum case_impact)r->o->impact;
    return r->session.target.start.exec != NULL ? CASE_RESTART : CASE_MALFORMED;
}

static bool make_out_dir(struct run *r, char *why)
{
    if ((mkdir(r->o->out, 0700) != 0 && errno != EEXIST) ||
        realpath(r->o->out, r->out_dir) == NULL) {
        (void)snprintf(why, SESSION_WHY_LEN, "--out %s: %s", r->o->out, strerror(errno));
        return false;
    }
    return true;
}

static json_t *describe_ledger(const struct catalogue *c)
{
    json_t *list = json_array();

    for (size_t i = 0; i < c->ledger.count; i++) {
        const struct requirement *row = &c->ledger.rows[i];
        json_t *object = json_object();

        (void)json_object_set_new(object, "id", json_of_text(row->id));
        (void)json_object_set_new(object, "level", json_string(case_level_name(row->level)));
        (void)json_object_set_new(object, "text", json_of_text(row->text));
        (void)json_object_set_new(object, "source", json_of_text(row->source));
        (void)json_array_append_new(list, object);
    }
    return list;
}

static json_t *describe_run(const struct run *r)
{
    const struct target *t = &r->session.target;
    json_t *run = json_object();
    json_t *features = json_array();
    struct buf time = buf_growing();

    for (size_t i = 0; t->features != NULL && t->features[i] != NULL; i++)
        (void)json_array_append_new(features, json_of_text(t->features[i]));
    rfc3339_format(clock_wall_us() / US_PER_S * US_PER_S, &time);
    buf_add_char(&time, '\0');
    (void)json_object_set_new(run, "suite", json_string(SEATRIAL_VERSION));
    (void)json_object_set_new(run, "target", json_of_text(t->name == NULL ? "" : t->name));
    if (t->version != NULL)
        (void)json_object_set_new(run, "target_version", json_of_text(t->version));
    (void)json_object_set_new(run, "target_argument", json_of_text(r->o->target));
    (void)json_object_set_new(run, "features", features);
    (void)json_object_set_new(run, "seed", json_of_text(r->session.seed));
    (void)json_object_set_new(run, "started", json_of_text(time.ptr));
    (void)json_object_set_new(run, "strict", json_boolean(r->o->strict));
    (void)json_object_set_new(run, "speed", json_real(r->o->speed));
    (void)json_object_set_new(run, "requirements", describe_ledger(&r->catalogue));
    if (r->o->mutant != NULL)
        (void)json_object_set_new(run, "mutant", json_of_text(r->o->mutant));
    buf_fini(&time);
    return run;
}

/* --- while it runs -------------------------------------------------------------------------------
 */

/* What failed in the same way before is expected. */
static void apply_baseline(const struct run *r, json_t *result)
{
    const json_t *old = r->baseline == NULL ? NULL : diff_find(r->baseline, result);
    char reason[CASE_TEXT_LEN];

    if (old == NULL || stream_verdict(result) < VERDICT_WARN ||
        stream_verdict(old) != stream_verdict(result) || !diff_same_signature(old, result))
        return;
    (void)snprintf(reason, sizeof reason, "%s in the same way in %s", json_text(result, "verdict"),
                   r->o->baseline);
    (void)json_object_set_new(result, "verdict", json_string(verdict_name(VERDICT_WAIVED)));
    (void)json_array_insert_new(json_object_get(result, "findings"), 0,
                                json_pack("{s:s, s:o}", "verdict", verdict_name(VERDICT_WAIVED),
                                          "reason", json_of_text(reason)));
}

/* Beside the rest of the evidence. */
static void write_result(const json_t *result)
{
    struct buf path = buf_growing();

    buf_add_format(&path, "%s/result.json", json_text(result, "evidence"));
    buf_add_char(&path, '\0');
    (void)json_dump_file(result, path.ptr,
                         JSON_INDENT(1)); /* a full disk must not change a verdict */
    buf_fini(&path);
}

static void keep_result(struct run *r, json_t *result)
{
    if (!stream_is_retried(result)) {
        waivers_apply(&r->waivers, result, r->session.target.version, clock_wall_us());
        apply_baseline(r, result);
    }
    if (json_text(result, "evidence")[0] != '\0')
        write_result(result);
    stream_take(&r->stream, result);
    report_console_result(stdout, result, r->o->target);
    (void)fflush(stdout);
}

static void take(void *context, json_t *result)
{
    struct run *r = context;

    if (!r->o->judge_once && rejudge_is_due(result, r->o->speed))
        (void)json_array_append_new(r->doubtful, result);
    else
        keep_result(r, result);
}

/* What failed by a time window at a high speed, once more at a lower one. */
static void judge_again(struct run *r, struct runner_end *end)
{
    json_t *again = NULL;

    if (json_array_size(r->doubtful) > 0 && !end->interrupted)
        again = rejudge_run(r->o, r->session.seed, r->out_dir, r->doubtful, &end->interrupted);
    for (size_t i = 0; i < json_array_size(r->doubtful); i++)
        keep_result(r, json_incref(json_array_get(r->doubtful, i)));
    for (size_t i = 0; i < json_array_size(again); i++)
        keep_result(r, json_incref(json_array_get(again, i)));
    (void)json_array_clear(r->doubtful);
    json_decref(again);
}

static int connect_to_broker(void *context, const char *name)
{
    struct run *r = context;

    return broker_connect(r->session.broker, name);
}

static const char *broken(void *context)
{
    struct run *r = context;

    if (!broker_alive(r->session.broker))
        return "the broker of registry, commands and events has died";
    return backend_has_ended(&r->session.site.backend) ? "the backend (--backend) has ended" : NULL;
}

static bool recover(void *context)
{
    struct run *r = context;

    return session_restart(&r->session);
}

static bool serve_broker(void *context)
{
    struct run *r = context;
    char why[SESSION_WHY_LEN];

    if (!broker_asks_restart(r->session.broker))
        return false;
    broker_restarted(r->session.broker, session_kill(&r->session, why) ? NULL : why);
    return true;
}

static int jobs_by_memory(void)
{
    struct sysinfo info;
    uint64_t bytes;

    if (sysinfo(&info) != 0)
        return FEWEST_JOBS;
    bytes = ((uint64_t)info.freeram + info.bufferram) * info.mem_unit;
    if (bytes / BYTES_PER_CASE < FEWEST_JOBS)
        return FEWEST_JOBS;
    return bytes / BYTES_PER_CASE > MOST_JOBS ? MOST_JOBS : (int)(bytes / BYTES_PER_CASE);
}

/* Cases that share a few devices wait for each other, and in vain when there are too many. */
static int jobs_at_once(const struct run *r)
{
    const struct target *t = &r->session.target;
    int jobs = r->o->jobs > 0 ? r->o->jobs : jobs_by_memory();

    if (t->registry.kind == REGISTRY_STATIC && (size_t)jobs > t->registry.device_count)
        jobs = (int)t->registry.device_count;
    return jobs;
}

static struct runner_options runner_options(struct run *r)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct runner_options options = {
        .world = {.L = r->catalogue.L,
                  .engine = r->engine,
                  .target = &r->session.target,
                  .seed = r->seed,
                  .out_dir = r->out_dir,
                  .target_log = r->session.target.start.exec == NULL ? NULL : r->session.log_file,
                  .speed = r->o->speed,
                  .time_slack = r->o->time_slack,
                  .mutant = r->o->mutant,
                  .fuzz = r->o->fuzz,
                  .shrink_us = r->o->shrink_us,
                  .alone = jobs_at_once(r) == 1 || r->plan.count == 1,
                  .trace = r->o->trace,
                  .redact = r->o->redact,
                  .connect = connect_to_broker,
                  .context = r},
        .jobs = jobs_at_once(r),
        .timing_lanes = cores > 0 ? (int)cores : 1,
        .retries = r->o->retries,
        .end_us = clock_mono_us() + r->o->timeout_us,
        .sanity = &r->sanity,
        .take = take,
        .recover = recover,
        .broken = broken,
        .serve = serve_broker,
        .service_fd = broker_asks_fd(r->session.broker),
        .context = r,
    };

    while (options.sanity_binding + 1 < BINDINGS &&
           (plan_bindings(&r->session.target) & 1U << options.sanity_binding) == 0)
        options.sanity_binding++;
    return options;
}

/* intro: of the line, which ends with what to change. */
static void complain_of_sanity(const struct run *r, enum binding binding, const json_t *result,
                               const char *intro)
{
    struct buf text = buf_growing();
    char why[TARGET_WHY_LEN];

    buf_add_format(&text, "%s: ", intro);
    if (stream_verdict(result) == VERDICT_FAIL &&
        !target_probe_all(&r->session.target, (int64_t)(2 * US_PER_S * r->o->speed), why))
        buf_add_str(&text, str_from(why));
    else
        advice_on_sanity(&r->session.target, binding, stream_signature(result), &text);
    buf_add_char(&text, '\0');
    (void)complain(EXIT_UNREACHABLE, text.ptr);
    buf_fini(&text);
}

/* Each binding that cases use, other than first: what is wrong with its credentials is said once,
 * in advance. False: nobody answers DTLS, which why (TARGET_WHY_LEN) says. */
static bool check_bindings(struct run *r, const struct runner_options *first, char *why)
{
    unsigned used = 0, others;

    for (size_t i = 0; i < r->plan.count; i++)
        used |= r->plan.jobs[i].preset == NULL ? 1U << r->plan.jobs[i].binding : 0;
    others = used & ~(1U << first->sanity_binding);
    if ((others & ~(1U << BINDING_COAP)) != 0 &&
        !target_probe_one(&r->session.target, true, (int64_t)(5 * US_PER_S * r->o->speed), why))
        return false;
    for (int b = 0; b < BINDINGS && !r->stream.tally.interrupted; b++) {
        struct runner_options options = *first;
        json_t *result;

        options.sanity_binding = (enum binding)b;
        if ((others & 1U << b) == 0)
            continue;
        r->stream.tally.interrupted = runner_check_sanity(&options, &result).interrupted;
        if (result != NULL && stream_verdict(result) >= VERDICT_FAIL &&
            !r->stream.tally.interrupted)
            complain_of_sanity(r, options.sanity_binding, result,
                               binding_name(options.sanity_binding));
        json_decref(result);
    }
    return true;
}

/* The target, before the first case: EXIT_GOOD, or why nothing is run. A mutant may be insane: its
 * cases run without such checks. */
static enum exit_code check_target(struct run *r, struct runner_options *options)
{
    json_t *result;
    struct runner_end end = runner_check_sanity(options, &result);
    enum verdict v = result == NULL ? VERDICT_ERROR : stream_verdict(result);
    enum exit_code code = EXIT_GOOD;
    char why[TARGET_WHY_LEN];

    r->stream.tally.interrupted = end.interrupted;
    if (end.interrupted) {
        json_decref(result);
        return EXIT_INTERRUPTED;
    }
    if (v == VERDICT_FAIL && r->o->mutant != NULL) {
        (void)printf("no sanity check: %s fails it\n", r->o->mutant);
        options->sanity = NULL;
    } else if (v == VERDICT_FAIL) {
        code = EXIT_UNREACHABLE;
        r->stream.tally.unreachable = true;
    } else if (v == VERDICT_ERROR) {
        code = EXIT_SUITE;
        r->stream.tally.suite_error = true;
    } else if (v == VERDICT_INCONCLUSIVE) {
        (void)printf("no sanity check: %s\n", json_text(stream_signature(result), "reason"));
    }
    if (code != EXIT_GOOD) {
        complain_of_sanity(r, options->sanity_binding, result,
                           code == EXIT_SUITE ? "the sanity check at the start could not be made"
                                              : "the target failed the sanity check at the start");
        report_console_result(stderr, result, r->o->target);
    }
    json_decref(result);
    if (code == EXIT_GOOD && r->o->mutant == NULL && !check_bindings(r, options, why)) {
        r->stream.tally.unreachable = true;
        code = complain(EXIT_UNREACHABLE, why);
    }
    return r->stream.tally.interrupted ? EXIT_INTERRUPTED : code;
}

/* Cases whose feature is not claimed: the probes have spoken. */
static void settle_dependents(struct run *r)
{
    const json_t *results = json_object_get(r->stream.document, "results");
    struct job_world world = {.seed = r->seed};

    for (size_t i = 0; i < r->plan.dependent_count; i++) {
        const struct plan_dependent *d = &r->plan.dependents[i];
        char reason[CASE_TEXT_LEN];
        enum verdict v = plan_probed(results, &r->catalogue, d->feature, reason);

        take(r, job_result_without_run(&d->job, &world, v, reason));
    }
}

static void take_unknown_waivers(struct run *r)
{
    json_t *list = json_array();

    waivers_add_unknown(&r->waivers, &r->catalogue, list);
    for (size_t i = 0; i < json_array_size(list); i++)
        take(r, json_incref(json_array_get(list, i)));
    json_decref(list);
}

static void run_all(struct run *r)
{
    struct runner_options options = runner_options(r);
    struct runner_end end;

    if (r->o->skip_sanity)
        options.sanity = NULL;
    else if (check_target(r, &options) != EXIT_GOOD)
        return;
    take_unknown_waivers(r);
    do {
        end = runner_run(&options, r->plan.jobs, r->plan.count);
        judge_again(r, &end);
        for (size_t i = 0; i < r->plan.count; i++) /* names of its own for the next round */
            r->plan.jobs[i].round += r->o->repeat;
    } while (r->o->until_fail && !end.interrupted && !end.suite_error && !end.target_lost &&
             verdict_exit_code(&r->stream.tally) == EXIT_GOOD && !r->o->repeat_given);
    if (!end.interrupted)
        settle_dependents(r);
    r->stream.tally.interrupted = end.interrupted;
    r->stream.tally.suite_error = r->stream.tally.suite_error || end.suite_error;
}

/* --- the command ---------------------------------------------------------------------------------
 */

static enum exit_code write_reports(struct run *r)
{
    char why[REPORT_WHY_LEN];
    enum exit_code code = verdict_exit_code(&r->stream.tally);

    if (!stream_close(&r->stream))
        code = complain(EXIT_SUITE, "not all results could be written");
    report_console_end(stdout, r->stream.document);
    if (r->o->report != NULL && !report_write(r->o->report, r->stream.document, why))
        code = complain(EXIT_SUITE, why);
    return code;
}

static void note_summary(struct run *r, const struct broker_summary *summary)
{
    r->stream.tally.strays = summary->strays;
    if (summary->strays > 0)
        (void)fprintf(stderr, "seatrial: %zu events of no case: %s/strays.jsonl\n", summary->strays,
                      r->out_dir);
    if (summary->died || summary->left > 0)
        (void)complain(EXIT_SUITE, summary->why);
    r->stream.tally.suite_error = r->stream.tally.suite_error || summary->died;
}

/* With a target file that was read and a plan. */
static enum exit_code run_plan(struct run *r)
{
    char why[SESSION_WHY_LEN];
    char path[PATH_MAX + 16];
    struct broker_summary summary;

    if (!make_out_dir(r, why) || (r->o->report != NULL && !report_check(r->o->report, why)))
        return complain(EXIT_USAGE, why);
    (void)snprintf(path, sizeof path, "%s/results.jsonl", r->out_dir);
    if (!stream_open(&r->stream, path, describe_run(r), why))
        return complain(EXIT_USAGE, why);
    r->stream.tally.strict = r->o->strict;
    r->stream.tally.no_flaky = r->o->no_flaky;
    (void)printf("%s %s  seed %s\n\n", r->session.target.name,
                 r->session.target.version == NULL ? "" : r->session.target.version,
                 r->session.seed);
    (void)fflush(stdout); /* before what stderr has to say */
    if (session_open(&r->session, r->o, r->out_dir, why)) {
        run_all(r);
    } else {
        r->stream.tally.unreachable = !r->session.unusable;
        r->stream.tally.bad_script = r->session.unusable;
        (void)complain(r->session.unusable ? EXIT_USAGE : EXIT_UNREACHABLE, why);
    }
    session_close(&r->session, &summary);
    note_summary(r, &summary);
    return write_reports(r);
}

static enum exit_code plan_and_run(struct run *r, const bool *selected)
{
    struct plan_options options = {
        .max_impact = max_impact(r),
        .bindings = r->o->bindings,
        .repeat = r->o->repeat,
        .shuffle = r->o->shuffle,
        .seed = r->seed,
    };
    enum exit_code code = EXIT_GOOD;

    if (!read_shard(r->o->shard, &options))
        return complain(EXIT_USAGE, "--shard: expected I/N with I from 1 to N");
    plan_make(&r->plan, &r->catalogue, selected, &r->session.target, &options);
    if (r->o->plan)
        plan_print(&r->plan, stdout);
    else if (r->plan.count + r->plan.dependent_count == 0)
        code = complain(EXIT_NOTHING, "no case is selected");
    else
        code = run_plan(r);
    plan_fini(&r->plan);
    return code;
}

static enum exit_code run_with_catalogue(struct run *r)
{
    char why[SESSION_WHY_LEN];
    struct broker_summary summary;
    enum exit_code code = EXIT_USAGE;
    bool *selected;

    if (!sanity_load(&r->sanity, r->catalogue.L, r->o->speed, why))
        return complain(EXIT_USAGE, why);
    selected = commands_select(r->o, &r->catalogue);
    if (selected == NULL)
        return EXIT_USAGE;
    if (!session_read(&r->session, r->o, r->seed, why))
        code = complain(EXIT_USAGE, why);
    else if (r->o->speed != 1 && r->session.target.start.exec == NULL)
        code = complain(EXIT_USAGE, "--speed: only with a target that the suite starts itself");
    else
        code = plan_and_run(r, selected);
    session_close(&r->session, &summary); /* what is still there, when nothing was run */
    free(selected);
    return code;
}

static bool load_waivers(struct run *r)
{
    struct problems problems;
    bool ok;

    if (r->o->waivers == NULL)
        return true;
    problems_init(&problems);
    ok = waivers_load(&r->waivers, r->o->waivers, &problems);
    commands_complain(&problems);
    problems_fini(&problems);
    return ok;
}

/* What the options name, before the catalogue is loaded: EXIT_GOOD, or what is wrong. */
static enum exit_code read_options(struct run *r)
{
    char why[SESSION_WHY_LEN];

    if (r->o->speed != 1 && !speed_is_set(r->o->speed)) {
        speed_execute(r->o->speed, why);
        return complain(EXIT_USAGE, why);
    }
    if (!read_seed(r->o->seed, &r->seed))
        return complain(EXIT_USAGE, "--seed: expected 1 to 16 hexadecimal digits");
    if (!load_waivers(r))
        return EXIT_USAGE;
    if (r->o->baseline != NULL) {
        r->baseline = diff_read(r->o->baseline, why);
        if (r->baseline == NULL)
            return complain(EXIT_USAGE, why);
    }
    return EXIT_GOOD;
}

enum exit_code run_command(const struct options *o, const struct case_engine *engine)
{
    struct run r = {.o = o, .engine = engine, .doubtful = json_array()};
    enum exit_code code = read_options(&r);

    if (code == EXIT_GOOD) {
        code = EXIT_USAGE;
        if (commands_load(o, engine, &r.catalogue))
            code = run_with_catalogue(&r);
        catalogue_fini(&r.catalogue);
    }
    stream_fini(&r.stream);
    waivers_fini(&r.waivers);
    json_decref(r.baseline);
    json_decref(r.doubtful);
    return code;
}
