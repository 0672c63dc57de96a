#include "simulator/report_plots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "simulator/plot.h"
#include "simulator/slo.h"

/* What all plots of a run have in common. */
struct drawing {
    const struct result *r;
    struct buf *out;
    struct arena arena;
    double *at_s; /* of each second: its middle */
    double *span_s;
    struct plot_band *stages;
};

/* A number of each second; the functions below give one of them. */
typedef double (*number_of)(const struct drawing *d, size_t i);

static const struct result_second *second(const struct drawing *d, size_t i)
{
    return &d->r->seconds[i];
}

static double per_s(const struct drawing *d, size_t i, enum tally_counter c)
{
    return (double)second(d, i)->counter[c] / d->span_s[i];
}

/* No time where nothing came to its end. */
static double time_or_gap(int64_t us)
{
    return us > 0 ? (double)us : NAN;
}

#define NUMBER(name, expression)                                                                   \
    static double name(const struct drawing *d, size_t i)                                          \
    {                                                                                              \
        return expression;                                                                         \
    }
#define GAUGE(name, id) NUMBER(name, (double)second(d, i)->gauge[TALLY_GAUGE_##id])
#define RATE(name, id) NUMBER(name, per_s(d, i, TALLY_##id))

NUMBER(publish_p50, time_or_gap(second(d, i)->publish_us[0]))
NUMBER(publish_p90, time_or_gap(second(d, i)->publish_us[1]))
NUMBER(publish_p99, time_or_gap(second(d, i)->publish_us[2]))
NUMBER(publish_max, time_or_gap(second(d, i)->publish_us[3]))
NUMBER(handshake_p99, time_or_gap(second(d, i)->handshake_p99_us))
NUMBER(ct_error_p99, time_or_gap(second(d, i)->ct_error_p99_us))
NUMBER(lag_p99, time_or_gap(second(d, i)->lag_p99_us))
RATE(intended, PUBLISH_INTENDED)
RATE(acknowledged, PUBLISH_ACKNOWLEDGED)
RATE(timeouts, PUBLISH_TIMEOUT)
RATE(retransmissions, RETRANSMISSION)
RATE(handshakes, HANDSHAKE_COMPLETED)
RATE(commands, COMMAND_DELIVERED)
NUMBER(failures, per_s(d, i, TALLY_PUBLISH_FAILED) + per_s(d, i, TALLY_PUBLISH_REFUSED) +
                     per_s(d, i, TALLY_PUBLISH_RESET))
NUMBER(handshake_errors, per_s(d, i, TALLY_HANDSHAKE_FAILED) + per_s(d, i, TALLY_HANDSHAKE_TIMEOUT))
GAUGE(connected, CONNECTED)
GAUGE(in_flight, IN_FLIGHT)
GAUGE(waiting, WAITING)
GAUGE(handshaking, HANDSHAKING)
NUMBER(own_cpu, second(d, i)->own_cpu_cores)
NUMBER(server_cpu, second(d, i)->server.cpu_cores)
NUMBER(server_memory, second(d, i)->server.memory_bytes)
NUMBER(server_descriptors, second(d, i)->server.descriptors)
NUMBER(server_drops, second(d, i)->server.udp_dropped / d->span_s[i])
NUMBER(own_drops, per_s(d, i, TALLY_OWN_RECEIVE_DROPPED))

/* --- over time -----------------------------------------------------------------------------------
 */

