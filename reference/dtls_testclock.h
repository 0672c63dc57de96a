/*
 * Virtual time for a test that has OpenSSL in it. To be included by one file of a program.
 */
#ifndef REFERENCE_DTLS_TESTCLOCK_H
#define REFERENCE_DTLS_TESTCLOCK_H

#include <sys/time.h>

#include "lib/base.h"

/* The one clock, in microseconds, of the server and of OpenSSL's DTLS timers: they read
 * gettimeofday, and a test's own definition of it comes before the C library's. */
static int64_t link_now_us = INT64_C(1800000000) * US_PER_S;

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    UNUSED(zone);
    *tv = (struct timeval){.tv_sec = link_now_us / US_PER_S, .tv_usec = link_now_us % US_PER_S};
    return 0;
}

static inline int64_t link_clock(void)
{
    return link_now_us;
}

#endif
