/* SHA256_*: EVP of OpenSSL 3.0 allocates whenever a digest begins, and this is on the way of each
 * request. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "reference/verdict_cache.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

enum {
    WINDOW = 8, /* slots that a key may stand in */
    BLOCK_LEN = SHA256_CBLOCK,
    DIGEST_LEN = SHA256_DIGEST_LENGTH,
};

struct entry {
    struct verdict_key key;
    int64_t expires_us; /* 0: free */
    void *value;        /* NULL: none */
    bool pass;
};

struct verdict_cache {
    struct entry *entries;
    size_t mask;
    int64_t lifetime_us;
    verdict_release_fn *release; /* of values; NULL: there are none */
    SHA256_CTX inner;            /* after the HMAC key combined with ipad */
    SHA256_CTX outer;            /* with opad */
};

/* A digest that has read the key, xored with pad and filled up to a block. */
static int begin(SHA256_CTX *digest, const uint8_t key[DIGEST_LEN], uint8_t pad)
{
    uint8_t block[BLOCK_LEN];

    for (size_t i = 0; i < BLOCK_LEN; i++)
        block[i] = (i < DIGEST_LEN ? key[i] : 0) ^ pad;
    int ok = SHA256_Init(digest) & SHA256_Update(digest, block, sizeof block);

    OPENSSL_cleanse(block, sizeof block);
    return ok;
}

struct verdict_cache *verdict_cache_new(size_t entries, int64_t lifetime_us)
{
    struct verdict_cache *c = xcalloc(1, sizeof *c);
    uint8_t key[DIGEST_LEN];
    size_t size = 64;

    while (size < entries)
        size *= 2;
    c->entries = xcalloc(size, sizeof *c->entries);
    c->mask = size - 1;
    c->lifetime_us = lifetime_us < US_PER_S ? US_PER_S : lifetime_us;
    int ok = RAND_bytes(key, sizeof key);

    ok &= begin(&c->inner, key, 0x36); /* RFC 2104 2 */
    ok &= begin(&c->outer, key, 0x5c);
    assert(ok == 1);
    OPENSSL_cleanse(key, sizeof key);
    return c;
}

void verdict_cache_set_release(struct verdict_cache *c, verdict_release_fn *release)
{
    c->release = release;
}

static void let_go(const struct verdict_cache *c, struct entry *e)
{
    if (e->value != NULL)
        c->release(e->value);
    e->value = NULL;
}

void verdict_cache_free(struct verdict_cache **cache)
{
    struct verdict_cache *c = *cache;

    if (c == NULL)
        return;
    for (size_t i = 0; c->release != NULL && i <= c->mask; i++)
        let_go(c, &c->entries[i]);
    free(c->entries);
    OPENSSL_cleanse(c, sizeof *c);
    free(c);
    *cache = NULL;
}

/* HMAC-SHA-256 (RFC 2104 2), cut to 16 bytes. */
struct verdict_key verdict_cache_key(const struct verdict_cache *c, const struct str *parts,
                                     size_t count)
{
    SHA256_CTX inner = c->inner;
    SHA256_CTX outer = c->outer;
    uint8_t hash[DIGEST_LEN];
    struct verdict_key key;
    int ok = 1;

    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len;

        ok &= SHA256_Update(&inner, &len, sizeof len);
        ok &= SHA256_Update(&inner, parts[i].ptr, parts[i].len);
    }
    ok &= SHA256_Final(hash, &inner);
    ok &= SHA256_Update(&outer, hash, sizeof hash);
    ok &= SHA256_Final(hash, &outer);
    assert(ok == 1);
    OPENSSL_cleanse(&inner, sizeof inner); /* it may hold the end of a password */
    memcpy(&key, hash, sizeof key);
    return key;
}

static struct entry *slot(const struct verdict_cache *c, struct verdict_key key, size_t i)
{
    return &c->entries[(key.word[0] + i) & c->mask];
}

static bool same(struct verdict_key a, struct verdict_key b)
{
    return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}

/* NULL: not known, or no longer. */
static const struct entry *find(const struct verdict_cache *c, struct verdict_key key,
                                int64_t now_us)
{
    for (size_t i = 0; i < WINDOW; i++) {
        const struct entry *e = slot(c, key, i);

        if (e->expires_us > now_us && same(e->key, key))
            return e;
    }
    return NULL;
}

enum verdict verdict_cache_get(const struct verdict_cache *c, struct verdict_key key,
                               int64_t now_us)
{
    const struct entry *e = find(c, key, now_us);

    if (e == NULL)
        return VERDICT_UNKNOWN;
    return e->pass ? VERDICT_PASS : VERDICT_FAIL;
}

void *verdict_cache_value(const struct verdict_cache *c, struct verdict_key key, int64_t now_us)
{
    const struct entry *e = find(c, key, now_us);

    return e == NULL ? NULL : e->value;
}

/* Is `a` the better one to give up? Expired before refused before passed, then the older. */
static bool gives_way(const struct entry *a, const struct entry *b, int64_t now_us)
{
    bool a_live = a->expires_us > now_us;
    bool b_live = b->expires_us > now_us;

    if (a_live != b_live)
        return b_live;
    if (a->pass != b->pass)
        return b->pass;
    return a->expires_us < b->expires_us;
}

void verdict_cache_put_value(struct verdict_cache *c, struct verdict_key key, bool pass,
                             void *value, int64_t lifetime_us, int64_t now_us)
{
    struct entry *victim = slot(c, key, 0);

    for (size_t i = 0; i < WINDOW; i++) {
        struct entry *e = slot(c, key, i);

        if (e->expires_us != 0 && same(e->key, key)) {
            victim = e;
            break;
        }
        if (gives_way(e, victim, now_us))
            victim = e;
    }
    let_go(c, victim);
    *victim = (struct entry){
        .key = key, .expires_us = now_us + lifetime_us, .value = value, .pass = pass};
}

void verdict_cache_put(struct verdict_cache *c, struct verdict_key key, bool pass, int64_t now_us)
{
    verdict_cache_put_value(c, key, pass, NULL, c->lifetime_us, now_us);
}
