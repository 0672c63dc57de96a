#include "lib/alloc_count.h"

#include <stdatomic.h>
#include <stddef.h>

static atomic_long calls;

/* The linker's names: --wrap=malloc turns malloc into __wrap_malloc, and __real_malloc into malloc.
 */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *s);

long alloc_count(void)
{
    return calls;
}

void *__wrap_malloc(size_t size)
{
    calls++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    calls++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    calls++;
    return __real_realloc(old, size);
}

char *__wrap_strdup(const char *s)
{
    calls++;
    return __real_strdup(s);
}
