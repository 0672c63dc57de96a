#include "simulator/slices.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "simulator/merge.h"
#include "simulator/report.h"
#include "simulator/report_read.h"

/* From the agreement to the start: the others are to hear of it before. */
#define AHEAD_US (100 * US_PER_MS)

static bool refuse(char *why)
{
    (void)snprintf(why, SLICES_WHY_LEN,
                   "a process of this run has ended before its time, and its devices with it");
    return false;
}

bool slices_agree(struct engine *e, int64_t *wall_us, char *why)
{
    if (!engine_barrier(e))
        return refuse(why);
    if (*wall_us == 0)
        *wall_us = clock_wall_us() + AHEAD_US; /* the first one's counts */
    return engine_broadcast(e, wall_us, sizeof *wall_us) || refuse(why);
}

void slices_share_end(struct engine *e, bool interrupted, void (*interrupt)(void))
{
    if (interrupted)
        engine_stop(e);
    else if (engine_is_stopped(e))
        interrupt();
}

/* What rank 0 gets. */
struct parts {
    struct result *items;
    size_t count;
    bool ok;
    char *why;
};

static void take_part(void *arg, struct str text)
{
    struct parts *p = arg;

    result_init(&p->items[p->count]);
    p->ok = report_read(&p->items[p->count++], text, p->why) && p->ok;
}

_Noreturn static void give_away(struct engine *e, const struct result *r)
{
    struct buf text = buf_growing();

    report_json(r, &text);
    _exit(engine_reduce(e, buf_str(&text), NULL, NULL) ? EXIT_SUCCESS : EXIT_FAILURE);
}

bool slices_join(struct engine *e, struct result *r, char *why)
{
    struct parts p = {.count = 1, .ok = true, .why = why};
    struct result whole;

    if (e->rank != 0)
        give_away(e, r);
    p.items = xcalloc((size_t)e->size, sizeof *p.items);
    p.items[0] = *r;
    if (!engine_reduce(e, (struct str){"", 0}, take_part, &p))
        p.ok = refuse(why);
    result_init(&whole);
    p.ok = p.ok && merge_results(&whole, p.items, p.count, why);
    while (p.count > 0)
        result_fini(&p.items[--p.count]);
    free(p.items);
    *r = whole;
    return p.ok;
}