static const struct over_time {
    const char *title;
    const char *text;
    const char *slo; /* whose bound is drawn, NULL: none */
    enum show_unit unit;
    bool logarithmic;
    struct {
        const char *name;
        number_of number;
        int colour;
        enum plot_style style;
    } line[4];
} plots[] = {
    {
     "Latency of publishes over time",  "From the intended time of a publish to its answer, of what ended in each second; "
        "without the wait of a ct. Logarithmic.",                                                                 "publish.p99",
     SHOW_TIME,                                                                                                                                                                                                                            true,
     {{"max", publish_max, 5, PLOT_LINE},
         {"p99", publish_p99, 2, PLOT_LINE},
         {"p90", publish_p90, 1, PLOT_LINE},
         {"p50", publish_p50, 0, PLOT_LINE}},
     },
    {
     "Rate of publishes",                                 "What was due and what was acknowledged, a second. A gap between the two is backlog or "
        "loss.",                                                                                                                                                       "rate",
     SHOW_RATE,                                                                                                                                                                                                  false,
     {{"intended", intended, 5, PLOT_AREA}, {"acknowledged", acknowledged, 0, PLOT_LINE}},
     },
    {
     "What went wrong",                            "Retransmissions are made up for by the protocol; errors are 4.xx and 5.xx answers, "
        "resets, and publishes without any answer.",                                                             NULL,
     SHOW_RATE,                                                                                                                                                                                                                                          false,
     {{"retransmissions", retransmissions, 1, PLOT_LINE},
         {"errors", failures, 2, PLOT_LINE},
         {"timeouts", timeouts, 4, PLOT_DASHED}},
     },
    {
     "Devices",                             "Those that can publish at once, and those that wait for a command, at the end of each "
        "second.",                                                                                                                                         NULL,
     SHOW_COUNT,                                                                                                                                                                                         false,
     {{"connected", connected, 3, PLOT_LINE}, {"waiting for a command", waiting, 4, PLOT_LINE}},
     },
    {
     "In flight",                         "Publishes without an answer, and handshakes under way, at the end of each second. A "
        "rising "
        "line under a steady rate is a queue.",                                                                                                                       NULL,
     SHOW_COUNT,                                                                                                                                                                                                                           false,
     {{"publishes", in_flight, 0, PLOT_LINE}, {"handshakes", handshaking, 1, PLOT_LINE}},
     },
    {
     "Handshakes a second",                                 "DTLS sessions made, first ones and later ones.",
     "handshake_error_rate",                                                                                                                                                                                                 SHOW_RATE,
     false,                                                     {{"finished", handshakes, 3, PLOT_AREA},
         {"failed or timed out", handshake_errors, 2, PLOT_LINE}},
     },
    {
     "Latency of handshakes over time",                            "From the intended time of a handshake to its end, 99th percentile of each second.",
     "handshake.p99",                                                                                                                                                                                                           SHOW_TIME,
     true,                                                                                                                                                                                                                      {{"p99", handshake_p99, 2, PLOT_LINE}},
     },
    {
     "ct expiry error over time",            "How far from ct the 2.04 of a wait without a command came, either way: 99th percentile of "
        "each second.",                                                                                                                 "ct_error.p99",
     SHOW_TIME,                                                                                                                                                             true,
     {{"p99", ct_error_p99, 4, PLOT_LINE}},
     },
    {
     "Commands delivered", "Commands that reached the wait they were meant for, a second.",
     NULL,                                                                                                                                                                                             SHOW_RATE,
     false,                                                                                                                                                                                                                                       {{"delivered", commands, 3, PLOT_LINE}},
     },
    {
     "Processors",                                 "Busy processors of the endpoint and of the generator. A generator near its number of "
        "workers measures itself.",                                                                                                                                                       NULL,
     SHOW_PLAIN,                                                                                                                                                                                   false,
     {{"endpoint", server_cpu, 0, PLOT_LINE}, {"generator", own_cpu, 5, PLOT_DASHED}},
     },
    {
     "Memory of the endpoint",                             "Resident. A line that rises under a steady load is a leak.",
     "server_memory",                                                                                                                                                                                                           SHOW_BYTES,
     false,                                                                                                                                                                                                                       {{"memory", server_memory, 0, PLOT_AREA}},
     },
    {
     "Descriptors of the endpoint",                              "Open files and sockets.",
     NULL,                                                                                                                                                                                                       SHOW_COUNT,
     false,                                                                                                                                                                                                                                          {{"descriptors", server_descriptors, 0, PLOT_LINE}},
     },
    {
     "Datagrams dropped",                      "By the endpoint's sockets and by the generator's, because they were not read in time.",
     NULL, SHOW_RATE,
     false,                                        {{"endpoint", server_drops, 2, PLOT_LINE}, {"generator", own_drops, 5, PLOT_DASHED}},
     },
    {
     "Schedule lag",                                 "How late the generator sent where a device was free: 99th percentile of each second. It "
        "is "
        "the generator's, not the endpoint's.",                                                                                                                                                       "schedule_lag.p99",
     SHOW_TIME,                                                                                                                   true,
     {{"p99", lag_p99, 5, PLOT_LINE}},
     },
};

/* The bound of the objective on what name says, in *limit; its text. NULL: there is none. */
static const char *find_limit(const struct result *r, const char *name, double *limit)
{
    size_t len = name == NULL ? 0 : strlen(name);
    char why[SLO_WHY_LEN];

    for (size_t i = 0; i < r->slo_count && name != NULL; i++) {
        struct slo one;

        if (strncmp(r->slo[i].text, name, len) != 0 || strchr(" <>=!", r->slo[i].text[len]) == NULL)
            continue;
        if (!slo_parse(&one, str_from(r->slo[i].text), why))
            continue;
        *limit = one.count == 1 ? one.rule[0].bound : NAN;
        slo_fini(&one);
        return r->slo[i].text;
    }
    *limit = NAN;
    return NULL;
}

static double *numbers(struct drawing *d, number_of number)
{
    double *y = arena_take(&d->arena, d->r->second_count, sizeof *y);

    for (size_t i = 0; i < d->r->second_count; i++)
        y[i] = number(d, i);
    return y;
}

