#include "reference/registry_epoch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CACHE_LINE = 64, OFFLINE = 0 };

struct epoch_reader {
    _Alignas(CACHE_LINE) _Atomic uint64_t seen; /* epoch of its last quiescent point, or OFFLINE */
    struct epoch *owner;
    struct epoch_reader *next;
};

struct retired {
    struct retired *next;
    uint64_t epoch;
    void *object;
    epoch_free_fn *destroy;
};

struct epoch {
    _Atomic uint64_t now;
    pthread_mutex_t readers_mutex;
    struct epoch_reader *readers;
    struct retired *first; /* oldest; epochs grow along the list */
    struct retired **last;
    size_t waiting;
};

struct epoch *epoch_new(void)
{
    struct epoch *e = xcalloc(1, sizeof *e);

    atomic_init(&e->now, 1);
    (void)pthread_mutex_init(&e->readers_mutex, NULL);
    e->last = &e->first;
    return e;
}

static void destroy_first(struct epoch *e)
{
    struct retired *r = e->first;

    e->first = r->next;
    if (e->first == NULL)
        e->last = &e->first;
    e->waiting--;
    r->destroy(r->object);
    free(r);
}

void epoch_free(struct epoch **e)
{
    if (*e == NULL)
        return;
    assert((*e)->readers == NULL);
    while ((*e)->first != NULL)
        destroy_first(*e);
    (void)pthread_mutex_destroy(&(*e)->readers_mutex);
    free(*e);
    *e = NULL;
}

struct epoch_reader *epoch_reader_new(struct epoch *e)
{
    struct epoch_reader *r = aligned_alloc(CACHE_LINE, sizeof *r);

    if (r == NULL)
        abort();
    r->owner = e;
    atomic_init(&r->seen, OFFLINE);
    (void)pthread_mutex_lock(&e->readers_mutex);
    r->next = e->readers;
    e->readers = r;
    (void)pthread_mutex_unlock(&e->readers_mutex);
    epoch_quiescent(r);
    return r;
}

void epoch_reader_free(struct epoch_reader **r)
{
    if (*r == NULL)
        return;
    struct epoch *e = (*r)->owner;

    (void)pthread_mutex_lock(&e->readers_mutex);
    for (struct epoch_reader **at = &e->readers; *at != NULL; at = &(*at)->next) {
        if (*at == *r) {
            *at = (*r)->next;
            break;
        }
    }
    (void)pthread_mutex_unlock(&e->readers_mutex);
    free(*r);
    *r = NULL;
}

/*
 * All of it sequentially consistent. Coming back from offline races with a writer that has just
 * retired: either the writer sees our epoch and waits, or it read OFFLINE before our store; then
 * the second load here comes after its step of `now` and sees it, and with it that the object is
 * gone.
 */
void epoch_quiescent(struct epoch_reader *r)
{
    uint64_t now = atomic_load(&r->owner->now);

    if (now == atomic_load_explicit(&r->seen, memory_order_relaxed))
        return; /* nothing was retired since: it may keep what it held, which is harmless */
    for (;;) {
        atomic_store(&r->seen, now);
        const uint64_t again = atomic_load(&r->owner->now);

        if (again == now)
            return;
        now = again;
    }
}

void epoch_offline(struct epoch_reader *r)
{
    atomic_store(&r->seen, OFFLINE);
}

void epoch_retire(struct epoch *e, void *object, epoch_free_fn *destroy)
{
    struct retired *r = xmalloc(sizeof *r);

    *r = (struct retired){
        .epoch = atomic_fetch_add(&e->now, 1) + 1,
        .object = object,
        .destroy = destroy,
    };
    *e->last = r;
    e->last = &r->next;
    e->waiting++;
}

/* The oldest epoch that a reader may still be in. */
static uint64_t oldest_seen(struct epoch *e)
{
    uint64_t oldest = UINT64_MAX;

    (void)pthread_mutex_lock(&e->readers_mutex);
    for (struct epoch_reader *r = e->readers; r != NULL; r = r->next) {
        const uint64_t seen = atomic_load(&r->seen);

        if (seen != OFFLINE && seen < oldest)
            oldest = seen;
    }
    (void)pthread_mutex_unlock(&e->readers_mutex);
    return oldest;
}

size_t epoch_reclaim(struct epoch *e)
{
    if (e->first == NULL)
        return 0;
    const uint64_t oldest = oldest_seen(e);

    while (e->first != NULL && e->first->epoch <= oldest)
        destroy_first(e);
    return e->waiting;
}
