#include <math.h>

#include "simulator/figure.h"
#include "simulator/slo.h"

/* What is tried when a time is measured: with tries and no time, the objective is not met. */
static const enum tally_counter tries[TALLY_HIST_COUNT] = {
    [TALLY_HIST_PUBLISH] = TALLY_PUBLISH_INTENDED,
    [TALLY_HIST_PUBLISH_UNCORRECTED] = TALLY_PUBLISH_SENT,
    [TALLY_HIST_HANDSHAKE] = TALLY_HANDSHAKE_STARTED,
    [TALLY_HIST_COMMAND] = TALLY_COMMAND_SENT,
    [TALLY_HIST_CT_ERROR] = TALLY_WAIT_EXPIRED,
    [TALLY_HIST_EVENT] = TALLY_EVENT_LOST,
    [TALLY_HIST_SCHEDULE_LAG] = TALLY_PUBLISH_SENT,
};

static double stat_of(const struct slo_rule *rule, const struct hist *h)
{
    switch (rule->stat) {
    case SLO_PERCENTILE:
        return (double)hist_value_us(h, rule->part);
    case SLO_MIN:
        return (double)hist_min_us(h);
    case SLO_MAX:
        return (double)hist_max_us(h);
    case SLO_MEAN:
        return hist_mean_us(h);
    case SLO_DEVIATION:
        return hist_deviation_us(h);
    case SLO_COUNT:
        return (double)hist_count(h);
    }
    return NAN;
}

static bool is_of_events(const struct slo_rule *rule)
{
    const char *name = rule->subject == SLO_COUNTER ? tally_counter_rows[rule->index].name
                       : rule->subject == SLO_HIST  ? tally_hist_rows[rule->index].name
                                                    : "";

    return strncmp(name, "event", strlen("event")) == 0;
}

/* NAN: nothing is known. INFINITY: tried, and never done. */
static double measure(const struct slo_rule *rule, const struct result *r)
{
    if (is_of_events(rule) && !r->events_checked)
        return NAN;
    switch (rule->subject) {
    case SLO_COUNTER:
        return (double)r->total.counter[rule->index];
    case SLO_FIGURE:
        return figure_of(r, (enum figure)rule->index);
    case SLO_HIST:
        break;
    }

    const struct hist *h = r->total.hist[rule->index];

    if (hist_count(h) > 0 || rule->stat == SLO_COUNT)
        return stat_of(rule, h);
    return r->total.counter[tries[rule->index]] > 0 ? INFINITY : NAN;
}

static bool holds(const struct slo_rule *rule, double measured)
{
    switch (rule->op) {
    case SLO_LE:
        return measured <= rule->bound;
    case SLO_LT:
        return measured < rule->bound;
    case SLO_GE:
        return isfinite(measured) && measured >= rule->bound;
    case SLO_GT:
        return isfinite(measured) && measured > rule->bound;
    case SLO_EQ:
        return measured == rule->bound;
    case SLO_NE:
        return isfinite(measured) && measured != rule->bound;
    }
    return false;
}

bool slo_holds(const struct slo_rule *rule, const struct result *r)
{
    double measured = measure(rule, r);

    return isnan(measured) || holds(rule, measured);
}

void slo_judge(const struct slo *s, struct result *r)
{
    r->slo_count = s->count;
    for (size_t i = 0; i < s->count; i++) {
        double measured = measure(&s->rule[i], r);
        char text[SHOW_LEN];

        (void)show(text, slo_unit(&s->rule[i]), measured);
        r->slo[i] = (struct result_slo){
            .text = arena_str(&r->arena, str_from(s->rule[i].text)).ptr,
            .measured = isnan(measured)   ? "not measured"
                        : isinf(measured) ? "none came to its end"
                                          : arena_str(&r->arena, str_from(text)).ptr,
            .held = slo_holds(&s->rule[i], r),
            .unknown = isnan(measured),
        };
    }
}

/* x / y; 0/0 is far from breaking. */
static double near(double x, double y)
{
    if (y > 0)
        return x / y;
    return x > 0 ? INFINITY : 0;
}

static double margin_of(const struct slo_rule *rule, double measured)
{
    switch (rule->op) {
    case SLO_LE:
    case SLO_LT:
        return near(measured, rule->bound);
    case SLO_GE:
    case SLO_GT:
        return isfinite(measured) ? near(rule->bound, measured) : INFINITY;
    case SLO_EQ:
    case SLO_NE:
        break;
    }
    return holds(rule, measured) ? 0 : INFINITY;
}

double slo_margin(const struct slo *s, const struct result *r)
{
    double most = 0;

    for (size_t i = 0; i < s->count; i++) {
        double measured = measure(&s->rule[i], r);

        if (!isnan(measured))
            most = fmax(most, margin_of(&s->rule[i], measured));
    }
    return most;
}
