#include "simulator/merge.h"

#include <math.h>
#include <stdlib.h>

#include "simulator/report.h"
#include "simulator/report_read.h"
#include "simulator/result_verdict.h"
#include "simulator/slo.h"

/* --- do they belong together? */

static bool same(const char *what, const char *a, const char *b, char *why)
{
    if (strcmp(a, b) == 0)
        return true;
    (void)snprintf(why, MERGE_WHY_LEN, "no slices of one run: their %s is `%.100s` and `%.100s`",
                   what, a, b);
    return false;
}

static bool same_number(const char *what, double a, double b, char *why)
{
    if (a == b || (isnan(a) && isnan(b)))
        return true;
    (void)snprintf(why, MERGE_WHY_LEN, "no slices of one run: their %s is %.17g and %.17g", what, a,
                   b);
    return false;
}

static bool overlap(const struct result *a, const struct result *b, char *why)
{
    if (a->first_device >= b->first_device + b->devices ||
        b->first_device >= a->first_device + a->devices)
        return false;
    (void)snprintf(why, MERGE_WHY_LEN,
                   "slices have devices in common: %lld from %lld on, and %lld from %lld on",
                   (long long)a->devices, (long long)a->first_device, (long long)b->devices,
                   (long long)b->first_device);
    return true;
}

static bool belong(const struct result *a, const struct result *b, char *why)
{
    if (a->seed != b->seed) {
        (void)snprintf(why, MERGE_WHY_LEN, "no slices of one run: their seed is %llu and %llu",
                       (unsigned long long)a->seed, (unsigned long long)b->seed);
        return false;
    }
    return same("target", a->target, b->target, why) &&
           same("profile", a->profile, b->profile, why) &&
           same_number("compress", a->compress, b->compress, why) &&
           same_number("number of stages", (double)a->stage_count, (double)b->stage_count, why) &&
           !overlap(a, b, why);
}

static bool all_belong(const struct result *parts, size_t count, char *why)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (!belong(&parts[k], &parts[i], why))
                return false;
        }
    }
    return true;
}

/* --- sums */

/* What is not known adds nothing. */
static double plus(double a, double b)
{
    return isnan(a) ? b : isnan(b) ? a : a + b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void add_server(struct result_server *to, const struct result_server *from)
{
    /* all slices look at the same process, or only some can */
    to->cpu_cores = fmax(to->cpu_cores, from->cpu_cores);
    to->memory_bytes = fmax(to->memory_bytes, from->memory_bytes);
    to->descriptors = fmax(to->descriptors, from->descriptors);
    to->udp_dropped = fmax(to->udp_dropped, from->udp_dropped);
}

static void add_second(struct result_second *to, const struct result_second *from)
{
    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++)
        to->counter[i] += from->counter[i];
    for (size_t i = 0; i < TALLY_GAUGE_COUNT; i++)
        to->gauge[i] += from->gauge[i];
    for (size_t i = 0; i < COUNT(to->publish_us); i++)
        to->publish_us[i] = larger(to->publish_us[i], from->publish_us[i]);
    to->handshake_p99_us = larger(to->handshake_p99_us, from->handshake_p99_us);
    to->ct_error_p99_us = larger(to->ct_error_p99_us, from->ct_error_p99_us);
    to->lag_p99_us = larger(to->lag_p99_us, from->lag_p99_us);
    to->own_cpu_cores = plus(to->own_cpu_cores, from->own_cpu_cores);
    to->steal_part = fmax(to->steal_part, from->steal_part);
    add_server(&to->server, &from->server);
}

/* Slices begin at nearly the same moment; late_us: how much later than the first. */
static void add_seconds(struct result *out, const struct result *part, int64_t late_us)
{
    size_t late = (size_t)((late_us + US_PER_S / 2) / US_PER_S);

    for (size_t i = 0; i < part->second_count; i++) {
        while (out->second_count <= i + late) {
            struct result_second *row = result_add_second(out);

            row->at_us = (int64_t)out->second_count * US_PER_S;
        }
        add_second(&out->seconds[i + late], &part->seconds[i]);
        /* the last is shorter for all when it is for the longest */
        if (i + late + 1 == out->second_count)
            out->seconds[i + late].at_us = part->seconds[i].at_us + (int64_t)late * US_PER_S;
    }
}

static void add_stages(struct result *out, const struct result *part)
{
    bool first = out->stage_count == 0;

    for (size_t i = 0; i < part->stage_count; i++) {
        struct result_stage *s = first ? result_add_stage(out) : &out->stages[i];

        if (first)
            *s = part->stages[i];
        if (first)
            s->name = arena_str(&out->arena, str_from(part->stages[i].name)).ptr;
        s->from_us = larger(s->from_us, part->stages[i].from_us);
        s->to_us = larger(s->to_us, part->stages[i].to_us);
        if (!first) {
            s->rate_from += part->stages[i].rate_from;
            s->rate_to += part->stages[i].rate_to;
        }
    }
}

