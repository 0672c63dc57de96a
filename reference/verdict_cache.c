#include "reference/verdict_cache.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

enum {
    WINDOW = 8, /* slots that a key may stand in */
    BLOCK_LEN = 64,
    DIGEST_LEN = 32,
};

struct entry {
    struct verdict_key key;
    int64_t expires_us; /* 0: free */
    bool pass;
};

struct verdict_cache {
    struct entry *entries;
    size_t mask;
    int64_t lifetime_us;
    EVP_MD *sha256; /* fetched once: a digest by name would look it up and allocate each time */
    EVP_MD_CTX *digest;
    uint8_t inner[BLOCK_LEN]; /* the HMAC key, already combined with ipad and opad */
    uint8_t outer[BLOCK_LEN];
};

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
    c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    c->digest = EVP_MD_CTX_new();
    int ok = RAND_bytes(key, sizeof key);

    assert(ok == 1 && c->sha256 != NULL && c->digest != NULL);
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        uint8_t byte = i < sizeof key ? key[i] : 0;

        c->inner[i] = byte ^ 0x36; /* RFC 2104 2 */
        c->outer[i] = byte ^ 0x5c;
    }
    OPENSSL_cleanse(key, sizeof key);
    return c;
}

void verdict_cache_free(struct verdict_cache **cache)
{
    struct verdict_cache *c = *cache;

    if (c == NULL)
        return;
    EVP_MD_CTX_free(c->digest);
    EVP_MD_free(c->sha256);
    free(c->entries);
    OPENSSL_cleanse(c, sizeof *c);
    free(c);
    *cache = NULL;
}

static int digest_parts(EVP_MD_CTX *digest, const struct str *parts, size_t count)
{
    int ok = 1;

    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len;

        ok &= EVP_DigestUpdate(digest, &len, sizeof len);
        ok &= EVP_DigestUpdate(digest, parts[i].ptr, parts[i].len);
    }
    return ok;
}

/* HMAC-SHA-256 (RFC 2104 2) by hand, since OpenSSL's own allocates at each use; cut to 16 bytes. */
struct verdict_key verdict_cache_key(struct verdict_cache *c, const struct str *parts, size_t count)
{
    uint8_t hash[DIGEST_LEN];
    struct verdict_key key;
    int ok = EVP_DigestInit_ex(c->digest, c->sha256, NULL);

    ok &= EVP_DigestUpdate(c->digest, c->inner, BLOCK_LEN);
    ok &= digest_parts(c->digest, parts, count);
    ok &= EVP_DigestFinal_ex(c->digest, hash, NULL);
    ok &= EVP_DigestInit_ex(c->digest, c->sha256, NULL);
    ok &= EVP_DigestUpdate(c->digest, c->outer, BLOCK_LEN);
    ok &= EVP_DigestUpdate(c->digest, hash, DIGEST_LEN);
    ok &= EVP_DigestFinal_ex(c->digest, hash, NULL);
    assert(ok == 1);
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

enum verdict verdict_cache_get(const struct verdict_cache *c, struct verdict_key key,
                               int64_t now_us)
{
    for (size_t i = 0; i < WINDOW; i++) {
        const struct entry *e = slot(c, key, i);

        if (e->expires_us > now_us && same(e->key, key))
            return e->pass ? VERDICT_PASS : VERDICT_FAIL;
    }
    return VERDICT_UNKNOWN;
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

void verdict_cache_put(struct verdict_cache *c, struct verdict_key key, bool pass, int64_t now_us)
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
    *victim = (struct entry){.key = key, .expires_us = now_us + c->lifetime_us, .pass = pass};
}
