#include "simulator/search.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "simulator/capacity.h"
#include "simulator/figure.h"
#include "simulator/report_capacity.h"
#include "simulator/result_verdict.h"
#include "simulator/run.h"
#include "simulator/validity.h"

/* Of trials; the load comes on over RAMP_PART of each. */
#define SHORT_US (4 * US_PER_S)
#define LONG_US (12 * US_PER_S)
#define RAMP_PART 0.1

enum { GROWTH = 2, FIRST_PARTS = 64, MOST_RATE = 1000000, LEAST = 1 };

struct search {
    struct run_set *set;
    struct capacity capacity;
    struct profile profile; /* with the stages of a trial */
};

static const char *unit_of(const struct options *o)
{
    static const char *const units[] = {
        [SEARCH_DEVICES] = "devices",
        [SEARCH_RATE] = "publishes/s",
        [SEARCH_HANDSHAKES] = "handshakes/s",
    };

    return units[o->search];
}

static bool is_dtls(const struct profile *p)
{
    for (size_t i = 0; i < p->class_count; i++) {
        if (profile_is_dtls(p->classes[i].credential))
            return true;
    }
    return false;
}

/* The profile as it is searched with: its devices, and the load of a trial. */
static bool make_profile(struct search *s, char *why)
{
    struct profile *p = &s->profile;

    *p = s->set->setup.profile; /* texts stay the setup's */
    if (s->set->setup.options->search != SEARCH_HANDSHAKES)
        return true;
    for (size_t i = 0; i < p->class_count; i++) {
        if (!profile_is_dtls(p->classes[i].credential))
            p->classes[i].weight = 0;
        p->classes[i].reconnect_part = 1;
    }
    if (!is_dtls(p))
        (void)snprintf(why, RUN_WHY_LEN, "--search handshakes: profile %s has no devices with DTLS",
                       p->name);
    return is_dtls(p);
}

static void make_stages(struct search *s, int64_t duration_us)
{
    struct profile *p = &s->profile;
    int64_t ramp_us = (int64_t)(RAMP_PART * (double)duration_us);
    size_t n = 0;

    if (is_dtls(p) && p->connect_us > 0)
        p->stages[n++] =
            (struct profile_stage){"connect", STAGE_HOLD, p->connect_us, .from = 0, .to = 0};
    p->stages[n++] = (struct profile_stage){"ramp", STAGE_RAMP, ramp_us, .from = 0, .to = 1};
    p->stages[n++] =
        (struct profile_stage){"hold", STAGE_HOLD, duration_us - ramp_us, .from = 1, .to = 1};
    p->stage_count = n;
}

static void fill_options(const struct search *s, struct capacity_options *c)
{
    const struct setup *setup = &s->set->setup;
    const struct options *o = setup->options;
    double most = o->most > 0 ? o->most : MOST_RATE;

    if (o->search == SEARCH_DEVICES && (o->most == 0 || most > (double)setup->devices))
        most = (double)setup->devices;
    *c = (struct capacity_options){
        .first = o->search == SEARCH_DEVICES ? ceil(most / FIRST_PARTS) : fmin(most, 200),
        .least = LEAST,
        .most = most,
        .growth = GROWTH,
        .precision = 0.05,
        .noise = 0.15,
        .short_us = SHORT_US,
        .long_us = LONG_US,
        .budget_us = o->budget_us,
    };
}

static void fill_trial(struct search *s, const struct capacity_trial *next, struct trial *t)
{
    const struct options *o = s->set->setup.options;

    run_trial_of(s->set, t);
    make_stages(s, next->duration_us);
    t->profile = &s->profile;
    t->window = 0;
    t->start_wall_us = 0;
    if (o->search == SEARCH_DEVICES) {
        t->devices = (int64_t)next->load;
        t->all_devices = t->devices;
        t->workers = t->workers > t->devices ? (int)t->devices : t->workers;
    } else {
        t->rate_per_s = next->load;
    }
}

/* --- what came out of it */

static bool went_wrong(const struct result *r)
{
    for (size_t i = 0; i < COUNT(result_wrongs); i++) {
        if (r->total.counter[result_wrongs[i].counter] > 0)
            return true;
    }
    return false;
}

static bool all_held(const struct result *r)
{
    for (size_t i = 0; i < r->slo_count; i++) {
        if (!r->slo[i].held)
            return false;
    }
    return !went_wrong(r);
}

static void judge(struct search *s, const struct capacity_trial *next, struct result *r,
                  struct capacity_outcome *out)
{
    struct validity_options validity = {.lag_us = s->set->setup.options->max_lag_us,
                                        .steal_part = s->set->setup.options->max_steal / 100};
    const uint64_t *count = r->total.counter;

