#include "simulator/tally.h"

#define TALLY_ROW(id, name, text) [TALLY_##id] = {name, text},
const struct tally_row tally_counter_rows[TALLY_COUNTER_COUNT] = {TALLY_COUNTERS(TALLY_ROW)};
#undef TALLY_ROW
#define TALLY_ROW(id, name, text) [TALLY_HIST_##id] = {name, text},
const struct tally_row tally_hist_rows[TALLY_HIST_COUNT] = {TALLY_HISTS(TALLY_ROW)};
#undef TALLY_ROW
#define TALLY_ROW(id, name, text) [TALLY_GAUGE_##id] = {name, text},
const struct tally_row tally_gauge_rows[TALLY_GAUGE_COUNT] = {TALLY_GAUGES(TALLY_ROW)};
#undef TALLY_ROW

void tally_init(struct tally *t)
{
    *t = (struct tally){0};
    for (size_t i = 0; i < COUNT(t->hist); i++)
        t->hist[i] = hist_new();
}

void tally_fini(struct tally *t)
{
    for (size_t i = 0; i < COUNT(t->hist); i++)
        hist_free(&t->hist[i]);
}

void tally_clear(struct tally *t)
{
    memset(t->counter, 0, sizeof t->counter);
    memset(t->gauge, 0, sizeof t->gauge);
    for (size_t i = 0; i < COUNT(t->hist); i++)
        hist_clear(t->hist[i]);
}

void tally_add(struct tally *to, const struct tally *from)
{
    for (size_t i = 0; i < COUNT(to->counter); i++)
        to->counter[i] += from->counter[i];
    for (size_t i = 0; i < COUNT(to->hist); i++)
        hist_add(to->hist[i], from->hist[i]);
}
