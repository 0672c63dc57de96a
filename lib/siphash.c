#include "lib/siphash.h"

#include <endian.h>

struct state {
    uint64_t v0;
    uint64_t v1;
    uint64_t v2;
    uint64_t v3;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

/* Little-endian whatever the machine. Not a loop over bytes: gcc 12 does not make one load of it.
 */
static inline uint64_t load64(const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
    return le64toh(x);
}

__attribute__((always_inline)) static inline void rounds(struct state *s, int count)
{
    for (int i = 0; i < count; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

/* per_word rounds after each 8 bytes, at_end rounds after the last; constants so that it inlines.
 */
__attribute__((always_inline)) static inline uint64_t hash(const uint8_t *key, const uint8_t *p,
                                                           size_t len, int per_word, int at_end)
{
    uint64_t k0 = load64(key);
    uint64_t k1 = load64(key + 8);
    struct state s = {
        .v0 = k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = k1 ^ UINT64_C(0x7465646279746573),
    };
    size_t tail = len & 7;
    uint64_t last = (uint64_t)len << 56; /* only the length's low byte counts */

    for (size_t at = 0; at + 8 <= len; at += 8) {
        uint64_t word = load64(p + at);

        s.v3 ^= word;
        rounds(&s, per_word);
        s.v0 ^= word;
    }
    for (size_t i = 0; i < tail; i++)
        last |= (uint64_t)p[len - tail + i] << (8 * i);
    s.v3 ^= last;
    rounds(&s, per_word);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    rounds(&s, at_end);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY_LEN], const void *bytes, size_t len)
{
    return hash(key, bytes, len, 2, 4);
}

uint64_t siphash13(const uint8_t key[SIPHASH_KEY_LEN], const void *bytes, size_t len)
{
    return hash(key, bytes, len, 1, 3);
}
