#include "simulator/progress_text.h"

#include <math.h>

#include "simulator/result_verdict.h"
#include "simulator/show.h"

enum { LABEL_W = 10, BAR_MAX = 60 };

#define RED "\x1b[31m"
#define BOLD "\x1b[1m"
#define PLAIN "\x1b[0m"

static const struct result_second *last(const struct progress_view *v)
{
    return &v->result->seconds[v->result->second_count - 1];
}

static double span_s(const struct progress_view *v)
{
    size_t n = v->result->second_count;
    int64_t from_us = n < 2 ? 0 : v->result->seconds[n - 2].at_us;
    int64_t span_us = last(v)->at_us - from_us;

    return span_us > 0 ? (double)span_us / (double)US_PER_S : 1;
}

static double per_s(const struct progress_view *v, enum tally_counter c)
{
    return (double)last(v)->counter[c] / span_s(v);
}

static const char *stage_at(const struct progress_view *v)
{
    for (size_t i = 0; i < v->result->stage_count; i++) {
        const struct result_stage *s = &v->result->stages[i];

        /* a second belongs to the stage that it ended in */
        if (last(v)->at_us > s->from_us && last(v)->at_us <= s->to_us)
            return s->name;
    }
    return "end";
}

static uint64_t errors(const struct progress_view *v)
{
    return v->total[TALLY_PUBLISH_REFUSED] + v->total[TALLY_PUBLISH_FAILED] +
           v->total[TALLY_PUBLISH_RESET] + v->total[TALLY_PUBLISH_TIMEOUT];
}

static uint64_t wrong(const struct progress_view *v)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < COUNT(result_wrongs); i++)
        sum += v->total[result_wrongs[i].counter];
    return sum;
}

/* `1:23`, `2:03:10` */
static void add_clock(struct buf *out, int64_t us)
{
    long long s = us < 0 ? 0 : us / US_PER_S;

    if (s >= 3600)
        buf_add_format(out, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        buf_add_format(out, "%lld:%02lld", s / 60, s % 60);
}

static void add_left(const struct progress_view *v, struct buf *out)
{
    if (last(v)->at_us >= v->total_us) {
        buf_add_str(out, STR("waiting for what is open"));
        return;
    }
    add_clock(out, v->total_us - last(v)->at_us);
    buf_add_str(out, STR(" left"));
}

static void add_shown(struct buf *out, const char *format, enum show_unit unit, double value)
{
    char text[SHOW_LEN];

    (void)show(text, unit, value);
    while (*format != '\0') { /* `#` is the value */
        if (*format == '#')
            buf_add_str(out, str_from(text));
        else
            buf_add_char(out, *format);
        format++;
    }
}

/* 0 is no time: nothing came to its end. */
static double us(int64_t time_us)
{
    return time_us > 0 ? (double)time_us : NAN;
}

void progress_text_line(const struct progress_view *v, struct buf *out)
{
    const struct result_second *s = last(v);

    add_clock(out, s->at_us);
    buf_add_str(out, STR(", "));
    add_left(v, out);
    buf_add_format(out, ", %s:", stage_at(v));
    add_shown(out, " # due,", SHOW_RATE, per_s(v, TALLY_PUBLISH_INTENDED));
    add_shown(out, " # acknowledged,", SHOW_RATE, per_s(v, TALLY_PUBLISH_ACKNOWLEDGED));
    add_shown(out, " p50 #", SHOW_TIME, us(s->publish_us[0]));
    add_shown(out, " p99 #", SHOW_TIME, us(s->publish_us[2]));
    add_shown(out, " max #,", SHOW_TIME, us(s->publish_us[3]));
    buf_add_format(out, " %lld connected, %lld in flight, %llu errors, %llu wrong",
                   (long long)s->gauge[TALLY_GAUGE_CONNECTED],
                   (long long)s->gauge[TALLY_GAUGE_IN_FLIGHT], (unsigned long long)errors(v),
                   (unsigned long long)wrong(v));
    if (s->counter[TALLY_HANDSHAKE_COMPLETED] > 0)
        add_shown(out, ", # handshakes", SHOW_RATE, per_s(v, TALLY_HANDSHAKE_COMPLETED));
    add_shown(out, ", lag #", SHOW_TIME, us(s->lag_p99_us));
    if (!isnan(s->server.cpu_cores))
        add_shown(out, ", endpoint # cores", SHOW_PLAIN, round(s->server.cpu_cores * 100) / 100);
}

/* --- the picture ---------------------------------------------------------------------------------
 */

/* A line that is cut at the width of the terminal; escapes take no room. */
static void add_cut(const struct progress_view *v, struct str line, struct buf *out)
{
    size_t columns = 0;
    bool escape = false;

    buf_add_str(out, STR("\x1b[2K"));
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];

        if (c == '\x1b')
            escape = true;
        if (!escape && (c & 0xc0U) != 0x80U && ++columns > v->columns)
            continue;
        if (!escape && columns > v->columns)
            continue; /* the rest of a character */
        buf_add_char(out, (char)c);
        if (escape && c == 'm')
            escape = false;
    }
    buf_add_str(out, STR(PLAIN "\n"));
}

