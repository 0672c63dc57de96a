/*
 * Which options differ between two structs that the same table describes: for a program that reads
 * its configuration again.
 */
#ifndef LIB_OPT_COMPARE_H
#define LIB_OPT_COMPARE_H

#include "lib/opt.h"

typedef void (*opt_differs_fn)(void *arg, const struct opt *row);

/* Calls differs for each row whose field is not the same in a and b. Texts are compared by their
 * bytes; addresses in their order. */
void opt_compare(const struct opt *rows, size_t row_count, const void *a, const void *b,
                 opt_differs_fn differs, void *arg);

#endif
