/*
 * A byte buffer that is appended to: over the caller's fixed memory, or on the heap and growing.
 *
 * Overflow of a fixed buffer is sticky: appends after it do nothing, and one check at the end of a
 * sequence of writes is enough (`b.overflow`). A growing buffer never overflows.
 */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include "lib/base.h"

struct buf {
    char *ptr;
    size_t len;
    size_t cap;
    bool overflow;
    bool grows;
};

/* A buffer over mem, which stays the caller's and is never grown. */
static inline struct buf buf_over(void *mem, size_t cap)
{
    return (struct buf){.ptr = mem, .cap = cap};
}

/* An empty heap buffer that grows; free it with buf_fini. */
static inline struct buf buf_growing(void)
{
    return (struct buf){.grows = true};
}

/* Frees a growing buffer's memory; nothing to do for a fixed one. Leaves it empty. */
void buf_fini(struct buf *b);

/* Room for len more bytes: the place to write them, or NULL and overflow set. */
char *buf_reserve(struct buf *b, size_t len);

void buf_add_slowly(struct buf *b, const void *bytes, size_t len); /* for buf_add */

/* Inline, because events are made of many short pieces. */
static inline void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (b->overflow || len == 0 || len > b->cap - b->len) {
        buf_add_slowly(b, bytes, len);
        return;
    }
    memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
}

static inline void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.ptr, s.len);
}

static inline void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_add_format(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->ptr, b->len};
}

static inline void buf_clear(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
}

#endif