static void begin(struct buf *line, const char *label)
{
    buf_clear(line);
    buf_add_format(line, " %-*s", LABEL_W, label);
}

static void add_title(const struct progress_view *v, struct buf *line)
{
    buf_clear(line);
    buf_add_format(line, " " BOLD "%s" PLAIN " on %s   ", v->result->profile, v->result->target);
    add_clock(line, last(v)->at_us);
    buf_add_str(line, STR(" of "));
    add_clock(line, v->total_us);
    buf_add_str(line, STR(", "));
    add_left(v, line);
}

static void add_bar(const struct progress_view *v, struct buf *line)
{
    size_t width = v->columns < BAR_MAX + 2 * LABEL_W ? 2 * LABEL_W : BAR_MAX;
    double part = v->total_us > 0 ? fmin(1, (double)last(v)->at_us / (double)v->total_us) : 1;
    size_t done = (size_t)(part * (double)width);

    begin(line, stage_at(v));
    for (size_t i = 0; i < width; i++)
        buf_add_char(line, i < done ? '#' : '.');
    buf_add_format(line, " %.0f%%", part * 100);
}

/* In red when it is not 0. */
static void add_count(struct buf *line, uint64_t count, const char *what)
{
    char text[SHOW_LEN];

    buf_add_format(line, "  %s%s %s%s", count > 0 ? RED : "", show(text, SHOW_COUNT, (double)count),
                   what, count > 0 ? PLAIN : "");
}

static void add_rate(const struct progress_view *v, struct buf *line)
{
    begin(line, "rate");
    add_shown(line, "# due", SHOW_RATE, per_s(v, TALLY_PUBLISH_INTENDED));
    add_shown(line, "  # acknowledged", SHOW_RATE, per_s(v, TALLY_PUBLISH_ACKNOWLEDGED));
    add_count(line, errors(v), "errors");
    add_shown(line, "  # retransmissions", SHOW_COUNT, (double)v->total[TALLY_RETRANSMISSION]);
}

static void add_latency(const struct progress_view *v, struct buf *line)
{
    static const char *const names[] = {"p50 #", "  p90 #", "  p99 #", "  max #"};

    begin(line, "publish");
    for (size_t i = 0; i < COUNT(names); i++)
        add_shown(line, names[i], SHOW_TIME, us(last(v)->publish_us[i]));
}

