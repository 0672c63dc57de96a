#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "simulator/diff.h"
#include "simulator/diff_statistics.h"
#include "simulator/result_testrun.h"

/* --- statistics ----------------------------------------------------------------------------------
 */

static double uniform(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*random >> 11) / 9007199254740992.0;
}

static void fill(struct hist *h, size_t count, double scale, uint64_t *random)
{
    hist_clear(h);
    for (size_t i = 0; i < count; i++)
        hist_record(h, (int64_t)(-scale * log(1 - uniform(random))));
}

/* Of many samples, the interval holds the true quantile in about 95 %. */
static void an_interval_of_a_quantile_holds_it_as_often_as_it_says(void **state)
{
    struct hist *h = hist_new();
    uint64_t random = 42;
    int held = 0;

    UNUSED(state);
    for (int i = 0; i < 400; i++) {
        struct diff_interval q;

        fill(h, 2000, 10000, &random);
        q = diff_quantile(h, 0.9);
        assert_true(q.low <= q.value && q.value <= q.high);
        held += q.low <= 10000 * log(10) && 10000 * log(10) <= q.high;
    }
    assert_in_range(held, 360, 396);
    hist_free(&h);
}

static void batch_means_hold_the_mean_as_often_as_they_say(void **state)
{
    uint64_t random = 7;
    int held = 0;

    UNUSED(state);
    for (int i = 0; i < 400; i++) {
        double numbers[61];
        struct diff_interval m;

        for (size_t k = 0; k < COUNT(numbers); k++)
            numbers[k] = uniform(&random);
        numbers[7] = NAN;
        m = diff_batch_mean(numbers, COUNT(numbers));
        held += m.low <= 0.5 && 0.5 <= m.high;
    }
    assert_in_range(held, 364, 396);
}

static void pairs_cancel_what_both_runs_have_and_outliers_do_not_count(void **state)
{
    double a[100];
    double b[100];
    uint64_t random = 7;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(a); i++) {
        a[i] = (i > 50 ? 1000 : 1) * (100 + 2 * uniform(&random));
        b[i] = (i > 50 ? 1000 : 1) * (100 + 2 * uniform(&random));
    }
    b[3] = 1e9;
    assert_true(diff_paired_noise(a, b, COUNT(a)) < 0.01);
    assert_true(diff_paired_noise(a, b, COUNT(a)) > 0.0005);
    assert_true(diff_paired_noise(a, b, 9) == 0);
    a[3] = NAN;
    a[4] = 0;
    assert_true(diff_paired_noise(a, b, 11) == 0);
}

static void the_distance_of_distributions_is_that_of_kolmogorov_and_smirnov(void **state)
{
    struct hist *a = hist_new();
    struct hist *b = hist_new();
    uint64_t random = 3;
    int below = 0;

    UNUSED(state);
    assert_true(diff_distance(a, b) == 0);
    hist_record_many(a, 100, 3);
    hist_record_many(a, 200, 1);
    assert_true(diff_distance(a, b) == 1);
    hist_record_many(b, 100, 1);
    hist_record_many(b, 300, 1);
    assert_true(fabs(diff_distance(a, b) - 0.5) < 1e-12);
    assert_true(fabs(diff_distance(b, a) - 0.5) < 1e-12);
    for (int i = 0; i < 200; i++) {
        fill(a, 500, 10000, &random);
        fill(b, 700, 10000, &random);
        below += diff_distance(a, b) < diff_distance_bound(500, 700);
    }
    assert_in_range(below, 182, 200);
    hist_free(&b);
    hist_free(&a);
}

/* --- runs ----------------------------------------------------------------------------------------
 */

static enum swarm_exit compare(const struct testrun *x, const struct testrun *y, double allow,
                               struct buf *out)
{
    struct result a;
    struct result b;
    enum swarm_exit code;

    testrun_make(&a, x);
    testrun_make(&b, y);
    buf_clear(out);
    code = diff_results(&a, &b, allow, out);
    buf_add_char(out, '\0');
    result_fini(&b);
    result_fini(&a);
    return code;
}

