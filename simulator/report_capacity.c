#include "simulator/report_capacity.h"

#include <math.h>
#include <stdio.h>

#include "lib/arena.h"
#include "lib/json_walk.h"
#include "lib/markup.h"
#include "simulator/plot.h"
#include "simulator/report_page.h"
#include "simulator/usl.h"

enum { CURVE_POINTS = 200, ANSWER_LEN = 400 };

static const char *const phases[] = {
    [CAPACITY_RAMP] = "ramp",
    [CAPACITY_BISECT] = "bisect",
    [CAPACITY_CONFIRM] = "confirm",
    [CAPACITY_FINISHED] = "finished",
};

static const struct {
    const char *name;
    const char *class;
    int colour;
    enum plot_style style;
} verdicts[] = {
    [CAPACITY_HELD] = {"held",    "good", 3, PLOT_POINTS },
    [CAPACITY_BROKEN] = {"broken",  "bad",  2, PLOT_CROSSES},
    [CAPACITY_INVALID] = {"invalid", "odd",  5, PLOT_CROSSES},
};

/* What is told of a search, in every form. */
struct findings {
    const struct report_capacity *c;
    struct capacity_answer answer;
    bool has_law;
    struct usl law;
    bool has_knee;
    struct bootstrap knee;
};

static void find(const struct report_capacity *c, struct findings *f)
{
    struct usl_point points[CAPACITY_POINT_MAX];
    size_t count = 0;

    *f = (struct findings){.c = c};
    capacity_answer(c->search, &f->answer);
    for (size_t i = 0; i < c->search->point_count; i++) {
        const struct capacity_point *p = &c->search->point[i];

        if (p->outcome.verdict != CAPACITY_INVALID && p->outcome.achieved > 0)
            points[count++] =
                (struct usl_point){p->trial.load, p->outcome.achieved, p->outcome.latency_us};
    }
    f->has_law = usl_fit(points, count, &f->law);
    f->has_knee = usl_find_knee(points, count, &f->knee);
}

/* `8 400 devices (95 %: 8 100 to 8 700)` */
static const char *answer_text(const struct findings *f, char *text)
{
    char a[SHOW_LEN];
    char b[SHOW_LEN];
    char c[SHOW_LEN];

    if (f->answer.capacity <= 0) {
        (void)snprintf(text, ANSWER_LEN, "No load held.");
        return text;
    }
    (void)snprintf(text, ANSWER_LEN, "%s%s %s (95%% interval: %s %s %s).",
                   f->answer.is_lower_bound ? "At least " : "",
                   show(a, SHOW_COUNT, f->answer.capacity), f->c->unit,
                   show(b, SHOW_COUNT, f->answer.low), isinf(f->answer.high) ? "or" : "to",
                   isinf(f->answer.high) ? "more" : show(c, SHOW_COUNT, f->answer.high));
    return text;
}

void report_capacity_text(const struct report_capacity *c, struct buf *out)
{
    char text[ANSWER_LEN];
    char shown[SHOW_LEN];
    struct findings f;

    find(c, &f);
    buf_add_format(out, "CAPACITY of %s: %s\n  while %s\n", c->target, answer_text(&f, text),
                   c->slo);
    if (f.answer.why != NULL)
        buf_add_format(out, "  %s\n", f.answer.why);
    if (f.has_knee)
        buf_add_format(out, "  latency begins to run away at %s %s\n",
                       show(shown, SHOW_COUNT, f.knee.value), c->unit);
    if (f.has_law && isfinite(f.law.peak_load))
        buf_add_format(out, "  by the fitted law, throughput is highest at %s %s\n",
                       show(shown, SHOW_COUNT, f.law.peak_load), c->unit);
    buf_add_format(out, "  %zu trials in %.0f s\n", c->search->point_count,
                   (double)c->search->spent_us / (double)US_PER_S);
}

/* --- JSON ----------------------------------------------------------------------------------------
 */

