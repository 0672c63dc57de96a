/*
 * Large zeroed memory that takes a page only when it is written: tables made for a limit that is
 * rarely reached.
 */
#ifndef LIB_LAZY_H
#define LIB_LAZY_H

#include <stddef.h>

/* count objects of size bytes, all zero. Aborts when there is no address space. Pair: lazy_free. */
void *lazy_calloc(size_t count, size_t size);
/* The same count and size. */
void lazy_free(void *mem, size_t count, size_t size);

#endif
