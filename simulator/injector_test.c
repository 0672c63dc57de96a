#include "simulator/injector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void keeps_the_rate_and_uses_each_wait_once(void **state)
{
    enum { DEVICES = 1000 };
    struct injector *i = injector_new(1, 50, RECONCILE_ENDING_US);
    struct reconcile_command c;
    bool used[DEVICES] = {false};
    uint32_t count = 0;

    UNUSED(state);
    injector_begin(i, 0);
    for (uint32_t d = 0; d < DEVICES; d++)
        injector_wait(i, d, 3, 0, 60 * US_PER_S);
    for (int64_t now_us = 0; now_us <= 10 * US_PER_S; now_us += 10 * US_PER_MS) {
        while (injector_next(i, now_us, &c)) {
            assert_int_equal(c.number, ++count);
            assert_int_equal(c.sequence, 3);
            assert_true(c.sent_us == now_us && c.ends_us == 60 * US_PER_S && c.seen_us == 0);
            assert_true(now_us >= RECONCILE_YOUNG_US);
            assert_false(used[c.device]);
            used[c.device] = true;
        }
    }
    assert_in_range(count, 494, 500); /* the first five were due before a wait was old enough */
    injector_free(&i);
}

static void the_choice_comes_from_the_seed(void **state)
{
    uint32_t chosen[3];
    static const uint64_t seeds[] = {1, 1, 2};

    UNUSED(state);
    for (size_t k = 0; k < 3; k++) {
        struct injector *i = injector_new(seeds[k], 1, RECONCILE_ENDING_US);
        struct reconcile_command c;

        injector_begin(i, 0);
        for (uint32_t d = 0; d < 60000; d++)
            injector_wait(i, d, 1, 0, 60 * US_PER_S);
        assert_true(injector_next(i, US_PER_S, &c));
        assert_false(injector_next(i, US_PER_S, &c));
        chosen[k] = c.device;
        injector_free(&i);
    }
    assert_int_equal(chosen[0], chosen[1]);
    assert_int_not_equal(chosen[0], chosen[2]);
}

static void leaves_out_what_has_nobody(void **state)
{
    struct injector *i = injector_new(1, 10, RECONCILE_ENDING_US);
    struct reconcile_command c;

    UNUSED(state);
    injector_begin(i, 0);
    injector_wait(i, 1, 1, 0, 500 * US_PER_MS); /* too short */
    assert_false(injector_next(i, US_PER_S, &c));
    injector_wait(i, 1, 2, US_PER_S, 5 * US_PER_S); /* too young at first, over in the end */
    assert_false(injector_next(i, US_PER_S + 99 * US_PER_MS, &c));
    assert_false(injector_next(i, 5 * US_PER_S, &c));
    injector_wait(i, 1, 3, 5 * US_PER_S, 9 * US_PER_S);
    assert_true(injector_next(i, 6 * US_PER_S, &c)); /* and no backlog is sent */
    assert_int_equal(c.number, 1);
    assert_int_equal(c.sequence, 3);
    assert_false(injector_next(i, 6 * US_PER_S, &c));
    injector_free(&i);
}

static void sends_nothing_before_and_after(void **state)
{
    struct injector *i = injector_new(1, 10, RECONCILE_ENDING_US),
                    *none = injector_new(1, 0, RECONCILE_ENDING_US);
    struct reconcile_command c;

    UNUSED(state);
    assert_true(injector_deadline_us(i) == INT64_MAX);
    injector_begin(none, 0);
    assert_true(injector_deadline_us(none) == INT64_MAX);
    injector_begin(i, 0);
    assert_true(injector_deadline_us(i) == 100 * US_PER_MS);
    injector_wait(i, 1, 1, 0, 9 * US_PER_S);
    injector_calm(i);
    assert_true(injector_deadline_us(i) == INT64_MAX);
    assert_false(injector_next(i, 5 * US_PER_S, &c));
    injector_free(&i);
    injector_free(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_rate_and_uses_each_wait_once),
        cmocka_unit_test(the_choice_comes_from_the_seed),
        cmocka_unit_test(leaves_out_what_has_nobody),
        cmocka_unit_test(sends_nothing_before_and_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
