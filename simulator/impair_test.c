#include "simulator/impair.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DEVICES = 50, EACH = 4000, ALL = DEVICES * EACH, FIRST = 1000, NUMBER_LEN = 4 };

/* What came out, in order. */
struct arrivals {
    size_t count;
    uint32_t device[2 * ALL];
    uint32_t number[2 * ALL];
    size_t changed; /* payloads that are not what was sent */
    struct tally tally;
};

static void take(void *arg, uint32_t device, const uint8_t *bytes, size_t len)
{
    struct arrivals *a = arg;

    assert_int_equal(len, 40);
    memcpy(&a->number[a->count], bytes, NUMBER_LEN);
    a->device[a->count] = device;
    for (size_t i = NUMBER_LEN; i < len; i++)
        a->changed += (bytes[i] ^ 0x55) != 0;
    a->count++;
}

static struct impair *open_impair(const struct profile_impairment *what, struct arrivals *a,
                                  size_t pool)
{
    const struct impair_options options = {.what = what,
                                           .seed = 5,
                                           .first_device = FIRST,
                                           .device_count = DEVICES,
                                           .pool = pool,
                                           .deliver = take,
                                           .arg = a,
                                           .tally = &a->tally};

    return impair_new(&options);
}

static void pass(struct impair *i, uint32_t device, uint32_t number, int64_t now_us)
{
    uint8_t bytes[40];

    memset(bytes, 0x55, sizeof bytes);
    memcpy(bytes, &number, sizeof number);
    impair_pass(i, device, bytes, sizeof bytes, now_us);
}

/* Each device sends one each 100 ms. */
static struct arrivals *run(const struct profile_impairment *what)
{
    struct arrivals *a = xcalloc(1, sizeof *a);
    struct impair *i = open_impair(what, a, 4096);

    for (uint32_t n = 0; n < EACH; n++) {
        for (uint32_t d = FIRST; d < FIRST + DEVICES; d++)
            pass(i, d, n, n * 100 * US_PER_MS);
        while (impair_deadline_us(i) < (n + 1) * 100 * US_PER_MS)
            impair_advance(i, impair_deadline_us(i));
    }
    impair_advance(i, INT64_MAX);
    assert_int_equal(impair_deadline_us(i), INT64_MAX);
    impair_free(&i);
    return a;
}

static void is_not_there_when_nothing_is_impaired(void **state)
{
    const struct profile_impairment nothing = {.burst_len = 5};
    static struct arrivals a; /* megabytes: not for the stack */

    UNUSED(state);
    assert_null(open_impair(&nothing, &a, 1));
}

static void loses_doubles_and_changes_the_asked_part(void **state)
{
    const struct profile_impairment what = {
        .loss = 0.05, .duplicate = 0.02, .corrupt = 0.04, .burst_len = 5};
    struct arrivals *a = run(&what);
    uint64_t lost = a->tally.counter[TALLY_IMPAIR_LOST];
    uint64_t copies = a->tally.counter[TALLY_IMPAIR_DUPLICATED];

    UNUSED(state);
    assert_in_range(lost, ALL * 0.048, ALL * 0.052);
    assert_in_range(copies, ALL * 0.95 * 0.018, ALL * 0.95 * 0.022);
    assert_int_equal(a->count, ALL - lost + copies);
    /* one bit of 320 each; 32 of them are those of the number */
    assert_in_range(a->tally.counter[TALLY_IMPAIR_CORRUPTED], ALL * 0.036, ALL * 0.04);
    assert_in_range(a->changed, ALL * 0.032, ALL * 0.038);
    assert_int_equal(a->tally.counter[TALLY_IMPAIR_DELAYED], 0);
    free(a);
}

static void loses_in_bursts_of_the_asked_length(void **state)
{
    const struct profile_impairment what = {.burst_loss = 0.01, .burst_len = 4};
    struct arrivals *a = run(&what);
    uint32_t next[DEVICES] = {0};
    size_t bursts = 0;
    size_t lost = 0;

    UNUSED(state);
    for (size_t n = 0; n < a->count; n++) {
        uint32_t d = a->device[n] - FIRST;

        bursts += a->number[n] > next[d];
        lost += a->number[n] - next[d];
        next[d] = a->number[n] + 1;
    }
    assert_in_range(bursts, ALL * 0.0085, ALL * 0.01);
    assert_true(fabs((double)lost / (double)bursts - 4) < 0.4);
    free(a);
}

