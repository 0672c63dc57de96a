#include "simulator/capacity.h"

#include <math.h>
#include <stdlib.h>

#include "simulator/bootstrap.h"

/* What the trials at one load say together. Long ones outweigh short ones. */
struct votes {
    double load;
    unsigned held;
    unsigned broken;
    unsigned invalid;
    bool is_long;
    bool is_near; /* a short one was near the edge */
};

enum decision { DECIDE_HELD, DECIDE_BROKEN, DECIDE_INVALID, DECIDE_AGAIN };

static bool is_same(double a, double b)
{
    return fabs(a - b) <= 1e-9 * b;
}

static bool is_long(const struct capacity_point *p)
{
    return p->trial.phase == CAPACITY_CONFIRM;
}

static struct votes votes_at(const struct capacity *c, double load)
{
    struct votes v = {.load = load};

    for (size_t i = 0; i < c->point_count; i++) {
        const struct capacity_point *p = &c->point[i];

        if (!is_same(p->trial.load, load) || (v.is_long && !is_long(p)))
            continue;
        if (is_long(p) && !v.is_long)
            v = (struct votes){.load = load, .is_long = true};
        v.held += p->outcome.verdict == CAPACITY_HELD;
        v.broken += p->outcome.verdict == CAPACITY_BROKEN;
        v.invalid += p->outcome.verdict == CAPACITY_INVALID;
        if (!is_long(p) && p->outcome.verdict != CAPACITY_INVALID &&
            fabs(log(p->outcome.margin)) <= c->options.noise)
            v.is_near = true;
    }
    return v;
}

/* A hiccup of the generator is forgiven once; two of three decide what is near or contested. */
static enum decision decide(const struct votes *v)
{
    unsigned need = v->is_near || (v->held > 0 && v->broken > 0) ? 2 : 1;

    if (v->held >= need && v->held > v->broken)
        return DECIDE_HELD;
    if (v->broken >= need && v->broken > v->held)
        return DECIDE_BROKEN;
    return v->invalid >= 2 ? DECIDE_INVALID : DECIDE_AGAIN;
}

/* Ends of the bracket. Sets good, broken, limit, confirmed. */
static void find_bracket(struct capacity *c)
{
    c->broken = c->limit = INFINITY;
    c->good = 0;
    c->confirmed = false;
    for (size_t i = 0; i < c->point_count; i++) {
        struct votes v = votes_at(c, c->point[i].trial.load);

        if (decide(&v) == DECIDE_BROKEN)
            c->broken = fmin(c->broken, v.load);
        if (decide(&v) == DECIDE_INVALID)
            c->limit = fmin(c->limit, v.load);
    }
    for (size_t i = 0; i < c->point_count; i++) {
        struct votes v = votes_at(c, c->point[i].trial.load);

        if (decide(&v) == DECIDE_HELD && v.load > c->good && v.load < fmin(c->broken, c->limit)) {
            c->good = v.load;
            c->confirmed = v.is_long;
        }
    }
}

static bool was_refuted(const struct capacity *c)
{
    for (size_t i = 0; i < c->point_count; i++)
        if (is_long(&c->point[i]) && c->point[i].outcome.verdict == CAPACITY_BROKEN)
            return true;
    return false;
}

/* At the end. Breaking right above a load that held with ease looks like somebody else's fault. */
static unsigned broken_votes_needed(const struct capacity *c)
{
    double margin = INFINITY;

    for (size_t i = 0; i < c->point_count; i++)
        if (is_same(c->point[i].trial.load, c->good))
            margin = fmin(margin, c->point[i].outcome.margin);
    return margin < 0.5 ? 3 : 2;
}

/* Was the upper end of the bracket seen often enough to end there? What limits the generator may
 * pass, so that it is asked once more, later. */
static bool is_sure(const struct capacity *c, const struct votes *upper)
{
    unsigned needed = broken_votes_needed(c);

    return isinf(upper->load) || upper->broken >= needed || upper->invalid > needed;
}

/* The load of the next trial by what has been seen; sets phase. 0: nothing is left to find out. */
static double choose(const struct capacity *c, enum capacity_phase *phase)
{
    const struct capacity_options *o = &c->options;
    double upper = fmin(c->broken, c->limit);

    *phase = CAPACITY_RAMP;
    if (c->point_count == 0)
        return o->first;
    const struct capacity_trial *last = &c->point[c->point_count - 1].trial;
    struct votes at_last = votes_at(c, last->load);

    *phase = last->phase;
    if (decide(&at_last) == DECIDE_AGAIN)
        return last->load;
    *phase = was_refuted(c) ? CAPACITY_CONFIRM : CAPACITY_RAMP;
    if (isinf(upper) && c->good < o->most)
        return fmin(c->good * o->growth, o->most);
    if (!(c->good > 0) && upper > o->least)
        return fmax(upper / o->growth, o->least);
    if (c->good > 0 && !isinf(upper) && upper / c->good > 1 + o->precision) {
        *phase = was_refuted(c) ? CAPACITY_CONFIRM : CAPACITY_BISECT;
        return sqrt(upper * c->good);
    }
    struct votes at_upper = votes_at(c, upper);

    if (!is_sure(c, &at_upper)) {
        *phase = at_upper.is_long ? CAPACITY_CONFIRM : CAPACITY_BISECT;
        return upper;
    }
    *phase = CAPACITY_CONFIRM;
    return c->confirmed ? 0 : c->good;
}

