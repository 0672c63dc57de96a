#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "simulator/plot.h"

static const struct plot plain = {
    .title = "a <plot>",
    .text = "what is \"seen\"",
    .x = PLOT_TIME,
    .unit = SHOW_TIME,
    .limit = NAN,
    .mark = NAN,
};

static char *draw(const struct plot *p)
{
    struct buf out = buf_growing();

    plot_add(&out, p);
    buf_add_char(&out, '\0');
    assert_null(strstr(out.ptr, "nan"));
    assert_null(strstr(out.ptr, "inf"));
    return out.ptr;
}

static void contains(const struct plot *p, const char *text)
{
    char *svg = draw(p);

    if (strstr(svg, text) == NULL)
        fail_msg("no `%s` in\n%s", text, svg);
    free(svg);
}

/* Points of the first line. */
static size_t points_of(const struct plot *p, double *highest_y_px)
{
    char *svg = draw(p);
    const char *at = strstr(svg, "<svg class=\"plot\"");
    size_t count = 0;

    assert_non_null(at);
    at = strstr(at, " d=\"");
    assert_non_null(at);
    *highest_y_px = 1e9;
    for (at += 4; *at != '"'; count++) {
        double x;
        double y;
        int used = 0;

        if (*at == 'Z') {
            at++;
            continue;
        }
        assert_int_equal(sscanf(at + 1, "%lf,%lf%n", &x, &y, &used), 2);
        *highest_y_px = fmin(*highest_y_px, y);
        at += 1 + used;
    }
    free(svg);
    return count;
}

static void a_plot_has_title_text_legend_and_ticks(void **state)
{
    static const double x[] = {0, 50, 100};
    static const double y[] = {1000, 30000, 2000};
    struct plot p = plain;

    UNUSED(state);
    p.line[0] = (struct plot_line){.name = "p99 & max", .x = x, .y = y, .count = 3, .colour = 2};
    p.line_count = 1;
    contains(&p, "<h3>a &lt;plot&gt;</h3>");
    contains(&p, "<title>a &lt;plot&gt;</title><desc>what is &quot;seen&quot;</desc>");
    contains(&p, "p99 &amp; max</span>");
    contains(&p, "<path class=\"line c2\" d=\"M66.0,");
    contains(&p, ">10ms</text>");
    contains(&p, ">1:00</text>");
}

static void a_peak_is_not_lost_among_many_points(void **state)
{
    enum { MANY = 86400 };

    double *x = xcalloc(MANY, sizeof *x);
    double *y = xcalloc(MANY, sizeof *y);
    struct plot p = plain;
    double top;

    UNUSED(state);
    for (int i = 0; i < MANY; i++) {
        x[i] = i;
        y[i] = 1000;
    }
    y[54321] = 100000;
    p.line[0] = (struct plot_line){.name = "p99", .x = x, .y = y, .count = MANY};
    p.line_count = 1;
    assert_in_range(points_of(&p, &top), 200, 400);
    assert_true(top < 23); /* the upper edge */
    free(x);
    free(y);
}

static void what_is_not_known_is_a_gap(void **state)
{
    static const double x[] = {0, 1, 2, 3, 4};
    static const double y[] = {1, 2, NAN, 3, 4};
    struct plot p = plain;
    char *svg;
    size_t moves = 0;

    UNUSED(state);
    p.line[0] = (struct plot_line){.name = "a", .x = x, .y = y, .count = 5, .style = PLOT_AREA};
    p.line_count = 1;
    svg = draw(&p);
    for (const char *at = strstr(svg, "<path class=\"area c0\" d=\"M6"); *at != '>'; at++)
        moves += *at == 'M';
    assert_int_equal(moves, 2);
    free(svg);
}

