#include "simulator/usl.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulator/rng.h"

enum { POINTS = 24 };

static void assert_within(double value, double expected, double part)
{
    if (!(fabs(value / expected - 1) <= part))
        fail_msg("%g instead of %g", value, expected);
}

/* Points of a known law from least to most load, each off by up to noise. */
static void measure(const struct usl *law, double least, double most, double noise,
                    struct usl_point out[POINTS])
{
    for (size_t i = 0; i < POINTS; i++) {
        double off = noise * (2 * rng_part(rng_at(3, i, 0)) - 1);

        out[i].load = least * pow(most / least, (double)i / (POINTS - 1));
        out[i].throughput = usl_throughput(law, out[i].load) * (1 + off);
        out[i].latency = 1;
    }
}

static void finds_the_law_again(void **state)
{
    static const struct {
        struct usl law;
        double least, most, peak;
    } rows[] = {
        {{.lambda = 1000, .sigma = 0.02, .kappa = 1e-4},  1,   300, 98.995 },
        {{.lambda = 0.05, .sigma = 1e-5, .kappa = 1e-11}, 1e3, 1e6, 316226 },
        {{.lambda = 1, .sigma = 2e-6, .kappa = 2.5e-10},  100, 2e5, 63245.5},
    };
    struct usl_point points[POINTS];
    struct usl u;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        measure(&rows[i].law, rows[i].least, rows[i].most, 0, points);
        assert_true(usl_fit(points, POINTS, &u));
        assert_within(u.lambda, rows[i].law.lambda, 1e-4);
        assert_within(u.sigma, rows[i].law.sigma, 1e-3);
        assert_within(u.kappa, rows[i].law.kappa, 1e-3);
        assert_within(u.peak_load, rows[i].peak, 1e-3);
        assert_within(u.peak_throughput, usl_throughput(&rows[i].law, rows[i].peak), 1e-3);
        assert_true(u.error < 1e-6);
        measure(&rows[i].law, rows[i].least, rows[i].most, 0.03, points);
        assert_true(usl_fit(points, POINTS, &u));
        assert_within(u.peak_load, rows[i].peak, 0.1);
        assert_within(u.peak_throughput, usl_throughput(&rows[i].law, rows[i].peak), 0.05);
        assert_true(u.error > 0.005 && u.error < 0.03);
    }
}

static void sees_no_peak_where_there_is_none(void **state)
{
    static const struct usl linear = {.lambda = 1};
    static const struct usl contended = {.lambda = 1, .sigma = 1e-4};
    struct usl_point points[POINTS];
    struct usl u;

    UNUSED(state);
    measure(&linear, 10, 1e4, 0, points);
    assert_true(usl_fit(points, POINTS, &u));
    assert_within(u.lambda, 1, 1e-6);
    assert_true(u.peak_load > 1e6);
    measure(&contended, 10, 1e5, 0, points);
    assert_true(usl_fit(points, POINTS, &u));
    assert_within(u.sigma, 1e-4, 1e-3);
    assert_within(u.peak_throughput, 1e4, 0.01);
    /* faster than linear is no law: contention below 0 is left out */
    for (size_t i = 0; i < POINTS; i++)
        points[i].throughput = pow(points[i].load, 1.1);
    assert_true(usl_fit(points, POINTS, &u));
    assert_true(u.sigma >= 0 && u.kappa >= 0);
}

static void wants_three_loads(void **state)
{
    struct usl_point points[] = {
        {1, 1, 1},
        {2, 2, 1},
        {2, 2, 1},
        {1, 1, 1}
    };
    struct usl_point zero[] = {
        {1, 1, 1},
        {2, 2, 1},
        {3, 0, 1}
    };
    struct usl u;

    UNUSED(state);
    assert_false(usl_fit(points, COUNT(points), &u));
    assert_false(usl_fit(zero, COUNT(zero), &u));
    assert_false(usl_fit(NULL, 0, &u));
}

/* Utilisation of one server from 0.05 to most, as an open queue's latency. */
static size_t queue(double most, double noise, struct usl_point out[200])
{
    size_t count = 0;

    for (int i = 0; 0.05 + 0.03 * i <= most; i++) {
        double u = 0.05 + 0.03 * i;
        double latency = u < 0.99 ? 1 / (1 - u) : 1000 * u;

        latency *= 1 + noise * (2 * rng_part(rng_at(4, count, 0)) - 1);
        out[count++] = (struct usl_point){1000 * u, 1000 * fmin(u, 1), latency};
    }
    return count;
}

static void finds_the_knee_wherever_the_search_has_been(void **state)
{
    static const double most[] = {0.95, 1.2, 3};
    struct usl_point points[200];
    struct bootstrap knee;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(most); i++) {
        assert_true(usl_find_knee(points, queue(most[i], 0, points), &knee));
        assert_within(knee.value, 690, 0.05); /* 1 - sqrt(0.1) of 1000, one step of 30 either way */
        assert_true(usl_find_knee(points, queue(most[i], 0.1, points), &knee));
        assert_within(knee.value, 690, 0.12);
        assert_true(knee.low <= knee.value && knee.value <= knee.high);
        assert_true(knee.high / knee.low < 1.6);
    }
}

static void sees_no_knee_in_a_flat_line(void **state)
{
    struct usl_point points[200];
    struct bootstrap knee;

    UNUSED(state);
    assert_false(usl_find_knee(points, queue(0.5, 0.1, points), &knee));
    assert_false(usl_find_knee(points, 2, &knee));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_law_again),
        cmocka_unit_test(sees_no_peak_where_there_is_none),
        cmocka_unit_test(wants_three_loads),
        cmocka_unit_test(finds_the_knee_wherever_the_search_has_been),
        cmocka_unit_test(sees_no_knee_in_a_flat_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
