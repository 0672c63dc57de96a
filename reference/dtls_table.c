#include "reference/dtls_table.h"

#include <stdlib.h>

#include <openssl/rand.h>

void dtls_table_init(struct dtls_table *t, size_t expected)
{
    size_t count = 16;
    int ok;

    while (count < expected)
        count *= 2;
    t->bucket = xcalloc(count, sizeof(*t->bucket));
    t->mask = count - 1;
    ok = RAND_bytes(t->key, sizeof t->key) == 1;
    assert(ok);
}

void dtls_table_fini(struct dtls_table *t)
{
    free(t->bucket);
    t->bucket = NULL;
}

static size_t put(uint8_t *out, const void *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return len;
}

static size_t put_addr(uint8_t *out, const struct addr *a)
{
    size_t len = 0;

    if (a->len == 0)
        return 0;
    if (a->sa.sa_family == AF_INET) {
        len += put(out, &a->in.sin_addr, sizeof a->in.sin_addr);
        return len + put(out + len, &a->in.sin_port, sizeof a->in.sin_port);
    }
    len += put(out, &a->in6.sin6_addr, sizeof a->in6.sin6_addr);
    len += put(out + len, &a->in6.sin6_scope_id, sizeof a->in6.sin6_scope_id);
    return len + put(out + len, &a->in6.sin6_port, sizeof a->in6.sin6_port);
}

static struct dtls_session **bucket_of(const struct dtls_table *t, const struct udp_path *path)
{
    uint8_t text[64];
    size_t len = put(text, &path->socket, sizeof path->socket);

    len += put_addr(text + len, &path->peer);
    len += put_addr(text + len, &path->local);
    return &t->bucket[siphash13(t->key, text, len) & t->mask];
}

struct dtls_pair dtls_table_find(const struct dtls_table *t, const struct udp_path *path)
{
    struct dtls_pair pair = {NULL, NULL};

    for (struct dtls_session *s = *bucket_of(t, path); s != NULL; s = s->table_next) {
        if (!udp_path_equal(&s->path, path))
            continue;
        if (s->state == DTLS_ESTABLISHED)
            pair.established = s;
        else
            pair.handshaking = s;
    }
    return pair;
}

void dtls_table_add(struct dtls_table *t, struct dtls_session *s)
{
    struct dtls_session **bucket = bucket_of(t, &s->path);

    s->table_next = *bucket;
    *bucket = s;
}

void dtls_table_remove(struct dtls_table *t, struct dtls_session *s)
{
    struct dtls_session **at = bucket_of(t, &s->path);

    while (*at != s) {
        assert(*at != NULL);
        at = &(*at)->table_next;
    }
    *at = s->table_next;
}

struct dtls_session *dtls_table_any(const struct dtls_table *t, size_t *bucket)
{
    for (; *bucket <= t->mask; ++*bucket)
        if (t->bucket[*bucket] != NULL)
            return t->bucket[*bucket];
    return NULL;
}
