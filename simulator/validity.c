#include "simulator/validity.h"

#include <math.h>

#include "simulator/show.h"
#include "simulator/slo.h"

enum {
    PART_OF_LATENCY = 5,      /* lag beyond a fifth of a latency decides it */
    DECIDING_LAG_US = 1000,   /* below, no objective is decided by lag */
    DATAGRAMS_A_LOSS = 10000, /* one of these may be lost on this machine */
    SATURATED_MIN = 3,        /* seconds */
};

static const double unsent_part = 0.01;
static const double held_part = 0.01;
static const double busy_worker = 0.95;
static const double saturated_part = 0.05;
static const double saturated_closed_part = 0.5;
static const double usual_steal_part = 0.10;

static double counter(const struct result *r, enum tally_counter c)
{
    return (double)r->total.counter[c];
}

static const char *us(char *text, int64_t value_us)
{
    return show(text, SHOW_TIME, (double)value_us);
}

static bool is_closed_loop(const struct result *r)
{
    return r->window > 0;
}

static int64_t lag_bound(const struct result *r, const struct validity_options *options)
{
    int64_t fifth = hist_value_us(r->total.hist[TALLY_HIST_PUBLISH], 0.99) / PART_OF_LATENCY;

    if (options->lag_us > 0)
        return options->lag_us;
    return fifth > VALIDITY_LAG_US ? fifth : VALIDITY_LAG_US;
}

/* Would the objective, on times of publishes, hold if they counted from the actual sending? */
static bool holds_uncorrected(const struct result *r, const char *text)
{
    char why[SLO_WHY_LEN];
    struct slo one;
    bool ok;

    if (!slo_parse(&one, str_from(text), why))
        return false;
    ok = one.count == 1 && one.rule[0].subject == SLO_HIST &&
         one.rule[0].index == TALLY_HIST_PUBLISH;
    one.rule[0].index = TALLY_HIST_PUBLISH_UNCORRECTED;
    ok = ok && slo_holds(&one.rule[0], r);
    slo_fini(&one);
    return ok;
}

/* The first broken objective that late sends may have broken; NULL: none. */
static const char *broken_by_time(const struct result *r)
{
    for (size_t i = 0; i < r->slo_count; i++) {
        if (!r->slo[i].held && !r->slo[i].unknown && holds_uncorrected(r, r->slo[i].text))
            return r->slo[i].text;
    }
    return NULL;
}

static void judge_lag(struct result *r, const struct validity_options *options)
{
    int64_t lag = hist_value_us(r->total.hist[TALLY_HIST_SCHEDULE_LAG], 0.99);
    int64_t latency = hist_value_us(r->total.hist[TALLY_HIST_PUBLISH], 0.99);
    int64_t bound = lag_bound(r, options);
    const char *broken = broken_by_time(r);
    char a[SHOW_LEN];
    char b[SHOW_LEN];

    if (lag > bound)
        result_add_invalid(
            r, result_format(r,
                             "Sends came late: schedule_lag.p99 is %s, allowed are %s. Take fewer "
                             "devices, a longer period, or more workers if processors are idle.",
                             us(a, lag), us(b, bound)));
    else if (broken != NULL && lag > DECIDING_LAG_US && lag > latency / PART_OF_LATENCY)
        result_add_invalid(
            r, result_format(r,
                             "`%s` is broken, but %s of the p99 of %s may be the generator's own "
                             "(schedule_lag.p99). Take fewer devices or an idle machine.",
                             broken, us(a, lag), us(b, latency)));
}

/* Of all devices, those that were at work or without a session, on average. */
static double busy_part(const struct result *r)
{
    double sum = 0;

    for (size_t i = 0; i < r->second_count; i++) {
        const int64_t *gauge = r->seconds[i].gauge;

        sum += (double)(r->devices - gauge[TALLY_GAUGE_CONNECTED] + gauge[TALLY_GAUGE_IN_FLIGHT] +
                        gauge[TALLY_GAUGE_WAITING]);
    }
    return r->second_count == 0 || r->devices <= 0
               ? 0
               : sum / (double)r->second_count / (double)r->devices;
}

