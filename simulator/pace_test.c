#include "simulator/pace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DEVICES = 2000, SEED = 11 };

/* 100 s: up to full load, a plateau, a spike, nothing at all, down from half. */
static struct profile example(enum profile_arrival arrival)
{
    return (struct profile){
        .arrival = arrival,
        .jitter_part = 0.5,
        .period_s = 4,
        .connect_us = 8 * US_PER_S,
        .stage_count = 5,
        .stages = {{.kind = STAGE_RAMP, .duration_us = 20 * US_PER_S, .from = 0, .to = 1},
                   {.kind = STAGE_HOLD, .duration_us = 30 * US_PER_S, .from = 1, .to = 1},
                   {.kind = STAGE_SPIKE, .duration_us = 10 * US_PER_S, .from = 3, .to = 3},
                   {.kind = STAGE_HOLD, .duration_us = 20 * US_PER_S, .from = 0, .to = 0},
                   {.kind = STAGE_RAMP, .duration_us = 20 * US_PER_S, .from = 0.5, .to = 0}},
    };
}

/* How many sends of all devices fall into each second. */
static void count_sends(const struct pace *p, uint64_t seed, unsigned second[100])
{
    for (uint32_t d = 0; d < DEVICES; d++) {
        int64_t last_us = 0;
        int64_t at_us;
        double load = 0;

        for (uint32_t n = 1; (at_us = pace_next_us(p, seed, d, n, &load)) != INT64_MAX; n++) {
            assert_true(at_us >= last_us && at_us < pace_end_us(p));
            second[at_us / US_PER_S]++;
            last_us = at_us;
        }
    }
}

static void assert_near(double value, double expected, double allowed)
{
    if (!(fabs(value - expected) <= allowed))
        fail_msg("%g instead of %g +- %g", value, expected, allowed);
}

/* Within four standard deviations of a Poisson process, of which the others have less. */
static void sends_as_many_as_the_integral_of_the_load(void **state)
{
    static const enum profile_arrival arrivals[] = {ARRIVAL_CONSTANT, ARRIVAL_POISSON,
                                                    ARRIVAL_JITTER};

    UNUSED(state);
    for (size_t a = 0; a < COUNT(arrivals); a++) {
        struct profile profile = example(arrivals[a]);
        unsigned second[100] = {0};
        struct pace p;

        pace_init(&p, &profile, NAN, DEVICES, 1);
        count_sends(&p, SEED, second);
        for (size_t s = 0; s < 100; s++) {
            double expected = pace_count_at(&p, (int64_t)(s + 1) * US_PER_S) -
                              pace_count_at(&p, (int64_t)s * US_PER_S);

            assert_near(second[s], expected, 4 * sqrt(expected));
        }
    }
}

static void knows_rate_and_count_of_every_stage(void **state)
{
    static const struct {
        double at_s, rate, count;
        size_t stage;
    } rows[] = {
        {0,    0,    0,     0}, /* full load: 2 000 devices each 4 s are 500 a second */
        {10,   250,  1250,  0},
        {20,   500,  5000,  1},
        {49,   500,  19500, 1},
        {50,   1500, 20000, 2},
        {60,   0,    35000, 3},
        {79.5, 0,    35000, 3},
        {80,   250,  35000, 4},
        {90,   125,  36875, 4},
        {100,  0,    37500, 5},
        {1e6,  0,    37500, 5},
    };
    struct profile profile = example(ARRIVAL_CONSTANT);
    struct pace p;

    UNUSED(state);
    pace_init(&p, &profile, NAN, DEVICES, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t at_us = (int64_t)(rows[i].at_s * 1e6);

        assert_near(pace_rate_at(&p, at_us), rows[i].rate, 1e-6);
        assert_near(pace_count_at(&p, at_us), rows[i].count, 1e-6);
        assert_int_equal(pace_stage_at(&p, at_us), rows[i].stage);
    }
    assert_int_equal(pace_stage_from_us(&p, 2), 50 * US_PER_S);
    assert_int_equal(pace_stage_from_us(&p, 5), pace_end_us(&p));
    pace_init(&p, &profile, NAN, DEVICES, 10);
    assert_near(pace_rate_at(&p, 20 * US_PER_S), 5000, 1e-6);
    pace_init(&p, &profile, 700, DEVICES, 10); /* --rate says it all */
    assert_near(pace_rate_at(&p, 20 * US_PER_S), 700, 1e-6);
}

static void inverts_the_integral_exactly(void **state)
{
    struct profile profile = example(ARRIVAL_POISSON);
    struct pace p;

    UNUSED(state);
    pace_init(&p, &profile, NAN, DEVICES, 1);
    for (uint32_t d = 0; d < 100; d++) {
        double load = 0;
        int64_t at_us;

        for (uint32_t n = 1; (at_us = pace_next_us(&p, SEED, d, n, &load)) != INT64_MAX; n++)
            assert_near(pace_count_at(&p, at_us) / DEVICES, load, 2e-6);
    }
}

