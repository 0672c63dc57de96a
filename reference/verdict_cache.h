/*
 * Remembers for a while which passwords matched a slow hash and which did not.
 *
 * A verdict is kept under a keyed hash of everything that it depends on, with a key that only this
 * process knows: neither a password nor anything that helps to find one is stored. Memory is fixed;
 * where it is tight refused verdicts go first, so that wrong guesses do not displace good devices.
 */
#ifndef REFERENCE_VERDICT_CACHE_H
#define REFERENCE_VERDICT_CACHE_H

#include "lib/base.h"

struct verdict_cache;

enum verdict { VERDICT_UNKNOWN, VERDICT_PASS, VERDICT_FAIL };

struct verdict_key {
    uint64_t word[2];
};

/* Something that is kept beside a verdict and goes with it. */
typedef void verdict_release_fn(void *value);

/* entries: rounded up to a power of two; lifetime_us: at least a second. */
struct verdict_cache *verdict_cache_new(size_t entries, int64_t lifetime_us);
void verdict_cache_free(struct verdict_cache **c);
/* Values that go are given to release. Before the first one is put. */
void verdict_cache_set_release(struct verdict_cache *c, verdict_release_fn *release);

/* The key of these parts in this order; ("ab", "c") and ("a", "bc") differ. Does not allocate. */
struct verdict_key verdict_cache_key(const struct verdict_cache *c, const struct str *parts,
                                     size_t count);

enum verdict verdict_cache_get(const struct verdict_cache *c, struct verdict_key key,
                               int64_t now_us);
void verdict_cache_put(struct verdict_cache *c, struct verdict_key key, bool pass, int64_t now_us);

/* The same for a verdict with a value, which is taken, and that is remembered for another time. */
void verdict_cache_put_value(struct verdict_cache *c, struct verdict_key key, bool pass,
                             void *value, int64_t lifetime_us, int64_t now_us);
/* The value of a verdict that is known, until the next put; NULL: none. */
void *verdict_cache_value(const struct verdict_cache *c, struct verdict_key key, int64_t now_us);

#endif
