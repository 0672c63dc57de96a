#include "conformance/doctor_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance/commands.h"
#include "conformance/doctor.h"
#include "conformance/plan.h"
#include "conformance/session.h"

static enum exit_code complain(enum exit_code code, const char *why)
{
    (void)fprintf(stderr, "seatrial: %s\n", why);
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

static bool look_at_cases(const struct options *o, const struct case_engine *engine,
                          const struct target *t)
{
    struct plan_options options = {.max_impact =
                                       t->start.exec != NULL ? CASE_RESTART : CASE_MALFORMED,
                                   .bindings = o->bindings,
                                   .repeat = 1};
    struct catalogue c;
    struct plan plan;
    bool *selected = commands_load(o, engine, &c) ? commands_select(o, &c) : NULL;
    bool ok = selected != NULL;

    if (o->impact_given)
        options.max_impact = (enum case_impact)o->impact;
    if (ok) {
        plan_make(&plan, &c, selected, t, &options);
        print_cases(&plan);
        print_missing(t);
        plan_fini(&plan);
    }
    free(selected);
    catalogue_fini(&c);
    return ok;
}

/* ---- the target ---- */

static void remove_file(const char *folder, const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
}

/* Opens the session, lets act do its work, closes all. */
static enum exit_code with_target(const struct options *o, struct session *s,
                                  enum exit_code (*act)(struct broker *b, const struct target *t))
{
    char folder[] = "/tmp/seatrial-doctor-XXXXXX", why[SESSION_WHY_LEN] = "";
    struct broker_summary summary;
    enum exit_code code;

    if (mkdtemp(folder) == NULL)
        return complain(EXIT_SUITE, strerror(errno));
    if (session_open(s, o, folder, why))
        code = act(s->broker, &s->target);
    else
        code = complain(EXIT_UNREACHABLE, why);
    session_close(s, &summary);
    if (summary.why[0] != '\0') {
        (void)complain(EXIT_SUITE, summary.why);
        code = code == EXIT_GOOD ? EXIT_SUITE : code;
    }
    remove_file(folder, "target.log");
    remove_file(folder, "strays.jsonl");
    (void)rmdir(folder);
    return code;
}

static enum exit_code look(struct broker *b, const struct target *t)
{
    return doctor_look(b, t, stdout);
}

static enum exit_code clean(struct broker *b, const struct target *t)
{
    UNUSED(t);
    return doctor_clean(b, stdout);
}

enum exit_code doctor_command(const struct options *o, const struct case_engine *engine)
{
    char why[SESSION_WHY_LEN] = "";
    struct broker_summary summary;
    struct session s;
    enum exit_code code = EXIT_USAGE;

    if (!session_read(&s, o, (uint64_t)getpid(), why)) {
        code = complain(EXIT_USAGE, why);
        session_close(&s, &summary);
    } else if (!look_at_cases(o, engine, &s.target)) {
        session_close(&s, &summary);
    } else {
        (void)printf("\n");
        code = with_target(o, &s, look);
    }
    return code;
}

enum exit_code clean_command(const struct options *o, const struct case_engine *engine)
{
    char why[SESSION_WHY_LEN] = "";
    struct broker_summary summary;
    struct session s;

    UNUSED(engine);
    if (session_read(&s, o, (uint64_t)getpid(), why))
        return with_target(o, &s, clean);
    (void)complain(EXIT_USAGE, why);
    session_close(&s, &summary);
    return EXIT_USAGE;
}