/* The p99 of the last seconds, on a logarithmic scale between their least and their most. */
static void add_spark(const struct progress_view *v, struct buf *line)
{
    static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char letters[] = "_.-=+*%#";
    const struct result *r = v->result;
    size_t room = v->columns > 3 * LABEL_W ? v->columns - 3 * LABEL_W : LABEL_W;
    size_t cells = r->second_count < room ? r->second_count : room;
    const struct result_second *s = &r->seconds[r->second_count - cells];
    double least = INFINITY;
    double most = 1;

    for (size_t i = 0; i < cells; i++) {
        if (s[i].publish_us[2] > 0) {
            least = fmin(least, (double)s[i].publish_us[2]);
            most = fmax(most, (double)s[i].publish_us[2]);
        }
    }
    begin(line, "p99");
    for (size_t i = 0; i < cells; i++) {
        double p99 = (double)s[i].publish_us[2];
        size_t step =
            most > least && p99 > 0 ? (size_t)(log(p99 / least) / log(most / least) * 7.999) : 0;

        if (p99 <= 0)
            buf_add_char(line, ' ');
        else if (v->utf8)
            buf_add_str(line, str_from(blocks[step]));
        else
            buf_add_char(line, letters[step]);
    }
    if (isfinite(least)) {
        add_shown(line, "  #", SHOW_TIME, least);
        add_shown(line, "..#", SHOW_TIME, most);
    }
}

static void add_devices(const struct progress_view *v, struct buf *line)
{
    const int64_t *gauge = last(v)->gauge;

    begin(line, "devices");
    add_shown(line, "# connected", SHOW_COUNT, (double)gauge[TALLY_GAUGE_CONNECTED]);
    add_shown(line, "  # in flight", SHOW_COUNT, (double)gauge[TALLY_GAUGE_IN_FLIGHT]);
    add_shown(line, "  # waiting", SHOW_COUNT, (double)gauge[TALLY_GAUGE_WAITING]);
    if (v->total[TALLY_HANDSHAKE_STARTED] == 0)
        return;
    add_shown(line, "  # handshaking", SHOW_COUNT, (double)gauge[TALLY_GAUGE_HANDSHAKING]);
    add_shown(line, " (#,", SHOW_RATE, per_s(v, TALLY_HANDSHAKE_COMPLETED));
    add_shown(line, " p99 #)", SHOW_TIME, us(last(v)->handshake_p99_us));
}

static void add_truth(const struct progress_view *v, struct buf *line)
{
    begin(line, "truth");
    if (v->result->events_checked) {
        add_shown(line, "# events", SHOW_COUNT,
                  (double)(v->total[TALLY_EVENT_DELIVERED] + v->total[TALLY_EVENT_DUPLICATED]));
        add_count(line, v->total[TALLY_EVENT_LOST], "lost");
        add_count(line, v->total[TALLY_EVENT_DUPLICATED], "duplicated");
    } else {
        buf_add_str(line, STR("events are not seen"));
    }
    add_shown(line, "  # commands", SHOW_COUNT, (double)v->total[TALLY_COMMAND_DELIVERED]);
    add_count(line, wrong(v), "wrong in all");
}

static void add_machine(const struct progress_view *v, struct buf *line)
{
    const struct result_second *s = last(v);

    begin(line, "machine");
    add_shown(line, "generator # cores", SHOW_PLAIN, round(s->own_cpu_cores * 100) / 100);
    add_shown(line, ", lag p99 #", SHOW_TIME, us(s->lag_p99_us));
    if (isnan(s->server.cpu_cores))
        return;
    add_shown(line, "  endpoint # cores", SHOW_PLAIN, round(s->server.cpu_cores * 100) / 100);
    add_shown(line, ", #", SHOW_BYTES, s->server.memory_bytes);
}

void progress_text_picture(const struct progress_view *v, struct buf *out)
{
    static void (*const lines[PROGRESS_TEXT_LINES])(const struct progress_view *v,
                                                    struct buf *line) = {
        add_title, add_bar, add_rate, add_latency, add_spark, add_devices, add_truth, add_machine,
    };
    struct buf line = buf_growing();

    for (size_t i = 0; i < COUNT(lines); i++) {
        lines[i](v, &line);
        add_cut(v, buf_str(&line), out);
    }
    buf_fini(&line);
}
