#include "simulator/metrics_page.h"

static const char answers[] = "answers";

/* Counters that are one family, told apart by a label: neighbours. All others have their own. */
static const struct label_row {
    enum tally_counter counter;
    const char *code; /* of the answer */
} answer_rows[] = {
    {TALLY_PUBLISH_ACKNOWLEDGED, "2.xx" },
    {TALLY_PUBLISH_REFUSED,      "4.xx" },
    {TALLY_PUBLISH_FAILED,       "5.xx" },
    {TALLY_PUBLISH_RESET,        "reset"},
    {TALLY_PUBLISH_TIMEOUT,      "none" },
};

static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};

/* `publish.sent` as `publish_sent`. */
static void add_name(struct buf *out, const char *name)
{
    for (; *name != '\0'; name++)
        buf_add_char(out, *name == '.' ? '_' : *name);
}

static void begin(struct buf *out, const char *name, const char *suffix, const char *type,
                  const char *help)
{
    buf_add_str(out, STR("# HELP seatrial_swarm_"));
    add_name(out, name);
    buf_add_format(out, "%s %s\n# TYPE seatrial_swarm_", suffix, help);
    add_name(out, name);
    buf_add_format(out, "%s %s\n", suffix, type);
}

/* The name of a sample, without labels. */
static void add_sample(struct buf *out, const char *name, const char *suffix)
{
    buf_add_str(out, STR("seatrial_swarm_"));
    add_name(out, name);
    buf_add_str(out, str_from(suffix));
}

static void add_value(struct buf *out, const char *name, const char *suffix, double value)
{
    add_sample(out, name, suffix);
    buf_add_format(out, " %.15g\n", value);
}

static bool is_answer(enum tally_counter c)
{
    for (size_t i = 0; i < COUNT(answer_rows); i++) {
        if (answer_rows[i].counter == c)
            return true;
    }
    return false;
}

static void add_counters(const struct result *r, struct buf *out)
{
    begin(out, answers, "_total", "counter",
          "Publishes of good devices by what answered them: a class of codes, a Reset, nothing");
    for (size_t i = 0; i < COUNT(answer_rows); i++) {
        add_sample(out, answers, "_total");
        buf_add_format(out, "{code=\"%s\"} %llu\n", answer_rows[i].code,
                       (unsigned long long)r->total.counter[answer_rows[i].counter]);
    }
    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++) {
        const struct tally_row *row = &tally_counter_rows[i];

        if (is_answer((enum tally_counter)i))
            continue;
        begin(out, row->name, "_total", "counter", row->text);
        add_value(out, row->name, "_total", (double)r->total.counter[i]);
    }
}

static void add_summary(const struct tally_row *row, const struct hist *h, struct buf *out)
{
    double count = (double)hist_count(h);

    begin(out, row->name, "_seconds", "summary", row->text);
    for (size_t i = 0; i < COUNT(quantiles); i++) {
        add_sample(out, row->name, "_seconds");
        buf_add_format(out, "{quantile=\"%g\"} ", quantiles[i]);
        if (count > 0)
            buf_add_format(out, "%.9g\n",
                           (double)hist_value_us(h, quantiles[i]) / (double)US_PER_S);
        else
            buf_add_str(out, STR("NaN\n"));
    }
    add_value(out, row->name, "_seconds_sum",
              count > 0 ? hist_mean_us(h) * count / (double)US_PER_S : 0);
    add_value(out, row->name, "_seconds_count", count);
}

static void add_devices(const struct result *r, struct buf *out)
{
    static const int64_t none[TALLY_GAUGE_COUNT];
    const int64_t *gauge = r->second_count == 0 ? none : r->seconds[r->second_count - 1].gauge;

    begin(out, "devices", "", "gauge", "Devices of this process");
    add_value(out, "devices", "", (double)r->devices);
    begin(out, "device_states", "", "gauge",
          "Devices by state; states overlap, since a device that waits is connected");
    for (size_t i = 0; i < TALLY_GAUGE_COUNT; i++) {
        add_sample(out, "device_states", "");
        buf_add_format(out, "{state=\"%s\"} %lld\n", tally_gauge_rows[i].name, (long long)gauge[i]);
    }
}

/* A label's value: texts come from target files and profiles. */
static void add_label(struct buf *out, const char *name, const char *value)
{
    buf_add_format(out, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            buf_add_char(out, '\\');
        if (*value == '\n')
            buf_add_str(out, STR("\\n"));
        else
            buf_add_char(out, *value);
    }
    buf_add_char(out, '"');
}

static void add_run(const struct result *r, struct buf *out)
{
    begin(out, "run", "_info", "gauge", "What runs; counters begin anew with each");
    buf_add_str(out, STR("seatrial_swarm_run_info{"));
    add_label(out, "target", r->target);
    buf_add_char(out, ',');
    add_label(out, "profile", r->profile);
    buf_add_char(out, ',');
    add_label(out, "run", r->run_id);
    buf_add_str(out, STR("} 1\n"));
    begin(out, "elapsed", "_seconds", "gauge", "Time since the start of the run");
    add_value(out, "elapsed", "_seconds", (double)r->duration_us / (double)US_PER_S);
}

void metrics_page_render(const struct result *r, struct buf *out)
{
    add_run(r, out);
    add_devices(r, out);
    add_counters(r, out);
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++)
        add_summary(&tally_hist_rows[i], r->total.hist[i], out);
}