/* Sets next; phase is that of it. */
static void plan(struct capacity *c)
{
    const struct capacity_options *o = &c->options;
    enum capacity_phase phase;
    double load = choose(c, &phase);
    int64_t duration_us = phase == CAPACITY_CONFIRM ? o->long_us : o->short_us;
    int64_t left_us = o->budget_us - c->spent_us - c->overhead_us;
    bool is_last = phase == CAPACITY_CONFIRM && is_same(load, c->good);
    int64_t reserve_us = c->good > 0 && !c->confirmed && !is_last ? o->long_us + c->overhead_us : 0;

    c->phase = CAPACITY_FINISHED;
    if (!(load > 0))
        return;
    if (duration_us + reserve_us > left_us || c->point_count + 1 >= CAPACITY_POINT_MAX) {
        c->is_out_of_budget = true;
        load = c->confirmed ? 0 : c->good;
        phase = CAPACITY_CONFIRM;
        duration_us = o->long_us;
        if (!(load > 0) || duration_us > left_us || c->point_count == CAPACITY_POINT_MAX)
            return;
    }
    c->phase = phase;
    c->next = (struct capacity_trial){.load = load, .duration_us = duration_us, .phase = phase};
}

void capacity_init(struct capacity *c, const struct capacity_options *options)
{
    assert(options->first > 0 && options->growth > 1 && options->precision > 0);
    assert(options->least > 0 && options->least <= options->most);
    *c = (struct capacity){.options = *options, .broken = INFINITY, .limit = INFINITY};
    c->options.first = fmin(fmax(options->first, options->least), options->most);
    plan(c);
}

bool capacity_next(const struct capacity *c, struct capacity_trial *out)
{
    *out = c->next;
    return c->phase != CAPACITY_FINISHED;
}

void capacity_report(struct capacity *c, const struct capacity_outcome *outcome)
{
    int64_t elapsed_us =
        outcome->elapsed_us > c->next.duration_us ? outcome->elapsed_us : c->next.duration_us;

    assert(c->phase != CAPACITY_FINISHED && c->point_count < CAPACITY_POINT_MAX);
    c->point[c->point_count++] = (struct capacity_point){c->next, *outcome};
    c->spent_us += elapsed_us;
    if (elapsed_us - c->next.duration_us > c->overhead_us)
        c->overhead_us = elapsed_us - c->next.duration_us;
    find_bracket(c);
    plan(c);
}

struct edge_point {
    double load;   /* logarithms of both: what trials do near the edge looks like a line then */
    double margin; /* 0: the edge */
};

/* Where a line through the points crosses 0; NAN when it does not rise. */
static double find_edge(const void *points, const size_t *pick, size_t count)
{
    const struct edge_point *p = points;
    struct edge_point mean = {0};
    double square = 0;
    double product = 0;

    for (size_t i = 0; i < count; i++) {
        mean.load += p[pick[i]].load / (double)count;
        mean.margin += p[pick[i]].margin / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double load = p[pick[i]].load - mean.load;

        square += load * load;
        product += load * (p[pick[i]].margin - mean.margin);
    }
    return square > 0 && product > 0 ? mean.load - mean.margin * square / product : NAN;
}

/* Trials around the bracket say how far noise may have moved it. */
static void widen(const struct capacity *c, struct capacity_answer *a)
{
    static const double nearby = 1.6; /* farther from the edge the margin says nothing about it */
    static const double clear = 1.5;
    double wide = 1 + c->options.precision; /* another run brackets it elsewhere */
    struct edge_point points[CAPACITY_POINT_MAX];
    struct bootstrap edge;
    size_t count = 0;

    for (size_t i = 0; i < c->point_count; i++) {
        const struct capacity_point *p = &c->point[i];
        double margin = log(p->outcome.margin);

        if (p->outcome.verdict == CAPACITY_INVALID || isnan(margin) ||
            p->trial.load * nearby < a->capacity || p->trial.load > c->broken * nearby)
            continue;
        points[count++] =
            (struct edge_point){log(p->trial.load), fmax(-clear, fmin(clear, margin))};
    }
    if (!bootstrap(find_edge, points, count, &edge))
        return;
    a->low = fmax(fmin(a->low, exp(edge.low) / wide), a->low / nearby);
    a->high = fmin(fmax(a->high, exp(edge.high) * wide), a->high * nearby);
}

void capacity_answer(const struct capacity *c, struct capacity_answer *out)
{
    *out = (struct capacity_answer){.capacity = c->good, .low = c->good, .high = c->broken};
    if (c->good > 0 && !isinf(c->broken))
        widen(c, out);
    if (!(c->good > 0)) {
        out->why = c->point_count == 0 || isinf(c->broken)
                       ? "no trial says anything about the endpoint"
                       : "even the least load broke an objective";
    } else if (c->limit < c->broken) {
        out->is_lower_bound = true;
        out->why = "the generator was the limit above this load, not the endpoint";
    } else if (isinf(c->broken) && c->good >= c->options.most) {
        out->is_lower_bound = true;
        out->why = "no objective broke at the most that was asked of the generator";
    } else if (c->is_out_of_budget) {
        out->is_lower_bound = true;
        out->why = c->confirmed
                       ? "the time for the search was over before the edge was found"
                       : "the time for the search was over before a long trial confirmed it";
    }
    if (out->is_lower_bound && c->limit < c->broken)
        out->high = INFINITY;
}
