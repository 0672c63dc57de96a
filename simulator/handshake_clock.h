/*
 * The time that OpenSSL's DTLS timers read. They call gettimeofday; here that is a function of this
 * program, which tells a thread that runs handshakes its own now_us, as it may be virtual and,
 * unlike the time of day, never jumps. All else, and all other threads, get the time of day.
 */
#ifndef SIMULATOR_HANDSHAKE_CLOCK_H
#define SIMULATOR_HANDSHAKE_CLOCK_H

#include <stdint.h>

/* From now on, on this thread, until the end. */
void handshake_clock_begin(int64_t now_us);
void handshake_clock_end(void);

#endif