static void add_over_time(struct drawing *d, const struct over_time *o)
{
    struct plot p = {
        .title = o->title,
        .text = o->text,
        .x = PLOT_TIME,
        .unit = o->unit,
        .logarithmic = o->logarithmic,
        .bands = d->stages,
        .band_count = d->r->stage_count,
        .mark = NAN,
    };

    p.limit_name = find_limit(d->r, o->slo, &p.limit);
    for (size_t i = 0; i < COUNT(o->line) && o->line[i].name != NULL; i++)
        p.line[p.line_count++] = (struct plot_line){
            .name = o->line[i].name,
            .x = d->at_s,
            .y = numbers(d, o->line[i].number),
            .count = d->r->second_count,
            .colour = o->line[i].colour,
            .style = o->line[i].style,
        };
    plot_add(d->out, &p);
}

/* --- percentile curves ---------------------------------------------------------------------------
 */

enum { CURVE_POINTS = 400 };

/* From the median down to the one value at the end, steps of equal width on the axis. */
static struct plot_line curve(struct drawing *d, enum tally_hist h, const char *name, int colour)
{
    const struct hist *hist = d->r->total.hist[h];
    double nines = log10((double)hist_count(hist) + 1);
    double *x = arena_take(&d->arena, CURVE_POINTS, sizeof *x);
    double *y = arena_take(&d->arena, CURVE_POINTS, sizeof *y);

    for (size_t i = 0; i < CURVE_POINTS; i++) {
        x[i] = nines * (double)i / (CURVE_POINTS - 1);
        y[i] = fmax(1, (double)hist_value_us(hist, 1 - pow(10, -x[i])));
    }
    return (struct plot_line){
        .name = name,
        .x = x,
        .y = y,
        .count = hist_count(hist) == 0 ? 0 : CURVE_POINTS,
        .colour = colour,
    };
}

static void add_curves(struct drawing *d)
{
    struct plot publish = {
        .title = "Percentiles of publishes",
        .text = "Each part of the publishes was answered within the time on the curve. Corrected: "
                "from the intended time, as a device sees it. Uncorrected: from the sending, which "
                "hides what waited behind a stall.",
        .x = PLOT_NINES,
        .unit = SHOW_TIME,
        .logarithmic = true,
        .mark = NAN,
    };
    struct plot others = {
        .title = "Percentiles of everything else",
        .text = "Each part was done within the time on the curve.",
        .x = PLOT_NINES,
        .unit = SHOW_TIME,
        .logarithmic = true,
        .mark = NAN,
        .limit = NAN,
    };

    publish.limit_name = find_limit(d->r, "publish.p99", &publish.limit);
    publish.line[0] = curve(d, TALLY_HIST_PUBLISH, "corrected", 2);
    publish.line[1] = curve(d, TALLY_HIST_PUBLISH_UNCORRECTED, "uncorrected", 0);
    publish.line[1].style = PLOT_DASHED;
    publish.line_count = 2;
    plot_add(d->out, &publish);
    others.line[0] = curve(d, TALLY_HIST_HANDSHAKE, "handshake", 3);
    others.line[1] = curve(d, TALLY_HIST_COMMAND, "command", 0);
    others.line[2] = curve(d, TALLY_HIST_EVENT, "event", 1);
    others.line[3] = curve(d, TALLY_HIST_CT_ERROR, "ct expiry error", 4);
    others.line_count = 4;
    plot_add(d->out, &others);
}

static void prepare(struct drawing *d)
{
    const struct result *r = d->r;

    d->at_s = arena_take(&d->arena, r->second_count, sizeof *d->at_s);
    d->span_s = arena_take(&d->arena, r->second_count, sizeof *d->span_s);
    d->stages = arena_take(&d->arena, r->stage_count, sizeof *d->stages);
    for (size_t i = 0; i < r->second_count; i++) {
        int64_t from_us = i == 0 ? 0 : r->seconds[i - 1].at_us;
        int64_t span_us = r->seconds[i].at_us - from_us;

        d->span_s[i] = span_us > 0 ? (double)span_us / (double)US_PER_S : 1;
        d->at_s[i] = ((double)from_us + (double)span_us / 2) / (double)US_PER_S;
    }
    for (size_t i = 0; i < r->stage_count; i++)
        d->stages[i] = (struct plot_band){
            .name = r->stages[i].name,
            .from = (double)r->stages[i].from_us / (double)US_PER_S,
            .to = (double)r->stages[i].to_us / (double)US_PER_S,
        };
}

void report_plots_add(const struct result *r, struct buf *out)
{
    struct drawing d = {.r = r, .out = out};

    prepare(&d);
    buf_add_str(out, STR("<div class=\"plots\">\n"));
    add_over_time(&d, &plots[0]);
    add_curves(&d);
    for (size_t i = 1; i < COUNT(plots); i++)
        add_over_time(&d, &plots[i]);
    buf_add_str(out, STR("</div>\n"));
    arena_fini(&d.arena);
}
