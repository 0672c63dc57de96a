#include "simulator/wheel.h"

#include <stdlib.h>

enum {
    LEVELS = 4,
    BITS = 8,
    SLOTS = 1 << BITS, /* level 0: 65 ms, 1: 17 s, 2: 71 min, 3: 12 days */
    CHUNK = 62,        /* entries: with its head a chunk is 504 bytes */
    NONE = -1,
};

struct entry {
    uint32_t device;
    uint32_t tick;
};

struct chunk {
    int32_t next;
    uint32_t count;
    struct entry entry[CHUNK];
};

struct wheel {
    int64_t start_us;
    uint32_t next; /* the next tick to be served */
    int32_t slot[LEVELS][SLOTS];
    uint64_t occupied[LEVELS][SLOTS / 64];
    struct chunk *chunks;
    int32_t free;
    int32_t chunk_count;
    int32_t serving; /* chunks of the current tick that are left, when `most` was reached */
};

static void grow(struct wheel *w, int32_t count)
{
    w->chunks = xrealloc(w->chunks, (size_t)count * sizeof *w->chunks);
    for (int32_t i = count - 1; i >= w->chunk_count; i--) {
        w->chunks[i].next = w->free;
        w->free = i;
    }
    w->chunk_count = count;
}

struct wheel *wheel_new(int64_t start_us, size_t timers)
{
    struct wheel *w = xcalloc(1, sizeof *w);

    w->start_us = start_us;
    w->next = 1;
    w->free = NONE;
    w->serving = NONE;
    for (size_t level = 0; level < LEVELS; level++) {
        for (size_t i = 0; i < SLOTS; i++)
            w->slot[level][i] = NONE;
    }
    grow(w, (int32_t)(timers / CHUNK) + 2 * SLOTS);
    return w;
}

void wheel_free(struct wheel **w)
{
    if (*w == NULL)
        return;
    free((*w)->chunks);
    free(*w);
    *w = NULL;
}

static uint32_t tick_of(const struct wheel *w, int64_t us)
{
    return us <= w->start_us ? 1
                             : (uint32_t)((us - w->start_us + WHEEL_TICK_US - 1) / WHEEL_TICK_US);
}

static void push(struct wheel *w, uint32_t device, uint32_t tick)
{
    uint32_t at = tick < w->next ? w->next : tick;
    unsigned level = 0;

    while (level < LEVELS - 1 && (at - w->next) >> (BITS * (level + 1)) != 0)
        level++;
    uint32_t i = (at >> (BITS * level)) & (SLOTS - 1);
    int32_t *head = &w->slot[level][i];

    if (*head == NONE || w->chunks[*head].count == CHUNK) {
        if (w->free == NONE)
            grow(w, w->chunk_count * 2);
        int32_t fresh = w->free;

        w->free = w->chunks[fresh].next;
        w->chunks[fresh].next = *head;
        w->chunks[fresh].count = 0;
        *head = fresh;
        w->occupied[level][i / 64] |= UINT64_C(1) << (i % 64);
    }
    struct chunk *c = &w->chunks[*head];

    c->entry[c->count++] = (struct entry){device, tick};
}

void wheel_set(struct wheel *w, struct wheel_timer *t, uint32_t device, int64_t deadline_us)
{
    t->tick = tick_of(w, deadline_us);
    if (t->tick == WHEEL_NEVER)
        t->tick = 1;
    if (t->queued != WHEEL_NEVER && t->queued <= t->tick)
        return;
    t->queued = t->tick;
    push(w, device, t->tick);
}

static int32_t take(struct wheel *w, unsigned level, uint32_t i)
{
    int32_t head = w->slot[level][i];

    w->slot[level][i] = NONE;
    w->occupied[level][i / 64] &= ~(UINT64_C(1) << (i % 64));
    return head;
}

static void release(struct wheel *w, int32_t chunk)
{
    w->chunks[chunk].next = w->free;
    w->free = chunk;
}

/* The entries of a slot of a coarser level go where they belong now. */
static void cascade(struct wheel *w, unsigned level, uint32_t i)
{
    for (int32_t c = take(w, level, i); c != NONE;) {
        struct chunk copy = w->chunks[c]; /* pushing may move the chunks */

        release(w, c);
        for (uint32_t k = 0; k < copy.count; k++)
            push(w, copy.entry[k].device, copy.entry[k].tick);
        c = copy.next;
    }
}

/* One entry has come up: stale, early, or due. */
static bool serve(struct wheel *w, struct entry e, int64_t now_us, const struct wheel_hooks *h)
{
    struct wheel_timer *t = h->timer_of(h->arg, e.device);

    if (t->queued != e.tick)
        return false;
    t->queued = WHEEL_NEVER;
    if (t->tick == WHEEL_NEVER)
        return false;
    if (t->tick > e.tick && t->tick > w->next - 1) {
        t->queued = t->tick;
        push(w, e.device, t->tick);
        return false;
    }
    t->tick = WHEEL_NEVER;
    h->due(h->arg, e.device, now_us);
    return true;
}

/* The chunks in w->serving; true: `most` was reached. */
static bool serve_all(struct wheel *w, int64_t now_us, size_t *most, const struct wheel_hooks *h)
{
    while (w->serving != NONE) {
        struct chunk *c = &w->chunks[w->serving];

        if (c->count == 0) {
            int32_t done = w->serving;

            w->serving = c->next;
            release(w, done);
            continue;
        }
        if (*most == 0)
            return true;
        struct entry e = c->entry[--c->count];

        if (serve(w, e, now_us, h))
            (*most)--;
    }
    return false;
}

/* The next tick, from w->next on, at which a slot of level 0 holds something or coarser ones must
 * be looked at; at most `to` + 1. */
static uint32_t skip(const struct wheel *w, uint32_t to)
{
    uint32_t at = w->next;

    while (at <= to) {
        uint32_t i = at & (SLOTS - 1);

        if (i == 0)
            return at;
        uint64_t left = w->occupied[0][i / 64] >> (i % 64);

        if (left != 0)
            return at + (uint32_t)__builtin_ctzll(left);
        at += 64 - i % 64;
    }
    return to + 1;
}

bool wheel_advance(struct wheel *w, int64_t now_us, size_t most, const struct wheel_hooks *hooks)
{
    uint32_t now = now_us < w->start_us ? 0 : (uint32_t)((now_us - w->start_us) / WHEEL_TICK_US);

    if (serve_all(w, now_us, &most, hooks))
        return true;
    while (w->next <= now) {
        uint32_t tick = skip(w, now);

        w->next = tick;
        if (tick > now)
            break;
        for (unsigned level = 1; level < LEVELS; level++) {
            if ((tick & ((UINT32_C(1) << (BITS * level)) - 1)) != 0)
                break;
            cascade(w, level, (tick >> (BITS * level)) & (SLOTS - 1));
        }
        w->serving = take(w, 0, tick & (SLOTS - 1));
        w->next = tick + 1;
        if (serve_all(w, now_us, &most, hooks))
            return true;
    }
    return false;
}

static bool is_empty(const struct wheel *w)
{
    uint64_t any = 0;

    for (size_t level = 0; level < LEVELS; level++) {
        for (size_t i = 0; i < COUNT(w->occupied[level]); i++)
            any |= w->occupied[level][i];
    }
    return any == 0 && w->serving == NONE;
}

int64_t wheel_deadline_us(const struct wheel *w)
{
    if (w->serving != NONE)
        return w->start_us;
    if (is_empty(w))
        return INT64_MAX;
    return w->start_us + (int64_t)skip(w, w->next + SLOTS) * WHEEL_TICK_US;
}
