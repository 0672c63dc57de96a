#include "lib/timer.h"

enum { SLOT_BITS = 6 };

_Static_assert(TIMER_SLOTS == 1 << SLOT_BITS, "a level has as many slots as its bits tell apart");

/* Ticks that level and those below it tell apart. */
static int64_t level_span(int level)
{
    return INT64_C(1) << (SLOT_BITS * (level + 1));
}

static size_t slot_of(int64_t tick, int level)
{
    return (size_t)(tick >> (SLOT_BITS * level)) & (TIMER_SLOTS - 1);
}

static void list_init(struct timer *head)
{
    head->next = head;
    head->prev = head;
}

static void unlink_timer(struct timer *t)
{
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->next = NULL;
    t->prev = NULL;
}

void timer_wheel_init(struct timer_wheel *w, int64_t now_us)
{
    w->tick = now_us / TIMER_TICK_US;
    for (int level = 0; level < TIMER_LEVELS; level++) {
        w->occupied[level] = 0;
        for (size_t i = 0; i < TIMER_SLOTS; i++)
            list_init(&w->slot[level][i]);
    }
}

/* Puts an idle timer into the slot where its deadline belongs, seen from the wheel's tick. */
static void place(struct timer_wheel *w, struct timer *t)
{
    int64_t tick = (t->deadline_us + TIMER_TICK_US - 1) / TIMER_TICK_US;
    int level = 0;

    if (tick < w->tick)
        tick = w->tick;
    if (tick - w->tick >= level_span(TIMER_LEVELS - 1) - level_span(TIMER_LEVELS - 2))
        tick = w->tick + level_span(TIMER_LEVELS - 1) - level_span(TIMER_LEVELS - 2) - 1;
    /* the lowest level in whose current revolution the tick lies */
    while (level < TIMER_LEVELS - 1 &&
           tick >> (SLOT_BITS * (level + 1)) != w->tick >> (SLOT_BITS * (level + 1)))
        level++;
    size_t i = slot_of(tick, level);
    struct timer *head = &w->slot[level][i];

    t->prev = head->prev;
    t->next = head;
    head->prev->next = t;
    head->prev = t;
    w->occupied[level] |= UINT64_C(1) << i;
}

void timer_set(struct timer_wheel *w, struct timer *t, int64_t deadline_us)
{
    assert(t->fn != NULL);
    if (t->next != NULL)
        unlink_timer(t);
    t->deadline_us = deadline_us;
    place(w, t);
}

void timer_cancel(struct timer_wheel *w, struct timer *t)
{
    UNUSED(w); /* the slot's bit is cleared when the wheel finds it empty */
    if (t->next != NULL)
        unlink_timer(t);
}

/* Moves the list of one slot to `to` and marks the slot empty. */
static void take_slot(struct timer_wheel *w, int level, size_t i, struct timer *to)
{
    struct timer *head = &w->slot[level][i];

    w->occupied[level] &= ~(UINT64_C(1) << i);
    list_init(to);
    if (head->next == head)
        return;
    to->next = head->next;
    to->prev = head->prev;
    to->next->prev = to;
    to->prev->next = to;
    list_init(head);
}

/* At the start of a revolution of level - 1, spreads the current slot of level over the levels
 * below. */
static void cascade(struct timer_wheel *w, int level)
{
    struct timer list;

    if (level == TIMER_LEVELS)
        return;
    if (slot_of(w->tick, level) == 0)
        cascade(w, level + 1);
    take_slot(w, level, slot_of(w->tick, level), &list);
    while (list.next != &list) {
        struct timer *t = list.next;

        unlink_timer(t);
        place(w, t);
    }
}

static void fire_tick(struct timer_wheel *w, int64_t now_us)
{
    struct timer list;

    take_slot(w, 0, slot_of(w->tick, 0), &list);
    w->tick++; /* before the functions run: what they set for now fires at the next tick */
    if (slot_of(w->tick, 0) == 0)
        cascade(w, 1);
    while (list.next != &list) {
        struct timer *t = list.next;

        unlink_timer(t);
        t->fn(t, now_us);
    }
}

/* The first tick at or after w->tick at which a slot is occupied or must be spread; INT64_MAX:
 * none. */
static int64_t next_tick(const struct timer_wheel *w)
{
    for (int level = 0; level < TIMER_LEVELS; level++) {
        size_t from = slot_of(w->tick, level) + (level > 0 ? 1 : 0);
        uint64_t ahead = from < TIMER_SLOTS ? w->occupied[level] >> from : 0;

        if (ahead == 0)
            continue;
        int64_t base = w->tick >> (SLOT_BITS * (level + 1)) << (SLOT_BITS * (level + 1));
        int64_t slot = (int64_t)from + __builtin_ctzll(ahead);

        return base + (slot << (SLOT_BITS * level));
    }
    /* the last level is a ring: what lies behind its current slot comes in the next revolution */
    uint64_t top = w->occupied[TIMER_LEVELS - 1];

    if (top == 0)
        return INT64_MAX;
    int64_t next = (w->tick / level_span(TIMER_LEVELS - 1) + 1) * level_span(TIMER_LEVELS - 1);

    return next + ((int64_t)__builtin_ctzll(top) << (SLOT_BITS * (TIMER_LEVELS - 1)));
}

void timer_wheel_advance(struct timer_wheel *w, int64_t now_us)
{
    int64_t last = now_us / TIMER_TICK_US;

    while (w->tick <= last) {
        int64_t next = next_tick(w);

        if (next > last) {
            /* nothing due: stop short of any tick at which a level must be spread */
            w->tick = last;
            return;
        }
        if (next > w->tick) {
            w->tick = next;
            if (slot_of(w->tick, 0) == 0)
                cascade(w, 1);
        }
        fire_tick(w, now_us);
    }
}

int64_t timer_wheel_deadline_us(const struct timer_wheel *w)
{
    int64_t tick = next_tick(w);

    return tick == INT64_MAX ? INT64_MAX : tick * TIMER_TICK_US;
}
