#include "simulator/result_field.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/json_walk.h"
#include "simulator/result_verdict.h"

enum { NUMBER_LEN = 64 };

#define FIELD(type, member, kind)                                                                  \
    {                                                                                              \
#member, RESULT_FIELD_##kind, offsetof(struct type, member)                                \
    }
#define NAMED(type, name, member, kind)                                                            \
    {                                                                                              \
        name, RESULT_FIELD_##kind, offsetof(struct type, member)                                   \
    }
#define FIELDS(rows)                                                                               \
    {                                                                                              \
        rows, COUNT(rows)                                                                          \
    }

static const struct result_field run_rows[] = {
    FIELD(result, verdict, VERDICT),
    FIELD(result, target, TEXT),
    FIELD(result, profile, TEXT),
    FIELD(result, run_id, TEXT),
    FIELD(result, version, TEXT),
    FIELD(result, source, TEXT),
    FIELD(result, options, TEXT),
    FIELD(result, seed, SEED),
    FIELD(result, devices, INTEGER),
    FIELD(result, workers, INTEGER),
    FIELD(result, first_device, INTEGER),
    FIELD(result, rate_per_s, REAL),
    FIELD(result, window, INTEGER),
    FIELD(result, compress, REAL),
    FIELD(result, started_wall_us, INTEGER),
    FIELD(result, duration_us, INTEGER),
    FIELD(result, events_checked, FLAG),
    FIELD(result, own_cpu_s, REAL),
    FIELD(result, own_memory_bytes, INTEGER),
    FIELD(result, bytes_per_device, REAL),
};

static const struct result_field stage_rows[] = {
    FIELD(result_stage, name, TEXT),     FIELD(result_stage, from_us, INTEGER),
    FIELD(result_stage, to_us, INTEGER), FIELD(result_stage, rate_from, REAL),
    FIELD(result_stage, rate_to, REAL),
};

static const struct result_field slo_rows[] = {
    FIELD(result_slo, text, TEXT),
    FIELD(result_slo, measured, TEXT),
    FIELD(result_slo, held, FLAG),
    FIELD(result_slo, unknown, FLAG),
};

#define COUNTER(id, name, text) NAMED(result_second, name, counter[TALLY_##id], UNSIGNED),
#define GAUGE(id, name, text) NAMED(result_second, name, gauge[TALLY_GAUGE_##id], INTEGER),
static const struct result_field second_rows[] = {
    FIELD(result_second, at_us, INTEGER),
    NAMED(result_second, "publish.p50_us", publish_us[0], INTEGER),
    NAMED(result_second, "publish.p90_us", publish_us[1], INTEGER),
    NAMED(result_second, "publish.p99_us", publish_us[2], INTEGER),
    NAMED(result_second, "publish.max_us", publish_us[3], INTEGER),
    NAMED(result_second, "handshake.p99_us", handshake_p99_us, INTEGER),
    NAMED(result_second, "ct_error.p99_us", ct_error_p99_us, INTEGER),
    NAMED(result_second, "schedule_lag.p99_us", lag_p99_us, INTEGER),
    FIELD(result_second, own_cpu_cores, REAL),
    FIELD(result_second, steal_part, REAL),
    FIELD(result_second, server.cpu_cores, REAL),
    FIELD(result_second, server.memory_bytes, REAL),
    FIELD(result_second, server.descriptors, REAL),
    FIELD(result_second, server.udp_dropped, REAL),
    TALLY_GAUGES(GAUGE) TALLY_COUNTERS(COUNTER)};

const struct result_fields result_run_fields = FIELDS(run_rows);
const struct result_fields result_stage_fields = FIELDS(stage_rows);
const struct result_fields result_slo_fields = FIELDS(slo_rows);
const struct result_fields result_second_fields = FIELDS(second_rows);

const struct result_field *result_field_find(const struct result_fields *fields, struct str name)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (str_equal(name, str_from(fields->rows[i].name)))
            return &fields->rows[i];
    }
    return NULL;
}

/* --- writing -------------------------------------------------------------------------------------
 */

