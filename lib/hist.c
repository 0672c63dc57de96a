#include "lib/hist.h"

#include <math.h>
#include <stdlib.h>

/*
 * As HdrHistogram lays counts out for 1..3 600 000 000 at three digits: values below 2048 have a
 * place each, then every doubling of the value shares 1024 places.
 */
enum {
    HALF_BITS = 10,
    HALF = 1 << HALF_BITS,
    DOUBLINGS = 22, /* 2048 << 21 is the first beyond HIST_MAX_US */
    PLACES = (DOUBLINGS + 1) * HALF,
};

struct hist {
    uint64_t total;
    size_t from; /* places in use: from..to; none while total is 0 */
    size_t to;
    uint64_t count[PLACES];
};

static size_t place_of(int64_t value)
{
    unsigned doubling = 53 - (unsigned)__builtin_clzll((uint64_t)value | (2 * HALF - 1));

    return ((size_t)doubling << HALF_BITS) + (size_t)(value >> doubling);
}

/* log2 of how many values share the place. */
static unsigned place_bits(size_t place)
{
    return place < 2 * HALF ? 0 : (unsigned)(place >> HALF_BITS) - 1;
}

static int64_t place_low(size_t place)
{
    unsigned bits = place_bits(place);

    return (int64_t)(place - ((size_t)bits << HALF_BITS)) << bits;
}

static int64_t place_high(size_t place)
{
    return place_low(place) + (INT64_C(1) << place_bits(place)) - 1;
}

static double place_middle(size_t place)
{
    return (double)place_low(place) + (double)((INT64_C(1) << place_bits(place)) >> 1);
}

struct hist *hist_new(void)
{
    struct hist *h = xcalloc(1, sizeof *h);

    h->from = PLACES;
    return h;
}

void hist_free(struct hist **h)
{
    free(*h);
    *h = NULL;
}

void hist_clear(struct hist *h)
{
    if (h->total != 0)
        memset(h->count + h->from, 0, (h->to - h->from + 1) * sizeof h->count[0]);
    h->total = 0;
    h->from = PLACES;
    h->to = 0;
}

static inline void add_at(struct hist *h, size_t place, uint64_t count)
{
    h->count[place] += count;
    h->total += count;
    if (place < h->from)
        h->from = place;
    if (place > h->to)
        h->to = place;
}

static inline int64_t clamp(int64_t value_us)
{
    if (value_us < 0)
        return 0;
    return value_us > HIST_MAX_US ? HIST_MAX_US : value_us;
}

void hist_record(struct hist *h, int64_t value_us)
{
    add_at(h, place_of(clamp(value_us)), 1);
}

void hist_record_many(struct hist *h, int64_t value_us, uint64_t count)
{
    if (count != 0)
        add_at(h, place_of(clamp(value_us)), count);
}

void hist_add(struct hist *to, const struct hist *from)
{
    if (from->total == 0)
        return;
    for (size_t i = from->from; i <= from->to; i++)
        to->count[i] += from->count[i];
    to->total += from->total;
    to->from = from->from < to->from ? from->from : to->from;
    to->to = from->to > to->to ? from->to : to->to;
}

uint64_t hist_count(const struct hist *h)
{
    return h->total;
}

int64_t hist_min_us(const struct hist *h)
{
    return h->total == 0 ? 0 : place_low(h->from);
}

int64_t hist_max_us(const struct hist *h)
{
    return h->total == 0 ? 0 : place_high(h->to);
}

double hist_mean_us(const struct hist *h)
{
    double sum = 0;

    if (h->total == 0)
        return 0;
    for (size_t i = h->from; i <= h->to; i++)
        sum += place_middle(i) * (double)h->count[i];
    return sum / (double)h->total;
}

double hist_deviation_us(const struct hist *h)
{
    double mean = hist_mean_us(h);
    double sum = 0;

    if (h->total == 0)
        return 0;
    for (size_t i = h->from; i <= h->to; i++) {
        double off = place_middle(i) - mean;

        sum += off * off * (double)h->count[i];
    }
    return sqrt(sum / (double)h->total);
}

/* The smallest rank whose share of all is at least part; one unit in the last place less than
 * asked, so that 0.99 of 100 values is the 99th. */
static uint64_t rank_of(const struct hist *h, double part)
{
    double share = nextafter(part, -INFINITY);
    double rank = share > 0 ? ceil(share * (double)h->total) : 1;

    if (rank < 1)
        return 1;
    return rank >= (double)h->total ? h->total : (uint64_t)rank;
}

int64_t hist_value_us(const struct hist *h, double part)
{
    uint64_t rank = rank_of(h, part);
    uint64_t seen = 0;

    if (h->total == 0)
        return 0;
    if (part <= 0)
        return place_low(h->from);
    for (size_t i = h->from; i < h->to; i++) {
        seen += h->count[i];
        if (seen >= rank)
            return place_high(i);
    }
    return place_high(h->to);
}

uint64_t hist_count_to(const struct hist *h, int64_t value_us)
{
    size_t last = place_of(clamp(value_us));
    uint64_t seen = 0;

    if (h->total == 0 || value_us < 0)
        return 0;
    for (size_t i = h->from; i <= h->to && i <= last; i++)
        seen += h->count[i];
    return seen;
}

bool hist_next(const struct hist *h, struct hist_place *place)
{
    size_t i = place->count == 0 ? h->from : place->index + 1;

    while (i <= h->to && h->count[i] == 0)
        i++;
    if (h->total == 0 || i > h->to)
        return false;
    *place = (struct hist_place){i, place_low(i), place_high(i), h->count[i]};
    return true;
}
