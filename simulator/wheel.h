/*
 * A timer wheel for numbers: devices are told when their tick has come. Made for millions of timers
 * that are moved far more often than they fire.
 *
 * The wheel never cancels. Each device has its deadline and the tick of the entry that counts; a
 * deadline that moves later moves the device when the old entry comes up, one that moves earlier
 * adds an entry and makes the old one stale. So setting a timer touches nothing but the device and
 * the end of an array. Virtual time.
 */
#ifndef SIMULATOR_WHEEL_H
#define SIMULATOR_WHEEL_H

#include "lib/base.h"

enum { WHEEL_TICK_US = 256, WHEEL_NEVER = 0 };

/* Embedded in a device. Zeroed: no timer. */
struct wheel_timer {
    uint32_t tick;   /* when it is due; WHEEL_NEVER: not at all */
    uint32_t queued; /* the entry that counts; WHEEL_NEVER: none */
};

struct wheel;

/* Ticks count from start_us on. timers: how many devices there are, to have memory at hand. */
struct wheel *wheel_new(int64_t start_us, size_t timers);
void wheel_free(struct wheel **w);

/* Sets or moves the timer of a device. What has passed comes at the next advance. */
void wheel_set(struct wheel *w, struct wheel_timer *t, uint32_t device, int64_t deadline_us);
static inline void wheel_cancel(struct wheel_timer *t)
{
    t->tick = WHEEL_NEVER;
}

/* Which timer a device has, and what to do when it is due: it is not set any more then. */
struct wheel_hooks {
    struct wheel_timer *(*timer_of)(void *arg, uint32_t device);
    void (*due)(void *arg, uint32_t device, int64_t now_us);
    void *arg;
};

/* Everything that is due at now_us, at most `most` devices; true: there is more. */
bool wheel_advance(struct wheel *w, int64_t now_us, size_t most, const struct wheel_hooks *hooks);

/* When to advance next: never late, perhaps early; INT64_MAX: nothing is set. */
int64_t wheel_deadline_us(const struct wheel *w);

#endif
