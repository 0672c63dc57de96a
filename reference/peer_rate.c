#include "reference/peer_rate.h"

#include <stdlib.h>

#include "lib/entropy.h"
#include "lib/lazy.h"
#include "lib/siphash.h"

enum { BUCKETS = 65536, MILLI = 1000 };

/* Zeroed: not used yet, and so full. */
struct bucket {
    uint32_t last_ms;
    uint32_t used_milli; /* thousandths of a datagram that have not been given back by time */
};

struct peer_rate {
    struct bucket *buckets;
    uint32_t rate_per_s;
    uint8_t secret[SIPHASH_KEY_LEN];
};

struct peer_rate *peer_rate_new(uint32_t rate_per_s)
{
    struct peer_rate *p = xcalloc(1, sizeof *p);

    assert(rate_per_s < UINT32_MAX / MILLI);
    p->rate_per_s = rate_per_s;
    p->buckets = lazy_calloc(BUCKETS, sizeof *p->buckets);
    entropy_fill(p->secret, sizeof p->secret);
    return p;
}

void peer_rate_free(struct peer_rate **p)
{
    if (*p == NULL)
        return;
    lazy_free((*p)->buckets, BUCKETS, sizeof *(*p)->buckets);
    free(*p);
    *p = NULL;
}

static struct bucket *bucket_of(const struct peer_rate *p, const struct addr *peer)
{
    struct {
        uint8_t host[16];
        uint16_t port;
    } name;

    memset(&name, 0, sizeof name);
    name.port = addr_port(peer);
    if (peer->sa.sa_family == AF_INET)
        memcpy(name.host, &peer->in.sin_addr, sizeof peer->in.sin_addr);
    else
        memcpy(name.host, &peer->in6.sin6_addr, sizeof name.host);
    return &p->buckets[siphash13(p->secret, &name, sizeof name) % BUCKETS];
}

bool peer_rate_allows(struct peer_rate *p, const struct addr *peer, int64_t now_us)
{
    if (p->rate_per_s == 0)
        return true;
    struct bucket *b = bucket_of(p, peer);
    uint32_t now_ms = (uint32_t)(now_us / US_PER_MS);
    uint64_t given_back = (uint64_t)(now_ms - b->last_ms) * p->rate_per_s; /* thousandths */
    uint32_t used = given_back > b->used_milli ? 0 : b->used_milli - (uint32_t)given_back;

    b->last_ms = now_ms;
    b->used_milli = used;
    if (used + MILLI > p->rate_per_s * MILLI)
        return false;
    b->used_milli += MILLI;
    return true;
}
