#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/result_verdict.h"

static void every_wrong_counter_breaks_a_run(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(result_wrongs); i++) {
        struct result r;

        result_init(&r);
        assert_int_equal(result_verdict_of(&r, false), RESULT_GOOD);
        r.total.counter[result_wrongs[i].counter] = 1;
        assert_int_equal(result_verdict_of(&r, false), RESULT_BROKEN);
        r.invalid[r.invalid_count++] = "late";
        assert_int_equal(result_verdict_of(&r, false),
                         result_wrongs[i].needs_generator ? RESULT_INVALID : RESULT_BROKEN);
        assert_int_equal(result_verdict_of(&r, true),
                         result_wrongs[i].needs_generator ? RESULT_INTERRUPTED : RESULT_BROKEN);
        result_fini(&r);
    }
}

static void what_is_lawful_does_not_break_a_run(void **state)
{
    struct result r;

    UNUSED(state);
    result_init(&r);
    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++) {
        bool wrong = false;

        for (size_t k = 0; k < COUNT(result_wrongs); k++)
            wrong = wrong || result_wrongs[k].counter == i;
        r.total.counter[i] = wrong ? 0 : 5;
    }
    assert_int_equal(result_verdict_of(&r, false), RESULT_GOOD);
    result_fini(&r);
}

static void objectives_decide_only_in_a_valid_run(void **state)
{
    struct result r;

    UNUSED(state);
    result_init(&r);
    r.slo[0] = (struct result_slo){.held = true, .unknown = true};
    r.slo[1] = (struct result_slo){.held = true};
    r.slo_count = 2;
    assert_int_equal(result_verdict_of(&r, false), RESULT_GOOD);
    assert_int_equal(result_verdict_of(&r, true), RESULT_INTERRUPTED);
    r.slo[1].held = false;
    assert_int_equal(result_verdict_of(&r, false), RESULT_BROKEN);
    assert_int_equal(result_verdict_of(&r, true), RESULT_INTERRUPTED);
    r.invalid_count = 1;
    assert_int_equal(result_verdict_of(&r, false), RESULT_INVALID);
    result_fini(&r);
}

static void exit_codes_are_those_of_the_contract(void **state)
{
    UNUSED(state);
    assert_int_equal(result_verdict_exit(RESULT_GOOD), 0);
    assert_int_equal(result_verdict_exit(RESULT_BROKEN), 1);
    assert_int_equal(result_verdict_exit(RESULT_INVALID), 4);
    assert_int_equal(result_verdict_exit(RESULT_INTERRUPTED), 130);
    assert_string_equal(result_verdict_name(RESULT_INVALID), "INVALID");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wrong_counter_breaks_a_run),
        cmocka_unit_test(what_is_lawful_does_not_break_a_run),
        cmocka_unit_test(objectives_decide_only_in_a_valid_run),
        cmocka_unit_test(exit_codes_are_those_of_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
