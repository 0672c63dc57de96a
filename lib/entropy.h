/*
 * Random bytes from the kernel: keys of hashed tables, first numbers, identifiers.
 */
#ifndef LIB_ENTROPY_H
#define LIB_ENTROPY_H

#include <stddef.h>

/* Fills len bytes. Aborts when the kernel has none, which does not happen after boot. */
void entropy_fill(void *to, size_t len);

#endif
