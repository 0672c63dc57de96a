#include "reference/api_ready.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fake {
    _Atomic int probes;
    bool verdict;
    _Atomic bool hold; /* the probe does not end while this is set */
};

static bool fake_ready(void *arg, int64_t timeout_us, char *why)
{
    struct fake *fake = arg;

    assert(timeout_us == 2 * US_PER_S);
    atomic_fetch_add(&fake->probes, 1);
    while (atomic_load(&fake->hold)) {
    }
    (void)snprintf(why, SERVER_WHY_LEN, "the sink is down");
    return fake->verdict;
}

static void asks_at_most_once_a_second(void **state)
{
    UNUSED(state);
    struct fake fake = {.verdict = true};
    struct api_backend backend = {.ready = fake_ready, .arg = &fake};
    struct api_ready *ready = api_ready_new(&backend);
    char why[SERVER_WHY_LEN];

    assert_true(api_ready_ask(ready, 0, why));
    assert_string_equal(why, "");
    fake.verdict = false;
    assert_true(api_ready_ask(ready, API_READY_KEEP_US - 1, why));
    assert_int_equal(fake.probes, 1);
    assert_false(api_ready_ask(ready, API_READY_KEEP_US, why));
    assert_string_equal(why, "the sink is down");
    assert_int_equal(fake.probes, 2);
    fake.verdict = true;
    assert_false(api_ready_ask(ready, 2 * API_READY_KEEP_US - 1, why));
    assert_string_equal(why, "the sink is down");
    assert_true(api_ready_ask(ready, 2 * API_READY_KEEP_US, why));
    assert_string_equal(why, "");
    api_ready_free(&ready);
}

static void *ask(void *arg)
{
    char why[SERVER_WHY_LEN];

    assert(api_ready_ask(arg, 0, why));
    return NULL;
}

static void a_flood_causes_one_probe(void **state)
{
    UNUSED(state);
    struct fake fake = {.verdict = true};
    struct api_backend backend = {.ready = fake_ready, .arg = &fake};
    struct api_ready *ready = api_ready_new(&backend);
    pthread_t threads[8];

    atomic_store(&fake.hold, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, ready), 0);
    atomic_store(&fake.hold, false);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(fake.probes, 1);
    api_ready_free(&ready);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_at_most_once_a_second),
        cmocka_unit_test(a_flood_causes_one_probe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
