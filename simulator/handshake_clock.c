#include "simulator/handshake_clock.h"

#include <sys/time.h>

#include "lib/base.h"
#include "lib/clock.h"

enum { TIME_OF_DAY = -1 };

static _Thread_local int64_t told_us = TIME_OF_DAY;

void handshake_clock_begin(int64_t now_us)
{
    assert(now_us >= 0);
    told_us = now_us;
}

void handshake_clock_end(void)
{
    told_us = TIME_OF_DAY;
}

/* In place of the C library's. */
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    int64_t now_us = told_us != TIME_OF_DAY ? told_us : clock_wall_us();

    UNUSED(zone);
    *tv = (struct timeval){.tv_sec = now_us / US_PER_S, .tv_usec = now_us % US_PER_S};
    return 0;
}
