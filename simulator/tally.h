/*
 * Counts and histograms of some part of a run: of one worker and one second, of the application
 * side, of it all. They merge by addition.
 */
#ifndef SIMULATOR_TALLY_H
#define SIMULATOR_TALLY_H

#include "lib/hist.h"
#include "simulator/tally_table.h"

#define TALLY_ID(id, name, text) TALLY_##id,
enum tally_counter { TALLY_COUNTERS(TALLY_ID) TALLY_COUNTER_COUNT };
#undef TALLY_ID
#define TALLY_ID(id, name, text) TALLY_HIST_##id,
enum tally_hist { TALLY_HISTS(TALLY_ID) TALLY_HIST_COUNT };
#undef TALLY_ID
#define TALLY_ID(id, name, text) TALLY_GAUGE_##id,
enum tally_gauge { TALLY_GAUGES(TALLY_ID) TALLY_GAUGE_COUNT };
#undef TALLY_ID

struct tally_row {
    const char *name;
    const char *text;
};
extern const struct tally_row tally_counter_rows[TALLY_COUNTER_COUNT];
extern const struct tally_row tally_hist_rows[TALLY_HIST_COUNT];
extern const struct tally_row tally_gauge_rows[TALLY_GAUGE_COUNT];

struct tally {
    uint64_t counter[TALLY_COUNTER_COUNT];
    struct hist *hist[TALLY_HIST_COUNT];
    int64_t gauge[TALLY_GAUGE_COUNT]; /* now; adding up workers adds them too */
};

void tally_init(struct tally *t);
void tally_fini(struct tally *t);
void tally_clear(struct tally *t);
/* Counters and histograms; not the gauges. */
void tally_add(struct tally *to, const struct tally *from);

static inline void tally_count(struct tally *t, enum tally_counter c)
{
    t->counter[c]++;
}

static inline void tally_time(struct tally *t, enum tally_hist h, int64_t value_us)
{
    hist_record(t->hist[h], value_us);
}

#endif
