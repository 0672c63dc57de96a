#include "conformance/rejudge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void failures_at_a_high_speed_are_judged_again(void **state)
{
    static const struct {
        const char *verdict;
        bool retried;
        double speed;
        bool due;
    } rows[] = {
        {"FAIL",         false, 20, true },
        {"WARN",         false, 20, true },
        {"FAIL",         false, 4,  false},
        {"PASS",         false, 20, false},
        {"ERROR",        false, 20, false},
        {"FAIL",         true,  20, false},
        {"INCONCLUSIVE", false, 20, false}, /* it never came so far */
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *result =
            json_pack("{s:s, s:b}", "verdict", rows[i].verdict, "retried", rows[i].retried);

        if (rejudge_is_due(result, rows[i].speed) != rows[i].due)
            fail_msg("%s at speed %g", rows[i].verdict, rows[i].speed);
        json_decref(result);
    }
    json_t *result = json_pack("{s:s, s:i}", "verdict", "INCONCLUSIVE", "expectations", 2);

    assert_true(rejudge_is_due(result, 20));
    json_decref(result);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_at_a_high_speed_are_judged_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
