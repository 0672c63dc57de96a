#include "simulator/plot.h"

#include <math.h>
#include <stdio.h>

#include "lib/markup.h"

enum {
    WIDTH = 720,
    HEIGHT = 270,
    LEFT = 66,
    RIGHT = 14,
    TOP = 22,
    BOTTOM = 30,
    INNER_W = WIDTH - LEFT - RIGHT,
    INNER_H = HEIGHT - TOP - BOTTOM,
    COLUMNS = 330, /* of a line: more points than that share their column */
    CHAR_W = 7,
};

/* What is drawn, in data and in pixels. */
struct frame {
    const struct plot *plot;
    double x_from;
    double x_to;
    double y_from;
    double y_to;
};

static double place_x(const struct frame *f, double x)
{
    return LEFT + (x - f->x_from) / (f->x_to - f->x_from) * INNER_W;
}

static double place_y(const struct frame *f, double y)
{
    double part = f->plot->logarithmic ? (log10(fmax(y, f->y_from)) - log10(f->y_from)) /
                                             (log10(f->y_to) - log10(f->y_from))
                                       : (y - f->y_from) / (f->y_to - f->y_from);

    return TOP + INNER_H * (1 - fmin(1, part));
}

/* --- bounds --------------------------------------------------------------------------------------
 */

static bool is_drawn(const struct plot *p, double y)
{
    return isfinite(y) && (!p->logarithmic || y > 0);
}

