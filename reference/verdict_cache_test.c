#include "reference/verdict_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LIFETIME_US = 5 * 60 * 1000000 };

static struct verdict_key key_of(struct verdict_cache *c, const char *a, const char *b)
{
    const struct str parts[] = {str_from(a), str_from(b)};

    return verdict_cache_key(c, parts, 2);
}

static void remembers_both_verdicts_until_they_expire(void **state)
{
    struct verdict_cache *c = verdict_cache_new(64, LIFETIME_US);
    struct verdict_key good = key_of(c, "dev", "good");
    struct verdict_key bad = key_of(c, "dev", "bad");

    UNUSED(state);
    assert_int_equal(verdict_cache_get(c, good, 1000), VERDICT_UNKNOWN);
    verdict_cache_put(c, good, true, 1000);
    verdict_cache_put(c, bad, false, 1000);
    assert_int_equal(verdict_cache_get(c, good, 1000), VERDICT_PASS);
    assert_int_equal(verdict_cache_get(c, bad, 1000), VERDICT_FAIL);
    assert_int_equal(verdict_cache_get(c, good, 1000 + LIFETIME_US - 1), VERDICT_PASS);
    assert_int_equal(verdict_cache_get(c, good, 1000 + LIFETIME_US), VERDICT_UNKNOWN);
    assert_int_equal(verdict_cache_get(c, bad, 1000 + LIFETIME_US), VERDICT_UNKNOWN);
    verdict_cache_put(c, good, false, 2000 + LIFETIME_US);
    assert_int_equal(verdict_cache_get(c, good, 2000 + LIFETIME_US), VERDICT_FAIL);
    verdict_cache_free(&c);
    assert_null(c);
}

static size_t released;

static void count_released(void *value)
{
    released += *(const size_t *)value;
}

static void a_value_goes_with_its_verdict(void **state)
{
    struct verdict_cache *c = verdict_cache_new(64, LIFETIME_US);
    struct verdict_key key = key_of(c, "dev", "key");
    size_t ones[] = {1, 10, 100};

    UNUSED(state);
    released = 0;
    verdict_cache_set_release(c, count_released);
    assert_null(verdict_cache_value(c, key, 1000));
    verdict_cache_put_value(c, key, true, &ones[0], 500, 1000);
    assert_ptr_equal(verdict_cache_value(c, key, 1499), &ones[0]);
    assert_null(verdict_cache_value(c, key, 1500));
    verdict_cache_put_value(c, key, true, &ones[1], 500, 2000);
    assert_int_equal(released, 1);
    assert_ptr_equal(verdict_cache_value(c, key, 2000), &ones[1]);
    verdict_cache_put(c, key, false, 2000);
    assert_int_equal(released, 11);
    assert_null(verdict_cache_value(c, key, 2000));
    verdict_cache_put_value(c, key, true, &ones[2], 500, 2000);
    verdict_cache_free(&c);
    assert_int_equal(released, 111);
}

static void keys_differ_where_the_parts_do(void **state)
{
    struct verdict_cache *c = verdict_cache_new(64, LIFETIME_US);
    struct verdict_cache *other = verdict_cache_new(64, LIFETIME_US);
    struct verdict_key base = key_of(c, "ab", "c");
    struct verdict_key again = key_of(c, "ab", "c");
    struct verdict_key shifted = key_of(c, "a", "bc");
    struct verdict_key elsewhere = key_of(other, "ab", "c");

    UNUSED(state);
    assert_memory_equal(&base, &again, sizeof base);
    assert_memory_not_equal(&base, &shifted, sizeof base);
    assert_memory_not_equal(&base, &elsewhere, sizeof base); /* each has a key of its own */
    verdict_cache_free(&c);
    verdict_cache_free(&other);
}

/* All in one window: the same first slot, told apart by the second word. */
static struct verdict_key crowded(uint64_t i)
{
    return (struct verdict_key){
        {7, i}
    };
}

static void wrong_guesses_displace_each_other_before_good_ones(void **state)
{
    struct verdict_cache *c = verdict_cache_new(64, LIFETIME_US);

    UNUSED(state);
    for (uint64_t i = 0; i < 7; i++)
        verdict_cache_put(c, crowded(i), true, 1000);
    for (uint64_t i = 100; i < 200; i++)
        verdict_cache_put(c, crowded(i), false, 2000);
    for (uint64_t i = 0; i < 7; i++)
        assert_int_equal(verdict_cache_get(c, crowded(i), 3000), VERDICT_PASS);
    assert_int_equal(verdict_cache_get(c, crowded(199), 3000), VERDICT_FAIL);
    assert_int_equal(verdict_cache_get(c, crowded(198), 3000), VERDICT_UNKNOWN);
    /* an expired good one gives way to a bad one that lives */
    verdict_cache_put(c, crowded(300), false, 1001 + LIFETIME_US);
    assert_int_equal(verdict_cache_get(c, crowded(199), 1001 + LIFETIME_US), VERDICT_FAIL);
    verdict_cache_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_both_verdicts_until_they_expire),
        cmocka_unit_test(a_value_goes_with_its_verdict),
        cmocka_unit_test(keys_differ_where_the_parts_do),
        cmocka_unit_test(wrong_guesses_displace_each_other_before_good_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
