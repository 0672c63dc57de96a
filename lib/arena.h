/*
 * An arena: many small pieces of memory that die together. For immutable objects of varying shape.
 */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include "lib/base.h"

struct arena_block;

/* Zeroed memory is an empty arena. */
struct arena {
    struct arena_block *blocks;
    char *free;
    size_t left;
};

/* Zeroed memory for count things of size bytes, aligned for anything; lives until arena_fini. */
void *arena_take(struct arena *a, size_t count, size_t size);

/* A copy of s with a NUL behind its length. */
struct str arena_str(struct arena *a, struct str s);

/* Overwrites and frees everything: what was in it may have been secret. */
void arena_fini(struct arena *a);

#endif
