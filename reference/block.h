/*
 * The value of a Block1 or Block2 option: number, more, size (RFC 7959 2.2).
 */
#ifndef REFERENCE_BLOCK_H
#define REFERENCE_BLOCK_H

#include "lib/base.h"

enum {
    BLOCK_MAX_SZX = 6,      /* 1024 bytes; 7 is reserved */
    BLOCK_MAX_NUM = 0xfffff /* 20 bits */
};

struct block {
    uint32_t num;
    bool more;
    uint8_t szx; /* blocks have 1 << (szx + 4) bytes */
};

/* value: of 0 to 3 bytes. False when the size is the reserved one. */
bool block_parse(struct str value, struct block *out) MUST_CHECK;

/* The option as a number, to be written in its shortest form (RFC 7252 3.2). */
uint32_t block_value(const struct block *b);

static inline size_t block_size(const struct block *b)
{
    return (size_t)1 << (b->szx + 4);
}

/* Where the block starts in the body. */
static inline uint64_t block_offset(const struct block *b)
{
    return (uint64_t)b->num << (b->szx + 4);
}

#endif