static void runs_of_one_endpoint_differ_by_noise_only(void **state)
{
    struct buf out = buf_growing();

    UNUSED(state);
    for (uint64_t seed = 2; seed < 6; seed++) {
        struct testrun other = testrun_plain;

        other.seed = seed;
        if (compare(&testrun_plain, &other, 0.05, &out) != SWARM_HELD)
            fail_msg("%s", out.ptr);
    }
    buf_fini(&out);
}

static void a_slower_endpoint_is_worse_and_a_faster_one_is_not(void **state)
{
    struct buf out = buf_growing();
    struct testrun other = testrun_plain;

    UNUSED(state);
    other.seed = 2;
    other.slowness = 1.1;
    assert_int_equal(compare(&testrun_plain, &other, 0.05, &out), SWARM_BROKEN);
    assert_non_null(strstr(out.ptr, "  WORSE\n"));
    assert_int_equal(compare(&testrun_plain, &other, 0.15, &out), SWARM_HELD);
    assert_int_equal(compare(&other, &testrun_plain, 0.05, &out), SWARM_HELD);
    assert_non_null(strstr(out.ptr, "  better\n"));
    buf_fini(&out);
}

static void one_lost_event_is_worse(void **state)
{
    struct buf out = buf_growing();
    struct result a;
    struct result b;

    UNUSED(state);
    testrun_make(&a, &testrun_plain);
    testrun_make(&b, &testrun_plain);
    b.total.counter[TALLY_EVENT_LOST] = 1;
    assert_int_equal(diff_results(&a, &b, 0.05, &out), SWARM_BROKEN);
    assert_int_equal(diff_results(&b, &a, 0.05, &out), SWARM_HELD);
    result_fini(&b);
    result_fini(&a);
    buf_fini(&out);
}

static void an_invalid_run_gives_no_verdict_and_other_conditions_are_said(void **state)
{
    struct buf out = buf_growing();
    struct result a;
    struct result b;

    UNUSED(state);
    testrun_make(&a, &testrun_plain);
    testrun_make(&b, &testrun_plain);
    b.verdict = RESULT_INVALID;
    result_add_invalid(&b, "Sends came late.");
    b.devices = 5;
    assert_int_equal(diff_results(&a, &b, 0.05, &out), SWARM_INVALID);
    buf_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, "the second run is INVALID: Sends came late.\n"));
    assert_non_null(strstr(out.ptr, "note: the runs differ in their devices\n"));
    assert_null(strstr(out.ptr, "differ in their seed"));
    result_fini(&b);
    result_fini(&a);
    buf_fini(&out);
}

static void files_that_cannot_be_read_are_named(void **state)
{
    static const char *const files[] = {"README.md", "/nowhere.json"};
    char *errors = NULL;
    size_t len = 0;
    FILE *err = open_memstream(&errors, &len);

    UNUSED(state);
    assert_int_equal(diff_command(files, 2, 0.05, stdout, err), SWARM_USAGE);
    assert_int_equal(fclose(err), 0);
    assert_string_equal(errors, "seatrial-swarm: README.md: no JSON report of a run (schema "
                                "seatrial-swarm-result/1)\n");
    free(errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_of_a_quantile_holds_it_as_often_as_it_says),
        cmocka_unit_test(batch_means_hold_the_mean_as_often_as_they_say),
        cmocka_unit_test(pairs_cancel_what_both_runs_have_and_outliers_do_not_count),
        cmocka_unit_test(the_distance_of_distributions_is_that_of_kolmogorov_and_smirnov),
        cmocka_unit_test(runs_of_one_endpoint_differ_by_noise_only),
        cmocka_unit_test(a_slower_endpoint_is_worse_and_a_faster_one_is_not),
        cmocka_unit_test(one_lost_event_is_worse),
        cmocka_unit_test(an_invalid_run_gives_no_verdict_and_other_conditions_are_said),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
