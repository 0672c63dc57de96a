#include "lib/lazy.h"

#include <sys/mman.h>

#include "lib/base.h"

void *lazy_calloc(size_t count, size_t size)
{
    assert(size > 0 && count > 0 && count <= SIZE_MAX / size);
    void *mem = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    assert(mem != MAP_FAILED);
    return mem;
}

void lazy_free(void *mem, size_t count, size_t size)
{
    if (mem != NULL)
        (void)munmap(mem, count * size);
}
