#include "conformance/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void gives_each_situation_its_exit_code(void **state)
{
    static const struct {
        struct tally tally;
        int code;
    } rows[] = {
        {{.count = {[VERDICT_PASS] = 1}},                                                  0  },
        {{.count = {[VERDICT_WARN] = 1}},                                                  0  },
        {{.count = {[VERDICT_PASS] = 1, [VERDICT_NA] = 3, [VERDICT_INCONCLUSIVE] = 1}},    0  },
        {{.count = {[VERDICT_PASS] = 9, [VERDICT_FAIL] = 300}},                            1  },
        {{.count = {[VERDICT_PASS] = 9, [VERDICT_STALE_WAIVER] = 1}},                      1  },
        {{.count = {[VERDICT_WARN] = 1}, .strict = true},                                  1  },
        {{.count = {[VERDICT_PASS] = 1}, .flaky = 1},                                      0  },
        {{.count = {[VERDICT_PASS] = 1}, .flaky = 1, .no_flaky = true},                    1  },
        {{.bad_script = true},                                                             2  },
        {{.unreachable = true},                                                            3  },
        {{.count = {[VERDICT_PASS] = 9, [VERDICT_ERROR] = 1}},                             4  },
        {{.count = {[VERDICT_PASS] = 9}, .suite_error = true},                             4  },
        {{.interrupted = false},                                                           5  },
        {{.count = {[VERDICT_SKIPPED] = 1, [VERDICT_NA] = 1, [VERDICT_INCONCLUSIVE] = 1}}, 5  },
        {{.count = {[VERDICT_WAIVED] = 1}},                                                5  },
        {{.count = {[VERDICT_PASS] = 9}, .interrupted = true},                             130},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(verdict_exit_code(&rows[i].tally), rows[i].code);
}

static void orders_codes_when_several_apply(void **state)
{
    struct tally t = {
        .count = {[VERDICT_FAIL] = 1, [VERDICT_ERROR] = 1},
        .interrupted = true,
        .bad_script = true,
        .unreachable = true
    };

    UNUSED(state);
    assert_int_equal(verdict_exit_code(&t), 130);
    t.interrupted = false;
    assert_int_equal(verdict_exit_code(&t), 2);
    t.bad_script = false;
    assert_int_equal(verdict_exit_code(&t), 3);
    t.unreachable = false;
    assert_int_equal(verdict_exit_code(&t), 4);
    t.count[VERDICT_ERROR] = 0;
    assert_int_equal(verdict_exit_code(&t), 1);
    t.count[VERDICT_FAIL] = 0;
    assert_int_equal(verdict_exit_code(&t), 5);
}

static void reads_every_name_that_it_writes(void **state)
{
    enum verdict v;

    UNUSED(state);
    for (int i = 0; i < VERDICTS; i++) {
        assert_true(verdict_from_name(str_from(verdict_name((enum verdict)i)), &v));
        assert_int_equal(v, i);
    }
    assert_false(verdict_from_name(STR("PASSED"), &v));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_situation_its_exit_code),
        cmocka_unit_test(orders_codes_when_several_apply),
        cmocka_unit_test(reads_every_name_that_it_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