static void add_text(struct buf *out, const char *name, const char *value)
{
    buf_add_format(out, ",\n \"%s\": ", name);
    if (value == NULL)
        buf_add_str(out, STR("null"));
    else
        json_walk_quote(out, str_from(value));
}

/* What is endless or not known is null. */
static void add_number(struct buf *out, const char *before, double value)
{
    if (isfinite(value))
        buf_add_format(out, "%s%.15g", before, value);
    else
        buf_add_format(out, "%snull", before);
}

static void add_json_answer(struct buf *out, const struct findings *f)
{
    add_number(out, ",\n \"capacity\": ", f->answer.capacity);
    add_number(out, ",\n \"low\": ", f->answer.low);
    add_number(out, ",\n \"high\": ", f->answer.high);
    buf_add_format(out, ",\n \"is_lower_bound\": %s", f->answer.is_lower_bound ? "true" : "false");
    add_text(out, "why", f->answer.why);
    buf_add_str(out, STR(",\n \"knee\": "));
    if (f->has_knee) {
        add_number(out, "{\"load\": ", f->knee.value);
        add_number(out, ", \"low\": ", f->knee.low);
        add_number(out, ", \"high\": ", f->knee.high);
    }
    buf_add_str(out, f->has_knee ? STR("}") : STR("null"));
    buf_add_str(out, STR(",\n \"usl\": "));
    if (f->has_law) {
        add_number(out, "{\"lambda\": ", f->law.lambda);
        add_number(out, ", \"sigma\": ", f->law.sigma);
        add_number(out, ", \"kappa\": ", f->law.kappa);
        add_number(out, ", \"peak_load\": ", f->law.peak_load);
        add_number(out, ", \"peak_throughput\": ", f->law.peak_throughput);
        add_number(out, ", \"error\": ", f->law.error);
    }
    buf_add_str(out, f->has_law ? STR("}") : STR("null"));
}

void report_capacity_json(const struct report_capacity *c, struct buf *out)
{
    struct findings f;

    find(c, &f);
    buf_add_str(out, STR("{\n \"schema\": \"seatrial-swarm-capacity/1\""));
    add_text(out, "target", c->target);
    add_text(out, "profile", c->profile);
    add_text(out, "options", c->options);
    add_text(out, "slo", c->slo);
    add_text(out, "unit", c->unit);
    add_json_answer(out, &f);
    buf_add_format(out, ",\n \"spent_us\": %lld,\n \"trials\": [", (long long)c->search->spent_us);
    for (size_t i = 0; i < c->search->point_count; i++) {
        const struct capacity_point *p = &c->search->point[i];

        buf_add_format(out, "%s\n  {\"phase\": \"%s\", \"verdict\": \"%s\", \"duration_us\": %lld",
                       i == 0 ? "" : ",", phases[p->trial.phase], verdicts[p->outcome.verdict].name,
                       (long long)p->trial.duration_us);
        add_number(out, ", \"load\": ", p->trial.load);
        add_number(out, ", \"achieved\": ", p->outcome.achieved);
        add_number(out, ", \"latency_us\": ", p->outcome.latency_us);
        add_number(out, ", \"margin\": ", p->outcome.margin);
        buf_add_str(out, STR("}"));
    }
    buf_add_str(out, STR("\n ]\n}\n"));
}

/* --- the page ------------------------------------------------------------------------------------
 */

struct drawing {
    const struct findings *f;
    struct buf *out;
    struct arena arena;
    struct plot_band band;
};

static double achieved(const struct capacity_outcome *o)
{
    return o->achieved;
}

static double latency(const struct capacity_outcome *o)
{
    return o->latency_us;
}

static double margin(const struct capacity_outcome *o)
{
    return o->margin;
}

