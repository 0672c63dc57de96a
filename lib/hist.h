/*
 * A histogram of durations with high dynamic range: 1 us to 1 h at three significant digits, in
 * constant time and memory. Layout and file form are those of HdrHistogram (V2), so that its tools
 * read what we write, and counts of one configuration add up exactly.
 *
 * Percentiles are never averaged: merge with hist_add, then ask.
 */
#ifndef LIB_HIST_H
#define LIB_HIST_H

#include "lib/base.h"
#include "lib/buf.h"

#define HIST_MAX_US INT64_C(3600000000)

struct hist;

/* Empty. Pair: hist_free. */
struct hist *hist_new(void);
void hist_free(struct hist **h);
void hist_clear(struct hist *h);

/* value_us below 0 counts as 0, above HIST_MAX_US as HIST_MAX_US. */
void hist_record(struct hist *h, int64_t value_us);
void hist_record_many(struct hist *h, int64_t value_us, uint64_t count);
void hist_add(struct hist *to, const struct hist *from);

uint64_t hist_count(const struct hist *h);
/* As HdrHistogram rounds them: the lowest and the highest value equal to what was recorded. 0 when
 * empty. */
int64_t hist_min_us(const struct hist *h);
int64_t hist_max_us(const struct hist *h);
double hist_mean_us(const struct hist *h);
double hist_deviation_us(const struct hist *h);
/* part: 0.99 for the 99th percentile. 0 when empty. */
int64_t hist_value_us(const struct hist *h, double part);
/* How many values are at most value_us (of its equivalence class). */
uint64_t hist_count_to(const struct hist *h, int64_t value_us);

/* Values that share a count. */
struct hist_place {
    size_t index; /* as HdrHistogram counts places */
    int64_t low_us;
    int64_t high_us;
    uint64_t count; /* never 0 */
};

/* The next place with a count, in rising order; begin with a zeroed one. False: the end. */
bool hist_next(const struct hist *h, struct hist_place *place) MUST_CHECK;

/* The compressed V2 form in base64, as a line of an HdrHistogram log has it; appended to out. */
void hist_encode(const struct hist *h, struct buf *out);
/* Adds what the text holds to h. False: it is none, or of another configuration than one whose
 * values fit; h is unchanged. */
bool hist_decode(struct hist *h, struct str text) MUST_CHECK;

#endif
