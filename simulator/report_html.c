#include <math.h>
#include <stdio.h>

#include "lib/markup.h"
#include "lib/rfc3339.h"
#include "simulator/figure.h"
#include "simulator/report.h"
#include "simulator/report_page.h"
#include "simulator/report_plots.h"
#include "simulator/result_verdict.h"

static const char *const verdict_texts[] = {
    [RESULT_GOOD] = "Every objective held, and nothing went wrong with events and commands.",
    [RESULT_BROKEN] = "The target did not hold what was asked of it.",
    [RESULT_INVALID] = "The generator was the limit. This run says nothing about the target.",
    [RESULT_INTERRUPTED] = "The run was interrupted; this is what was found until then.",
};

static void add_item(struct buf *out, const char *text)
{
    buf_add_str(out, STR("<li>"));
    markup_add(out, text);
    buf_add_str(out, STR("</li>\n"));
}

static void add_banner(const struct result *r, struct buf *out)
{
    char text[SHOW_LEN];

    buf_add_format(out, "<div class=\"banner %s\"><strong>%s</strong>\n<p>%s</p>\n<ul>\n",
                   report_page_class(r->verdict), result_verdict_name(r->verdict),
                   verdict_texts[r->verdict]);
    for (size_t i = 0; i < r->invalid_count; i++)
        add_item(out, r->invalid[i]);
    if (!r->events_checked)
        add_item(out, "Events were not looked at: the target does not show them.");
    for (size_t i = 0; i < COUNT(result_wrongs); i++) {
        uint64_t count = r->total.counter[result_wrongs[i].counter];

        if (count > 0)
            buf_add_format(out, "<li>%s %s</li>\n", show(text, SHOW_COUNT, (double)count),
                           result_wrongs[i].text);
    }
    for (size_t i = 0; i < r->slo_count; i++) {
        if (r->slo[i].held || r->slo[i].unknown)
            continue;
        buf_add_str(out, STR("<li><code>"));
        markup_add(out, r->slo[i].text);
        buf_add_str(out, STR("</code> is broken: "));
        markup_add(out, r->slo[i].measured);
        buf_add_str(out, STR("</li>\n"));
    }
    buf_add_str(out, STR("</ul></div>\n"));
}

/* `reference, 10 000 devices, 500/s, 3 min 20 s, 2026-11-27T23:37:00Z` */
static void add_lead(const struct result *r, struct buf *out)
{
    char devices[SHOW_LEN];
    char rate[SHOW_LEN];
    long s = (long)(r->duration_us / US_PER_S);

    buf_add_format(out, "<p class=\"dim\">%s devices, ",
                   show(devices, SHOW_COUNT, (double)r->devices));
    if (r->window > 0)
        buf_add_format(out, "closed loop with a window of %lld, ", (long long)r->window);
    else if (!isnan(r->rate_per_s))
        buf_add_format(out, "%s asked for, ", show(rate, SHOW_RATE, r->rate_per_s));
    buf_add_format(out, "%ld min %02ld s, begun ", s / 60, s % 60);
    rfc3339_format(r->started_wall_us / US_PER_S * US_PER_S, out);
    buf_add_str(out, STR(", run <code>"));
    markup_add(out, r->run_id);
    buf_add_str(out, STR("</code></p>\n"));
}

static void add_tile(struct buf *out, const char *title, enum show_unit unit, double value,
                     const char *text)
{
    char shown[SHOW_LEN];

    report_page_tile(out, title, show(shown, unit, value), text);
}

/* What is not in the run has no value, not 0. */
static double percentile(const struct result *r, enum tally_hist h, double part)
{
    const struct hist *hist = r->total.hist[h];

    return hist_count(hist) == 0 ? NAN : (double)hist_value_us(hist, part);
}

