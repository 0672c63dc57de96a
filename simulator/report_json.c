#include "lib/json_walk.h"
#include "simulator/figure.h"
#include "simulator/report.h"
#include "simulator/report_read.h"
#include "simulator/result_field.h"

static void add_members(const struct result_fields *fields, const void *base, const char *indent,
                        struct buf *out)
{
    for (size_t i = 0; i < fields->count; i++) {
        buf_add_format(out, "%s%s\"%s\": ", i == 0 ? "" : ",\n", indent, fields->rows[i].name);
        result_field_write(&fields->rows[i], base, out);
    }
}

/* `"name": [{...}, ...]` */
static void add_objects(const char *name, const struct result_fields *fields, const void *rows,
                        size_t count, size_t size, struct buf *out)
{
    buf_add_format(out, ",\n \"%s\": [", name);
    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, i == 0 ? STR("\n  {\n") : STR(",\n  {\n"));
        add_members(fields, (const char *)rows + i * size, "   ", out);
        buf_add_str(out, STR("\n  }"));
    }
    buf_add_str(out, STR("]"));
}

static void add_invalid(const struct result *r, struct buf *out)
{
    buf_add_str(out, STR(",\n \"invalid\": ["));
    for (size_t i = 0; i < r->invalid_count; i++) {
        buf_add_str(out, i == 0 ? STR("\n  ") : STR(",\n  "));
        json_walk_quote(out, str_from(r->invalid[i]));
    }
    buf_add_str(out, STR("]"));
}

/* For people and jq: they follow from the counters, and are not read back. */
static void add_figures(const struct result *r, struct buf *out)
{
    static const struct result_field real = {"", RESULT_FIELD_REAL, 0};

    buf_add_str(out, STR(",\n \"figures\": {"));
    for (int f = 0; f < FIGURE_COUNT; f++) {
        double value = figure_of(r, (enum figure)f);

        buf_add_format(out, "%s\n  \"%s\": ", f == 0 ? "" : ",", figure_rows[f].name);
        result_field_write(&real, &value, out);
    }
    buf_add_str(out, STR("\n }"));
}

static void add_counts(const struct tally *t, struct buf *out)
{
    buf_add_str(out, STR(",\n \"counters\": {"));
    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++)
        buf_add_format(out, "%s\n  \"%s\": %llu", i == 0 ? "" : ",", tally_counter_rows[i].name,
                       (unsigned long long)t->counter[i]);
    buf_add_str(out, STR("\n },\n \"gauges\": {"));
    for (size_t i = 0; i < TALLY_GAUGE_COUNT; i++)
        buf_add_format(out, "%s\n  \"%s\": %lld", i == 0 ? "" : ",", tally_gauge_rows[i].name,
                       (long long)t->gauge[i]);
    buf_add_str(out, STR("\n }"));
}

static void add_hist(const struct hist *h, struct buf *out)
{
    static const struct {
        const char *name;
        double part;
    } quantiles[] = {
        {"p50_us",  0.5  },
        {"p90_us",  0.9  },
        {"p99_us",  0.99 },
        {"p999_us", 0.999},
    };

    buf_add_format(out, "{\"count\": %llu, \"min_us\": %lld, \"mean_us\": %.1f",
                   (unsigned long long)hist_count(h), (long long)hist_min_us(h), hist_mean_us(h));
    for (size_t i = 0; i < COUNT(quantiles); i++)
        buf_add_format(out, ", \"%s\": %lld", quantiles[i].name,
                       (long long)hist_value_us(h, quantiles[i].part));
    buf_add_format(out, ", \"max_us\": %lld,\n   \"data\": \"", (long long)hist_max_us(h));
    hist_encode(h, out);
    buf_add_str(out, STR("\"}"));
}

static void add_hists(const struct tally *t, struct buf *out)
{
    buf_add_str(out, STR(",\n \"histograms\": {"));
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++) {
        buf_add_format(out, "%s\n  \"%s\": ", i == 0 ? "" : ",", tally_hist_rows[i].name);
        add_hist(t->hist[i], out);
    }
    buf_add_str(out, STR("\n }"));
}

/* Columns once, then a row a second: a day has 86 400 of them. */
static void add_seconds(const struct result *r, struct buf *out)
{
    const struct result_fields *fields = &result_second_fields;

    buf_add_str(out, STR(",\n \"seconds\": {\n  \"columns\": ["));
    for (size_t i = 0; i < fields->count; i++)
        buf_add_format(out, "%s\"%s\"", i == 0 ? "" : ", ", fields->rows[i].name);
    buf_add_str(out, STR("],\n  \"rows\": ["));
    for (size_t s = 0; s < r->second_count; s++) {
        buf_add_str(out, s == 0 ? STR("\n   [") : STR(",\n   ["));
        for (size_t i = 0; i < fields->count; i++) {
            if (i > 0)
                buf_add_char(out, ',');
            result_field_write(&fields->rows[i], &r->seconds[s], out);
        }
        buf_add_char(out, ']');
    }
    buf_add_str(out, STR("]\n }\n"));
}

void report_json(const struct result *r, struct buf *out)
{
    buf_add_str(out, STR("{\n \"schema\": \"" REPORT_READ_SCHEMA "\",\n"));
    add_members(&result_run_fields, r, " ", out);
    add_invalid(r, out);
    add_objects("slo", &result_slo_fields, r->slo, r->slo_count, sizeof r->slo[0], out);
    add_figures(r, out);
    add_objects("stages", &result_stage_fields, r->stages, r->stage_count, sizeof r->stages[0],
                out);
    add_counts(&r->total, out);
    add_hists(&r->total, out);
    add_seconds(r, out);
    buf_add_str(out, STR("}\n"));
}
