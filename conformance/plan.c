#include "conformance/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance/json.h"
#include "conformance/stream.h"
#include "lib/buf.h"

static const char *const binding_features[BINDINGS] = {
    [BINDING_COAP] = NULL,
    [BINDING_COAPS_PSK] = "auth.psk",
    [BINDING_COAPS_X509] = "auth.x509",
};

unsigned plan_bindings(const struct target *target)
{
    unsigned bindings = target->coap.host != NULL ? 1U << BINDING_COAP : 0;

    for (int b = 0; b < BINDINGS; b++) {
        if (binding_features[b] != NULL && target->coaps.host != NULL &&
            target_claims(target, binding_features[b]))
            bindings |= 1U << b;
    }
    return bindings;
}

/* The first feature that the case needs and the target does not claim; NULL: it has all. */
static const char *unclaimed(const struct target *target, const struct texts *features)
{
    for (size_t i = 0; i < features->count; i++) {
        if (!target_claims(target, features->item[i]))
            return features->item[i];
    }
    return NULL;
}

static const char *text(struct plan *p, const char *format, ...) PRINTF_LIKE(2, 3);

static const char *text(struct plan *p, const char *format, ...)
{
    char line[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return arena_str(&p->arena, str_from(line)).ptr;
}

static void add(struct plan *p, const struct job *job)
{
    p->jobs = xrealloc(p->jobs, (p->count + 1) * sizeof *p->jobs);
    p->jobs[p->count++] = *job;
}

static void add_dependent(struct plan *p, const struct job *job, const char *feature)
{
    p->dependents = xrealloc(p->dependents, (p->dependent_count + 1) * sizeof *p->dependents);
    p->dependents[p->dependent_count++] = (struct plan_dependent){*job, feature};
}

/* Hostile messages to a fragile target: the suite can start it again when they end it. */
static bool can_be_revived(const struct target *target, const struct case_def *def)
{
    return def->impact == CASE_MALFORMED && target->start.exec != NULL;
}

/* Why the case does not run against this target at all; NULL: it does. */
static void preset(struct plan *p, struct job *job, const struct target *target,
                   const struct plan_options *o)
{
    const struct case_def *def = job->def;

    if (def->impact > o->max_impact) {
        job->preset = text(p, "impact %s is not allowed (--impact)", case_impact_name(def->impact));
        job->preset_verdict = VERDICT_SKIPPED;
    } else if (target->gentle && def->impact != CASE_SAFE && !can_be_revived(target, def)) {
        job->preset = text(p, "the target asks for gentle treatment, and the impact is %s",
                           case_impact_name(def->impact));
        job->preset_verdict = VERDICT_SKIPPED;
    } else if (def->probes.count > 0 && unclaimed(target, &def->probes) == NULL) {
        job->preset = text(p, "the target claims %s, which other cases judge", def->probes.item[0]);
        job->preset_verdict = VERDICT_NA;
    }
}

static void add_case(struct plan *p, const struct case_def *def, const struct target *target,
                     const struct plan_options *o, int round)
{
    unsigned wanted = o->bindings == 0 ? def->bindings : def->bindings & o->bindings;
    unsigned bindings = wanted & plan_bindings(target);
    const char *missing = unclaimed(target, &def->needs);
    struct job job = {
        .def = def, .round = round, .fragile = target->gentle && def->impact == CASE_MALFORMED};

    if (wanted == 0)
        return;
    preset(p, &job, target, o);
    if (bindings == 0) { /* said once, with the first binding that the case has */
        while ((wanted & 1U << job.binding) == 0)
            job.binding++;
        if (job.preset == NULL) {
            job.preset = text(p, "the target cannot be reached over %s", binding_name(job.binding));
            job.preset_verdict = VERDICT_INCONCLUSIVE;
        }
        add(p, &job);
        return;
    }
    for (int b = 0; b < BINDINGS; b++) {
        if ((bindings & 1U << b) == 0)
            continue;
        job.binding = (enum binding)b;
        if (job.preset == NULL && missing != NULL)
            add_dependent(p, &job, missing);
        else
            add(p, &job);
    }
}

static bool probes(const struct case_def *def, const char *feature)
{
    for (size_t i = 0; def != NULL && i < def->probes.count; i++) {
        if (strcmp(def->probes.item[i], feature) == 0)
            return true;
    }
    return false;
}

/* Is this case a probe that some selected case waits for? */
static bool is_awaited(const struct plan *p, const struct case_def *def)
{
    for (size_t i = 0; i < p->dependent_count; i++) {
        if (probes(def, p->dependents[i].feature))
            return true;
    }
    return false;
}

enum verdict plan_probed(const json_t *results, const struct catalogue *c, const char *feature,
                         char *reason)
{
    const char *good = NULL;
    const char *bad = NULL;

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        enum verdict v = stream_verdict(result);

        if (!probes(catalogue_case(c, json_text(result, "case")), feature))
            continue;
        if (v == VERDICT_PASS || v == VERDICT_WARN)
            good = json_text(result, "case");
        else if (v != VERDICT_NA)
            bad = json_text(result, "case");
    }
    if (good != NULL && bad == NULL) {
        (void)snprintf(reason, CASE_TEXT_LEN,
                       "%s is not claimed, and %s confirmed that it is refused", feature, good);
        return VERDICT_NA;
    }
    if (bad != NULL)
        (void)snprintf(reason, CASE_TEXT_LEN,
                       "%s is not claimed, but %s did not confirm that it is "
                       "refused",
                       feature, bad);
    else
        (void)snprintf(reason, CASE_TEXT_LEN,
                       "%s is not claimed, and no case probes that it is refused", feature);
    return VERDICT_INCONCLUSIVE;
}