/* The trials that ended so, as points; none: no line. */
static void add_points(struct drawing *d, struct plot *p, enum capacity_verdict v,
                       double (*number)(const struct capacity_outcome *o))
{
    const struct capacity *search = d->f->c->search;
    double *x = arena_take(&d->arena, search->point_count, sizeof *x);
    double *y = arena_take(&d->arena, search->point_count, sizeof *y);
    size_t count = 0;

    for (size_t i = 0; i < search->point_count; i++) {
        if (search->point[i].outcome.verdict != v)
            continue;
        x[count] = search->point[i].trial.load;
        y[count++] = number(&search->point[i].outcome);
    }
    if (count > 0)
        p->line[p->line_count++] = (struct plot_line){
            .name = verdicts[v].name,
            .x = x,
            .y = y,
            .count = count,
            .colour = verdicts[v].colour,
            .style = verdicts[v].style,
        };
}

/* The law, and what it would be if nothing were shared. */
static void add_law(struct drawing *d, struct plot *p)
{
    const struct capacity *search = d->f->c->search;
    double *x = arena_take(&d->arena, CURVE_POINTS, sizeof *x);
    double *law = arena_take(&d->arena, CURVE_POINTS, sizeof *law);
    double *linear = arena_take(&d->arena, CURVE_POINTS, sizeof *linear);
    double most = 0;

    for (size_t i = 0; i < search->point_count; i++)
        most = fmax(most, search->point[i].trial.load);
    for (size_t i = 0; i < CURVE_POINTS; i++) {
        x[i] = most * (double)(i + 1) / CURVE_POINTS;
        law[i] = usl_throughput(&d->f->law, x[i]);
        linear[i] = d->f->law.lambda * x[i];
    }
    p->line[p->line_count++] = (struct plot_line){
        .name = "fitted law", .x = x, .y = law, .count = CURVE_POINTS, .colour = 0};
    p->line[p->line_count++] = (struct plot_line){.name = "without contention",
                                                  .x = x,
                                                  .y = linear,
                                                  .count = CURVE_POINTS,
                                                  .colour = 5,
                                                  .style = PLOT_DASHED};
}

static void add_plot(struct drawing *d, struct plot *p, bool law,
                     double (*number)(const struct capacity_outcome *o))
{
    p->x = PLOT_LOAD;
    p->x_unit = SHOW_COUNT;
    p->bands = &d->band;
    p->band_count = d->f->answer.capacity > 0;
    p->mark = d->f->has_knee ? d->f->knee.value : NAN;
    p->mark_name = "knee";
    if (law && d->f->has_law)
        add_law(d, p);
    add_points(d, p, CAPACITY_HELD, number);
    add_points(d, p, CAPACITY_BROKEN, number);
    add_points(d, p, CAPACITY_INVALID, number);
    plot_add(d->out, p);
}

static void add_plots(struct drawing *d)
{
    struct plot carried = {
        .title = "Carried against load",
        .text = "What was carried of what was asked for. The shaded part is the answer with its "
                "interval; the law is the Universal Scalability Law.",
        .unit = SHOW_COUNT,
        .limit = NAN,
    };
    struct plot times = {
        .title = "Latency against load",
        .text = "Mean latency of each trial, logarithmic. The knee is where it begins to run away.",
        .unit = SHOW_TIME,
        .logarithmic = true,
        .limit = NAN,
    };
    struct plot margins = {
        .title = "How near to breaking",
        .text = "Measured over allowed, of the objective that came nearest to breaking. Above 1 it "
                "is broken.",
        .unit = SHOW_PLAIN,
        .logarithmic = true,
        .limit = 1,
        .limit_name = "allowed",
    };

    buf_add_str(d->out, STR("<h2>Against load</h2>\n<div class=\"plots\">\n"));
    add_plot(d, &times, false, latency);
    add_plot(d, &carried, true, achieved);
    add_plot(d, &margins, false, margin);
    buf_add_str(d->out, STR("</div>\n"));
}

