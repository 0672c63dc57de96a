#include "lib/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST_CAP = 256 };

void buf_fini(struct buf *b)
{
    if (b->grows)
        free(b->ptr);
    *b = (struct buf){.grows = b->grows};
}

char *buf_reserve(struct buf *b, size_t len)
{
    if (b->overflow || len > SIZE_MAX - b->len) {
        b->overflow = true;
        return NULL;
    }
    if (len > b->cap - b->len) {
        if (!b->grows) {
            b->overflow = true;
            return NULL;
        }
        size_t cap = b->cap < BUF_FIRST_CAP ? BUF_FIRST_CAP : b->cap;

        while (cap < b->len + len)
            cap *= 2;
        b->ptr = xrealloc(b->ptr, cap);
        b->cap = cap;
    }
    return b->ptr + b->len;
}

void buf_add_slowly(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    char *to = buf_reserve(b, len);

    if (to == NULL)
        return;
    memcpy(to, bytes, len);
    b->len += len;
}

void buf_add_format(struct buf *b, const char *format, ...)
{
    va_list args;
    char small[256];

    va_start(args, format);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len < sizeof small) {
        buf_add(b, small, (size_t)len);
        return;
    }
    char *to = buf_reserve(b, (size_t)len + 1); /* vsnprintf also writes a NUL */

    if (to == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(to, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}