static void add_tiles(const struct result *r, struct buf *out)
{
    buf_add_str(out, STR("<div class=\"tiles\">\n"));
    add_tile(out, "events per ack", SHOW_PLAIN, figure_of(r, FIGURE_EVENTS_PER_ACK),
             r->events_checked ? "1 is right" : "the target does not show its events");
    add_tile(out, "ct expiry error, p99", SHOW_TIME, percentile(r, TALLY_HIST_CT_ERROR, 0.99),
             "how far from ct a wait ends");
    add_tile(out, "publish, p50", SHOW_TIME, percentile(r, TALLY_HIST_PUBLISH, 0.5),
             "from the intended time");
    add_tile(out, "publish, p99", SHOW_TIME, percentile(r, TALLY_HIST_PUBLISH, 0.99),
             "from the intended time");
    add_tile(out, "acknowledged", SHOW_RATE, figure_of(r, FIGURE_RATE), "mean of the whole run");
    add_tile(out, "errors", SHOW_RATIO, figure_of(r, FIGURE_ERROR_RATE),
             "of the publishes of good devices");
    add_tile(out, "command, p99", SHOW_TIME, percentile(r, TALLY_HIST_COMMAND, 0.99),
             "from sending to arrival");
    add_tile(out, "handshake, p99", SHOW_TIME, percentile(r, TALLY_HIST_HANDSHAKE, 0.99),
             "from the intended time");
    buf_add_str(out, STR("</div>\n"));
}

static void add_state(struct buf *out, const char *class, const char *text)
{
    buf_add_format(out, "<td class=\"state %s\">%s</td></tr>\n", class, text);
}

static void add_objectives(const struct result *r, struct buf *out)
{
    buf_add_str(out, STR("<h2>Objectives</h2>\n"));
    if (r->slo_count == 0) {
        buf_add_str(out, STR("<p class=\"dim\">None were set (<code>--slo</code>).</p>\n"));
        return;
    }
    report_page_table(out, "objective|>measured|");
    for (size_t i = 0; i < r->slo_count; i++) {
        const struct result_slo *slo = &r->slo[i];

        buf_add_str(out, STR("<tr><td><code>"));
        markup_add(out, slo->text);
        buf_add_str(out, STR("</code></td><td class=\"n\">"));
        markup_add(out, slo->measured);
        buf_add_str(out, STR("</td>"));
        if (slo->unknown)
            add_state(out, "odd", "not judged");
        else
            add_state(out, slo->held ? "good" : "bad", slo->held ? "held" : "broken");
    }
    buf_add_str(out, STR("</table></div>\n"));
}

static void add_truth(const struct result *r, struct buf *out)
{
    buf_add_str(out, STR("<h2>Truth about events and commands</h2>\n"));
    report_page_table(out, "what must not happen|>times|");
    for (size_t i = 0; i < COUNT(result_wrongs); i++) {
        uint64_t count = r->total.counter[result_wrongs[i].counter];
        const char *name = tally_counter_rows[result_wrongs[i].counter].name;
        bool seen = r->events_checked || strncmp(name, "event.", strlen("event.")) != 0;

        buf_add_str(out, STR("<tr>"));
        report_page_cell(out, result_wrongs[i].text);
        report_page_number(out, SHOW_COUNT, seen ? (double)count : NAN);
        if (!seen)
            add_state(out, "odd", "not seen");
        else
            add_state(out, count == 0 ? "good" : "bad", count == 0 ? "never" : "wrong");
    }
    buf_add_str(out, STR("</table></div>\n"));
}

static void add_times(const struct result *r, struct buf *out)
{
    static const double parts[] = {0.5, 0.9, 0.99, 0.999, 0.9999};

    buf_add_str(out, STR("<h2>Times</h2>\n"));
    report_page_table(out, "|>count|>min|>mean|>p50|>p90|>p99|>p99.9|>p99.99|>max|");
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++) {
        const struct hist *h = r->total.hist[i];

        if (hist_count(h) == 0)
            continue;
        buf_add_format(out, "<tr><td>%s</td>", tally_hist_rows[i].name);
        report_page_number(out, SHOW_COUNT, (double)hist_count(h));
        report_page_number(out, SHOW_TIME, (double)hist_min_us(h));
        report_page_number(out, SHOW_TIME, hist_mean_us(h));
        for (size_t k = 0; k < COUNT(parts); k++)
            report_page_number(out, SHOW_TIME, (double)hist_value_us(h, parts[k]));
        report_page_number(out, SHOW_TIME, (double)hist_max_us(h));
        buf_add_str(out, STR("<td class=\"dim\">"));
        markup_add(out, tally_hist_rows[i].text);
        buf_add_str(out, STR("</td></tr>\n"));
    }
    buf_add_str(out, STR("</table></div>\n"));
}

