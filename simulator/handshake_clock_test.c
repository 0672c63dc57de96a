#include "simulator/handshake_clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/time.h>

#include <cmocka.h>

#include "lib/base.h"
#include "lib/clock.h"

static int64_t time_of_day_us(void)
{
    struct timeval tv;

    assert_int_equal(gettimeofday(&tv, NULL), 0);
    return tv.tv_sec * US_PER_S + tv.tv_usec;
}

static bool is_wall_clock(int64_t us)
{
    int64_t now_us = clock_wall_us();

    return us <= now_us && us > now_us - 60 * US_PER_S;
}

static void tells_a_thread_its_own_time(void **state)
{
    UNUSED(state);
    assert_true(is_wall_clock(time_of_day_us()));
    handshake_clock_begin(12345678);
    assert_int_equal(time_of_day_us(), 12345678);
    handshake_clock_begin(0);
    assert_int_equal(time_of_day_us(), 0);
    handshake_clock_end();
    assert_true(is_wall_clock(time_of_day_us()));
}

static void *ask(void *arg)
{
    *(int64_t *)arg = time_of_day_us();
    return NULL;
}

static void leaves_other_threads_the_time_of_day(void **state)
{
    pthread_t thread;
    int64_t theirs_us = 0;

    UNUSED(state);
    handshake_clock_begin(1);
    assert_int_equal(pthread_create(&thread, NULL, ask, &theirs_us), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    handshake_clock_end();
    assert_true(is_wall_clock(theirs_us));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_a_thread_its_own_time),
        cmocka_unit_test(leaves_other_threads_the_time_of_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
