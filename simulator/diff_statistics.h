/*
 * How sure a quantile is, and how far two histograms lie apart.
 */
#ifndef SIMULATOR_DIFF_STATISTICS_H
#define SIMULATOR_DIFF_STATISTICS_H

#include "lib/hist.h"

/* An estimate and its interval of 95 %. */
struct diff_interval {
    double value;
    double low;
    double high;
};

/* Of the part-quantile of what h was drawn from, by the ranks of the binomial distribution; it
 * holds when values do not depend on each other, which latencies of one second do. */
struct diff_interval diff_quantile(const struct hist *h, double part);

/* Of the mean of numbers that do not depend on each other, NAN left out: batch means. */
struct diff_interval diff_batch_mean(const double *numbers, size_t count);

/*
 * Two runs of one schedule, second by second: half the width of the interval of their relative
 * difference, from how much the ratio of each pair varies. By medians, so that a stall in one of
 * them does not hide all the rest. Pairs that are not both positive are left out; 0 when there are
 * fewer than ten.
 */
double diff_paired_noise(const double *a, const double *b, size_t count);

/* Kolmogorov-Smirnov: the largest distance of the two distributions, 0..1. */
double diff_distance(const struct hist *a, const struct hist *b);
/* The distance that 95 % of pairs of samples of one distribution stay below. */
double diff_distance_bound(uint64_t a_count, uint64_t b_count);

#endif
