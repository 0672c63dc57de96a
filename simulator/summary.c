#include "simulator/summary.h"

#include <math.h>

#include "simulator/figure.h"
#include "simulator/result_verdict.h"

static void add_figure(struct buf *out, const char *name, enum show_unit unit, double value,
                       const char *text)
{
    char shown[SHOW_LEN];

    buf_add_format(out, "  %-26s %10s  %s\n", name, show(shown, unit, value), text);
}

/* `publish      p50 971us  p90 4.01ms ...`; nothing when there is none. */
static void add_times(struct buf *out, const struct result *r, enum tally_hist h)
{
    static const struct {
        const char *name;
        double part;
    } quantiles[] = {
        {"p50",   0.5  },
        {"p90",   0.9  },
        {"p99",   0.99 },
        {"p99.9", 0.999},
        {"max",   1    },
    };
    const struct hist *hist = r->total.hist[h];
    char shown[SHOW_LEN];

    if (hist_count(hist) == 0)
        return;
    buf_add_format(out, "  %-20s", tally_hist_rows[h].name);
    for (size_t i = 0; i < COUNT(quantiles); i++)
        buf_add_format(out, " %s %-7s", quantiles[i].name,
                       show(shown, SHOW_TIME, (double)hist_value_us(hist, quantiles[i].part)));
    buf_add_format(out, " of %s\n", show(shown, SHOW_COUNT, (double)hist_count(hist)));
}

static void add_slo(struct buf *out, const struct result *r)
{
    if (r->slo_count > 0)
        buf_add_str(out, STR("\nobjectives\n"));
    for (size_t i = 0; i < r->slo_count; i++) {
        const struct result_slo *slo = &r->slo[i];

        buf_add_format(out, "  %-10s %-32s %s\n",
                       slo->unknown ? "not judged"
                       : slo->held  ? "held"
                                    : "BROKEN",
                       slo->text, slo->measured);
    }
}

static void add_wrongs(struct buf *out, const struct result *r)
{
    char shown[SHOW_LEN];

    for (size_t i = 0; i < COUNT(result_wrongs); i++) {
        uint64_t count = r->total.counter[result_wrongs[i].counter];

        if (count > 0)
            buf_add_format(out, "  %s %s (%s)\n", show(shown, SHOW_COUNT, (double)count),
                           result_wrongs[i].text,
                           tally_counter_rows[result_wrongs[i].counter].name);
    }
}

static void add_first_class(struct buf *out, const struct result *r)
{
    const struct hist *ct_error = r->total.hist[TALLY_HIST_CT_ERROR];

    buf_add_str(out, STR("\n"));
    add_figure(out, "events per acknowledged", SHOW_PLAIN, figure_of(r, FIGURE_EVENTS_PER_ACK),
               r->events_checked ? "publish; 1 is right" : "publish; the target shows no events");
    add_figure(out, "ct expiry error, p99", SHOW_TIME,
               hist_count(ct_error) > 0 ? (double)hist_value_us(ct_error, 0.99) : NAN,
               "between ct and the 2.04 of a wait");
    add_figure(out, "acknowledged", SHOW_RATE, figure_of(r, FIGURE_RATE), "mean of the run");
    add_figure(out, "errors", SHOW_RATIO, figure_of(r, FIGURE_ERROR_RATE),
               "of the publishes of good devices");
}

void summary_text(const struct result *r, const char *folder, struct buf *out)
{
    buf_add_format(out, "%s: %s on %s, seed %llu\n", result_verdict_name(r->verdict), r->profile,
                   r->target, (unsigned long long)r->seed);
    for (size_t i = 0; i < r->invalid_count; i++)
        buf_add_format(out, "  %s\n", r->invalid[i]);
    add_wrongs(out, r);
    add_slo(out, r);
    add_first_class(out, r);
    buf_add_str(out, STR("\n"));
    for (int h = 0; h < TALLY_HIST_COUNT; h++)
        add_times(out, r, (enum tally_hist)h);
    if (folder != NULL)
        buf_add_format(out, "\nreport: %s/report.html\n", folder);
}

void summary_print(FILE *out, const struct result *r, const char *folder)
{
    struct buf text = buf_growing();

    summary_text(r, folder, &text);
    (void)fwrite(text.ptr, text.len, 1, out);
    (void)fflush(out);
    buf_fini(&text);
}
