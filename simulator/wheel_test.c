#include "simulator/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simulator/rng.h"

enum { DEVICES = 2000, START = 5000000 };

struct world {
    struct wheel *wheel;
    struct wheel_timer timer[DEVICES];
    int64_t deadline_us[DEVICES]; /* 0: none */
    int64_t now_us;
    size_t fired;
    size_t wrong;
};

static struct wheel_timer *timer_of(void *arg, uint32_t device)
{
    return &((struct world *)arg)->timer[device];
}

static void due(void *arg, uint32_t device, int64_t now_us)
{
    struct world *w = arg;
    int64_t late_us = now_us - w->deadline_us[device];

    w->fired++;
    w->wrong += w->deadline_us[device] == 0 || late_us < 0;
    w->deadline_us[device] = 0;
}

static void set(struct world *w, uint32_t device, int64_t deadline_us)
{
    w->deadline_us[device] = deadline_us;
    wheel_set(w->wheel, &w->timer[device], device, deadline_us);
}

static bool advance(struct world *w, int64_t now_us, size_t most)
{
    struct wheel_hooks hooks = {timer_of, due, w};

    w->now_us = now_us;
    return wheel_advance(w->wheel, now_us, most, &hooks);
}

static struct world *world_new(void)
{
    struct world *w = xcalloc(1, sizeof *w);

    w->wheel = wheel_new(START, 10); /* grows */
    w->now_us = START;
    return w;
}

static void world_free(struct world *w)
{
    wheel_free(&w->wheel);
    free(w);
}

/* Timers set, moved both ways and cancelled at random, over minutes: each fires once, never early,
 * and not later than a tick after the wheel has passed it. */
static void fires_each_timer_at_its_last_deadline(void **state)
{
    struct world *w = world_new();
    uint64_t chance = 0;

    UNUSED(state);
    for (int step = 0; step < 20000; step++) {
        for (int k = 0; k < 5; k++) {
            uint32_t device = (uint32_t)(rng_at(1, 0, chance++) % DEVICES);
            uint64_t what = rng_at(1, 1, chance++);

            if (what % 8 == 0) {
                wheel_cancel(&w->timer[device]);
                w->deadline_us[device] = 0;
            } else {
                set(w, device, w->now_us + (int64_t)(what % (what % 3 == 0 ? 3000000 : 200000000)));
            }
        }
        (void)advance(w, w->now_us + (int64_t)(rng_at(1, 2, chance++) % 40000), SIZE_MAX);
        for (uint32_t d = 0; d < DEVICES; d++) {
            if (w->deadline_us[d] != 0 && w->deadline_us[d] + 2 * WHEEL_TICK_US < w->now_us)
                fail_msg("device %u is %lld us late", d,
                         (long long)(w->now_us - w->deadline_us[d]));
        }
    }
    assert_int_equal(w->wrong, 0);
    assert_true(w->fired > 10000);
    world_free(w);
}

static void serves_no_more_than_it_is_asked_to(void **state)
{
    struct world *w = world_new();

    UNUSED(state);
    for (uint32_t d = 0; d < 1000; d++)
        set(w, d, START + 1000);
    assert_true(advance(w, START + 5000, 300));
    assert_int_equal(w->fired, 300);
    assert_true(wheel_deadline_us(w->wheel) <= w->now_us);
    assert_false(advance(w, START + 5000, SIZE_MAX));
    assert_int_equal(w->fired, 1000);
    world_free(w);
}

static void tells_when_it_wants_to_be_called(void **state)
{
    struct world *w = world_new();

    UNUSED(state);
    assert_true(wheel_deadline_us(w->wheel) == INT64_MAX);
    set(w, 3, START + 10000);
    int64_t at_us = wheel_deadline_us(w->wheel);

    assert_true(at_us >= START + 9000 && at_us <= START + 10000 + WHEEL_TICK_US);
    set(w, 3, START + 700000000);
    for (int calls = 0; w->fired == 0; calls++) {
        assert_true(calls < 20000);
        at_us = wheel_deadline_us(w->wheel);
        assert_true(at_us <= START + 700000000 + WHEEL_TICK_US);
        (void)advance(w, at_us > w->now_us ? at_us : w->now_us + WHEEL_TICK_US, SIZE_MAX);
    }
    assert_int_equal(w->wrong, 0);
    world_free(w);
}

/* As `due` of a device that sets its next deadline into the past. */
static void due_again(void *arg, uint32_t device, int64_t now_us)
{
    struct world *w = arg;

    if (++w->fired < 100)
        wheel_set(w->wheel, &w->timer[device], device, now_us - 1000);
}

static void a_deadline_in_the_past_does_not_hold_the_wheel(void **state)
{
    struct world *w = world_new();
    struct wheel_hooks hooks = {timer_of, due_again, w};

    UNUSED(state);
    set(w, 1, START);
    for (int64_t now_us = START; w->fired < 100; now_us += WHEEL_TICK_US)
        (void)wheel_advance(w->wheel, now_us, SIZE_MAX, &hooks);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_each_timer_at_its_last_deadline),
        cmocka_unit_test(serves_no_more_than_it_is_asked_to),
        cmocka_unit_test(tells_when_it_wants_to_be_called),
        cmocka_unit_test(a_deadline_in_the_past_does_not_hold_the_wheel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