static void add_banner(struct buf *out, const struct findings *f)
{
    char text[ANSWER_LEN];

    buf_add_format(out, "<div class=\"banner %s\"><strong>",
                   f->answer.capacity > 0 ? "good" : "bad");
    markup_add(out, answer_text(f, text));
    buf_add_str(out, STR("</strong>\n<p>The most that held <code>"));
    markup_add(out, f->c->slo);
    buf_add_str(out, STR("</code></p>\n"));
    if (f->answer.why != NULL) {
        buf_add_str(out, STR("<p>"));
        markup_add(out, f->answer.why);
        buf_add_str(out, STR("</p>\n"));
    }
    buf_add_str(out, STR("</div>\n"));
}

static void add_trials(struct buf *out, const struct findings *f)
{
    const struct capacity *search = f->c->search;

    buf_add_str(out, STR("<h2>Trials</h2>\n"));
    report_page_table(out, ">trial|phase|>load|>lasted|>carried|>mean latency|>measured / allowed|"
                           "verdict");
    for (size_t i = 0; i < search->point_count; i++) {
        const struct capacity_point *p = &search->point[i];

        buf_add_format(out, "<tr><td class=\"n\">%zu</td><td>%s</td>", i + 1,
                       phases[p->trial.phase]);
        report_page_number(out, SHOW_COUNT, p->trial.load);
        report_page_number(out, SHOW_TIME, (double)p->trial.duration_us);
        report_page_number(out, SHOW_COUNT, p->outcome.achieved);
        report_page_number(out, SHOW_TIME, p->outcome.latency_us);
        report_page_number(out, SHOW_PLAIN, round(p->outcome.margin * 1000) / 1000);
        buf_add_format(out, "<td class=\"state %s\">%s</td></tr>\n",
                       verdicts[p->outcome.verdict].class, verdicts[p->outcome.verdict].name);
    }
    buf_add_str(out, STR("</table></div>\n"));
}

static void add_law_table(struct buf *out, const struct findings *f)
{
    const struct {
        const char *name;
        double value;
        const char *text;
    } rows[] = {
        {"lambda",  f->law.lambda,          "what one unit of load yields when it is alone"          },
        {"sigma",   f->law.sigma,           "contention: the part that waits in one queue"           },
        {"kappa",   f->law.kappa,           "coherency: what each pair costs; throughput falls by it"},
        {"peak",    f->law.peak_load,       "the load of the highest throughput"                     },
        {"highest", f->law.peak_throughput, "throughput there, or what it tends to"                  },
        {"error",   f->law.error,           "of the fit: root mean square, relative"                 },
    };

    if (!f->has_law)
        return;
    buf_add_str(out, STR("<h2>The fitted law</h2>\n<p class=\"dim\">X(N) = &lambda;N / (1 + "
                         "&sigma;(N&minus;1) + &kappa;N(N&minus;1))</p>\n"));
    report_page_table(out, "|>value|what it says");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char value[SHOW_LEN];

        if (isfinite(rows[i].value))
            (void)snprintf(value, sizeof value, "%.4g", rows[i].value);
        else
            (void)snprintf(value, sizeof value, "none");
        buf_add_format(out, "<tr><td>%s</td><td class=\"n\">%s</td>", rows[i].name, value);
        report_page_cell(out, rows[i].text);
        buf_add_str(out, STR("</tr>\n"));
    }
    buf_add_str(out, STR("</table></div>\n"));
}

void report_capacity_html(const struct report_capacity *c, struct buf *out)
{
    struct buf title = buf_growing();
    struct findings f;
    struct drawing d = {.f = &f, .out = out};

    find(c, &f);
    d.band = (struct plot_band){"capacity", f.answer.low, fmin(f.answer.high, 1e300)};
    buf_add_format(&title, "Capacity of %s: %s", c->target, c->profile);
    buf_add_char(&title, '\0');
    report_page_begin(out, title.ptr);
    add_banner(out, &f);
    add_plots(&d);
    add_trials(out, &f);
    add_law_table(out, &f);
    buf_add_str(out, STR("<h2>Again</h2>\n<p><code>"));
    markup_add(out, c->options);
    buf_add_str(out, STR("</code></p>\n"));
    report_page_end(out);
    arena_fini(&d.arena);
    buf_fini(&title);
}
