#include "simulator/slo.h"

#include <stdio.h>

#include "lib/nearest.h"
#include "lib/opt_value.h"
#include "simulator/figure.h"

enum { NAME_LEN = 64 };

/* Heads of names that mean another. */
static const struct alias {
    const char *name;
    const char *means;
} heads[] = {
    {"events",          "event"         },
    {"commands",        "command"       },
    {"cmd",             "command"       },
    {"publishes",       "publish"       },
    {"handshakes",      "handshake"     },
    {"waits",           "wait"          },
    {"datagrams",       "datagram"      },
    {"answers",         "answer"        },
    {"sessions",        "session"       },
    {"records",         "record"        },
    {"blocks",          "block"         },
    {"retransmissions", "retransmission"},
    {"lag",             "schedule_lag"  },
};

/* Whole names that mean another. */
static const struct alias names[] = {
    {"dup_events",         "event.duplicated"},
    {"lost_events",        "event.lost"      },
    {"events_per_request", "events_per_ack"  },
};

static const struct {
    const char *name;
    enum slo_stat stat;
} stats[] = {
    {"min",       SLO_MIN      },
    {"max",       SLO_MAX      },
    {"mean",      SLO_MEAN     },
    {"deviation", SLO_DEVIATION},
    {"count",     SLO_COUNT    },
};

static const char *const ops[] = {
    [SLO_LE] = "<=", [SLO_LT] = "<",  [SLO_GE] = ">=",
    [SLO_GT] = ">",  [SLO_EQ] = "==", [SLO_NE] = "!=",
};

/* --- reading -------------------------------------------------------------------------------------
 */

struct reader {
    struct slo *slo;
    struct str rule; /* trimmed */
    size_t at;
    char *why;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str trim(struct str s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* The message, the rule, and a caret below its byte at. */
static bool complain(const struct reader *r, size_t at, const char *message)
{
    const int shown = r->rule.len > 200 ? 200 : (int)r->rule.len;

    (void)snprintf(r->why, SLO_WHY_LEN, "%s\n  %.*s\n  %*s^", message, shown, r->rule.ptr,
                   at < 200 ? (int)at : 200, "");
    return false;
}

static bool complain_of_name(const struct reader *r, struct str name, size_t at,
                             const struct nearest *n)
{
    char message[300];

    (void)snprintf(message, sizeof message, "unknown name \"%.*s\"%s%s",
                   name.len > 100 ? 100 : (int)name.len, name.ptr,
                   n->found == NULL ? "" : ", did you mean ", n->found == NULL ? "" : n->found);
    return complain(r, at, message);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->rule.len && is_blank(r->rule.ptr[r->at]))
        r->at++;
}

/* The name as the tables spell it. */
static void resolve(struct str name, char *out)
{
    const char *dot = memchr(name.ptr, '.', name.len);
    struct str head = {name.ptr, dot == NULL ? name.len : (size_t)(dot - name.ptr)};

    (void)snprintf(out, NAME_LEN, "%.*s", (int)name.len, name.ptr);
    for (size_t i = 0; i < COUNT(names); i++) {
        if (str_equal(name, str_from(names[i].name)))
            (void)snprintf(out, NAME_LEN, "%s", names[i].means);
    }
    for (size_t i = 0; i < COUNT(heads); i++) {
        if (str_equal(head, str_from(heads[i].name)))
            (void)snprintf(out, NAME_LEN, "%s%.*s", heads[i].means, (int)(name.len - head.len),
                           name.ptr + head.len);
    }
}

static bool find_count_or_figure(const char *name, struct slo_rule *rule)
{
    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++) {
        if (strcmp(name, tally_counter_rows[i].name) == 0) {
            rule->subject = SLO_COUNTER;
            rule->index = i;
            return true;
        }
    }
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        if (strcmp(name, figure_rows[i].name) == 0) {
            rule->subject = SLO_FIGURE;
            rule->index = i;
            return true;
        }
    }
    return false;
}

/* `p99.9`, `max`. */
static bool find_stat(const char *name, struct slo_rule *rule)
{
    double percent;

    if (name[0] == 'p' && opt_value_decimal(str_from(name + 1), &percent)) {
        rule->stat = SLO_PERCENTILE;
        rule->part = percent / 100;
        return percent > 0 && percent <= 100;
    }
    for (size_t i = 0; i < COUNT(stats); i++) {
        if (strcmp(name, stats[i].name) == 0) {
            rule->stat = stats[i].stat;
            return true;
        }
    }
    return false;
}

/* The histogram that name begins with: the rest behind its point, NULL: none. */
static const char *find_hist(const char *name, struct slo_rule *rule)
{
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++) {
        size_t len = strlen(tally_hist_rows[i].name);

        if (strncmp(name, tally_hist_rows[i].name, len) == 0 &&
            (name[len] == '.' || name[len] == '\0')) {
            rule->subject = SLO_HIST;
            rule->index = i;
            return name[len] == '.' ? name + len + 1 : name + len;
        }
    }
    return NULL;
}

static bool suggest_name(const struct reader *r, struct str written, const char *name, size_t at)
{
    struct nearest n = nearest_to(str_from(name));
    char hists[TALLY_HIST_COUNT][NAME_LEN];

    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++)
        nearest_offer(&n, tally_counter_rows[i].name);
    for (size_t i = 0; i < FIGURE_COUNT; i++)
        nearest_offer(&n, figure_rows[i].name);
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++) {
        (void)snprintf(hists[i], NAME_LEN, "%s.p99", tally_hist_rows[i].name);
        nearest_offer(&n, hists[i]);
    }
    return complain_of_name(r, written, at, &n);
}

