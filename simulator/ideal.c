#include "simulator/ideal.h"

#include <stdlib.h>

#include "lib/msg.h"

enum {
    CODE_POST = 2,
    CODE_CHANGED = 2 << 5 | 4,
    CODE_CONTINUE = 2 << 5 | 31,
    OPTION_QUERY = 15,
    OPTION_BLOCK1 = 27,
    ANSWER_MAX = 20,
    FIRST_ROOM = 1024,
};

struct answer {
    int64_t at_us;
    uint32_t device;
    uint8_t len;
    uint8_t bytes[ANSWER_MAX];
};

struct ideal {
    struct ideal_options options;
    struct answer *heap; /* the earliest first */
    size_t count;
    size_t room;
    int64_t busy_until_us;
    uint64_t accepted;
    uint16_t next_mid;
};

struct ideal *ideal_new(const struct ideal_options *options)
{
    struct ideal *e = xcalloc(1, sizeof *e);

    e->options = *options;
    e->room = FIRST_ROOM;
    e->heap = xcalloc(e->room, sizeof *e->heap);
    return e;
}

void ideal_free(struct ideal **e)
{
    if (*e == NULL)
        return;
    free((*e)->heap);
    free(*e);
    *e = NULL;
}

/* --- the answers under way: a binary heap */

static void push(struct ideal *e, const struct answer *a)
{
    if (e->count == e->room) {
        e->room *= 2;
        e->heap = xrealloc(e->heap, e->room * sizeof *e->heap);
    }
    size_t i = e->count++;

    while (i > 0 && e->heap[(i - 1) / 2].at_us > a->at_us) {
        e->heap[i] = e->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    e->heap[i] = *a;
}

static struct answer pop(struct ideal *e)
{
    struct answer first = e->heap[0];
    struct answer last = e->heap[--e->count];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= e->count)
            break;
        if (child + 1 < e->count && e->heap[child + 1].at_us < e->heap[child].at_us)
            child++;
        if (e->heap[child].at_us >= last.at_us)
            break;
        e->heap[i] = e->heap[child];
        i = child;
    }
    e->heap[i] = last;
    return first;
}

/* --- answering */

/* When a request that comes now is done. */
static int64_t done_us(struct ideal *e, int64_t now_us)
{
    int64_t begin_us = now_us;

    if (now_us >= e->options.stall_from_us && now_us < e->options.stall_to_us)
        begin_us = e->options.stall_to_us;
    if (e->options.capacity_per_s > 0) {
        begin_us = e->busy_until_us > begin_us ? e->busy_until_us : begin_us;
        e->busy_until_us = begin_us + (int64_t)((double)US_PER_S / e->options.capacity_per_s);
        begin_us = e->busy_until_us;
    }
    return begin_us + e->options.latency_us;
}

static int64_t ct_us_of(const struct msg *m)
{
    for (size_t i = 0; i < m->option_count; i++) {
        struct str v = m->options[i].value;
        int64_t ct_s = 0;

        if (m->options[i].number != OPTION_QUERY || v.len < 4 || memcmp(v.ptr, "ct=", 3) != 0)
            continue;
        for (size_t k = 3; k < v.len; k++)
            ct_s = ct_s * 10 + (v.ptr[k] - '0');
        return ct_s * US_PER_S;
    }
    return 0;
}

/* type, code, token of the request; a separate answer has a message ID of its own. */
static void send_answer(struct ideal *e, uint32_t device, const struct msg *m, unsigned type,
                        uint8_t code, int64_t at_us)
{
    struct answer a = {.at_us = at_us, .device = device};
    size_t token_len = code == 0 ? 0 : m->token.len;
    uint16_t mid = type == MSG_ACK ? m->mid : e->next_mid++;

    a.bytes[0] = (uint8_t)(0x40 | type << 4 | token_len);
    a.bytes[1] = code;
    a.bytes[2] = (uint8_t)(mid >> 8);
    a.bytes[3] = (uint8_t)mid;
    if (token_len > 0)
        memcpy(a.bytes + 4, m->token.ptr, token_len);
    a.len = (uint8_t)(4 + token_len);
    push(e, &a);
}

void ideal_receive(struct ideal *e, const struct fleet_datagram *d, int64_t now_us)
{
    struct msg m;
    size_t where;

    if (d->secure || msg_read(d->bytes, d->len, &m, &where) != MSG_GOOD || m.code != CODE_POST)
        return;
    int64_t at_us = done_us(e, now_us);
    int64_t ct_us = ct_us_of(&m);
    const struct msg_option *block1 = msg_find(&m, OPTION_BLOCK1);
    uint64_t block = 0;
    bool more = block1 != NULL && msg_uint(block1->value, &block) && (block & 8) != 0;
    unsigned direct = m.type == MSG_CON ? MSG_ACK : MSG_NON;

    e->accepted += !more;
    if (more) {
        send_answer(e, d->device, &m, direct, CODE_CONTINUE, at_us);
    } else if (ct_us == 0) {
        send_answer(e, d->device, &m, direct, CODE_CHANGED, at_us);
    } else {
        if (m.type == MSG_CON)
            send_answer(e, d->device, &m, MSG_ACK, 0, at_us);
        send_answer(e, d->device, &m, m.type == MSG_CON ? MSG_CON : MSG_NON, CODE_CHANGED,
                    at_us + ct_us);
    }
}

int64_t ideal_deadline_us(const struct ideal *e)
{
    return e->count == 0 ? INT64_MAX : e->heap[0].at_us;
}

void ideal_advance(struct ideal *e, struct fleet *f, int64_t now_us)
{
    while (e->count > 0 && e->heap[0].at_us <= now_us) {
        struct answer a = pop(e);

        struct fleet_arrival arrival = {.device = a.device, .bytes = a.bytes, .len = a.len};

        fleet_receive(f, &arrival, now_us);
    }
}

uint64_t ideal_accepted(const struct ideal *e)
{
    return e->accepted;
}
