#include "conformance/doctor_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance/advice.h"
#include "conformance/commands.h"
#include "conformance/doctor.h"
#include "conformance/json.h"
#include "conformance/plan.h"
#include "conformance/runner.h"
#include "conformance/sanity.h"
#include "conformance/session.h"
#include "conformance/stream.h"
#include "lib/clock.h"
#include "lib/sandbox.h"

static enum exit_code complain(enum exit_code code, const char *why)
{
    size_t len = strlen(why);

    (void)fprintf(stderr, "seatrial: %s%s", why, len > 0 && why[len - 1] == '\n' ? "" : "\n");
    return code;
}

/* ---- cases ---- */

static bool same_reason(const struct job *a, const struct job *b)
{
    return a->preset_verdict == b->preset_verdict && strcmp(a->preset, b->preset) == 0;
}

/* One line for all jobs with the reason of the first, which is number at. */
static void print_reason(const struct plan *p, size_t at)
{
    const struct job *first = &p->jobs[at];
    size_t count = 0;

    for (size_t i = 0; i < at; i++)
        if (p->jobs[i].preset != NULL && same_reason(&p->jobs[i], first))
            return;
    for (size_t i = at; i < p->count; i++)
        count += p->jobs[i].preset != NULL && same_reason(&p->jobs[i], first);
    (void)printf("%5zu %s: %s, such as %s\n", count, verdict_name(first->preset_verdict),
                 first->preset, first->def->id);
}

/* The same for the features that are not claimed. */
static void print_feature(const struct plan *p, size_t at)
{
    const struct plan_dependent *first = &p->dependents[at];
    size_t count = 0;

    for (size_t i = 0; i < at; i++)
        if (strcmp(p->dependents[i].feature, first->feature) == 0)
            return;
    for (size_t i = at; i < p->dependent_count; i++)
        count += strcmp(p->dependents[i].feature, first->feature) == 0;
    (void)printf("%5zu N/A or INCONCLUSIVE: \"%s\" is not claimed, such as %s\n", count,
                 first->feature, first->job.def->id);
}

static void print_cases(const struct plan *p)
{
    size_t run = 0;

    for (size_t i = 0; i < p->count; i++)
        run += p->jobs[i].preset == NULL;
    (void)printf("\n%5zu would run\n", run);
    for (size_t i = 0; i < p->count; i++)
        if (p->jobs[i].preset != NULL)
            print_reason(p, i);
    for (size_t i = 0; i < p->dependent_count; i++)
        print_feature(p, i);
}

/* What is known without asking: cases find it out one by one. */
static void print_missing(const struct target *t)
{
    const struct {
        bool missing;
        const char *text;
    } rows[] = {
        {t->registry.kind == REGISTRY_NONE, "no registry: what needs a device is INCONCLUSIVE"},
        {t->events.kind == EVENTS_NONE,     "no events: what awaits one is INCONCLUSIVE"      },
        {t->commands.kind == COMMANDS_NONE, "no commands: what sends one is INCONCLUSIVE"     },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].missing)
            (void)printf("      the target file has %s\n", rows[i].text);
}

/* What acts on a target needs besides it. */
struct visit {
    const struct options *o;
    const struct case_engine *engine;
    struct catalogue catalogue;
    struct session session;
    char folder[40];
};

static bool look_at_cases(struct visit *v)
{
    const struct options *o = v->o;
    const struct target *t = &v->session.target;
    struct plan_options options = {.max_impact =
                                       t->start.exec != NULL ? CASE_RESTART : CASE_MALFORMED,
                                   .bindings = o->bindings,
                                   .repeat = 1};
    struct plan plan;
    bool *selected =
        commands_load(o, v->engine, &v->catalogue) ? commands_select(o, &v->catalogue) : NULL;
    bool ok = selected != NULL;

    if (o->impact_given)
        options.max_impact = (enum case_impact)o->impact;
    if (ok) {
        plan_make(&plan, &v->catalogue, selected, t, &options);
        print_cases(&plan);
        print_missing(t);
        plan_fini(&plan);
    }
    free(selected);
    return ok;
}

/* ---- the target ---- */

/* Opens the session, lets act do its work, closes all. */
static enum exit_code with_target(struct visit *v, enum exit_code (*act)(struct visit *v))
{
    char why[SESSION_WHY_LEN] = "";
    struct session *s = &v->session;
    struct broker_summary summary;
    enum exit_code code;

