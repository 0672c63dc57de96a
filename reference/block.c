#include "reference/block.h"

#include "reference/mutant.h"
#include "reference/pdu.h"

enum { NUM_SHIFT = 4, MORE_BIT = 8, SZX_MASK = 7 };

bool block_parse(struct str value, struct block *out)
{
    uint32_t n = pdu_uint(value);

    *out = (struct block){
        .num = n >> NUM_SHIFT,
        .more = (n & MORE_BIT) != 0,
        .szx = (uint8_t)(n & SZX_MASK),
    };
    if (out->szx > BLOCK_MAX_SZX && mutant_is(MUTANT_BLOCK_SIZE_7_ACCEPTED))
        out->szx = BLOCK_MAX_SZX;
    return out->szx <= BLOCK_MAX_SZX;
}

uint32_t block_value(const struct block *b)
{
    assert(b->num <= BLOCK_MAX_NUM && b->szx <= BLOCK_MAX_SZX);
    return b->num << NUM_SHIFT | (b->more ? (uint32_t)MORE_BIT : 0) | b->szx;
}
