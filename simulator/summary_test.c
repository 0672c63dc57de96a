#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/result_testrun.h"
#include "simulator/summary.h"

static void says(const struct result *r, const char *text)
{
    struct buf out = buf_growing();

    summary_text(r, "out", &out);
    buf_add_char(&out, '\0');
    if (strstr(out.ptr, text) == NULL)
        fail_msg("no `%s` in\n%s", text, out.ptr);
    buf_fini(&out);
}

static void the_verdict_stands_first_and_the_report_last(void **state)
{
    struct buf out = buf_growing();
    struct result r;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    summary_text(&r, "out", &out);
    buf_add_char(&out, '\0');
    assert_true(strncmp(out.ptr, "BROKEN: steady on reference, seed 18446744073709551615\n", 55) ==
                0);
    assert_string_equal(out.ptr + strlen(out.ptr) - 24, "report: out/report.html\n");
    buf_fini(&out);
    says(&r, "  held       publish.p99 < 50ms               12.0ms\n");
    says(&r, "  BROKEN     ct_error.p99 <= 100ms            102ms\n");
    says(&r, "  events per acknowledged             1  publish; 1 is right\n");
    says(&r, "  ct expiry error, p99            102ms  between ct and the 2.04 of a wait\n");
    says(&r, "  publish              p50 971us ");
    result_fini(&r);
}

static void what_is_wrong_and_what_makes_it_invalid_are_said(void **state)
{
    struct result r;

    UNUSED(state);
    result_init(&r);
    r.verdict = RESULT_INVALID;
    result_add_invalid(&r, "Sends came late.");
    r.total.counter[TALLY_EVENT_LOST] = 1234;
    says(&r, "INVALID: ");
    says(&r, "  Sends came late.\n");
    says(&r, "  1 234 publishes were acknowledged and no event came (event.lost)\n");
    says(&r, "publish; the target shows no events\n");
    result_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_stands_first_and_the_report_last),
        cmocka_unit_test(what_is_wrong_and_what_makes_it_invalid_are_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
