#include "reference/registry.h"

#include <stdio.h>
#include <stdlib.h>

#include "reference/registry_watch.h"

struct registry_reader {
    struct registry_index *index;
    struct epoch_reader *epoch;
};

enum registry_err registry_open(const char *path, struct registry **out, char *why)
{
    struct registry *r = xcalloc(1, sizeof *r);
    enum registry_err err = REGISTRY_STORE;

    *out = NULL;
    (void)pthread_mutex_init(&r->mutex, NULL);
    (void)pthread_cond_init(&r->stop, NULL);
    r->index = registry_index_new();
    r->store = registry_store_open(path, why);
    if (r->store == NULL)
        goto out;
    if (registry_load(r) != REGISTRY_OK) {
        registry_store_why(r->store, why);
        goto out;
    }
    if (!registry_watch_start(r)) {
        (void)snprintf(why, REGISTRY_WHY_LEN, "%.180s: cannot start a thread", path);
        goto out;
    }
    *out = r;
    err = REGISTRY_OK;
out:
    if (err != REGISTRY_OK) {
        registry_store_close(&r->store);
        registry_index_free(&r->index);
        free(r);
    }
    return err;
}

void registry_close(struct registry **r)
{
    if (*r == NULL)
        return;
    registry_watch_stop(*r);
    registry_store_close(&(*r)->store);
    registry_index_free(&(*r)->index);
    (void)pthread_cond_destroy(&(*r)->stop);
    (void)pthread_mutex_destroy(&(*r)->mutex);
    free(*r);
    *r = NULL;
}

struct registry_reader *registry_reader_new(struct registry *r)
{
    struct registry_reader *reader = xmalloc(sizeof *reader);

    reader->index = r->index;
    reader->epoch = epoch_reader_new(registry_index_epoch(r->index));
    return reader;
}

void registry_reader_free(struct registry_reader **reader)
{
    if (*reader == NULL)
        return;
    epoch_reader_free(&(*reader)->epoch);
    free(*reader);
    *reader = NULL;
}

void registry_quiescent(struct registry_reader *reader)
{
    epoch_quiescent(reader->epoch);
}

void registry_offline(struct registry_reader *reader)
{
    epoch_offline(reader->epoch);
}

const struct registry_app *registry_find_app(const struct registry_reader *reader, struct str alias)
{
    const struct registry_entry *e = registry_index_find(reader->index, (struct str){"", 0}, alias);

    return e == NULL ? NULL : &e->app;
}

const struct registry_device *registry_find_device(const struct registry_reader *reader,
                                                   struct str app_name, struct str alias)
{
    if (app_name.len == 0)
        return NULL; /* the empty scope is that of applications */
    const struct registry_entry *e = registry_index_find(reader->index, app_name, alias);

    return e == NULL ? NULL : &e->device;
}

uint64_t registry_generation(const struct registry_reader *reader)
{
    return registry_index_generation(reader->index);
}
