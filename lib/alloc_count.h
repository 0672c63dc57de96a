/*
 * How often our own code has allocated: for tests of paths that must not.
 *
 * Only in a program linked by seatrial_count_allocations (cmake/seatrial.cmake), which redirects
 * malloc, calloc, realloc and strdup of the statically linked code. What shared libraries allocate
 * inside is not counted.
 */
#ifndef LIB_ALLOC_COUNT_H
#define LIB_ALLOC_COUNT_H

/* Calls so far, of all threads. */
long alloc_count(void);

#endif
