#include "simulator/notice.h"

#include <stdlib.h>

_Static_assert((NOTICE_RING & (NOTICE_RING - 1)) == 0, "positions are cut by a mask");

void notice_ring_init(struct notice_ring *r)
{
    memset(r, 0, sizeof *r);
    r->notices = xcalloc(NOTICE_RING, sizeof *r->notices);
}

void notice_ring_fini(struct notice_ring *r)
{
    free(r->notices);
    r->notices = NULL;
}

void notice_post(struct notice_ring *r, const struct notice *n)
{
    uint32_t written = atomic_load_explicit(&r->written, memory_order_relaxed);

    if (written - atomic_load_explicit(&r->read, memory_order_acquire) == NOTICE_RING) {
        atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
        if (n->kind == NOTICE_ACKNOWLEDGED && !n->hostile)
            atomic_fetch_add_explicit(&r->dropped_acknowledged, 1, memory_order_relaxed);
        return;
    }
    r->notices[written & (NOTICE_RING - 1)] = *n;
    atomic_store_explicit(&r->written, written + 1, memory_order_release);
}

bool notice_take(struct notice_ring *r, struct notice *out)
{
    uint32_t read = atomic_load_explicit(&r->read, memory_order_relaxed);

    if (read == atomic_load_explicit(&r->written, memory_order_acquire))
        return false;
    *out = r->notices[read & (NOTICE_RING - 1)];
    atomic_store_explicit(&r->read, read + 1, memory_order_release);
    return true;
}
