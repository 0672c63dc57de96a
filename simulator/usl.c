#include "simulator/usl.h"

#include <math.h>
#include <stdlib.h>

enum { RUNAWAY = 10, GROWTH = 3 }; /* times the least latency */

/* A symmetric 3 x 3 system by elimination; unknowns that are off are 0. False: singular. */
static bool solve(double a[3][3], double b[3], const bool on[3], double x[3])
{
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3 && !on[i]; j++)
            a[i][j] = a[j][i] = i == j;
        if (!on[i])
            b[i] = 0;
    }
    for (int i = 0; i < 3; i++) {
        if (!(fabs(a[i][i]) > 1e-14))
            return false;
        for (int row = i + 1; row < 3; row++) {
            double part = a[row][i] / a[i][i];

            for (int j = i; j < 3; j++)
                a[row][j] -= part * a[i][j];
            b[row] -= part * b[i];
        }
    }
    for (int i = 2; i >= 0; i--) {
        x[i] = b[i];
        for (int j = i + 1; j < 3; j++)
            x[i] -= a[i][j] * x[j];
        x[i] /= a[i][i];
    }
    return true;
}

/*
 * N / X = p0 + p1 z + p2 z^2 is linear in p, z being N / scale. Weights make the error that of X,
 * relative: X (p0 + ...) / N = 1.
 */
static bool fit_scaled(const struct usl_point *points, size_t count, double scale, const bool on[3],
                       double p[3])
{
    double a[3][3] = {{0}};
    double b[3] = {0};

    for (size_t n = 0; n < count; n++) {
        double z = points[n].load / scale;
        double weight = points[n].throughput / points[n].load;
        double term[3] = {weight, weight * z, weight * z * z};

        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++)
                a[i][j] += term[i] * term[j];
            b[i] += term[i];
        }
    }
    return solve(a, b, on, p);
}

/* Coefficients below 0 have no meaning: they are left out, and the others fitted without them. */
static bool fit(const struct usl_point *points, size_t count, double scale, struct usl *out)
{
    static const bool choices[][3] = {
        {true, true,  true },
        {true, true,  false},
        {true, false, true },
        {true, false, false}
    };

    for (size_t i = 0; i < COUNT(choices); i++) {
        double p[3] = {0};

        if (!fit_scaled(points, count, scale, choices[i], p))
            continue;
        double kappa = p[2] / (scale * scale); /* over lambda, as all three */
        double sigma = p[1] / scale + kappa;
        double one = p[0] + sigma;

        if (!(one > 0 && sigma >= 0 && kappa >= 0))
            continue;
        *out = (struct usl){.lambda = 1 / one, .sigma = sigma / one, .kappa = kappa / one};
        return true;
    }
    return false;
}

double usl_throughput(const struct usl *u, double load)
{
    return u->lambda * load / (1 + u->sigma * (load - 1) + u->kappa * load * (load - 1));
}

static void find_peak(struct usl *u)
{
    u->peak_load = INFINITY;
    u->peak_throughput = u->sigma > 0 ? u->lambda / u->sigma : INFINITY;
    if (u->kappa > 0 && u->sigma < 1) {
        u->peak_load = sqrt((1 - u->sigma) / u->kappa);
        u->peak_throughput = usl_throughput(u, u->peak_load);
    }
}

static int by_load(const void *a, const void *b)
{
    double x = ((const struct usl_point *)a)->load;
    double y = ((const struct usl_point *)b)->load;

    return (x > y) - (x < y);
}

/* Points of the same load become their mean. In place; sorted. Returns how many are left. */
static size_t merge(struct usl_point *points, size_t count)
{
    size_t kept = 0;

    qsort(points, count, sizeof *points, by_load);
    for (size_t i = 0; i < count;) {
        struct usl_point mean = {.load = points[i].load};
        size_t same = 0;

        for (; i < count && points[i].load <= mean.load * (1 + 1e-9); i++, same++) {
            mean.throughput += points[i].throughput;
            mean.latency += points[i].latency;
        }
        mean.throughput /= (double)same;
        mean.latency /= (double)same;
        points[kept++] = mean;
    }
    return kept;
}

bool usl_fit(const struct usl_point *points, size_t count, struct usl *out)
{
    struct usl_point *copy = xcalloc(count + 1, sizeof *copy);
    double most = 0;
    size_t loads;
    bool ok;

    for (size_t i = 0; i < count; i++) {
        copy[i] = points[i];
        most = fmax(most, points[i].load);
        if (!(points[i].load > 0 && points[i].throughput > 0))
            count = 0;
    }
    loads = merge(copy, count);
    ok = loads >= 3 && fit(points, count, most, out);
    if (ok) {
        double sum = 0;

        for (size_t i = 0; i < count; i++) {
            double error = usl_throughput(out, points[i].load) / points[i].throughput - 1;

            sum += error * error;
        }
        out->error = sqrt(sum / (double)count);
        find_peak(out);
    }
    free(copy);
    return ok;
}

/* NAN when there is none. Points of different loads, sorted; changes them. */
static double knee_of(struct usl_point *points, size_t count)
{
    double best = NAN;
    double farthest = 0;
    double least;
    size_t end = 0;

    if (count < 3)
        return NAN;
    least = points[0].latency;
    for (size_t i = 1; i < count; i++)
        least = fmin(least, points[i].latency);
    while (end + 1 < count && points[end].latency < RUNAWAY * least)
        end++;
    if (points[end].latency > RUNAWAY * least && end > 0) {
        struct usl_point *last = &points[end]; /* cut where it crosses the bound */
        double part =
            (RUNAWAY * least - points[end - 1].latency) / (last->latency - points[end - 1].latency);

        last->load = points[end - 1].load + part * (last->load - points[end - 1].load);
        last->latency = RUNAWAY * least;
    }
    if (points[end].latency < GROWTH * least)
        return NAN;
    for (size_t i = 0; i <= end; i++) {
        double x = (points[i].load - points[0].load) / (points[end].load - points[0].load);
        double y = (points[i].latency - least) / (points[end].latency - least);

        if (x - y > farthest) {
            farthest = x - y;
            best = points[i].load;
        }
    }
    return best;
}

static double estimate_knee(const void *points, const size_t *pick, size_t count)
{
    struct usl_point *copy = xcalloc(count + 1, sizeof *copy);
    double knee;

    for (size_t i = 0; i < count; i++)
        copy[i] = ((const struct usl_point *)points)[pick[i]];
    knee = knee_of(copy, merge(copy, count));
    free(copy);
    return knee;
}

bool usl_find_knee(const struct usl_point *points, size_t count, struct bootstrap *out)
{
    if (!bootstrap(estimate_knee, points, count, out))
        return false;
    out->low = fmin(out->low, out->value);
    out->high = fmax(out->high, out->value);
    return true;
}
