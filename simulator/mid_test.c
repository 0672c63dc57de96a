#include "simulator/mid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LIFETIME_MS = 247000 /* RFC 7252 4.8.2 */ };

/* Numbers as fast as they are given, for many lifetimes: none comes back within one. */
static void an_own_number_does_not_come_back_within_its_lifetime(void **state)
{
    struct mid_own own = {.next = 65000};
    uint32_t *used_ms = xcalloc(65536, sizeof *used_ms);
    uint32_t now_ms = 1;
    uint16_t mid = 0;
    uint32_t free_ms = 0;
    long taken = 0;

    UNUSED(state);
    while (now_ms < 20 * LIFETIME_MS) {
        if (!mid_take_own(&own, now_ms, &mid, &free_ms)) {
            assert_true(free_ms > now_ms);
            now_ms = free_ms;
            continue;
        }
        if (used_ms[mid] != 0 && now_ms - used_ms[mid] < LIFETIME_MS)
            fail_msg("%u again after %u ms", mid, now_ms - used_ms[mid]);
        used_ms[mid] = now_ms;
        taken++;
    }
    assert_true(taken > 19L * 32768);
    free(used_ms);
}

static void a_shared_number_does_not_come_back_within_its_lifetime(void **state)
{
    struct mid_shared *s = mid_shared_new(2, 100);
    uint32_t *used_ms = xcalloc(65536, sizeof *used_ms);
    uint32_t now_ms = 1;
    uint16_t mid = 0;
    uint32_t free_ms = 0;
    long taken = 0;

    UNUSED(state);
    while (now_ms < 4 * LIFETIME_MS) {
        if (!mid_take_shared(s, 1, 7, now_ms, &mid, &free_ms)) {
            now_ms = free_ms;
            continue;
        }
        mid_release(s, 1, mid);
        assert_true(used_ms[mid] == 0 || now_ms - used_ms[mid] >= LIFETIME_MS);
        used_ms[mid] = now_ms;
        taken++;
    }
    assert_true(taken >= 4L * 65536);
    mid_shared_free(&s);
    free(used_ms);
}

static void a_number_leads_to_its_device_until_it_is_released(void **state)
{
    enum { DEVICES = 3000 };
    struct mid_shared *s = mid_shared_new(10, DEVICES);
    uint16_t mid[DEVICES];
    uint32_t free_ms;

    UNUSED(state);
    for (uint32_t d = 0; d < DEVICES; d++)
        assert_true(mid_take_shared(s, d % 10, d, 1, &mid[d], &free_ms));
    for (uint32_t d = 0; d < DEVICES; d += 3)
        mid_release(s, d % 10, mid[d]);
    for (uint32_t d = 0; d < DEVICES; d++)
        assert_int_equal(mid_device(s, d % 10, mid[d]), d % 3 == 0 ? UINT32_MAX : d);
    mid_release(s, 0, 60000); /* nobody's */
    mid_shared_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_own_number_does_not_come_back_within_its_lifetime),
        cmocka_unit_test(a_shared_number_does_not_come_back_within_its_lifetime),
        cmocka_unit_test(a_number_leads_to_its_device_until_it_is_released),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