static void a_point_between_gaps_is_a_dot_on_the_axis_of_the_whole_run(void **state)
{
    static const double x[] = {10, 20, 30, 100};
    static const double y[] = {NAN, 5, NAN, NAN};
    struct plot p = plain;

    UNUSED(state);
    p.line[0] = (struct plot_line){.name = "a", .x = x, .y = y, .count = 4};
    p.line_count = 1;
    contains(&p, "<path class=\"line c0\" d=\"M194.0,");
    contains(&p, "h0.1\"/>");
}

static void nothing_to_draw_is_said(void **state)
{
    static const double x[] = {0, 1};
    static const double y[] = {NAN, NAN};
    struct plot p = plain;

    UNUSED(state);
    contains(&p, "Nothing of this was measured in the run.");
    p.line[0] = (struct plot_line){.name = "a", .x = x, .y = y, .count = 2};
    p.line_count = 1;
    contains(&p, "Nothing of this was measured in the run.");
}

static void odd_numbers_do_not_break_an_axis(void **state)
{
    static const struct {
        double y[2];
        bool logarithmic;
        enum show_unit unit;
    } rows[] = {
        {{0, 0},         false, SHOW_RATE },
        {{0, 0},         true,  SHOW_TIME },
        {{1, 1},         true,  SHOW_TIME },
        {{1e-9, 1e-9},   false, SHOW_PLAIN},
        {{1e15, 1},      false, SHOW_BYTES},
        {{INFINITY, 10}, true,  SHOW_TIME },
    };
    static const double x[] = {7, 7};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plot p = plain;

        p.logarithmic = rows[i].logarithmic;
        p.unit = rows[i].unit;
        p.line[0] = (struct plot_line){.name = "a", .x = x, .y = rows[i].y, .count = 2};
        p.line_count = 1;
        free(draw(&p));
    }
}

static void stages_levels_and_places_are_named(void **state)
{
    static const double x[] = {0, 100};
    static const double y[] = {1000, 2000};
    static const struct plot_band bands[] = {
        {"ramp",                                  0,  50 },
        {"a stage whose name has no room for it", 50, 60 },
        {"beyond",                                90, 500},
    };
    struct plot p = plain;
    char *svg;

    UNUSED(state);
    p.line[0] = (struct plot_line){.name = "a", .x = x, .y = y, .count = 2};
    p.line_count = 1;
    p.bands = bands;
    p.band_count = COUNT(bands);
    p.limit = 50000;
    p.limit_name = "publish.p99 < 50ms";
    p.mark = 30;
    p.mark_name = "knee";
    contains(&p, ">ramp</text>");
    contains(&p, "publish.p99 &lt; 50ms</text>");
    contains(&p, ">knee</text>");
    svg = draw(&p);
    assert_null(strstr(svg, "no room"));
    free(svg);
}

static void percentiles_are_as_far_apart_as_their_nines(void **state)
{
    static const double x[] = {0, 1, 2, 3};
    static const double y[] = {1000, 2000, 3000, 4000};
    struct plot p = plain;

    UNUSED(state);
    p.x = PLOT_NINES;
    p.line[0] = (struct plot_line){.name = "a", .x = x, .y = y, .count = 4};
    p.line_count = 1;
    contains(&p, "<text x=\"66.0\" y=\"256\" text-anchor=\"middle\">0%</text>");
    contains(&p, "<text x=\"279.3\" y=\"256\" text-anchor=\"middle\">90%</text>");
    contains(&p, "<text x=\"706.0\" y=\"256\" text-anchor=\"middle\">99.9%</text>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plot_has_title_text_legend_and_ticks),
        cmocka_unit_test(a_peak_is_not_lost_among_many_points),
        cmocka_unit_test(what_is_not_known_is_a_gap),
        cmocka_unit_test(a_point_between_gaps_is_a_dot_on_the_axis_of_the_whole_run),
        cmocka_unit_test(nothing_to_draw_is_said),
        cmocka_unit_test(odd_numbers_do_not_break_an_axis),
        cmocka_unit_test(stages_levels_and_places_are_named),
        cmocka_unit_test(percentiles_are_as_far_apart_as_their_nines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
