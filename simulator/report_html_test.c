/* With an argument: writes the pages that report_browser_test.sh looks at into that folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "simulator/report.h"
#include "simulator/report_testmarkup.h"
#include "simulator/result_testrun.h"

static char *page_of(const struct result *r)
{
    struct buf out = buf_growing();

    report_html(r, &out);
    buf_add_char(&out, '\0');
    return out.ptr;
}

static void contains(const char *page, const char *text)
{
    if (strstr(page, text) == NULL)
        fail_msg("the page has no `%s`", text);
}

static void a_page_is_well_formed_and_needs_nothing_else(void **state)
{
    struct result r;
    char *page;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    page = page_of(&r);
    testmarkup_is_closed(page);
    testmarkup_is_alone(page);
    assert_null(strstr(page, ">nan"));
    assert_null(strstr(page, "inf,"));
    free(page);
    result_fini(&r);
}

static void verdict_and_objectives_stand_before_everything_else(void **state)
{
    struct result r;
    char *page;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    page = page_of(&r);
    contains(page, "<div class=\"banner bad\"><strong>BROKEN</strong>");
    contains(page, "<code>ct_error.p99 &lt;= 100ms</code> is broken: 102ms");
    assert_true(strstr(page, "<h2>Objectives</h2>") < strstr(page, "<svg"));
    assert_true(strstr(page, "BROKEN") < strstr(page, "<h2>Objectives</h2>"));
    free(page);
    result_fini(&r);
}

static void every_plot_has_a_title_for_those_who_do_not_see_it(void **state)
{
    static const char *const titles[] = {
        "Latency of publishes over time",
        "Percentiles of publishes",
        "Rate of publishes",
        "In flight",
        "Handshakes a second",
        "ct expiry error over time",
        "Processors",
        "Memory of the endpoint",
        "Descriptors of the endpoint",
        "Datagrams dropped",
        "Schedule lag",
        "What went wrong",
    };
    struct result r;
    char *page;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    page = page_of(&r);
    for (size_t i = 0; i < COUNT(titles); i++) {
        char title[80];

        (void)snprintf(title, sizeof title, "role=\"img\"><title>%s</title><desc>", titles[i]);
        contains(page, title);
    }
    contains(page, ">spike</text>");
    contains(page, "publish.p99 &lt; 50ms</text>");
    free(page);
    result_fini(&r);
}

static void names_from_outside_do_no_harm(void **state)
{
    static const char harm[] = "<script>alert('1')</script>\"&";
    struct result r;
    char *page;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    r.target = r.profile = r.run_id = r.options = r.source = r.version = harm;
    r.slo[0].text = r.slo[0].measured = harm;
    r.slo[0].held = false;
    r.stages[1].name = harm;
    result_add_invalid(&r, harm);
    page = page_of(&r);
    testmarkup_is_closed(page);
    testmarkup_is_alone(page);
    free(page);
    result_fini(&r);
}

static void a_run_of_nothing_has_a_page_too(void **state)
{
    struct result r;
    char *page;

    UNUSED(state);
    result_init(&r);
    r.verdict = RESULT_INVALID;
    result_add_invalid(&r, "Nothing was sent.");
    page = page_of(&r);
    testmarkup_is_closed(page);
    contains(page, "This run says nothing about the target.");
    contains(page, "<li>Nothing was sent.</li>");
    contains(page, "<li>Events were not looked at");
    contains(page, "Nothing of this was measured in the run.");
    contains(page, "None were set");
    contains(page, "not seen");
    free(page);
    result_fini(&r);
}

static int write_page(const char *folder, const char *name, const struct testrun *t)
{
    struct buf spec = buf_growing();
    char why[REPORT_WHY_LEN];
    struct result r;
    bool ok;

    testrun_make(&r, t);
    buf_add_format(&spec, "html=%s/%s", folder, name);
    buf_add_char(&spec, '\0');
    ok = report_write(spec.ptr, &r, why);
    if (!ok)
        (void)fprintf(stderr, "%s\n", why);
    buf_fini(&spec);
    result_fini(&r);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_well_formed_and_needs_nothing_else),
        cmocka_unit_test(verdict_and_objectives_stand_before_everything_else),
        cmocka_unit_test(every_plot_has_a_title_for_those_who_do_not_see_it),
        cmocka_unit_test(names_from_outside_do_no_harm),
        cmocka_unit_test(a_run_of_nothing_has_a_page_too),
    };

    if (argc > 1)
        return write_page(argv[1], "run.html", &testrun_plain);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
