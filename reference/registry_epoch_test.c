#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/registry_epoch.h"

static void count_up(void *object)
{
    int *count = object;

    (*count)++;
}

static void frees_at_once_when_nobody_reads(void **state)
{
    struct epoch *e = epoch_new();
    int freed = 0;

    UNUSED(state);
    epoch_retire(e, &freed, count_up);
    assert_int_equal(epoch_reclaim(e), 0);
    assert_int_equal(freed, 1);
    epoch_free(&e);
}

static void waits_for_the_slowest_reader(void **state)
{
    struct epoch *e = epoch_new();
    struct epoch_reader *fast = epoch_reader_new(e);
    struct epoch_reader *slow = epoch_reader_new(e);
    int freed = 0;

    UNUSED(state);
    epoch_retire(e, &freed, count_up);
    epoch_quiescent(fast);
    epoch_quiescent(fast);
    assert_int_equal(epoch_reclaim(e), 1);
    epoch_quiescent(slow);
    epoch_retire(e, &freed, count_up);
    assert_int_equal(epoch_reclaim(e), 1);
    assert_int_equal(freed, 1);
    epoch_reader_free(&slow);
    assert_int_equal(epoch_reclaim(e), 1);
    epoch_reader_free(&fast);
    assert_int_equal(epoch_reclaim(e), 0);
    assert_int_equal(freed, 2);
    epoch_free(&e);
}

static void an_offline_reader_holds_nothing_back(void **state)
{
    struct epoch *e = epoch_new();
    struct epoch_reader *r = epoch_reader_new(e);
    int freed = 0;

    UNUSED(state);
    epoch_offline(r);
    epoch_retire(e, &freed, count_up);
    assert_int_equal(epoch_reclaim(e), 0);
    epoch_quiescent(r);
    epoch_retire(e, &freed, count_up);
    assert_int_equal(epoch_reclaim(e), 1);
    epoch_offline(r);
    assert_int_equal(epoch_reclaim(e), 0);
    epoch_reader_free(&r);
    epoch_free(&e);
}

static void a_new_reader_counts_before_its_first_quiescent_point(void **state)
{
    struct epoch *e = epoch_new();
    struct epoch_reader *r = epoch_reader_new(e);
    int freed = 0;

    UNUSED(state);
    epoch_retire(e, &freed, count_up);
    assert_int_equal(epoch_reclaim(e), 1);
    epoch_reader_free(&r);
    epoch_free(&e);
    assert_int_equal(freed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frees_at_once_when_nobody_reads),
        cmocka_unit_test(waits_for_the_slowest_reader),
        cmocka_unit_test(an_offline_reader_holds_nothing_back),
        cmocka_unit_test(a_new_reader_counts_before_its_first_quiescent_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
