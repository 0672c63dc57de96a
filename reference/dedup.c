#include "reference/dedup.h"

#include <stdlib.h>

#include "lib/entropy.h"
#include "lib/lazy.h"
#include "lib/log.h"
#include "lib/siphash.h"
#include "reference/mutant.h"

struct dedup {
    struct dedup_entry *ring;
    uint32_t *heads; /* index + 1 of each chain's first entry */
    size_t ring_size;
    size_t head_mask;
    size_t oldest;
    size_t count;
    size_t stored_bytes;
    size_t stored_limit;
    int64_t start_us;
    struct metrics *metrics;
    uint8_t secret[SIPHASH_KEY_LEN];
};

struct dedup *dedup_new(size_t entries, size_t stored_bytes, struct metrics *metrics,
                        int64_t now_us)
{
    struct dedup *d = xcalloc(1, sizeof *d);
    size_t heads = 64;

    assert(entries > 0 && entries < UINT32_MAX / 2);
    while (heads < entries)
        heads *= 2;
    d->ring_size = entries;
    d->ring = lazy_calloc(entries, sizeof *d->ring);
    d->heads = lazy_calloc(heads, sizeof *d->heads);
    d->head_mask = heads - 1;
    d->stored_limit = stored_bytes;
    d->metrics = metrics;
    d->start_us = now_us;
    entropy_fill(d->secret, sizeof d->secret);
    return d;
}

void dedup_free(struct dedup **d)
{
    if (*d == NULL)
        return;
    for (size_t i = 0; i < (*d)->count; i++)
        free((*d)->ring[((*d)->oldest + i) % (*d)->ring_size].stored);
    lazy_free((*d)->ring, (*d)->ring_size, sizeof *(*d)->ring);
    lazy_free((*d)->heads, (*d)->head_mask + 1, sizeof *(*d)->heads);
    free(*d);
    *d = NULL;
}

static void copy_v4(uint8_t *to, const struct in_addr *from)
{
    to[10] = 0xff;
    to[11] = 0xff;
    memcpy(to + 12, from, 4);
}

/* A short name for the local end: collisions only matter between local addresses of one peer and
 * MID. */
static uint32_t local_name(const struct udp_path *path)
{
    uint32_t name = (uint32_t)path->socket * UINT32_C(2654435761);

    if (path->local.len == 0)
        return name;
    if (path->local.sa.sa_family == AF_INET)
        return name ^ path->local.in.sin_addr.s_addr;
    uint32_t word[4];

    memcpy(word, &path->local.in6.sin6_addr, sizeof word);
    return name ^ word[0] ^ word[1] * 3 ^ word[2] * 5 ^ word[3] * 7;
}

struct dedup_key dedup_key(const struct udp_path *path, uint64_t session_id, uint16_t mid)
{
    struct dedup_key key = {.mid = mid};

    if (session_id != 0 && !mutant_is(MUTANT_DEDUP_ACROSS_SESSIONS)) {
        memcpy(key.peer, &session_id, sizeof session_id);
        return key; /* port 0 never comes from a plain peer */
    }
    if (!mutant_is(MUTANT_DEDUP_WITHOUT_PORT))
        key.port = addr_port(&path->peer);
    key.local = local_name(path);
    if (path->peer.sa.sa_family == AF_INET)
        copy_v4(key.peer, &path->peer.in.sin_addr);
    else
        memcpy(key.peer, &path->peer.in6.sin6_addr, sizeof key.peer);
    return key;
}

static uint32_t *head_of(const struct dedup *d, const struct dedup_key *key)
{
    return &d->heads[siphash13(d->secret, key, sizeof *key) & d->head_mask];
}

static uint32_t to_ms(const struct dedup *d, int64_t now_us)
{
    return (uint32_t)((uint64_t)(now_us - d->start_us) / 1000);
}

/* Whether a comes before b on a clock of milliseconds that wraps. */
static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

struct dedup_entry *dedup_find(struct dedup *d, const struct dedup_key *key, int64_t now_us)
{
    uint32_t now_ms = to_ms(d, now_us);

    for (uint32_t i = *head_of(d, key); i != 0; i = d->ring[i - 1].next) {
        struct dedup_entry *e = &d->ring[i - 1];

        if (memcmp(&e->key, key, sizeof *key) == 0)
            return before(now_ms, e->expiry_ms) ? e : NULL; /* a chain's newest comes first */
    }
    return NULL;
}

static void drop_oldest(struct dedup *d, uint32_t now_ms)
{
    static struct log_limit limit;
    struct dedup_entry *e = &d->ring[d->oldest];
    uint32_t *link = head_of(d, &e->key);

    while (*link != d->oldest + 1)
        link = &d->ring[*link - 1].next;
    *link = e->next;
    if (before(now_ms, e->expiry_ms)) {
        metrics_add(d->metrics, METRIC_DEDUP_EVICTED, 1);
        log_limited(&limit, LOG_WARN, "dedup", "evicted", "entries=%zu stored_bytes=%zu", d->count,
                    d->stored_bytes);
    }
    d->stored_bytes -= e->stored_len;
    free(e->stored);
    e->stored = NULL;
    e->stored_len = 0;
    d->oldest = (d->oldest + 1) % d->ring_size;
    d->count--;
}

struct dedup_entry *dedup_add(struct dedup *d, const struct dedup_key *key, int64_t lifetime_us,
                              int64_t now_us)
{
    uint32_t now_ms = to_ms(d, now_us);

    /* two expired ones a new one: a quiet time shrinks the table again */
    for (int i = 0; i < 2 && d->count > 0 && !before(now_ms, d->ring[d->oldest].expiry_ms); i++)
        drop_oldest(d, now_ms);
    if (d->count == d->ring_size)
        drop_oldest(d, now_ms);
    size_t at = (d->oldest + d->count++) % d->ring_size;
    uint32_t *head = head_of(d, key);

    d->ring[at] = (struct dedup_entry){
        .key = *key,
        .next = *head,
        .expiry_ms = now_ms + (uint32_t)(lifetime_us / 1000),
        .exchange = DEDUP_NO_EXCHANGE,
        .state = DEDUP_WORKING,
    };
    *head = (uint32_t)at + 1;
    return &d->ring[at];
}

void dedup_store(struct dedup *d, struct dedup_entry *entry, struct str bytes)
{
    assert(entry->stored == NULL && bytes.len <= UINT16_MAX);
    if (bytes.len == 0)
        return;
    entry->stored = xstrdup(bytes);
    entry->stored_len = (uint16_t)bytes.len;
    d->stored_bytes += bytes.len;
    while (d->stored_bytes > d->stored_limit && d->count > 0)
        drop_oldest(d, d->ring[d->oldest].expiry_ms - 1);
}
