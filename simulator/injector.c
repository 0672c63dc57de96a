#include "simulator/injector.h"

#include <stdlib.h>

#include "simulator/rng.h"

enum { WAITS = 1 << 16, LOOKS = 32, OF_COMMAND = 0x636d64, OF_WAIT = 0x776169 };

/* What the API may take. */
static const int64_t api_us = 250 * US_PER_MS;

struct wait {
    uint32_t device;
    uint32_t sequence;
    int64_t seen_us;
    int64_t ends_us;
};

struct injector {
    uint64_t seed;
    double rate_per_s; /* 0: no commands */
    int64_t left_us;   /* that a wait must have left */
    bool runs;
    int64_t start_us;
    uint64_t due;    /* commands that were due, sent or left out */
    uint32_t number; /* of the last one that was sent */
    uint64_t chance; /* how often chance was asked for */
    struct wait *waits;
    size_t count;
};

struct injector *injector_new(uint64_t seed, double rate_per_s, int64_t ending_us)
{
    struct injector *i = xcalloc(1, sizeof *i);

    i->seed = seed;
    i->rate_per_s = rate_per_s > 0 ? rate_per_s : 0;
    i->left_us = api_us + ending_us;
    i->waits = xcalloc(WAITS, sizeof *i->waits);
    return i;
}

void injector_free(struct injector **i)
{
    if (*i == NULL)
        return;
    free((*i)->waits);
    free(*i);
    *i = NULL;
}

void injector_begin(struct injector *i, int64_t now_us)
{
    i->runs = true;
    i->start_us = now_us;
    i->due = 0;
}

void injector_calm(struct injector *i)
{
    i->runs = false;
}

static size_t choose(struct injector *i, size_t count)
{
    return (size_t)(rng_part(rng_at(i->seed, OF_COMMAND, OF_WAIT + i->chance++)) * (double)count);
}

void injector_wait(struct injector *i, uint32_t device, uint32_t sequence, int64_t seen_us,
                   int64_t ends_us)
{
    struct wait w = {device, sequence, seen_us, ends_us};

    if (!i->runs || i->rate_per_s == 0 || ends_us - seen_us < i->left_us + RECONCILE_YOUNG_US)
        return;
    if (i->count < WAITS)
        i->waits[i->count++] = w;
    else
        i->waits[choose(i, WAITS)] = w;
}

/* By chance, of those that fit; ended ones are forgotten on the way. */
static bool take_wait(struct injector *i, int64_t now_us, struct wait *out)
{
    for (int looks = 0; looks < LOOKS && i->count > 0; looks++) {
        struct wait *w = &i->waits[choose(i, i->count)];
        bool is_young = now_us - w->seen_us < RECONCILE_YOUNG_US;
        bool is_over = w->ends_us - now_us < i->left_us;

        if (is_young)
            continue;
        *out = *w;
        *w = i->waits[--i->count];
        if (!is_over)
            return true;
    }
    return false;
}

bool injector_next(struct injector *i, int64_t now_us, struct reconcile_command *out)
{
    while (injector_deadline_us(i) <= now_us) {
        struct wait w;

        i->due++;
        if (!take_wait(i, now_us, &w))
            continue;
        *out = (struct reconcile_command){
            .number = ++i->number,
            .device = w.device,
            .sequence = w.sequence,
            .seen_us = w.seen_us,
            .ends_us = w.ends_us,
            .sent_us = now_us,
        };
        return true;
    }
    return false;
}

int64_t injector_deadline_us(const struct injector *i)
{
    if (!i->runs || i->rate_per_s == 0)
        return INT64_MAX;
    return i->start_us + (int64_t)((double)(i->due + 1) * 1e6 / i->rate_per_s);
}
