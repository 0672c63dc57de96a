#include "lib/arena.h"

#include <stdlib.h>

enum { BLOCK_MIN = 240, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* of bytes[] */
    _Alignas(ALIGN) char bytes[];
};

void *arena_take(struct arena *a, size_t count, size_t size)
{
    assert(size == 0 || count <= (SIZE_MAX - BLOCK_MIN) / size);
    const size_t len = (count * size + ALIGN - 1) / ALIGN * ALIGN;

    if (len > a->left) {
        const size_t room = len > BLOCK_MIN ? len : BLOCK_MIN;
        struct arena_block *block = xcalloc(1, sizeof *block + room);

        block->next = a->blocks;
        block->size = room;
        a->blocks = block;
        a->free = block->bytes;
        a->left = room;
    }
    char *taken = a->free;

    a->free += len;
    a->left -= len;
    return taken;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *copy = arena_take(a, s.len + 1, 1);

    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return (struct str){copy, s.len};
}

void arena_fini(struct arena *a)
{
    while (a->blocks != NULL) {
        struct arena_block *block = a->blocks;

        a->blocks = block->next;
        explicit_bzero(block->bytes, block->size);
        free(block);
    }
    *a = (struct arena){0};
}