/* splitmix64: the next of a sequence that the seed gives. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void shuffle(struct plan *p, uint64_t seed)
{
    for (size_t i = p->count; i > 1; i--) {
        size_t k = (size_t)(next_random(&seed) % i);
        struct job swapped = p->jobs[i - 1];

        p->jobs[i - 1] = p->jobs[k];
        p->jobs[k] = swapped;
    }
}

/* The longest first, so that the last to end began early; else as they stood. */
static void sort(struct plan *p)
{
    for (size_t i = 1; i < p->count; i++) {
        struct job job = p->jobs[i];
        size_t k = i;

        for (; k > 0 && p->jobs[k - 1].def->timeout_us < job.def->timeout_us; k--)
            p->jobs[k] = p->jobs[k - 1];
        p->jobs[k] = job;
    }
}

/* What may end a fragile target goes last, and junk for its DTLS port behind that: what is left
 * then, little is lost with. Else the order stays. */
static void put_fragile_last(struct plan *p)
{
    struct job *sorted = xcalloc(p->count + 1, sizeof *sorted);
    size_t count = 0;

    for (int rank = 0; rank < 3; rank++)
        for (size_t i = 0; i < p->count; i++)
            if ((p->jobs[i].fragile ? 1 + (p->jobs[i].binding != BINDING_COAP) : 0) == rank)
                sorted[count++] = p->jobs[i];
    free(p->jobs);
    p->jobs = sorted;
}

/* By the case's id, so that parts stay the same when cases are added elsewhere. */
static bool in_shard(const struct case_def *def, const struct plan_options *o)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (const char *p = def->id; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return o->shard == 0 || hash % o->shards == o->shard - 1;
}

void plan_make(struct plan *p, const struct catalogue *c, const bool *selected,
               const struct target *target, const struct plan_options *o)
{
    *p = (struct plan){.jobs = NULL};
    for (int round = 0; round < o->repeat; round++) {
        for (size_t i = 0; i < c->case_count; i++) {
            if (selected[i] && in_shard(&c->cases[i], o))
                add_case(p, &c->cases[i], target, o, round);
        }
        for (size_t i = 0; i < c->case_count; i++) {
            if (!selected[i] && is_awaited(p, &c->cases[i]))
                add_case(p, &c->cases[i], target, o, round);
        }
    }
    if (o->shuffle)
        shuffle(p, o->seed);
    else
        sort(p);
    put_fragile_last(p);
}

void plan_fini(struct plan *p)
{
    free(p->jobs);
    free(p->dependents);
    arena_fini(&p->arena);
}

void plan_print(const struct plan *p, FILE *out)
{
    size_t run = 0;

    for (size_t i = 0; i < p->count; i++) {
        const struct job *job = &p->jobs[i];

        if (job->preset == NULL) {
            run++;
            (void)fprintf(out, "run           %-12s %-10s %-9s %s\n", job->def->id,
                          binding_name(job->binding), case_impact_name(job->def->impact),
                          job->def->title);
        } else {
            (void)fprintf(out, "%-13s %-12s %-10s %s\n", verdict_name(job->preset_verdict),
                          job->def->id, binding_name(job->binding), job->preset);
        }
    }
    for (size_t i = 0; i < p->dependent_count; i++)
        (void)fprintf(out, "not claimed   %-12s %-10s %s\n", p->dependents[i].job.def->id,
                      binding_name(p->dependents[i].job.binding), p->dependents[i].feature);
    (void)fprintf(out, "%zu runs\n", run);
}