static bool read_name(struct reader *r, struct slo_rule *rule)
{
    size_t from = r->at;
    struct slo_rule hist = {0};
    char name[NAME_LEN];

    while (r->at < r->rule.len && is_name_char(r->rule.ptr[r->at]))
        r->at++;

    struct str written = {r->rule.ptr + from, r->at - from};

    if (written.len == 0)
        return complain(r, from, "expected a name, such as publish.p99");
    if (written.len >= NAME_LEN / 2)
        return complain(r, from, "no name is as long as that");
    resolve(written, name);
    if (find_count_or_figure(name, rule))
        return true;

    const char *stat = find_hist(name, &hist);

    if (stat == NULL)
        return suggest_name(r, written, name, from);
    if (!find_stat(stat, &hist)) {
        const char *dot = memchr(written.ptr, '.', written.len);
        size_t at = dot == NULL ? r->at : (size_t)(dot - r->rule.ptr) + 1;
        struct nearest n = nearest_to(str_from(name));

        for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++)
            nearest_offer(&n, tally_counter_rows[i].name);
        if (stat[0] != '\0' && stat[0] != 'p' && n.found != NULL)
            return complain_of_name(r, written, from, &n);
        return complain(r, at,
                        "expected a statistic of these times: a percentile (p50, p99, p99.9), "
                        "min, max, mean, deviation or count");
    }
    *rule = hist;
    return true;
}

static bool read_op(struct reader *r, struct slo_rule *rule)
{
    skip_blanks(r);
    for (size_t i = 0; i < COUNT(ops); i++) { /* the longer of two stands first */
        size_t len = strlen(ops[i]);

        if (r->rule.len - r->at >= len && memcmp(r->rule.ptr + r->at, ops[i], len) == 0) {
            rule->op = (enum slo_op)i;
            r->at += len;
            return true;
        }
    }
    return complain(r, r->at, "expected one of < <= > >= == !=");
}

enum show_unit slo_unit(const struct slo_rule *rule)
{
    switch (rule->subject) {
    case SLO_COUNTER:
        return SHOW_COUNT;
    case SLO_FIGURE:
        return figure_rows[rule->index].unit;
    case SLO_HIST:
        break;
    }
    return rule->stat == SLO_COUNT ? SHOW_COUNT : SHOW_TIME;
}

/* What a bound of the unit looks like. */
static const char *const forms[] = {
    [SHOW_TIME] = "expected a time with a unit, such as 50ms or 1.5s",
    [SHOW_RATIO] = "expected a part, such as 0.1% or 0.001",
    [SHOW_RATE] = "expected a rate, such as 1000/s",
    [SHOW_COUNT] = "expected a number, such as 0",
    [SHOW_PLAIN] = "expected a number, such as 1.5",
    [SHOW_BYTES] = "expected a size, such as 512MiB",
};

static bool ends_with(struct str s, const char *end)
{
    size_t len = strlen(end);

    return s.len > len && memcmp(s.ptr + s.len - len, end, len) == 0;
}

static bool read_value(enum show_unit unit, struct str text, double *out)
{
    double scale = 1;
    int64_t whole;

    if (unit == SHOW_TIME || unit == SHOW_BYTES) {
        if (unit == SHOW_TIME ? !opt_value_duration(text, &whole) : !opt_value_size(text, &whole))
            return false;
        *out = (double)whole;
        return true;
    }
    if (unit == SHOW_RATIO && ends_with(text, "%")) {
        text.len--;
        scale = 100;
    }
    if (unit == SHOW_RATE && ends_with(text, "/s"))
        text.len -= 2;
    if (!opt_value_decimal(trim(text), out))
        return false;
    *out /= scale;
    return true;
}

static bool read_bound(struct reader *r, struct slo_rule *rule)
{
    skip_blanks(r);

    struct str text = {r->rule.ptr + r->at, r->rule.len - r->at};

    if (!read_value(slo_unit(rule), text, &rule->bound))
        return complain(r, r->at, forms[slo_unit(rule)]);
    return true;
}

static bool read_rule(struct reader *r)
{
    struct slo_rule rule = {0};

    if (!read_name(r, &rule) || !read_op(r, &rule) || !read_bound(r, &rule))
        return false;
    if (r->slo->count == RESULT_SLO_MAX)
        return complain(r, 0, "these are more rules than a run can hold");
    rule.text = arena_str(&r->slo->arena, r->rule).ptr;
    r->slo->rule[r->slo->count++] = rule;
    return true;
}

bool slo_parse(struct slo *s, struct str text, char *why)
{
    *s = (struct slo){0};
    while (text.len > 0) {
        size_t len = 0;

        while (len < text.len && text.ptr[len] != ';' && text.ptr[len] != '\n')
            len++;

        struct reader r = {.slo = s, .rule = trim((struct str){text.ptr, len}), .why = why};

        if (r.rule.len > 0 && !read_rule(&r)) {
            slo_fini(s);
            return false;
        }
        len += len < text.len;
        text.ptr += len;
        text.len -= len;
    }
    return true;
}

void slo_fini(struct slo *s)
{
    arena_fini(&s->arena);
    *s = (struct slo){0};
}
