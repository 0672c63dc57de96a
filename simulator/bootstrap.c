#include "simulator/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "simulator/rng.h"

enum { DRAWS = 400 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

bool bootstrap(bootstrap_fn *estimate, const void *points, size_t count, struct bootstrap *out)
{
    double found[DRAWS];
    size_t found_count = 0;
    size_t *pick = xcalloc(count + 1, sizeof *pick);

    for (size_t i = 0; i < count; i++)
        pick[i] = i;
    out->value = estimate(points, pick, count);
    for (uint32_t n = 0; n < DRAWS && !isnan(out->value); n++) {
        for (size_t i = 0; i < count; i++)
            pick[i] = (size_t)(rng_part(rng_nth(0, n, RNG_BOOTSTRAP, (uint32_t)i)) * (double)count);
        found[found_count] = estimate(points, pick, count);
        if (!isnan(found[found_count]))
            found_count++;
    }
    free(pick);
    if (found_count < DRAWS / 2)
        return false;
    qsort(found, found_count, sizeof found[0], by_value);
    out->low = found[found_count * 25 / 1000];
    out->high = found[found_count * 975 / 1000];
    return true;
}
