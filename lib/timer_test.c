#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/timer.h"

struct probe {
    struct timer timer;
    int fired;
    int64_t fired_at_us;
};

static void note(struct timer *t, int64_t now_us)
{
    struct probe *p = CONTAINER_OF(t, struct probe, timer);

    p->fired++;
    p->fired_at_us = now_us;
}

static void never_fires_before_its_deadline(void **state)
{
    static const int64_t starts[] = {0, 63999, 64000, INT64_C(987654321987)};
    static const int64_t delays[] = {0,     1,     999,     1000,      63000,
                                     64000, 65000, 4096000, 262144001, 600000000};

    UNUSED(state);
    for (size_t s = 0; s < COUNT(starts); s++) {
        for (size_t i = 0; i < COUNT(delays); i++) {
            struct timer_wheel w;
            struct probe p = {.timer.fn = note};

            timer_wheel_init(&w, starts[s]);
            timer_set(&w, &p.timer, starts[s] + delays[i]);
            if (delays[i] > 0)
                timer_wheel_advance(&w, starts[s] + delays[i] - 1);
            assert_int_equal(p.fired, 0);
            timer_wheel_advance(&w, starts[s] + delays[i] + TIMER_TICK_US);
            assert_int_equal(p.fired, 1);
            assert_false(timer_is_set(&p.timer));
            assert_true(timer_wheel_deadline_us(&w) == INT64_MAX);
        }
    }
}

static void a_cancelled_timer_does_not_fire(void **state)
{
    struct timer_wheel w;
    struct probe p = {.timer.fn = note};

    UNUSED(state);
    timer_wheel_init(&w, 0);
    timer_set(&w, &p.timer, 5000);
    timer_cancel(&w, &p.timer);
    timer_cancel(&w, &p.timer);
    timer_wheel_advance(&w, 10000);
    assert_int_equal(p.fired, 0);
}

static struct timer_wheel shared;
static struct probe victim;

static void cancel_victim(struct timer *t, int64_t now_us)
{
    note(t, now_us);
    timer_cancel(&shared, &victim.timer);
}

static void a_function_may_cancel_its_neighbour(void **state)
{
    struct probe killer = {.timer.fn = cancel_victim};

    UNUSED(state);
    victim = (struct probe){.timer.fn = note};
    timer_wheel_init(&shared, 0);
    timer_set(&shared, &killer.timer, 5000);
    timer_set(&shared, &victim.timer, 5000);
    timer_wheel_advance(&shared, 6000);
    assert_int_equal(killer.fired, 1);
    assert_int_equal(victim.fired, 0);
}

static void set_again(struct timer *t, int64_t now_us)
{
    note(t, now_us);
    timer_set(&shared, t, now_us + 1000);
}

static void a_function_may_set_itself_again(void **state)
{
    struct probe p = {.timer.fn = set_again};

    UNUSED(state);
    timer_wheel_init(&shared, 0);
    timer_set(&shared, &p.timer, 1000);
    for (int64_t now_us = 1000; now_us <= 10000; now_us += 1000)
        timer_wheel_advance(&shared, now_us);
    assert_int_equal(p.fired, 10);
    timer_cancel(&shared, &p.timer);
}

enum { MODEL_TIMERS = 400, MODEL_TURNS = 20000 };

/* Random sets, cancels and steps from microseconds to hours, against the plain rule. */
static void agrees_with_a_plain_list(void **state)
{
    static struct probe p[MODEL_TIMERS];
    struct timer_wheel w;
    int64_t now_us = 12345;
    unsigned seed = 7;

    UNUSED(state);
    timer_wheel_init(&w, now_us);
    for (size_t i = 0; i < MODEL_TIMERS; i++)
        p[i] = (struct probe){.timer.fn = note};
    for (int turn = 0; turn < MODEL_TURNS; turn++) {
        struct probe *one = &p[(size_t)rand_r(&seed) % MODEL_TIMERS];

        if (rand_r(&seed) % 4 == 0)
            timer_cancel(&w, &one->timer);
        else
            timer_set(&w, &one->timer,
                      now_us + (int64_t)rand_r(&seed) % (INT64_C(1) << (rand_r(&seed) % 34)));
        now_us += (int64_t)rand_r(&seed) % (INT64_C(1) << (rand_r(&seed) % 30));
        int64_t deadline_us = timer_wheel_deadline_us(&w);

        for (size_t i = 0; i < MODEL_TIMERS; i++) {
            if (timer_is_set(&p[i].timer))
                assert_true(deadline_us <= p[i].timer.deadline_us + 2 * TIMER_TICK_US);
        }
        timer_wheel_advance(&w, now_us);
        for (size_t i = 0; i < MODEL_TIMERS; i++) {
            if (timer_is_set(&p[i].timer))
                assert_true(p[i].timer.deadline_us > now_us - 2 * TIMER_TICK_US);
            else if (p[i].fired > 0)
                assert_true(p[i].fired_at_us >= p[i].timer.deadline_us ||
                            p[i].fired_at_us < now_us);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_fires_before_its_deadline),
        cmocka_unit_test(a_cancelled_timer_does_not_fire),
        cmocka_unit_test(a_function_may_cancel_its_neighbour),
        cmocka_unit_test(a_function_may_set_itself_again),
        cmocka_unit_test(agrees_with_a_plain_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
