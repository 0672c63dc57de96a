/*
 * The two clocks, read only by loops and main; logic takes now_us as an argument.
 *
 * mono_us counts from an unspecified start and never jumps: deadlines, intervals. wall_us is Unix
 * time: event times, validity of credentials. Both go through clock_gettime, which libfaketime can
 * scale.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

int64_t clock_mono_us(void);
int64_t clock_wall_us(void);
/* Processor time of the calling thread; for figures, not for logic. */
int64_t clock_thread_us(void);

#endif
