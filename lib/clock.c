#include "lib/clock.h"

#include <time.h>

#include "lib/base.h"

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    int failed = clock_gettime(id, &ts);

    assert(failed == 0);
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

int64_t clock_thread_us(void)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}