static void add_part(struct result *out, const struct result *part, int64_t began_us)
{
    double fleet = out->bytes_per_device * (double)out->devices;
    int64_t late_us = part->started_wall_us - began_us;

    tally_add(&out->total, &part->total);
    for (size_t i = 0; i < TALLY_GAUGE_COUNT; i++)
        out->total.gauge[i] += part->total.gauge[i];
    add_seconds(out, part, late_us);
    add_stages(out, part);
    out->bytes_per_device = plus(fleet, part->bytes_per_device * (double)part->devices) /
                            (double)(out->devices + part->devices);
    out->devices += part->devices;
    out->workers += part->workers;
    out->window += part->window;
    out->rate_per_s = plus(out->rate_per_s, part->rate_per_s);
    out->duration_us = larger(out->duration_us, part->duration_us + late_us);
    out->events_checked = out->events_checked && part->events_checked;
    out->own_cpu_s += part->own_cpu_s;
    out->own_memory_bytes += part->own_memory_bytes;
}

/* --- the whole */

static const char *keep(struct result *out, const char *text)
{
    return arena_str(&out->arena, str_from(text)).ptr;
}

/* The first slice gives the names. */
static void begin(struct result *out, const struct result *first)
{
    out->target = keep(out, first->target);
    out->profile = keep(out, first->profile);
    out->run_id = keep(out, first->run_id);
    out->version = keep(out, first->version);
    out->source = keep(out, first->source);
    out->options = keep(out, first->options);
    out->seed = first->seed;
    out->compress = first->compress;
    out->first_device = first->first_device;
    out->started_wall_us = first->started_wall_us;
    out->events_checked = true;
}

/* Each slice has judged its own generator, by bounds of its own. */
static bool judge(struct result *out, const struct result *parts, size_t count)
{
    struct buf rules = buf_growing();
    char why[SLO_WHY_LEN];
    struct slo slo;
    bool interrupted = false;

    for (size_t i = 0; i < parts[0].slo_count; i++)
        buf_add_format(&rules, "%s\n", parts[0].slo[i].text);

    bool ok = slo_parse(&slo, buf_str(&rules), why);

    if (ok) {
        slo_judge(&slo, out);
        slo_fini(&slo);
    }
    for (size_t i = 0; i < count; i++) {
        interrupted = interrupted || parts[i].verdict == RESULT_INTERRUPTED;
        for (size_t k = 0; k < parts[i].invalid_count; k++)
            result_add_invalid(out, result_format(out, "Slice from device %lld: %s",
                                                  (long long)parts[i].first_device,
                                                  parts[i].invalid[k]));
    }
    out->verdict = result_verdict_of(out, interrupted);
    buf_fini(&rules);
    return ok;
}

static int by_first_device(const void *a, const void *b)
{
    const struct result *x = *(const struct result *const *)a;
    const struct result *y = *(const struct result *const *)b;

    return (x->first_device > y->first_device) - (x->first_device < y->first_device);
}

bool merge_results(struct result *out, const struct result *parts, size_t count, char *why)
{
    const struct result **sorted = xcalloc(count, sizeof(const struct result *));
    int64_t began_us = INT64_MAX;
    bool ok = count > 0 && all_belong(parts, count, why);

    for (size_t i = 0; i < count; i++) {
        sorted[i] = &parts[i];
        if (parts[i].started_wall_us < began_us)
            began_us = parts[i].started_wall_us;
    }
    qsort(sorted, count, sizeof(const struct result *), by_first_device);
    if (ok) {
        begin(out, sorted[0]);
        out->started_wall_us = began_us;
        for (size_t i = 0; i < count; i++)
            add_part(out, sorted[i], began_us);
        ok = judge(out, parts, count);
        if (!ok)
            (void)snprintf(why, MERGE_WHY_LEN, "its objectives cannot be read again");
    }
    free(sorted);
    return ok;
}

static void write_result(const struct result *r, FILE *out)
{
    struct buf text = buf_growing();

    report_json(r, &text);
    (void)fwrite(text.ptr, text.len, 1, out);
    buf_fini(&text);
}

enum swarm_exit merge_command(const char *const *files, size_t count, FILE *out, FILE *err)
{
    char why[MERGE_WHY_LEN + REPORT_READ_WHY_LEN] = "";
    struct result *parts = xcalloc(count, sizeof *parts);
    struct result merged;
    size_t read = 0;
    enum swarm_exit code = SWARM_USAGE;

    result_init(&merged);
    while (read < count && report_read_file(&parts[read], files[read], why))
        read++;
    if (read == count && merge_results(&merged, parts, count, why)) {
        write_result(&merged, out);
        code = result_verdict_exit(merged.verdict);
    } else {
        (void)fprintf(err, "seatrial-swarm: %s\n", why);
    }
    while (read > 0)
        result_fini(&parts[--read]);
    result_fini(&merged);
    free(parts);
    return code;
}