static void add_counters(const struct result *r, bool zero, struct buf *out)
{
    report_page_table(out, "counter|>count|what it counts");
    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++) {
        if ((r->total.counter[i] == 0) != zero)
            continue;
        buf_add_format(out, "<tr><td><code>%s</code></td>", tally_counter_rows[i].name);
        report_page_number(out, SHOW_COUNT, (double)r->total.counter[i]);
        report_page_cell(out, tally_counter_rows[i].text);
        buf_add_str(out, STR("</tr>\n"));
    }
    buf_add_str(out, STR("</table></div>\n"));
}

static void add_figures(const struct result *r, struct buf *out)
{
    buf_add_str(out, STR("<h2>Figures</h2>\n"));
    report_page_table(out, "figure|>value|what it says");
    for (int f = 0; f < FIGURE_COUNT; f++) {
        buf_add_format(out, "<tr><td><code>%s</code></td>", figure_rows[f].name);
        report_page_number(out, figure_rows[f].unit, figure_of(r, (enum figure)f));
        report_page_cell(out, figure_rows[f].text);
        buf_add_str(out, STR("</tr>\n"));
    }
    buf_add_str(out, STR("</table></div>\n"));
}

static void add_row(struct buf *out, const char *name, const char *value)
{
    buf_add_str(out, STR("<tr>"));
    report_page_cell(out, name);
    report_page_cell(out, value);
    buf_add_str(out, STR("</tr>\n"));
}

static void add_run(const struct result *r, struct buf *out)
{
    char text[SHOW_LEN];

    buf_add_str(out, STR("<h2>The run</h2>\n"));
    report_page_table(out, "what|how");
    add_row(out, "again", r->options);
    add_row(out, "target", r->target);
    add_row(out, "profile", r->profile);
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)r->seed);
    add_row(out, "seed", text);
    add_row(out, "source addresses", r->source);
    (void)snprintf(text, sizeof text, "%lld, from %lld on", (long long)r->devices,
                   (long long)r->first_device);
    add_row(out, "devices", text);
    (void)snprintf(text, sizeof text, "%lld", (long long)r->workers);
    add_row(out, "workers", text);
    (void)snprintf(text, sizeof text, "%g", r->compress);
    add_row(out, "periods divided by", text);
    add_row(out, "memory a device", show(text, SHOW_BYTES, r->bytes_per_device));
    add_row(out, "memory of the generator", show(text, SHOW_BYTES, (double)r->own_memory_bytes));
    add_row(out, "processor time of the generator", show(text, SHOW_TIME, r->own_cpu_s * 1e6));
    add_row(out, "seatrial-swarm", r->version);
    buf_add_str(out, STR("</table></div>\n"));
}

void report_html(const struct result *r, struct buf *out)
{
    struct buf title = buf_growing();

    buf_add_format(&title, "Load on %s: %s", r->target, r->profile);
    buf_add_char(&title, '\0');
    report_page_begin(out, title.ptr);
    add_lead(r, out);
    add_banner(r, out);
    buf_add_str(out, STR("<div class=\"plots\"><section>\n"));
    add_objectives(r, out);
    buf_add_str(out, STR("</section><section>\n"));
    add_truth(r, out);
    buf_add_str(out, STR("</section></div>\n<h2>In short</h2>\n"));
    add_tiles(r, out);
    buf_add_str(out, STR("<h2>Over time</h2>\n"));
    report_plots_add(r, out);
    add_times(r, out);
    add_figures(r, out);
    buf_add_str(out, STR("<h2>Counters</h2>\n"));
    add_counters(r, false, out);
    buf_add_str(out, STR("<details><summary>counters that stayed at 0</summary>\n"));
    add_counters(r, true, out);
    buf_add_str(out, STR("</details>\n"));
    add_run(r, out);
    report_page_end(out);
    buf_fini(&title);
}