/*
 * A publish that comes due while its device is at work waits, and that is the endpoint's doing. It
 * happens to that part of the publishes which is the busy part of the devices; more than that was
 * left out by the generator.
 */
static void judge_shortfall(struct result *r)
{
    double intended = counter(r, TALLY_PUBLISH_INTENDED);
    double unsent = intended - counter(r, TALLY_PUBLISH_SENT);
    double held = counter(r, TALLY_OWN_MID_HELD);
    char a[SHOW_LEN];
    char b[SHOW_LEN];

    if (intended == 0) {
        result_add_invalid(r,
                           "Nothing was sent: no publish came due. Let the run be longer, or the "
                           "period shorter.");
        return;
    }
    if (!is_closed_loop(r) && unsent / intended > unsent_part + busy_part(r))
        result_add_invalid(
            r, result_format(r,
                             "%s of %s intended publishes were not sent though their devices were "
                             "free. Take a lower rate, fewer devices, or more workers.",
                             show(a, SHOW_COUNT, unsent), show(b, SHOW_COUNT, intended)));
    if (held / intended > held_part)
        result_add_invalid(
            r, result_format(r,
                             "%s publishes were held back because every message ID of their source "
                             "was in use (RFC 7252 4.4). Take more source addresses or a lower "
                             "rate.",
                             show(a, SHOW_COUNT, held)));
}

static void judge_datagrams(struct result *r)
{
    double dropped = counter(r, TALLY_OWN_RECEIVE_DROPPED);
    double failed = counter(r, TALLY_OWN_SEND_FAILED);
    char a[SHOW_LEN];

    if (dropped * DATAGRAMS_A_LOSS > counter(r, TALLY_DATAGRAM_RECEIVED))
        result_add_invalid(
            r, result_format(r,
                             "This machine dropped %s answers before they were read. Take more "
                             "workers, a lower rate, or a larger net.core.rmem_max.",
                             show(a, SHOW_COUNT, dropped)));
    if (failed * DATAGRAMS_A_LOSS > counter(r, TALLY_DATAGRAM_SENT))
        result_add_invalid(
            r, result_format(r,
                             "This machine could not send %s datagrams. Take a lower rate, or look "
                             "at the limits of its network.",
                             show(a, SHOW_COUNT, failed)));
}

/* Seconds in which the workers had no idle time, and sends were late if lateness counts. */
static size_t saturated(const struct result *r, int64_t late_us)
{
    size_t count = 0;

    for (size_t i = 0; i < r->second_count; i++) {
        const struct result_second *s = &r->seconds[i];

        count += s->own_cpu_cores > busy_worker * (double)r->workers && s->lag_p99_us >= late_us;
    }
    return count;
}

static void judge_processors(struct result *r, const struct validity_options *options)
{
    bool closed = is_closed_loop(r);
    size_t count = saturated(r, closed ? 0 : lag_bound(r, options) / 2);
    double limit = (double)r->second_count * (closed ? saturated_closed_part : saturated_part);
    double allowed = options->steal_part > 0 ? options->steal_part : usual_steal_part;
    double stolen = 0;
    size_t known = 0;
    char a[SHOW_LEN];

    if (count >= SATURATED_MIN && (double)count > limit)
        result_add_invalid(
            r,
            result_format(r,
                          "The generator's %lld workers had no idle time in %zu of %zu seconds%s. "
                          "Take more workers, a second machine (--slice), or fewer devices.",
                          (long long)r->workers, count, r->second_count,
                          closed ? ": the rate found is its own" : " and sent late"));
    for (size_t i = 0; i < r->second_count; i++) {
        if (isnan(r->seconds[i].steal_part))
            continue;
        stolen += r->seconds[i].steal_part;
        known++;
    }
    if (known > 0 && stolen / (double)known > allowed)
        result_add_invalid(
            r, result_format(r,
                             "%s of the processors' time was taken by other virtual machines. Take "
                             "another machine or another hour.",
                             show(a, SHOW_RATIO, stolen / (double)known)));
}

void validity_judge(struct result *r, const struct validity_options *options)
{
    judge_lag(r, options);
    judge_shortfall(r);
    judge_datagrams(r);
    judge_processors(r, options);
}