    (void)snprintf(v->folder, sizeof v->folder, "/tmp/seatrial-doctor-XXXXXX");
    if (mkdtemp(v->folder) == NULL)
        return complain(EXIT_SUITE, strerror(errno));
    if (session_open(s, v->o, v->folder, why))
        code = act(v);
    else
        code = complain(s->unusable ? EXIT_USAGE : EXIT_UNREACHABLE, why);
    session_close(s, &summary);
    if (summary.why[0] != '\0') {
        (void)complain(EXIT_SUITE, summary.why);
        code = code == EXIT_GOOD ? EXIT_SUITE : code;
    }
    target_site_remove(v->folder);
    return code;
}

static int connect_to_broker(void *context, const char *name)
{
    struct visit *v = context;

    return broker_connect(v->session.broker, name);
}

static void print_step(const char *mark, enum binding binding, struct str text)
{
    (void)printf("%-5s %-20s %.*s\n", mark, binding_name(binding), (int)text.len, text.ptr);
}

static enum exit_code show_sanity(const struct visit *v, enum binding binding, const json_t *result)
{
    const json_t *finding = result == NULL ? NULL : stream_signature(result);
    enum verdict verdict = result == NULL ? VERDICT_ERROR : stream_verdict(result);
    struct buf text = buf_growing();

    if (verdict < VERDICT_FAIL) {
        const char *reason = json_text(finding, "reason");

        print_step(verdict == VERDICT_PASS ? "ok" : "-", binding,
                   verdict == VERDICT_PASS ? STR("a device publishes") : str_from(reason));
    } else {
        advice_on_sanity(&v->session.target, binding, finding, &text);
        print_step("ERROR", binding, buf_str(&text));
    }
    buf_fini(&text);
    return verdict < VERDICT_FAIL    ? EXIT_GOOD
           : verdict == VERDICT_FAIL ? EXIT_UNREACHABLE
                                     : EXIT_SUITE;
}

/* A publish in a DTLS session, with each credential that the target claims. */
static enum exit_code look_at_sessions(struct visit *v)
{
    char why[SANDBOX_WHY_LEN];
    struct case_def sanity;
    enum exit_code code = EXIT_GOOD;

    if (!sanity_load(&sanity, v->catalogue.L, 1, why))
        return complain(EXIT_SUITE, why);
    for (int b = BINDING_COAPS_PSK; b < BINDINGS; b++) {
        struct runner_options options = {
            .world = {.L = v->catalogue.L,
                      .engine = v->engine,
                      .target = &v->session.target,
                      .seed = (uint64_t)getpid(),
                      .out_dir = v->folder,
                      .speed = 1,
                      .time_slack = v->o->time_slack,
                      .alone = true,
                      .connect = connect_to_broker,
                      .context = v},
            .jobs = 1,
            .timing_lanes = 1,
            .end_us = clock_mono_us() + sanity.timeout_us,
            .sanity = &sanity,
            .sanity_binding = (enum binding)b,
            .service_fd = -1,
        };
        json_t *result;

        if ((plan_bindings(&v->session.target) & 1U << b) == 0)
            continue;
        if (runner_check_sanity(&options, &result).interrupted)
            code = EXIT_INTERRUPTED;
        enum exit_code shown =
            code == EXIT_INTERRUPTED ? code : show_sanity(v, (enum binding)b, result);

        json_decref(result);
        code = code == EXIT_GOOD ? shown : code;
        if (code == EXIT_INTERRUPTED)
            break;
    }
    return code;
}

static enum exit_code look(struct visit *v)
{
    enum exit_code code = doctor_look(v->session.broker, &v->session.target, stdout);

    (void)fflush(stdout);
    return code == EXIT_GOOD ? look_at_sessions(v) : code;
}

static enum exit_code clean(struct visit *v)
{
    return doctor_clean(v->session.broker, stdout);
}

enum exit_code doctor_command(const struct options *o, const struct case_engine *engine)
{
    char why[SESSION_WHY_LEN] = "";
    struct broker_summary summary;
    struct visit v = {.o = o, .engine = engine};
    enum exit_code code = EXIT_USAGE;

    if (!session_read(&v.session, o, (uint64_t)getpid(), why)) {
        code = complain(EXIT_USAGE, why);
    } else {
        if (look_at_cases(&v)) {
            (void)printf("\n");
            (void)fflush(stdout);
            code = with_target(&v, look);
        }
        catalogue_fini(&v.catalogue);
    }
    session_close(&v.session, &summary); /* what is still there, when nothing was looked at */
    return code;
}

enum exit_code clean_command(const struct options *o, const struct case_engine *engine)
{
    char why[SESSION_WHY_LEN] = "";
    struct broker_summary summary;
    struct visit v = {.o = o, .engine = engine};

    if (session_read(&v.session, o, (uint64_t)getpid(), why))
        return with_target(&v, clean);
    (void)complain(EXIT_USAGE, why);
    session_close(&v.session, &summary);
    return EXIT_USAGE;
}
