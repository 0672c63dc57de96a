#include "simulator/mid.h"

#include <stdlib.h>

#include "simulator/rng.h"

enum { FREE = 0 };

struct owner {
    uint64_t key; /* socket << 16 | mid, plus 1; FREE */
    uint32_t device;
};

struct numbers {
    uint16_t next;
    uint32_t left_ms[MID_BLOCKS]; /* when the last of a block was taken; 0: never */
};

struct mid_shared {
    struct numbers *numbers; /* by socket */
    struct owner *owners;    /* open addressing */
    size_t mask;
};

bool mid_take_own(struct mid_own *own, uint32_t now_ms, uint16_t *mid, uint32_t *free_ms)
{
    if (own->next % MID_HALF == 0) {
        /* the half to be entered was left when the current one was entered */
        if (own->entered_ms != 0 && now_ms - own->entered_ms < MID_LIFETIME_MS) {
            *free_ms = own->entered_ms + MID_LIFETIME_MS;
            return false;
        }
        own->entered_ms = now_ms;
    }
    *mid = own->next++;
    return true;
}

struct mid_shared *mid_shared_new(size_t sockets, size_t devices)
{
    struct mid_shared *s = xcalloc(1, sizeof *s);
    size_t room = 1024;

    while (room < 2 * devices)
        room *= 2;
    s->numbers = xcalloc(sockets, sizeof *s->numbers);
    s->owners = xcalloc(room, sizeof *s->owners);
    s->mask = room - 1;
    return s;
}

void mid_shared_free(struct mid_shared **s)
{
    if (*s == NULL)
        return;
    free((*s)->numbers);
    free((*s)->owners);
    free(*s);
    *s = NULL;
}

static uint64_t key_of(uint32_t socket, uint16_t mid)
{
    return ((uint64_t)socket << 16 | mid) + 1;
}

static size_t home_of(const struct mid_shared *s, uint64_t key)
{
    return (size_t)rng_mix(key) & s->mask;
}

static size_t find(const struct mid_shared *s, uint64_t key)
{
    size_t i = home_of(s, key);

    while (s->owners[i].key != FREE && s->owners[i].key != key)
        i = (i + 1) & s->mask;
    return i;
}

bool mid_take_shared(struct mid_shared *s, uint32_t socket, uint32_t device, uint32_t now_ms,
                     uint16_t *mid, uint32_t *free_ms)
{
    struct numbers *n = &s->numbers[socket];
    uint32_t *left_ms = &n->left_ms[n->next / MID_BLOCK];

    if (n->next % MID_BLOCK == 0 && *left_ms != 0 && now_ms - *left_ms < MID_LIFETIME_MS) {
        *free_ms = *left_ms + MID_LIFETIME_MS;
        return false;
    }
    *left_ms = now_ms;
    *mid = n->next++;
    s->owners[find(s, key_of(socket, *mid))] = (struct owner){key_of(socket, *mid), device};
    return true;
}

uint32_t mid_device(const struct mid_shared *s, uint32_t socket, uint16_t mid)
{
    const struct owner *o = &s->owners[find(s, key_of(socket, mid))];

    return o->key == FREE ? UINT32_MAX : o->device;
}

void mid_release(struct mid_shared *s, uint32_t socket, uint16_t mid)
{
    size_t hole = find(s, key_of(socket, mid));

    if (s->owners[hole].key == FREE)
        return;
    /* what stands behind the hole and belongs before it moves into it */
    for (size_t i = (hole + 1) & s->mask; s->owners[i].key != FREE; i = (i + 1) & s->mask) {
        size_t home = home_of(s, s->owners[i].key);

        if (((i - home) & s->mask) >= ((i - hole) & s->mask)) {
            s->owners[hole] = s->owners[i];
            hole = i;
        }
    }
    s->owners[hole].key = FREE;
}
