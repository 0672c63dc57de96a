#include "simulator/diff.h"

#include <math.h>
#include <stdlib.h>

#include "lib/arena.h"
#include "simulator/diff_statistics.h"
#include "simulator/figure.h"
#include "simulator/report_read.h"
#include "simulator/result_verdict.h"

static const double rate_noise = 0.01; /* two runs intend not quite the same */

enum change { CHANGE_NONE, CHANGE_BETTER, CHANGE_WORSE, CHANGE_NOT_JUDGED };

static const char *const change_names[] = {
    [CHANGE_NONE] = "same",
    [CHANGE_BETTER] = "better",
    [CHANGE_WORSE] = "WORSE",
    [CHANGE_NOT_JUDGED] = "",
};

struct diff {
    const struct result *old;
    const struct result *fresh;
    double allow;
    struct buf *out;
    size_t worse;
};

/* --- one line ------------------------------------------------------------------------------------
 */

struct pair {
    const char *name;
    enum show_unit unit;
    struct diff_interval old;
    struct diff_interval fresh;
    double noise; /* beside that of the intervals: a part of old */
    bool more_is_better;
    bool judged;
};

/* Half of the width that noise gives the difference. */
static double noise_of(const struct pair *p)
{
    double up = hypot(p->fresh.value - p->fresh.low, p->old.high - p->old.value);
    double down = hypot(p->fresh.high - p->fresh.value, p->old.value - p->old.low);

    return fmax(fmax(up, down), p->noise * fabs(p->old.value));
}

static enum change change_of(const struct diff *d, const struct pair *p)
{
    double rise = (p->fresh.value - p->old.value) * (p->more_is_better ? -1 : 1);

    if (!p->judged)
        return CHANGE_NOT_JUDGED;
    if (fabs(rise) <= d->allow * fabs(p->old.value) || fabs(rise) <= noise_of(p))
        return CHANGE_NONE;
    return rise > 0 ? CHANGE_WORSE : CHANGE_BETTER;
}

static void add_pair(struct diff *d, const struct pair *p)
{
    enum change change = change_of(d, p);
    double part = p->fresh.value / p->old.value - 1;
    double noise = noise_of(p) / p->old.value;
    char a[SHOW_LEN];
    char b[SHOW_LEN];
    char by[SHOW_LEN] = "";
    char sure[SHOW_LEN] = "";

    if (isnan(p->old.value) || isnan(p->fresh.value))
        return;
    if (isfinite(part))
        (void)snprintf(by, sizeof by, "%+.1f%%", part * 100);
    if (p->judged && isfinite(noise))
        (void)snprintf(sure, sizeof sure, "+-%.1f%%", noise * 100);
    buf_add_format(d->out, "%-24s %12s %12s %9s %9s  %s\n", p->name, show(a, p->unit, p->old.value),
                   show(b, p->unit, p->fresh.value), by, sure, change_names[change]);
    d->worse += change == CHANGE_WORSE;
}

/* --- times ---------------------------------------------------------------------------------------
 */

static const struct quantile {
    const char *name;
    double part;
    double least; /* values below which it is one of a few */
} quantiles[] = {
    {"p50",   0.5,   20   },
    {"p90",   0.9,   100  },
    {"p99",   0.99,  1000 },
    {"p99.9", 0.999, 10000},
};

/* The quantile of each second where the rows have it; false: they do not. */
static bool each_second(const struct result *r, enum tally_hist h, double part, double *numbers)
{
    for (size_t i = 0; i < r->second_count; i++) {
        const struct result_second *s = &r->seconds[i];
        int64_t us = h == TALLY_HIST_PUBLISH && part < 0.6     ? s->publish_us[0]
                     : h == TALLY_HIST_PUBLISH && part < 0.95  ? s->publish_us[1]
                     : h == TALLY_HIST_PUBLISH && part < 0.995 ? s->publish_us[2]
                     : part < 0.98 || part > 0.995             ? -1
                     : h == TALLY_HIST_HANDSHAKE               ? s->handshake_p99_us
                     : h == TALLY_HIST_CT_ERROR                ? s->ct_error_p99_us
                     : h == TALLY_HIST_SCHEDULE_LAG            ? s->lag_p99_us
                                                               : -1;

        if (us < 0)
            return false;
        numbers[i] = us == 0 ? NAN : (double)us;
    }
    return r->second_count > 1;
}