    slo_judge(&s->set->slo, r);
    validity_judge(r, &validity);
    out->verdict = all_held(r) ? CAPACITY_HELD : CAPACITY_BROKEN;
    if (r->invalid_count > 0)
        out->verdict = CAPACITY_INVALID;
    out->margin = slo_margin(&s->set->slo, r);
    out->latency_us = hist_mean_us(r->total.hist[TALLY_HIST_PUBLISH]);
    /* of what was meant to be, that part was carried */
    out->achieved = count[TALLY_PUBLISH_INTENDED] == 0
                        ? 0
                        : next->load * (double)count[TALLY_PUBLISH_ACKNOWLEDGED] /
                              (double)count[TALLY_PUBLISH_INTENDED];
}

static void say(const struct search *s, const struct capacity_trial *next, const struct result *r,
                const struct capacity_outcome *out)
{
    static const char *const phases[] = {"ramp", "bisect", "confirm", "finished"};
    static const char *const verdicts[] = {"held", "broken", "invalid"};

    if (s->set->setup.options->quiet)
        return;
    (void)fprintf(stderr, "%-8s %10.0f %s: %-7s p99 %" PRId64 " us", phases[next->phase],
                  next->load, unit_of(s->set->setup.options), verdicts[out->verdict],
                  hist_value_us(r->total.hist[TALLY_HIST_PUBLISH], 0.99));
    for (size_t i = 0; i < r->slo_count && out->verdict == CAPACITY_BROKEN; i++) {
        if (!r->slo[i].held)
            (void)fprintf(stderr, "; %s is %s", r->slo[i].text, r->slo[i].measured);
    }
    if (out->verdict == CAPACITY_INVALID)
        (void)fprintf(stderr, "; %s", r->invalid[0]);
    (void)fputc('\n', stderr);
}

static bool write_text(const struct options *o, const char *name, const struct buf *text, char *why)
{
    char *path = setup_path(o, name);
    FILE *f = fopen(path, "w");
    bool ok = f != NULL && fwrite(text->ptr, 1, text->len, f) == text->len;

    if (f != NULL)
        ok = fclose(f) == 0 && ok;
    if (!ok)
        (void)snprintf(why, RUN_WHY_LEN, "cannot write %s", path);
    free(path);
    return ok;
}

static bool report(const struct search *s, char *why)
{
    const struct options *o = s->set->setup.options;
    struct buf line = buf_growing();
    struct buf text = buf_growing();
    struct report_capacity r = {
        .target = s->set->setup.target.name,
        .profile = s->profile.name,
        .slo = o->slo != NULL ? o->slo : s->profile.slo,
        .unit = unit_of(o),
        .search = &s->capacity,
    };
    bool ok;

    for (int i = 0; i < o->argc; i++)
        buf_add_format(&line, i > 0 ? " %s" : "%s", o->argv[i]);
    buf_add_char(&line, '\0');
    r.options = line.ptr;
    report_capacity_text(&r, &text);
    (void)fwrite(text.ptr, 1, text.len, stdout);
    buf_clear(&text);
    report_capacity_json(&r, &text);
    ok = write_text(o, "capacity.json", &text, why);
    buf_clear(&text);
    report_capacity_html(&r, &text);
    ok = ok && write_text(o, "capacity.html", &text, why);
    buf_fini(&text);
    buf_fini(&line);
    return ok;
}

/* --- the course of it */

static bool search_on(struct search *s, char *why)
{
    struct capacity_trial next;

    while (setup_interrupts == 0 && capacity_next(&s->capacity, &next)) {
        struct capacity_outcome out = {.verdict = CAPACITY_INVALID};
        int64_t began_us = clock_mono_us();
        struct trial t;
        struct result r;

        fill_trial(s, &next, &t);
        result_init(&r);
        if (!run_try(s->set, &t, &r, why)) {
            result_fini(&r);
            return false;
        }
        judge(s, &next, &r, &out);
        say(s, &next, &r, &out);
        result_fini(&r);
        out.elapsed_us = clock_mono_us() - began_us;
        if (setup_interrupts == 0)
            capacity_report(&s->capacity, &out);
    }
    return true;
}

static enum swarm_exit search(struct run_set *set)
{
    struct search *s = xcalloc(1, sizeof *s);
    struct capacity_options options;
    char why[RUN_WHY_LEN];
    bool ok;

    s->set = set;
    ok = make_profile(s, why);
    if (ok && set->slo.count == 0) {
        (void)snprintf(why, sizeof why, "capacity needs an SLO: --slo 'publish.p99 < 200ms'");
        ok = false;
    }
    if (ok) {
        fill_options(s, &options);
        capacity_init(&s->capacity, &options);
        ok = search_on(s, why) && report(s, why);
    }
    free(s);
    if (!ok)
        (void)fprintf(stderr, "seatrial-swarm: %s\n", why);
    return !ok ? SWARM_USAGE : setup_interrupts > 0 ? SWARM_INTERRUPTED : SWARM_HELD;
}

enum swarm_exit capacity_command(const struct options *o)
{
    struct run_set set;
    enum swarm_exit code = run_open(&set, o, NULL);

    if (code == SWARM_HELD)
        code = search(&set);
    run_close(&set);
    return code;
}
