#include "simulator/pace.h"

#include <math.h>

#include "simulator/rng.h"
#include "simulator/trace_file.h"

/* Load from the start of s until seconds later. */
static double load_within(const struct pace_stage *s, double seconds)
{
    return (s->level + s->slope * seconds / 2) * seconds;
}

void pace_init(struct pace *p, const struct profile *profile, double rate_per_s, int64_t devices,
               double compress)
{
    double full = rate_per_s / (double)devices;

    if (isnan(rate_per_s))
        full = compress / profile->period_s;
    assert(devices > 0 && full >= 0 && profile->stage_count > 0);
    *p = (struct pace){
        .arrival = profile->arrival,
        .jitter_part = profile->jitter_part,
        .connect_us = profile->connect_us,
        .devices = (double)devices,
        .stage_count = profile->stage_count,
    };
    for (size_t i = 0; i < p->stage_count; i++) {
        const struct profile_stage *from = &profile->stages[i];
        double seconds = (double)from->duration_us / 1e6;

        p->stage[i] = (struct pace_stage){
            .from_us = p->end_us,
            .load = p->end_load,
            .level = full * from->from,
            .slope = full * (from->to - from->from) / seconds,
            .storm_part = from->storm_part,
        };
        p->end_us += from->duration_us;
        p->end_load += load_within(&p->stage[i], seconds);
    }
}

static int64_t time_of(const struct pace *p, double load)
{
    size_t low = 0;
    size_t high = p->stage_count;

    if (!(load < p->end_load))
        return INT64_MAX;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        if (p->stage[middle].load <= load)
            low = middle;
        else
            high = middle;
    }
    const struct pace_stage *s = &p->stage[low];
    double rest = load - s->load;

    if (!(rest > 0))
        return s->from_us;
    /* level * t + slope / 2 * t^2 = rest, in the form that also bears slope = 0 and level = 0 */
    double root = sqrt(fmax(s->level * s->level + 2 * s->slope * rest, 0));

    return s->from_us + (int64_t)(2 * rest / (s->level + root) * 1e6);
}

void pace_replay(struct pace *p, const struct trace_plan *plan)
{
    p->plan = plan;
    if (plan->end_us > p->end_us)
        p->end_us = plan->end_us;
}

static int64_t planned_us(const struct trace_plan *plan, uint32_t device, uint32_t n)
{
    const struct trace_send *send = trace_plan_send(plan, device, n);

    return send == NULL ? INT64_MAX : send->at_us;
}

int64_t pace_next_us(const struct pace *p, uint64_t seed, uint32_t device, uint32_t n, double *load)
{
    if (p->plan != NULL)
        return planned_us(p->plan, device, n);
    switch (p->arrival) {
    case ARRIVAL_CONSTANT:
        *load = (double)(n - 1) + rng_part(rng_nth(seed, device, RNG_PHASE, 0));
        break;
    case ARRIVAL_POISSON:
        *load -= log1p(-rng_part(rng_nth(seed, device, RNG_PACE, n)));
        break;
    case ARRIVAL_JITTER:
        *load = (double)(n - 1) + rng_part(rng_nth(seed, device, RNG_PHASE, 0)) +
                p->jitter_part * (rng_part(rng_nth(seed, device, RNG_PACE, n)) - 0.5);
        /* mirrored, the first one makes up for that before it, which might have come as late */
        *load = fabs(*load);
        break;
    case ARRIVAL_BURST:
        *load = (double)n - 0.5;
        break;
    }
    return time_of(p, *load);
}

int64_t pace_connect_us(const struct pace *p, uint64_t seed, uint32_t device)
{
    if (p->plan != NULL) {
        int64_t at_us = trace_plan_connect_us(p->plan, device);

        if (at_us >= 0)
            return at_us;
    }
    return (int64_t)(rng_part(rng_nth(seed, device, RNG_CONNECT, 0)) * (double)p->connect_us);
}

int64_t pace_end_us(const struct pace *p)
{
    return p->end_us;
}

size_t pace_stage_at(const struct pace *p, int64_t at_us)
{
    size_t i = 0;

    if (at_us >= p->end_us)
        return p->stage_count;
    while (i + 1 < p->stage_count && p->stage[i + 1].from_us <= at_us)
        i++;
    return i;
}

int64_t pace_stage_from_us(const struct pace *p, size_t stage)
{
    return stage < p->stage_count ? p->stage[stage].from_us : p->end_us;
}

double pace_rate_at(const struct pace *p, int64_t at_us)
{
    size_t i = pace_stage_at(p, at_us);

    if (i == p->stage_count || at_us < 0)
        return 0;
    return p->devices *
           (p->stage[i].level + p->stage[i].slope * (double)(at_us - p->stage[i].from_us) / 1e6);
}

double pace_count_at(const struct pace *p, int64_t at_us)
{
    size_t i = pace_stage_at(p, at_us);

    if (at_us <= 0)
        return 0;
    if (i == p->stage_count)
        return p->devices * p->end_load;
    return p->devices * (p->stage[i].load +
                         load_within(&p->stage[i], (double)(at_us - p->stage[i].from_us) / 1e6));
}

bool pace_in_storm(const struct pace *p, uint64_t seed, uint32_t device, size_t stage)
{
    return stage < p->stage_count &&
           rng_part(rng_nth(seed, device, RNG_STORM, (uint32_t)stage)) < p->stage[stage].storm_part;
}
