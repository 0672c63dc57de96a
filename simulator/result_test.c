#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "simulator/result.h"

static void rows_begin_with_what_is_not_known(void **state)
{
    struct result r;

    UNUSED(state);
    result_init(&r);
    assert_true(isnan(r.rate_per_s) && isnan(r.bytes_per_device));
    for (size_t i = 0; i < 1000; i++) {
        struct result_second *s = result_add_second(&r);

        assert_ptr_equal(s, &r.seconds[i]);
        assert_int_equal(s->counter[TALLY_PUBLISH_SENT], 0);
        assert_true(isnan(s->own_cpu_cores) && isnan(s->steal_part) && isnan(s->server.cpu_cores));
        s->at_us = (int64_t)i;
    }
    assert_int_equal(r.second_count, 1000);
    assert_int_equal(r.seconds[500].at_us, 500);
    result_fini(&r);
}

static void stages_keep_their_order(void **state)
{
    struct result r;

    UNUSED(state);
    result_init(&r);
    for (int64_t i = 0; i < 30; i++) {
        struct result_stage *s = result_add_stage(&r);

        assert_true(isnan(s->rate_from) && isnan(s->rate_to));
        s->name = result_format(&r, "stage %lld", (long long)i);
        s->from_us = i;
    }
    assert_int_equal(r.stage_count, 30);
    for (int64_t i = 0; i < 30; i++)
        assert_int_equal(r.stages[i].from_us, i);
    assert_string_equal(r.stages[29].name, "stage 29");
    result_fini(&r);
}

static void reasons_beyond_the_room_are_dropped(void **state)
{
    struct result r;

    UNUSED(state);
    result_init(&r);
    for (int i = 0; i < 20; i++)
        result_add_invalid(&r, "a reason");
    assert_int_equal(r.invalid_count, RESULT_INVALID_MAX);
    result_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_begin_with_what_is_not_known),
        cmocka_unit_test(stages_keep_their_order),
        cmocka_unit_test(reasons_beyond_the_room_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
