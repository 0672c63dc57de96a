#include "simulator/notice.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MANY = 300000 };

static void *post_many(void *arg)
{
    struct notice_ring *r = arg;

    for (uint32_t i = 1; i <= MANY; i++)
        notice_post(r, &(struct notice){.sequence = i});
    return NULL;
}

static void gives_each_notice_once_and_in_order(void **state)
{
    struct notice_ring r;
    struct notice n;
    uint32_t last = 0;
    uint32_t taken = 0;
    pthread_t thread;

    UNUSED(state);
    notice_ring_init(&r);
    assert_int_equal(pthread_create(&thread, NULL, post_many, &r), 0);
    while (last < MANY && taken + atomic_load(&r.dropped) < MANY) {
        if (!notice_take(&r, &n))
            continue;
        assert_true(n.sequence > last);
        last = n.sequence;
        taken++;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    while (notice_take(&r, &n))
        taken++;
    assert_int_equal(taken + atomic_load(&r.dropped), MANY);
    notice_ring_fini(&r);
}

static void drops_and_counts_what_a_full_ring_does_not_take(void **state)
{
    struct notice_ring r;
    struct notice n;

    UNUSED(state);
    notice_ring_init(&r);
    for (uint32_t i = 0; i < NOTICE_RING; i++)
        notice_post(&r, &(struct notice){.sequence = i});
    notice_post(&r, &(struct notice){.kind = NOTICE_SENT});
    notice_post(&r, &(struct notice){.kind = NOTICE_ACKNOWLEDGED});
    notice_post(&r, &(struct notice){.kind = NOTICE_ACKNOWLEDGED, .hostile = true});
    assert_int_equal(atomic_load(&r.dropped), 3);
    assert_int_equal(atomic_load(&r.dropped_acknowledged), 1);
    assert_true(notice_take(&r, &n));
    assert_int_equal(n.sequence, 0);
    notice_ring_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_notice_once_and_in_order),
        cmocka_unit_test(drops_and_counts_what_a_full_ring_does_not_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
