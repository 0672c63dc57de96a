/*
 * A hierarchical timer wheel: set, cancel and fire in constant time, however many timers there are.
 *
 * Timers are embedded in what they belong to. A tick is a millisecond; a timer never fires before
 * its deadline and at most one tick after the wheel is advanced past it. Virtual time: the wheel
 * reads no clock.
 */
#ifndef LIB_TIMER_H
#define LIB_TIMER_H

#include "lib/base.h"

struct timer;
typedef void timer_fn(struct timer *t, int64_t now_us);

/* Zeroed memory with fn set is an idle timer. */
struct timer {
    struct timer *next; /* NULL when idle */
    struct timer *prev;
    int64_t deadline_us;
    timer_fn *fn;
};

enum { TIMER_LEVELS = 5, TIMER_SLOTS = 64, TIMER_TICK_US = 1000 };

struct timer_wheel {
    int64_t tick;                    /* the next tick to be fired */
    uint64_t occupied[TIMER_LEVELS]; /* one bit a slot */
    struct timer slot[TIMER_LEVELS][TIMER_SLOTS];
};

void timer_wheel_init(struct timer_wheel *w, int64_t now_us);

/* Sets or moves t. A deadline that has passed fires at the next advance. deadlines beyond 12 days
 * are cut. */
void timer_set(struct timer_wheel *w, struct timer *t, int64_t deadline_us);
/* Nothing happens when t is idle. */
void timer_cancel(struct timer_wheel *w, struct timer *t);

static inline bool timer_is_set(const struct timer *t)
{
    return t->next != NULL;
}

/* Fires everything that is due at now_us. Functions may set and cancel any timer. */
void timer_wheel_advance(struct timer_wheel *w, int64_t now_us);

/* When advance should be called next: never late, perhaps early; INT64_MAX when nothing is set. */
int64_t timer_wheel_deadline_us(const struct timer_wheel *w);

#endif
