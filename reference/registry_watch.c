#include "reference/registry_watch.h"

#include <stdlib.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reference/registry_doc.h"

enum { WATCH_INTERVAL_MS = 200 };

/* --- everything ----------------------------------------------------------------------------------
 */

static struct registry_entry *entry_of(struct registry *r, const struct registry_record *record)
{
    const struct registry_entry *e =
        registry_index_find(r->index, record->application, record->name);

    /* An alias of another entry may be what was found. */
    return e != NULL && str_equal(registry_entry_name(e), record->name)
               ? (struct registry_entry *)(uintptr_t)e
               : NULL;
}

static void show(struct registry *r, const struct registry_record *record)
{
    char fault[REGISTRY_WHY_LEN];
    char name[128];
    struct registry_entry *e = registry_doc_entry(record, fault);

    e->seen = r->mark;
    if (registry_show(r, e))
        return;
    registry_entry_free(&e);
    log_event(LOG_ERROR, "registry", "name-taken-twice", "name=%s",
              log_quote(record->name, name, sizeof name));
}

static bool mark_record(void *arg, const struct registry_record *record)
{
    struct registry *r = arg;
    struct registry_entry *e = entry_of(r, record);

    if (e != NULL)
        e->seen = r->mark;
    return true;
}

static bool show_record(void *arg, const struct registry_record *record)
{
    struct registry *r = arg;
    const struct registry_entry *e = entry_of(r, record);

    if (e == NULL || !str_equal(e->resource_version, record->resource_version))
        show(r, record);
    return true;
}

static bool was_not_seen(void *arg, const struct registry_entry *e)
{
    const struct registry *r = arg;

    return e->seen != r->mark;
}

/* First what is gone, so that its names are free for others. */
static enum registry_err reload(struct registry *r)
{
    r->mark++;
    const enum registry_err err = registry_store_all(r->store, mark_record, r);

    if (err != REGISTRY_OK)
        return err;
    registry_index_sweep(r->index, was_not_seen, r);
    return registry_store_all(r->store, show_record, r);
}

enum registry_err registry_load(struct registry *r)
{
    r->version = registry_store_version(r->store);
    const enum registry_err err = registry_store_changes(r->store, &r->last_change, NULL, NULL);

    return err != REGISTRY_OK ? err : registry_store_all(r->store, show_record, r);
}

/* --- what the log names --------------------------------------------------------------------------
 */

struct named {
    struct str scope;
    struct str name;
};

struct named_list {
    struct arena memory;
    struct named *rows;
    size_t count;
    size_t cap;
    bool everything;
};

static void note_change(void *arg, struct str scope, struct str name)
{
    struct named_list *list = arg;

    if (name.len == 0)
        list->everything = true;
    if (list->count == list->cap) {
        list->cap = list->cap == 0 ? 16 : list->cap * 2;
        list->rows = xrealloc(list->rows, list->cap * sizeof *list->rows);
    }
    list->rows[list->count++] =
        (struct named){arena_str(&list->memory, scope), arena_str(&list->memory, name)};
}

/* Removes the row from the index when `gone` and it is not stored, shows it when it is. */
static enum registry_err follow(struct registry *r, const struct named *row, bool gone)
{
    struct registry_record record;
    enum registry_err err = registry_store_get(r->store, row->scope, row->name, &record);

    if (err == REGISTRY_NOT_FOUND) {
        if (gone)
            registry_index_remove(r->index, row->scope, row->name);
        return REGISTRY_OK;
    }
    if (err != REGISTRY_OK)
        return err;
    if (!gone)
        (void)show_record(r, &record);
    registry_record_fini(&record);
    return REGISTRY_OK;
}

enum registry_err registry_catch_up(struct registry *r)
{
    const int64_t version = registry_store_version(r->store);
    struct named_list list = {0};
    int64_t last = r->last_change;

    if (version == r->version)
        return REGISTRY_OK;
    enum registry_err err = registry_store_changes(r->store, &last, note_change, &list);

    if (err == REGISTRY_OK && list.everything)
        err = reload(r);
    for (int gone = 1; gone >= 0 && !list.everything; gone--)
        for (size_t i = 0; i < list.count && err == REGISTRY_OK; i++)
            err = follow(r, &list.rows[i], gone == 1);
    if (err == REGISTRY_OK) {
        r->version = version;
        r->last_change = last;
    }
    free(list.rows);
    arena_fini(&list.memory);
    return err;
}

/* --- the thread ----------------------------------------------------------------------------------
 */

static void watch_once(struct registry *r)
{
    static struct log_limit limit;
    char why[REGISTRY_WHY_LEN];

    if (registry_catch_up(r) != REGISTRY_OK) {
        registry_store_why(r->store, why);
        log_limited(&limit, LOG_ERROR, "registry", "store", "why=\"%s\"", why);
    }
    (void)epoch_reclaim(registry_index_epoch(r->index));
}

static void *watch(void *arg)
{
    struct registry *r = arg;

    (void)pthread_mutex_lock(&r->mutex);
    while (!r->stopping) {
        int64_t until_us = clock_wall_us() + WATCH_INTERVAL_MS * US_PER_MS;
        struct timespec until = {.tv_sec = until_us / US_PER_S,
                                 .tv_nsec = until_us % US_PER_S * 1000};

        (void)pthread_cond_timedwait(&r->stop, &r->mutex, &until);
        if (!r->stopping)
            watch_once(r);
    }
    (void)pthread_mutex_unlock(&r->mutex);
    return NULL;
}

bool registry_watch_start(struct registry *r)
{
    return pthread_create(&r->watcher, NULL, watch, r) == 0;
}

void registry_watch_stop(struct registry *r)
{
    (void)pthread_mutex_lock(&r->mutex);
    r->stopping = true;
    (void)pthread_cond_signal(&r->stop);
    (void)pthread_mutex_unlock(&r->mutex);
    (void)pthread_join(r->watcher, NULL);
}
