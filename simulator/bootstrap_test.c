#include "simulator/bootstrap.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulator/rng.h"

static double mean(const void *points, const size_t *pick, size_t count)
{
    const double *p = points;
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += p[pick[i]];
    return count > 0 ? sum / (double)count : NAN;
}

/* Of 100 uniform numbers the mean has a deviation of 0.0289. */
static void knows_how_sure_a_mean_is(void **state)
{
    double points[100];
    struct bootstrap b;
    size_t missed = 0;

    UNUSED(state);
    for (uint64_t seed = 0; seed < 100; seed++) {
        for (size_t i = 0; i < COUNT(points); i++)
            points[i] = rng_part(rng_at(seed, 0, i));
        assert_true(bootstrap(mean, points, COUNT(points), &b));
        assert_true(b.low < b.value && b.value < b.high);
        assert_true(b.high - b.low > 0.08 && b.high - b.low < 0.15);
        missed += b.low > 0.5 || b.high < 0.5;
    }
    assert_in_range(missed, 1, 12);
}

static double never(const void *points, const size_t *pick, size_t count)
{
    UNUSED(points);
    UNUSED(pick);
    UNUSED(count);
    return NAN;
}

static void gives_nothing_without_an_estimate(void **state)
{
    struct bootstrap b;

    UNUSED(state);
    assert_false(bootstrap(never, NULL, 3, &b));
    assert_false(bootstrap(mean, NULL, 0, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_how_sure_a_mean_is),
        cmocka_unit_test(gives_nothing_without_an_estimate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
