#include "lib/base.h"

#include <stdio.h>
#include <stdlib.h>

static void *must(void *got)
{
    if (got == NULL) {
        (void)fputs("out of memory\n", stderr);
        abort();
    }
    return got;
}

void *xmalloc(size_t size)
{
    return must(malloc(size == 0 ? 1 : size));
}

void *xcalloc(size_t count, size_t size)
{
    return must(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *xrealloc(void *old, size_t size)
{
    return must(realloc(old, size == 0 ? 1 : size));
}

char *xstrdup(struct str s)
{
    char *copy = xmalloc(s.len + 1);

    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}