static void write_real(double value, struct buf *out)
{
    char text[NUMBER_LEN];

    if (!isfinite(value)) {
        buf_add_str(out, STR("null"));
        return;
    }
    (void)snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) < value || strtod(text, NULL) > value)
        (void)snprintf(text, sizeof text, "%.17g", value);
    buf_add_str(out, str_from(text));
}

void result_field_write(const struct result_field *field, const void *base, struct buf *out)
{
    const void *at = (const char *)base + field->offset;

    switch (field->kind) {
    case RESULT_FIELD_TEXT:
        json_walk_quote(out, str_from(*(const char *const *)at));
        return;
    case RESULT_FIELD_UNSIGNED:
        buf_add_format(out, "%llu", (unsigned long long)*(const uint64_t *)at);
        return;
    case RESULT_FIELD_INTEGER:
        buf_add_format(out, "%lld", (long long)*(const int64_t *)at);
        return;
    case RESULT_FIELD_REAL:
        write_real(*(const double *)at, out);
        return;
    case RESULT_FIELD_FLAG:
        buf_add_str(out, *(const bool *)at ? STR("true") : STR("false"));
        return;
    case RESULT_FIELD_VERDICT:
        buf_add_format(out, "\"%s\"", result_verdict_name(*(const enum result_verdict *)at));
        return;
    case RESULT_FIELD_SEED:
        buf_add_format(out, "\"%llu\"", (unsigned long long)*(const uint64_t *)at);
        return;
    }
}

/* --- reading -------------------------------------------------------------------------------------
 */

static bool is_number(struct str value)
{
    return value.len > 0 && value.len < NUMBER_LEN &&
           (value.ptr[0] == '-' || (value.ptr[0] >= '0' && value.ptr[0] <= '9'));
}

static bool read_text(struct str value, struct arena *arena, const char **out)
{
    struct buf text = buf_growing();
    bool ok = value.ptr[0] == '"' && json_walk_string(value, &text) &&
              (text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL);

    if (ok)
        *out = arena_str(arena, buf_str(&text)).ptr;
    buf_fini(&text);
    return ok;
}

/* All of the number is taken; a fraction or an exponent is not a whole number. */
static bool read_unsigned(struct str value, uint64_t *out)
{
    char text[NUMBER_LEN];
    char *end;

    if (!is_number(value) || value.ptr[0] == '-')
        return false;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool read_integer(struct str value, int64_t *out)
{
    char text[NUMBER_LEN];
    char *end;

    if (!is_number(value))
        return false;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool read_real(struct str value, double *out)
{
    char text[NUMBER_LEN];

    *out = NAN;
    if (str_equal(value, STR("null")))
        return true;
    if (!is_number(value))
        return false;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    *out = strtod(text, NULL);
    return isfinite(*out);
}

static bool read_verdict(struct str value, enum result_verdict *out)
{
    for (int v = RESULT_GOOD; v <= RESULT_INTERRUPTED; v++) {
        const char *name = result_verdict_name((enum result_verdict)v);

        if (value.len == strlen(name) + 2 && memcmp(value.ptr + 1, name, value.len - 2) == 0) {
            *out = (enum result_verdict)v;
            return true;
        }
    }
    return false;
}

bool result_field_read(const struct result_field *field, void *base, struct str value,
                       struct arena *arena)
{
    void *at = (char *)base + field->offset;

    switch (field->kind) {
    case RESULT_FIELD_TEXT:
        return read_text(value, arena, at);
    case RESULT_FIELD_UNSIGNED:
        return read_unsigned(value, at);
    case RESULT_FIELD_INTEGER:
        return read_integer(value, at);
    case RESULT_FIELD_REAL:
        return read_real(value, at);
    case RESULT_FIELD_FLAG:
        *(bool *)at = value.ptr[0] == 't';
        return value.ptr[0] == 't' || value.ptr[0] == 'f';
    case RESULT_FIELD_VERDICT:
        return read_verdict(value, at);
    case RESULT_FIELD_SEED:
        return value.ptr[0] == '"' && read_unsigned((struct str){value.ptr + 1, value.len - 2}, at);
    }
    return false;
}
