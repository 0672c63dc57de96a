/*
 * The Universal Scalability Law through measured points: X(N) = lambda N / (1 + sigma (N - 1) +
 * kappa N (N - 1)); sigma is contention, kappa coherency, lambda what one unit of load yields. And
 * the knee, where latency begins to run away.
 */
#ifndef SIMULATOR_USL_H
#define SIMULATOR_USL_H

#include "simulator/bootstrap.h"

struct usl_point {
    double load;       /* N > 0 */
    double throughput; /* X > 0 */
    double latency;    /* for the knee; any unit */
};

struct usl {
    double lambda;
    double sigma;
    double kappa;
    double peak_load;       /* N* of the highest throughput; INFINITY: there is none */
    double peak_throughput; /* at N*, or what throughput tends to; INFINITY: no bound is seen */
    double error;           /* root mean square of the relative error */
};

/* False: fewer than three different loads, or points without sense. */
bool usl_fit(const struct usl_point *points, size_t count, struct usl *out) MUST_CHECK;
double usl_throughput(const struct usl *u, double load);

/*
 * Kneedle over latency: where the curve, scaled to a square, is farthest below its diagonal. Ends
 * at ten times the least latency, so that overload does not move the knee. False: latency never
 * grew to three times the least.
 */
bool usl_find_knee(const struct usl_point *points, size_t count, struct bootstrap *out) MUST_CHECK;

#endif
