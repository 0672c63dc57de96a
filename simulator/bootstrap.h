/*
 * How sure an estimate from a few measured points is: it is made again from points drawn out of
 * them with repetition, many times, and 95 % of the results are the interval. The same points give
 * the same interval.
 */
#ifndef SIMULATOR_BOOTSTRAP_H
#define SIMULATOR_BOOTSTRAP_H

#include "lib/base.h"

/* The estimate from the points that pick names, count of them; NAN: they give none. */
typedef double bootstrap_fn(const void *points, const size_t *pick, size_t count);

struct bootstrap {
    double value; /* from each point once */
    double low;
    double high;
};

/* False: the points give no estimate, or most of the draws do not. */
bool bootstrap(bootstrap_fn *estimate, const void *points, size_t count,
               struct bootstrap *out) MUST_CHECK;

#endif
