/*
 * The texts of progress: one line, or a picture of PROGRESS_TEXT_LINES lines, from the last second
 * of a run.
 */
#ifndef SIMULATOR_PROGRESS_TEXT_H
#define SIMULATOR_PROGRESS_TEXT_H

#include "lib/buf.h"
#include "simulator/result.h"

enum { PROGRESS_TEXT_LINES = 8 };

struct progress_view {
    const struct result *result; /* with a second at least */
    int64_t total_us;            /* of the load */
    const uint64_t *total;       /* counters of all seconds */
    size_t columns;              /* of the terminal */
    bool utf8;                   /* blocks rather than letters in the sparkline */
};

/* Without its end. */
void progress_text_line(const struct progress_view *v, struct buf *out);
/* Lines with their ends; each clears what stood there. */
void progress_text_picture(const struct progress_view *v, struct buf *out);

#endif
