#include "reference/sink_lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct sink_lanes lanes;

static void items_of_one_key_come_one_after_the_other(void **state)
{
    struct sink_lane_item item[4] = {{.key = 7}, {.key = 7}, {.key = 7}, {.key = 7}};

    UNUSED(state);
    assert_true(sink_lanes_add(&lanes, &item[0]));
    assert_false(sink_lanes_add(&lanes, &item[1]));
    assert_false(sink_lanes_add(&lanes, &item[2]));
    assert_ptr_equal(sink_lanes_remove(&lanes, &item[0]), &item[1]);
    assert_false(sink_lanes_add(&lanes, &item[3])); /* behind 2, although 1 is first now */
    assert_ptr_equal(sink_lanes_remove(&lanes, &item[1]), &item[2]);
    assert_ptr_equal(sink_lanes_remove(&lanes, &item[2]), &item[3]);
    assert_null(sink_lanes_remove(&lanes, &item[3]));
    assert_true(sink_lanes_add(&lanes, &item[0])); /* the lane was empty again */
    assert_null(sink_lanes_remove(&lanes, &item[0]));
}

static void other_keys_do_not_wait_in_the_same_bucket_either(void **state)
{
    struct sink_lane_item a[2] = {{.key = 1}, {.key = 1}};
    struct sink_lane_item b[2] = {{.key = 1 + SINK_LANE_BUCKETS}, {.key = 1 + SINK_LANE_BUCKETS}};
    struct sink_lane_item c = {.key = 1 + 2 * SINK_LANE_BUCKETS};

    UNUSED(state);
    assert_true(sink_lanes_add(&lanes, &a[0]));
    assert_true(sink_lanes_add(&lanes, &b[0]));
    assert_true(sink_lanes_add(&lanes, &c));
    assert_false(sink_lanes_add(&lanes, &a[1]));
    assert_false(sink_lanes_add(&lanes, &b[1]));
    assert_ptr_equal(sink_lanes_remove(&lanes, &b[0]), &b[1]);
    assert_ptr_equal(sink_lanes_remove(&lanes, &a[0]), &a[1]);
    assert_null(sink_lanes_remove(&lanes, &c));
    assert_null(sink_lanes_remove(&lanes, &a[1]));
    assert_null(sink_lanes_remove(&lanes, &b[1]));
    for (size_t i = 0; i < SINK_LANE_BUCKETS; i++)
        assert_null(lanes.bucket[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_of_one_key_come_one_after_the_other),
        cmocka_unit_test(other_keys_do_not_wait_in_the_same_bucket_either),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