static void lets_the_asked_part_be_overtaken_by_its_device(void **state)
{
    const struct profile_impairment what = {.reorder = 0.1, .burst_len = 5};
    struct arrivals *a = xcalloc(1, sizeof *a);
    struct impair *i = open_impair(&what, a, 4096);
    size_t behind = 0;

    UNUSED(state);
    for (uint32_t n = 0; n < EACH; n++)
        pass(i, FIRST + 1, n, n * US_PER_MS);
    impair_advance(i, INT64_MAX);
    impair_free(&i);
    assert_int_equal(a->count, EACH);
    for (size_t n = 1; n < EACH; n++) {
        behind += a->number[n] + 1 == a->number[n - 1];
        assert_in_range(a->number[n], n - 1, n + 1);
    }
    assert_in_range(behind, EACH * 0.075, EACH * 0.105);
    free(a);
}

static void releases_who_is_never_overtaken(void **state)
{
    const struct profile_impairment what = {.reorder = 1, .burst_len = 5};
    struct arrivals *a = xcalloc(1, sizeof *a);
    struct impair *i = open_impair(&what, a, 10);

    UNUSED(state);
    pass(i, FIRST, 1, 0);
    assert_int_equal(a->count, 0);
    impair_advance(i, impair_deadline_us(i) - 1);
    assert_int_equal(a->count, 0);
    impair_advance(i, impair_deadline_us(i));
    assert_int_equal(a->count, 1);
    impair_free(&i);
    free(a);
}

static void delays_between_the_bounds(void **state)
{
    const struct profile_impairment what = {
        .delay_min_us = 20000, .delay_max_us = 60000, .burst_len = 5};
    struct arrivals *a = xcalloc(1, sizeof *a);
    struct impair *i = open_impair(&what, a, 1000);
    int64_t last_us = 0;
    int64_t sum_us = 0;

    UNUSED(state);
    for (uint32_t n = 0; n < 1000; n++)
        pass(i, FIRST, n, 0);
    assert_int_equal(a->count, 0);
    for (int64_t due_us; (due_us = impair_deadline_us(i)) != INT64_MAX;) {
        size_t before = a->count;

        assert_in_range(due_us, 20000, 60000);
        assert_true(due_us > last_us);
        last_us = due_us;
        impair_advance(i, due_us);
        assert_true(a->count > before);
        sum_us += due_us * (int64_t)(a->count - before);
    }
    assert_int_equal(a->count, 1000);
    assert_in_range(sum_us / 1000, 38500, 41500);
    impair_free(&i);
    free(a);
}

static void does_not_hold_more_than_the_pool_takes(void **state)
{
    const struct profile_impairment what = {
        .delay_min_us = 1000, .delay_max_us = 1000, .burst_len = 5};
    struct arrivals *a = xcalloc(1, sizeof *a);
    struct impair *i = open_impair(&what, a, 3);

    UNUSED(state);
    for (uint32_t n = 0; n < 5; n++)
        pass(i, FIRST, n, 0);
    assert_int_equal(a->count, 2);
    assert_int_equal(a->number[0], 3);
    impair_advance(i, 1000);
    assert_int_equal(a->count, 5);
    assert_int_equal(a->number[2], 0); /* equal times: in the order of coming */
    assert_int_equal(a->number[4], 2);
    impair_free(&i);
    free(a);
}

static void treats_a_device_the_same_whoever_else_sends(void **state)
{
    const struct profile_impairment what = {
        .loss = 0.2, .burst_loss = 0.02, .burst_len = 3, .duplicate = 0.1, .corrupt = 0.1};
    struct arrivals *all = run(&what);
    struct arrivals *one = xcalloc(1, sizeof *one);
    struct impair *i = open_impair(&what, one, 10);
    size_t at = 0;

    UNUSED(state);
    for (uint32_t n = 0; n < EACH; n++)
        pass(i, FIRST + 7, n, n);
    for (size_t n = 0; n < all->count; n++)
        if (all->device[n] == FIRST + 7)
            assert_int_equal(one->number[at++], all->number[n]);
    assert_int_equal(at, one->count);
    impair_free(&i);
    free(all);
    free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_not_there_when_nothing_is_impaired),
        cmocka_unit_test(loses_doubles_and_changes_the_asked_part),
        cmocka_unit_test(loses_in_bursts_of_the_asked_length),
        cmocka_unit_test(lets_the_asked_part_be_overtaken_by_its_device),
        cmocka_unit_test(releases_who_is_never_overtaken),
        cmocka_unit_test(delays_between_the_bounds),
        cmocka_unit_test(does_not_hold_more_than_the_pool_takes),
        cmocka_unit_test(treats_a_device_the_same_whoever_else_sends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
