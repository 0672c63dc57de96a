#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "simulator/report_capacity.h"

/* An endpoint whose p99 crosses 50 ms near 8 000/s, and of which the generator asks no more than
 * limit. */
static void search(struct capacity *c, double limit)
{
    static const struct capacity_options options = {
        .first = 500,
        .least = 1,
        .most = 1e6,
        .growth = 2,
        .precision = 0.03,
        .noise = 0.15,
        .short_us = 10 * US_PER_S,
        .long_us = 60 * US_PER_S,
        .budget_us = 600 * US_PER_S,
    };
    struct capacity_trial t;

    capacity_init(c, &options);
    while (capacity_next(c, &t)) {
        double use = t.load / 9500;
        double p99_us = use < 0.999 ? 2000 * (1 + 4.6 * use / (1 - use)) : 1e6 * use;
        struct capacity_outcome o = {
            .verdict = t.load > limit     ? CAPACITY_INVALID
                       : p99_us < 50000.0 ? CAPACITY_HELD
                                          : CAPACITY_BROKEN,
            .achieved = fmin(t.load, 9500) * (1 - 0.00001 * t.load),
            .latency_us = p99_us / 4.6,
            .margin = p99_us / 50000,
        };

        capacity_report(c, &o);
    }
}

static void report(double limit, void (*make)(const struct report_capacity *c, struct buf *out),
                   struct buf *out)
{
    struct capacity c;
    const struct report_capacity r = {
        "reference",          "capacity",    "seatrial-swarm capacity -t reference -p capacity",
        "publish.p99 < 50ms", "publishes/s", &c,
    };

    search(&c, limit);
    make(&r, out);
    buf_add_char(out, '\0');
}

static void contains(double limit, void (*make)(const struct report_capacity *c, struct buf *out),
                     const char *text)
{
    struct buf out = buf_growing();

    report(limit, make, &out);
    if (strstr(out.ptr, text) == NULL)
        fail_msg("no `%s` in\n%s", text, out.ptr);
    buf_fini(&out);
}

static void the_console_is_told_the_answer_and_its_interval(void **state)
{
    UNUSED(state);
    contains(1e9, report_capacity_text, "CAPACITY of reference: 7 ");
    contains(1e9, report_capacity_text, " publishes/s (95% interval: 7 ");
    contains(1e9, report_capacity_text, "while publish.p99 < 50ms\n");
    contains(3000, report_capacity_text, "CAPACITY of reference: At least 2 ");
    contains(3000, report_capacity_text, " or more)."); /* no load broke it */
    contains(0, report_capacity_text, "No load held.");
}

static void the_json_form_has_the_answer_and_all_trials(void **state)
{
    struct buf out = buf_growing();
    json_error_t error;
    json_t *document;

    UNUSED(state);
    report(1e9, report_capacity_json, &out);
    document = json_loads(out.ptr, 0, &error);
    if (document == NULL)
        fail_msg("%d: %s in\n%s", error.line, error.text, out.ptr);
    assert_true(json_number_value(json_object_get(document, "capacity")) > 7000);
    assert_true(json_is_object(json_object_get(document, "usl")));
    assert_true(json_array_size(json_object_get(document, "trials")) > 5);
    json_decref(document);
    buf_clear(&out);
    report(0, report_capacity_json, &out); /* no point that a law could go through */
    document = json_loads(out.ptr, 0, &error);
    assert_non_null(document);
    assert_true(json_is_null(json_object_get(document, "usl")));
    json_decref(document);
    buf_fini(&out);
}

static void the_page_shows_answer_trials_and_knee(void **state)
{
    UNUSED(state);
    contains(1e9, report_capacity_html, "<h1>Capacity of reference: capacity</h1>");
    contains(1e9, report_capacity_html, "<title>Latency against load</title>");
    contains(1e9, report_capacity_html, ">knee</text>");
    contains(1e9, report_capacity_html, "fitted law");
    contains(1e9, report_capacity_html, "<td>confirm</td>");
    contains(0, report_capacity_html, "No load held.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_console_is_told_the_answer_and_its_interval),
        cmocka_unit_test(the_json_form_has_the_answer_and_all_trials),
        cmocka_unit_test(the_page_shows_answer_trials_and_knee),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
