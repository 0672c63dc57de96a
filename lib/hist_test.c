#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/hist.h"

static int setup(void **state)
{
    *state = hist_new();
    return 0;
}

static int teardown(void **state)
{
    hist_free((struct hist **)state);
    return 0;
}

/* What HdrHistogram's own tests record: ten thousand times 1 ms, once 100 s. */
static void record_stall(struct hist *h)
{
    for (size_t i = 0; i < 10000; i++)
        hist_record(h, 1000);
    hist_record(h, 100000000);
}

static void an_empty_one_says_zero(void **state)
{
    struct hist *h = *state;

    assert_int_equal(hist_count(h), 0);
    assert_int_equal(hist_min_us(h), 0);
    assert_int_equal(hist_max_us(h), 0);
    assert_int_equal(hist_value_us(h, 0.99), 0);
    assert_int_equal(hist_count_to(h, HIST_MAX_US), 0);
    assert_true(hist_mean_us(h) == 0 && hist_deviation_us(h) == 0);
}

static void values_below_2048_keep_their_microsecond(void **state)
{
    struct hist *h = *state;

    for (int64_t v = 0; v < 2048; v++) {
        hist_clear(h);
        hist_record(h, v);
        assert_int_equal(hist_min_us(h), v);
        assert_int_equal(hist_max_us(h), v);
    }
}

/* Three significant digits: a place is never wider than a thousandth of its value. */
static void every_value_is_kept_within_a_thousandth(void **state)
{
    struct hist *h = *state;

    for (int64_t v = 1; v <= HIST_MAX_US; v += v / 777 + 1) {
        hist_clear(h);
        hist_record(h, v);
        assert_true(hist_min_us(h) <= v && v <= hist_max_us(h));
        assert_true(hist_max_us(h) - hist_min_us(h) <= v / 1000);
    }
}

static const struct {
    int64_t value;
    int64_t low;
    int64_t high;
} places[] = {
    {2047,       2047,       2047      },
    {2048,       2048,       2049      },
    {2049,       2048,       2049      },
    {4095,       4094,       4095      },
    {4096,       4096,       4099      },
    {10007,      10000,      10007     },
    {100000000,  99942400,   100007935 },
    {3600000000, 3598712832, 3600809983},
};

static void places_are_those_of_hdrhistogram(void **state)
{
    struct hist *h = *state;

    for (size_t i = 0; i < COUNT(places); i++) {
        hist_clear(h);
        hist_record(h, places[i].value);
        assert_int_equal(hist_min_us(h), places[i].low);
        assert_int_equal(hist_max_us(h), places[i].high);
    }
}

static void what_lies_outside_counts_at_the_edges(void **state)
{
    struct hist *h = *state;

    hist_record(h, -5);
    assert_int_equal(hist_max_us(h), 0);
    hist_record(h, INT64_MAX);
    assert_int_equal(hist_max_us(h), 3600809983);
    assert_int_equal(hist_count(h), 2);
    hist_record(h, INT64_MIN);
    assert_int_equal(hist_count_to(h, 0), 2);
}

static void percentiles_are_those_of_hdrhistogram(void **state)
{
    struct hist *h = *state;

    record_stall(h);
    assert_int_equal(hist_count(h), 10001);
    assert_int_equal(hist_min_us(h), 1000);
    assert_int_equal(hist_max_us(h), 100007935);
    assert_int_equal(hist_value_us(h, 0), 1000);
    assert_int_equal(hist_value_us(h, 0.3), 1000);
    assert_int_equal(hist_value_us(h, 0.99), 1000);
    assert_int_equal(hist_value_us(h, 0.9999), 1000);
    assert_int_equal(hist_value_us(h, 0.99999), 100007935);
    assert_int_equal(hist_value_us(h, 1), 100007935);
    assert_float_equal(hist_mean_us(h), 10996.417, 0.01);
    assert_float_equal(hist_deviation_us(h), 999641.716, 0.1);
}

static void the_rank_of_a_percentile_is_never_one_too_high(void **state)
{
    struct hist *h = *state;

    for (int64_t v = 1; v <= 1000; v++)
        hist_record(h, v);
    assert_int_equal(hist_value_us(h, 0.001), 1);
    assert_int_equal(hist_value_us(h, 0.5), 500);
    assert_int_equal(hist_value_us(h, 0.9), 900);
    assert_int_equal(hist_value_us(h, 0.99), 990);
    assert_int_equal(hist_value_us(h, 0.999), 999);
    assert_int_equal(hist_value_us(h, 0.9991), 1000);
    assert_int_equal(hist_value_us(h, 7), 1000);
}

static void counts_up_to_a_value_include_its_place(void **state)
{
    struct hist *h = *state;

    hist_record_many(h, 100, 3);
    hist_record_many(h, 10007, 4);
    hist_record_many(h, 1, 0);
    assert_int_equal(hist_min_us(h), 100);
    assert_int_equal(hist_count_to(h, -1), 0);
    assert_int_equal(hist_count_to(h, 99), 0);
    assert_int_equal(hist_count_to(h, 100), 3);
    assert_int_equal(hist_count_to(h, 9999), 3);
    assert_int_equal(hist_count_to(h, 10000), 7);
    assert_int_equal(hist_count_to(h, INT64_MAX), 7);
}

static void adding_is_as_if_all_had_been_recorded_in_one(void **state)
{
    struct hist *all = *state;
    struct hist *parts[3] = {hist_new(), hist_new(), hist_new()};
    struct hist *sum = hist_new();
    uint64_t random = 1;

    for (size_t i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        hist_record(all, (int64_t)(random >> (32 + random % 24)));
        hist_record(parts[i % 2], (int64_t)(random >> (32 + random % 24)));
    }
    for (size_t i = 0; i < COUNT(parts); i++)
        hist_add(sum, parts[i]);
    assert_int_equal(hist_count(sum), 20000);
    assert_int_equal(hist_min_us(sum), hist_min_us(all));
    assert_int_equal(hist_max_us(sum), hist_max_us(all));
    assert_true(hist_mean_us(sum) == hist_mean_us(all));
    for (int i = 0; i <= 1000; i++)
        assert_int_equal(hist_value_us(sum, i / 1000.0), hist_value_us(all, i / 1000.0));
    for (size_t i = 0; i < COUNT(parts); i++)
        hist_free(&parts[i]);
    hist_free(&sum);
    assert_null(sum);
}

static void a_cleared_one_keeps_nothing(void **state)
{
    struct hist *h = *state;

    record_stall(h);
    hist_clear(h);
    an_empty_one_says_zero(state);
    hist_record_many(h, 1000, 1);
    hist_record_many(h, 2000000000, 1);
    assert_int_equal(hist_count_to(h, 100000000), 1);
    hist_clear(h);
    hist_clear(h);
    an_empty_one_says_zero(state);
}

#define HIST_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HIST_TEST(an_empty_one_says_zero),
        HIST_TEST(values_below_2048_keep_their_microsecond),
        HIST_TEST(every_value_is_kept_within_a_thousandth),
        HIST_TEST(places_are_those_of_hdrhistogram),
        HIST_TEST(what_lies_outside_counts_at_the_edges),
        HIST_TEST(percentiles_are_those_of_hdrhistogram),
        HIST_TEST(the_rank_of_a_percentile_is_never_one_too_high),
        HIST_TEST(counts_up_to_a_value_include_its_place),
        HIST_TEST(adding_is_as_if_all_had_been_recorded_in_one),
        HIST_TEST(a_cleared_one_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