/* 1, 2 or 5 times a power of ten, for about `wanted` steps; bytes: a power of two. */
static double nice_step(enum show_unit unit, double range, int wanted)
{
    double power = pow(10, floor(log10(range / wanted)));
    double part = range / wanted / power;

    if (unit == SHOW_BYTES)
        return pow(2, ceil(log2(range / wanted)));
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static void take_in(struct frame *f, double x, double y)
{
    f->x_from = fmin(f->x_from, x);
    f->x_to = fmax(f->x_to, x);
    f->y_from = fmin(f->y_from, y);
    f->y_to = fmax(f->y_to, y);
}

static bool bounds(const struct plot *p, struct frame *f)
{
    double step;

    *f = (struct frame){p, INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t i = 0; i < p->line_count; i++) {
        for (size_t k = 0; k < p->line[i].count; k++) {
            if (p->x == PLOT_TIME) /* plots of one run have one axis, whatever is known when */
                f->x_to = fmax(f->x_to, p->line[i].x[k]);
            if (is_drawn(p, p->line[i].y[k]))
                take_in(f, p->line[i].x[k], p->line[i].y[k]);
        }
    }
    if (f->y_to < f->y_from)
        return false;
    if (is_drawn(p, p->limit))
        take_in(f, f->x_from, p->limit);
    f->x_from = p->x == PLOT_TIME || p->x == PLOT_LOAD ? 0 : f->x_from;
    if (p->x == PLOT_LOAD)
        f->x_to *= 1.05;
    if (f->x_to <= f->x_from)
        f->x_to = f->x_from + 1;
    if (p->logarithmic) {
        f->y_from = pow(10, floor(log10(f->y_from) + 1e-9));
        f->y_to = pow(10, ceil(log10(f->y_to) - 1e-9));
        if (f->y_to <= f->y_from)
            f->y_to = f->y_from * 10;
        return true;
    }
    f->y_from = 0;
    if (f->y_to <= 0)
        f->y_to = 1;
    step = nice_step(p->unit, f->y_to, 4);
    f->y_to = step * ceil(f->y_to / step - 1e-9);
    return true;
}

/* --- axes ----------------------------------------------------------------------------------------
 */

/* `50ms` rather than `50.0ms`. */
static const char *label(char *text, enum show_unit unit, double value)
{
    char *point;
    char *end;

    (void)show(text, unit, value);
    point = strchr(text, '.');
    if (point == NULL)
        return text;
    for (end = point + 1; *end >= '0' && *end <= '9'; end++)
        continue;

    char *last = end;

    while (last > point && (last[-1] == '0' || last[-1] == '.'))
        last--;
    memmove(last, end, strlen(end) + 1);
    return text;
}

static void add_y_tick(struct buf *out, const struct frame *f, double y)
{
    double at = place_y(f, y);
    char text[SHOW_LEN];

    buf_add_format(out,
                   "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                   "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                   LEFT, WIDTH - RIGHT, at, at, LEFT - 6, at + 4, label(text, f->plot->unit, y));
}

/* Whole steps up to the end, which counts when it is nearly there. */
static int steps_to(double end, double step)
{
    return (int)(end / step * 1.001);
}

static void add_y_axis(struct buf *out, const struct frame *f)
{
    double step;

    if (f->plot->logarithmic) {
        for (int i = 0; i <= (int)lround(log10(f->y_to / f->y_from)); i++)
            add_y_tick(out, f, f->y_from * pow(10, i));
        return;
    }
    step = nice_step(f->plot->unit, f->y_to, 4);
    for (int i = 0; i <= steps_to(f->y_to, step); i++)
        add_y_tick(out, f, i * step);
}

static void add_x_tick(struct buf *out, const struct frame *f, double x, const char *text)
{
    double at = place_x(f, x);

    buf_add_format(out,
                   "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                   "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                   at, at, TOP, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 16, text);
}

/* Steps that clocks know. */
static double time_step(double range)
{
    static const double steps[] = {1,   2,   5,    10,   15,   30,    60,    120,   300,
                                   600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400};
    size_t i = 0;

    while (i + 1 < COUNT(steps) && range / steps[i] > 10)
        i++;
    return steps[i];
}

static void add_time_axis(struct buf *out, const struct frame *f)
{
    double step = time_step(f->x_to);

    for (int i = 0; i <= steps_to(f->x_to, step); i++) {
        char text[SHOW_LEN];
        long s = lround(i * step);

        if (f->x_to >= 3600)
            (void)snprintf(text, sizeof text, "%ld:%02ld h", s / 3600, s / 60 % 60);
        else
            (void)snprintf(text, sizeof text, "%ld:%02ld", s / 60, s % 60);
        add_x_tick(out, f, i * step, text);
    }
}

static void add_nines_axis(struct buf *out, const struct frame *f)
{
    static const struct {
        double part;
        const char *text;
    } ticks[] = {
        {0,        "0%"     },
        {0.5,      "50%"    },
        {0.9,      "90%"    },
        {0.99,     "99%"    },
        {0.999,    "99.9%"  },
        {0.9999,   "99.99%" },
        {0.99999,  "99.999%"},
        {0.999999, "6 nines"},
    };

    for (size_t i = 0; i < COUNT(ticks); i++) {
        double x = -log10(1 - ticks[i].part);

        if (x >= f->x_from && x <= f->x_to)
            add_x_tick(out, f, x, ticks[i].text);
    }
}

static void add_load_axis(struct buf *out, const struct frame *f)
{
    double step = nice_step(f->plot->x_unit, f->x_to, 7);

    for (int i = 0; i <= steps_to(f->x_to, step); i++) {
        char text[SHOW_LEN];

        add_x_tick(out, f, i * step, label(text, f->plot->x_unit, i * step));
    }
}

static void add_x_axis(struct buf *out, const struct frame *f)
{
    switch (f->plot->x) {
    case PLOT_TIME:
        add_time_axis(out, f);
        return;
    case PLOT_NINES:
        add_nines_axis(out, f);
        return;
    case PLOT_LOAD:
        add_load_axis(out, f);
        return;
    }
}

/* Every other one shaded; a name where it has room. */
static void add_bands(struct buf *out, const struct frame *f)
{
    for (size_t i = 0; i < f->plot->band_count; i++) {
        const struct plot_band *b = &f->plot->bands[i];
        double from = place_x(f, fmin(fmax(b->from, f->x_from), f->x_to));
        double to = place_x(f, fmin(fmax(b->to, f->x_from), f->x_to));

        if (to <= from)
            continue;
        if (i % 2 == 0)
            buf_add_format(out,
                           "<rect class=\"band\" x=\"%.1f\" width=\"%.1f\" y=\"%d\" "
                           "height=\"%d\"/>\n",
                           from, to - from, TOP, INNER_H);
        if (to - from < (double)strlen(b->name) * CHAR_W)
            continue;
        buf_add_format(out, "<text class=\"stage\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
                       (from + to) / 2, TOP - 7);
        markup_add(out, b->name);
        buf_add_str(out, STR("</text>\n"));
    }
}

static void add_limit(struct buf *out, const struct frame *f)
{
    double at = place_y(f, f->plot->limit);
    double above = at < TOP + 16 ? -15 : 5; /* its name lies above the line where it can */

    if (!is_drawn(f->plot, f->plot->limit))
        return;
    buf_add_format(out,
                   "<line class=\"limit\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                   "<text class=\"limit\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
                   LEFT, WIDTH - RIGHT, at, at, WIDTH - RIGHT - 4, at - above);
    markup_add(out, f->plot->limit_name);
    buf_add_str(out, STR("</text>\n"));
}

static void add_mark(struct buf *out, const struct frame *f)
{
    double at = place_x(f, f->plot->mark);

    if (isnan(at) || f->plot->mark < f->x_from || f->plot->mark > f->x_to)
        return;
    buf_add_format(out,
                   "<line class=\"limit\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                   "<text class=\"limit\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">",
                   at, at, TOP, HEIGHT - BOTTOM, at > WIDTH / 2.0 ? at - 4 : at + 4,
                   HEIGHT - BOTTOM - 6, at > WIDTH / 2.0 ? "end" : "start");
    markup_add(out, f->plot->mark_name);
    buf_add_str(out, STR("</text>\n"));
}

/* --- lines ---------------------------------------------------------------------------------------
 */

struct path {
    struct buf *out;
    double base; /* of an area, in pixels; NAN: a line */
    double first_x;
    double last_x;
    bool open;
};

static void end_run(struct path *p)
{
    if (p->open && p->first_x >= p->last_x)
        buf_add_str(p->out, STR("h0.1")); /* a dot */
    if (p->open && !isnan(p->base))
        buf_add_format(p->out, "L%.1f,%.1fL%.1f,%.1fZ", p->last_x, p->base, p->first_x, p->base);
    p->open = false;
}

static void add_point(struct path *p, double x, double y)
{
    buf_add_format(p->out, "%c%.1f,%.1f", p->open ? 'L' : 'M', x, y);
    if (!p->open)
        p->first_x = x;
    p->last_x = x;
    p->open = true;
}

/* What points in one column have in common: the highest is drawn, so that no peak is lost. */
static void add_path(struct buf *out, const struct frame *f, const struct plot_line *l)
{
    struct path p = {.out = out, .base = l->style == PLOT_AREA ? HEIGHT - BOTTOM : NAN};
    double column = (f->x_to - f->x_from) / COLUMNS;

    for (size_t i = 0; i < l->count;) {
        size_t highest = i;
        double start = l->x[i];

        if (!is_drawn(f->plot, l->y[i])) {
            end_run(&p);
            i++;
            continue;
        }
        for (; i < l->count && l->x[i] - start < column && is_drawn(f->plot, l->y[i]); i++) {
            if (l->y[i] >= l->y[highest])
                highest = i;
        }
        add_point(&p, place_x(f, l->x[highest]), place_y(f, l->y[highest]));
    }
    end_run(&p);
}

static void add_marks(struct buf *out, const struct frame *f, const struct plot_line *l)
{
    for (size_t i = 0; i < l->count; i++) {
        double x = place_x(f, l->x[i]);
        double y = place_y(f, l->y[i]);
        char at[SHOW_LEN];
        char text[SHOW_LEN];

        if (!is_drawn(f->plot, l->y[i]))
            continue;
        buf_add_format(out, "<g class=\"mark c%d\"><title>", l->colour);
        markup_add(out, l->name);
        buf_add_format(out, ": %s, %s</title>", show(at, f->plot->x_unit, l->x[i]),
                       show(text, f->plot->unit, l->y[i]));
        if (l->style == PLOT_POINTS)
            buf_add_format(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/></g>\n", x, y);
        else
            buf_add_format(out, "<path d=\"M%.1f,%.1fl8,8m0,-8l-8,8\"/></g>\n", x - 4, y - 4);
    }
}

static void add_line(struct buf *out, const struct frame *f, const struct plot_line *l)
{
    if (l->style == PLOT_POINTS || l->style == PLOT_CROSSES) {
        add_marks(out, f, l);
        return;
    }
    buf_add_format(out, "<path class=\"%s c%d\" d=\"",
                   l->style == PLOT_AREA     ? "area"
                   : l->style == PLOT_DASHED ? "line dashed"
                                             : "line",
                   l->colour);
    add_path(out, f, l);
    buf_add_str(out, STR("\"/>\n"));
}

/* --- the figure ----------------------------------------------------------------------------------
 */

/* The beginning and the end of a picture of the style, its class between them. */
static const struct {
    const char *begin;
    const char *end;
} samples[] = {
    [PLOT_LINE] = {"<path class=\"line c",        "\" d=\"M1,6H21\"/>"                         },
    [PLOT_DASHED] = {"<path class=\"line dashed c", "\" d=\"M1,6H21\"/>"                         },
    [PLOT_AREA] = {"<path class=\"area c",        "\" d=\"M1,2H21V11H1Z\"/>"                   },
    [PLOT_POINTS] = {"<g class=\"mark c",           "\"><circle cx=\"11\" cy=\"6\" r=\"4\"/></g>"},
    [PLOT_CROSSES] = {"<g class=\"mark c",           "\"><path d=\"M7,2l8,8m0,-8l-8,8\"/></g>"    },
};

static void add_legend(struct buf *out, const struct plot *p)
{
    buf_add_str(out, STR("<p class=\"legend\">"));
    for (size_t i = 0; i < p->line_count; i++) {
        buf_add_format(
            out, "<span><svg width=\"22\" height=\"12\" aria-hidden=\"true\">%s%d%s</svg> ",
            samples[p->line[i].style].begin, p->line[i].colour, samples[p->line[i].style].end);
        markup_add(out, p->line[i].name);
        buf_add_str(out, STR("</span>\n"));
    }
    buf_add_str(out, STR("</p>\n"));
}

static void add_picture(struct buf *out, const struct frame *f)
{
    buf_add_format(out, "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\"><title>", WIDTH,
                   HEIGHT);
    markup_add(out, f->plot->title);
    buf_add_str(out, STR("</title><desc>"));
    markup_add(out, f->plot->text);
    buf_add_str(out, STR("</desc>\n"));
    add_bands(out, f);
    add_y_axis(out, f);
    add_x_axis(out, f);
    for (size_t i = 0; i < f->plot->line_count; i++)
        add_line(out, f, &f->plot->line[i]);
    add_limit(out, f);
    add_mark(out, f);
    buf_add_str(out, STR("</svg>\n"));
}

void plot_add(struct buf *out, const struct plot *p)
{
    struct frame f;

    buf_add_str(out, STR("<figure><h3>"));
    markup_add(out, p->title);
    buf_add_str(out, STR("</h3>\n"));
    if (bounds(p, &f)) {
        add_legend(out, p);
        add_picture(out, &f);
    } else {
        buf_add_str(out, STR("<p class=\"none\">Nothing of this was measured in the run.</p>\n"));
    }
    buf_add_str(out, STR("<figcaption>"));
    markup_add(out, p->text);
    buf_add_str(out, STR("</figcaption></figure>\n"));
}
