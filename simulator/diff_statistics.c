#include "simulator/diff_statistics.h"

#include <math.h>
#include <stdlib.h>

enum { PAIRS_MIN = 10 };

static const double z = 1.959964;            /* of the normal distribution, 95 % */
static const double kolmogorov_95 = 1.35810; /* of Kolmogorov's distribution */
static const double mad_to_deviation = 1.4826;
static const double median_to_mean = 1.2533; /* deviation of a median, in that of a mean */

struct diff_interval diff_quantile(const struct hist *h, double part)
{
    double count = (double)hist_count(h);
    double spread = count > 0 ? z * sqrt(part * (1 - part) / count) : 0;

    return (struct diff_interval){
        .value = (double)hist_value_us(h, part),
        .low = (double)hist_value_us(h, fmax(0, part - spread)),
        .high = (double)hist_value_us(h, fmin(1, part + spread + (count > 0 ? 1 / count : 0))),
    };
}

struct diff_interval diff_batch_mean(const double *numbers, size_t count)
{
    double sum = 0;
    double squares = 0;
    double known = 0;
    double mean;
    double spread;

    for (size_t i = 0; i < count; i++) {
        if (isnan(numbers[i]))
            continue;
        sum += numbers[i];
        known++;
    }
    mean = sum / known;
    for (size_t i = 0; i < count; i++)
        squares += isnan(numbers[i]) ? 0 : (numbers[i] - mean) * (numbers[i] - mean);
    spread = known > 1 ? z * sqrt(squares / (known - 1) / known) : INFINITY;
    return (struct diff_interval){mean, mean - spread, mean + spread};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare);
    return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}

double diff_paired_noise(const double *a, const double *b, size_t count)
{
    double *ratios = xcalloc(count + 1, sizeof *ratios);
    size_t pairs = 0;
    double noise = 0;

    for (size_t i = 0; i < count; i++) {
        if (a[i] > 0 && b[i] > 0)
            ratios[pairs++] = log(b[i] / a[i]);
    }
    if (pairs >= PAIRS_MIN) {
        double middle = median(ratios, pairs);

        for (size_t i = 0; i < pairs; i++)
            ratios[i] = fabs(ratios[i] - middle);
        noise = z * mad_to_deviation * median_to_mean * median(ratios, pairs) / sqrt((double)pairs);
    }
    free(ratios);
    return noise;
}

double diff_distance(const struct hist *a, const struct hist *b)
{
    struct hist_place pa = {0};
    struct hist_place pb = {0};
    bool more_a = hist_next(a, &pa);
    bool more_b = hist_next(b, &pb);
    double sum_a = 0;
    double sum_b = 0;
    double most = 0;

    if (!more_a || !more_b)
        return more_a == more_b ? 0 : 1;
    while (more_a || more_b) {
        size_t at = !more_b || (more_a && pa.index < pb.index) ? pa.index : pb.index;

        if (more_a && pa.index == at) {
            sum_a += (double)pa.count;
            more_a = hist_next(a, &pa);
        }
        if (more_b && pb.index == at) {
            sum_b += (double)pb.count;
            more_b = hist_next(b, &pb);
        }
        most = fmax(most, fabs(sum_a / (double)hist_count(a) - sum_b / (double)hist_count(b)));
    }
    return most;
}

double diff_distance_bound(uint64_t a_count, uint64_t b_count)
{
    double a = (double)a_count;
    double b = (double)b_count;

    return a > 0 && b > 0 ? kolmogorov_95 * sqrt((a + b) / (a * b)) : 1;
}
