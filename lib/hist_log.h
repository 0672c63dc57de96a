/*
 * The HdrHistogram log, version 1.3: comments, a legend, and a line an interval of a histogram,
 * which may have a tag. Values are microseconds; the log speaks of a maximum in milliseconds.
 */
#ifndef LIB_HIST_LOG_H
#define LIB_HIST_LOG_H

#include "lib/hist.h"

/* The comments and the legend; times of lines count from start_wall_us. `by`: a line about the
 * writer. */
void hist_log_begin(struct buf *out, const char *by, int64_t start_wall_us);

/* A line; tag: NULL, or without commas, blanks and line ends. */
void hist_log_add(struct buf *out, const char *tag, int64_t from_us, int64_t to_us,
                  const struct hist *h);

struct hist_log_line {
    struct str tag; /* borrowed; empty: none */
    int64_t from_us;
    int64_t to_us;
    struct str histogram; /* borrowed, for hist_decode */
};

/*
 * Takes lines from the start of *text, passing over comments and legend, until one is an interval.
 * False: the end, or (then *text is not empty) a line that is none.
 */
bool hist_log_next(struct str *text, struct hist_log_line *line) MUST_CHECK;

#endif