/*
 * Values of one second hang together, so that the ranks alone are too sure of themselves: where the
 * seconds vary more, their variation is the noise.
 */
static double paired_noise(const struct diff *d, enum tally_hist h, double part)
{
    size_t count = d->old->second_count < d->fresh->second_count ? d->old->second_count
                                                                 : d->fresh->second_count;
    double *a = xcalloc(d->old->second_count + 1, sizeof *a);
    double *b = xcalloc(d->fresh->second_count + 1, sizeof *b);
    double noise = 0;

    if (each_second(d->old, h, part, a) && each_second(d->fresh, h, part, b))
        noise = diff_paired_noise(a, b, count);
    free(b);
    free(a);
    return noise;
}

static void add_hist(struct diff *d, enum tally_hist h)
{
    const struct hist *old = d->old->total.hist[h];
    const struct hist *fresh = d->fresh->total.hist[h];
    double distance = diff_distance(old, fresh);

    if (hist_count(old) == 0 || hist_count(fresh) == 0)
        return;
    for (size_t i = 0; i < COUNT(quantiles); i++) {
        char name[64];
        double count = fmin((double)hist_count(old), (double)hist_count(fresh));

        (void)snprintf(name, sizeof name, "%s.%s", tally_hist_rows[h].name, quantiles[i].name);
        add_pair(d, &(struct pair){
                        .name = name,
                        .unit = SHOW_TIME,
                        .old = diff_quantile(old, quantiles[i].part),
                        .fresh = diff_quantile(fresh, quantiles[i].part),
                        .noise = paired_noise(d, h, quantiles[i].part),
                        /* lag is the generator's */
                        .judged = count >= quantiles[i].least && h != TALLY_HIST_SCHEDULE_LAG,
                    });
    }
    buf_add_format(d->out,
                   "  distance of distributions %.4f (Kolmogorov-Smirnov; chance explains "
                   "%.4f)\n",
                   distance, diff_distance_bound(hist_count(old), hist_count(fresh)));
}

/* --- figures -------------------------------------------------------------------------------------
 */

static struct diff_interval exactly(double value)
{
    return (struct diff_interval){value, value, value};
}

/* A share of count: by its binomial deviation, and one more. */
static struct diff_interval share(double value, double count)
{
    double spread = count > 0 ? 1.96 * sqrt(fmax(value * (1 - value), 0) / count) + 1 / count : 0;

    return (struct diff_interval){value, value - spread, value + spread};
}

static double counter(const struct result *r, enum tally_counter c)
{
    return (double)r->total.counter[c];
}

static struct diff_interval rate_of(const struct result *r)
{
    double rate = figure_of(r, FIGURE_RATE);

    return (struct diff_interval){rate, rate * (1 - rate_noise), rate * (1 + rate_noise)};
}

static struct diff_interval server_cpu(const struct result *r)
{
    double *numbers = xcalloc(r->second_count + 1, sizeof *numbers);
    struct diff_interval mean;

    for (size_t i = 0; i < r->second_count; i++)
        numbers[i] = r->seconds[i].server.cpu_cores;
    mean = diff_batch_mean(numbers, r->second_count);
    free(numbers);
    return mean;
}

static void add_figures(struct diff *d)
{
    static const struct {
        enum figure figure;
        enum tally_counter of;
    } shares[] = {
        {FIGURE_ERROR_RATE,           TALLY_PUBLISH_SENT     },
        {FIGURE_COMMAND_LOSS,         TALLY_COMMAND_SENT     },
        {FIGURE_HANDSHAKE_ERROR_RATE, TALLY_HANDSHAKE_STARTED},
        {FIGURE_RETRANSMISSION_RATE,  TALLY_PUBLISH_SENT     },
    };

    add_pair(d,
             &(struct pair){"rate", SHOW_RATE, rate_of(d->old), rate_of(d->fresh), 0, true, true});
    for (size_t i = 0; i < COUNT(shares); i++)
        add_pair(
            d, &(struct pair){
                   .name = figure_rows[shares[i].figure].name,
                   .unit = SHOW_RATIO,
                   .old = share(figure_of(d->old, shares[i].figure), counter(d->old, shares[i].of)),
                   .fresh = share(figure_of(d->fresh, shares[i].figure),
                                  counter(d->fresh, shares[i].of)),
                   .judged = true,
               });
    add_pair(d, &(struct pair){"server_cpu", SHOW_PLAIN, server_cpu(d->old), server_cpu(d->fresh),
                               0, false, true});
    add_pair(d, &(struct pair){"server_memory", SHOW_BYTES,
                               exactly(figure_of(d->old, FIGURE_SERVER_MEMORY)),
                               exactly(figure_of(d->fresh, FIGURE_SERVER_MEMORY)), 0, false, true});
}