static void does_not_depend_on_who_asks_and_when(void **state)
{
    struct profile profile = example(ARRIVAL_POISSON);
    int64_t forward[50][4];
    double load[50] = {0};
    struct pace p;
    size_t differ = 0;

    UNUSED(state);
    pace_init(&p, &profile, NAN, DEVICES, 1);
    for (uint32_t n = 1; n <= 4; n++)
        for (uint32_t d = 0; d < 50; d++)
            forward[d][n - 1] = pace_next_us(&p, SEED, d, n, &load[d]);
    for (uint32_t d = 50; d-- > 0;) {
        double again = 0;
        double other = 0;

        for (uint32_t n = 1; n <= 4; n++) {
            assert_int_equal(pace_next_us(&p, SEED, d, n, &again), forward[d][n - 1]);
            differ += pace_next_us(&p, SEED + 1, d, n, &other) != forward[d][n - 1];
        }
    }
    assert_int_equal(differ, 200);
}

static void aligns_bursts_of_all_devices(void **state)
{
    struct profile profile = example(ARRIVAL_BURST);
    struct pace p;

    UNUSED(state);
    pace_init(&p, &profile, NAN, DEVICES, 1);
    for (uint32_t n = 3; n <= 9; n++) { /* on the plateau, from 2.5 publishes each on */
        double load = 0;
        int64_t at_us = pace_next_us(&p, SEED, 0, n, &load);

        assert_int_equal(at_us, (20 + 4 * ((int64_t)n - 3)) * US_PER_S);
        for (uint32_t d = 1; d < 50; d++)
            assert_int_equal(pace_next_us(&p, SEED, d, n, &load), at_us);
    }
}

static void keeps_jitter_within_its_part_of_the_period(void **state)
{
    struct profile profile = example(ARRIVAL_JITTER);
    double least = INFINITY;
    double most = 0;
    struct pace p;

    UNUSED(state);
    profile.stages[0] = profile.stages[1];
    profile.stages[0].duration_us = 4000 * US_PER_S;
    profile.stage_count = 1;
    pace_init(&p, &profile, NAN, 1, 1);
    double load = 0;
    int64_t last_us = pace_next_us(&p, SEED, 0, 1, &load);

    for (uint32_t n = 2; n < 900; n++) {
        int64_t at_us = pace_next_us(&p, SEED, 0, n, &load);

        least = fmin(least, (double)(at_us - last_us) / 1e6);
        most = fmax(most, (double)(at_us - last_us) / 1e6);
        last_us = at_us;
    }
    assert_true(least >= 2 && least < 2.4);
    assert_true(most <= 6 && most > 5.6);
}

static void calls_the_asked_part_of_the_devices_to_a_storm(void **state)
{
    struct profile profile = example(ARRIVAL_CONSTANT);
    size_t called = 0;
    size_t early = 0;
    struct pace p;

    UNUSED(state);
    profile.stages[3].storm_part = 0.3;
    pace_init(&p, &profile, NAN, DEVICES, 1);
    for (uint32_t d = 0; d < DEVICES; d++) {
        assert_false(pace_in_storm(&p, SEED, d, 2));
        assert_false(pace_in_storm(&p, SEED, d, 5));
        called += pace_in_storm(&p, SEED, d, 3);
        assert_in_range(pace_connect_us(&p, SEED, d), 0, 8 * US_PER_S - 1);
        early += pace_connect_us(&p, SEED, d) < 4 * US_PER_S;
    }
    assert_in_range(called, 520, 680);
    assert_in_range(early, 910, 1090);
}

static void sends_nothing_without_load(void **state)
{
    struct profile profile = example(ARRIVAL_BURST);
    double load = 0;
    struct pace p;

    UNUSED(state);
    pace_init(&p, &profile, 0, DEVICES, 1);
    assert_int_equal(pace_next_us(&p, SEED, 0, 1, &load), INT64_MAX);
    assert_int_equal(pace_end_us(&p), 100 * US_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_as_many_as_the_integral_of_the_load),
        cmocka_unit_test(knows_rate_and_count_of_every_stage),
        cmocka_unit_test(inverts_the_integral_exactly),
        cmocka_unit_test(does_not_depend_on_who_asks_and_when),
        cmocka_unit_test(aligns_bursts_of_all_devices),
        cmocka_unit_test(keeps_jitter_within_its_part_of_the_period),
        cmocka_unit_test(calls_the_asked_part_of_the_devices_to_a_storm),
        cmocka_unit_test(sends_nothing_without_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