/* What must never happen: more of it is worse, however little. */
static void add_wrongs(struct diff *d)
{
    for (size_t i = 0; i < COUNT(result_wrongs); i++) {
        double old = counter(d->old, result_wrongs[i].counter);
        double fresh = counter(d->fresh, result_wrongs[i].counter);
        enum change change = fresh > old ? CHANGE_WORSE : fresh < old ? CHANGE_BETTER : CHANGE_NONE;

        if (old == 0 && fresh == 0)
            continue;
        buf_add_format(d->out, "%-24s %12.0f %12.0f %9s %9s  %s\n",
                       tally_counter_rows[result_wrongs[i].counter].name, old, fresh, "", "",
                       change_names[change]);
        d->worse += change == CHANGE_WORSE;
    }
}

/* --- the whole -----------------------------------------------------------------------------------
 */

/* Runs that asked for other things are compared all the same, and that is said. */
static void add_conditions(struct diff *d)
{
    const struct {
        const char *name;
        bool same;
    } rows[] = {
        {"profile",                                                                       strcmp(d->old->profile, d->fresh->profile) == 0},
        {"target",                                                                               strcmp(d->old->target,                                                                                              d->fresh->target) == 0},
        {"devices",                                                         d->old->devices == d->fresh->devices},
        {"seed",d->old->seed == d->fresh->seed                       },
        {"window",                                                               d->old->window == d->fresh->window                                                             },
        {"rate",d->old->rate_per_s == d->fresh->rate_per_s ||
                     (isnan(d->old->rate_per_s) && isnan(d->fresh->rate_per_s))},
        {"length", llabs(d->old->duration_us - d->fresh->duration_us) <= 2 * US_PER_S                                                                               },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!rows[i].same)
            buf_add_format(d->out, "note: the runs differ in their %s\n", rows[i].name);
    }
}

static bool add_validity(struct diff *d)
{
    const struct result *both[] = {d->old, d->fresh};
    bool valid = true;

    for (size_t i = 0; i < COUNT(both); i++) {
        if (both[i]->verdict != RESULT_INVALID)
            continue;
        buf_add_format(d->out, "the %s run is INVALID: %s\n", i == 0 ? "first" : "second",
                       both[i]->invalid_count > 0 ? both[i]->invalid[0] : "");
        valid = false;
    }
    return valid;
}

enum swarm_exit diff_results(const struct result *old, const struct result *fresh, double allow,
                             struct buf *out)
{
    struct diff d = {old, fresh, allow, out, 0};
    bool valid = add_validity(&d);

    add_conditions(&d);
    buf_add_format(out, "%-24s %12s %12s %9s %9s\n", "", "first", "second", "change", "noise");
    add_wrongs(&d);
    add_figures(&d);
    for (int h = 0; h < TALLY_HIST_COUNT; h++)
        add_hist(&d, (enum tally_hist)h);
    if (!valid) {
        buf_add_str(out, STR("no verdict: an INVALID run says nothing about its target\n"));
        return SWARM_INVALID;
    }
    if (d.worse > 0)
        buf_add_format(out, "WORSE: %zu of them by more than %.3g%% and more than noise\n", d.worse,
                       allow * 100);
    else
        buf_add_format(out, "not worse by more than %.3g%% and noise\n", allow * 100);
    return d.worse > 0 ? SWARM_BROKEN : SWARM_HELD;
}

enum swarm_exit diff_command(const char *const *files, size_t count, double allow, FILE *out,
                             FILE *err)
{
    char why[REPORT_READ_WHY_LEN];
    struct buf text = buf_growing();
    struct result r[2];
    size_t read = 0;
    enum swarm_exit code = SWARM_USAGE;

    assert(count == COUNT(r));
    while (read < count && report_read_file(&r[read], files[read], why))
        read++;
    if (read == count) {
        code = diff_results(&r[0], &r[1], allow, &text);
        (void)fwrite(text.ptr, text.len, 1, out);
    } else {
        (void)fprintf(err, "seatrial-swarm: %s\n", why);
    }
    while (read > 0)
        result_fini(&r[--read]);
    buf_fini(&text);
    return code;
}
