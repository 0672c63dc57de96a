#include "reference/registry_state.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "reference/publish_rules.h"
#include "reference/registry_doc.h"
#include "reference/registry_watch.h"

/* More changes than these are logged as "anything". */
enum { LOGGED_ONE_BY_ONE = 1000 };

/* A random UUID (RFC 4122 4.4). */
static struct str new_uuid(struct arena *memory)
{
    uint8_t b[16];
    char text[REGISTRY_UID_LEN + 1];

    if (RAND_bytes(b, sizeof b) != 1)
        abort();
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    (void)snprintf(text, sizeof text,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                   b[14], b[15]);
    return arena_str(memory, str_from(text));
}

void registry_stamp(struct registry_record *record, struct arena *memory)
{
    if (record->uid.len == 0)
        record->uid = new_uuid(memory);
    record->resource_version = new_uuid(memory);
}

bool registry_same_spec(const json_t *a, const json_t *b)
{
    const json_t *spec_a = json_object_get(a, "spec");
    const json_t *spec_b = json_object_get(b, "spec");

    return spec_a == spec_b ||
           (spec_a != NULL && spec_b != NULL && json_equal(spec_a, spec_b) == 1);
}

enum registry_err registry_begin(struct registry *r, char *why)
{
    (void)pthread_mutex_lock(&r->mutex);
    enum registry_err err = registry_store_begin(r->store);

    if (err == REGISTRY_OK)
        err = registry_catch_up(r);
    if (err == REGISTRY_OK)
        return err;
    registry_store_why(r->store, why);
    registry_store_rollback(r->store);
    (void)pthread_mutex_unlock(&r->mutex);
    return err;
}

enum registry_err registry_stage(struct registry *r, struct registry_change *c,
                                 const struct registry_record *record, char *fault)
{
    const enum registry_err err = registry_store_put(r->store, record);

    fault[0] = '\0';
    if (err != REGISTRY_OK)
        return err;
    if (c->count == c->cap) {
        c->cap = c->cap == 0 ? 4 : c->cap * 2;
        c->entries = xrealloc(c->entries, c->cap * sizeof(struct registry_entry *));
    }
    c->entries[c->count++] = registry_doc_entry(record, fault);
    return registry_store_unalias(r->store, record->application, record->name);
}

enum registry_err registry_stage_aliases(struct registry *r, const struct registry_change *c,
                                         size_t at, char *why)
{
    const struct registry_entry *e = c->entries[at];
    const struct str scope = registry_entry_scope(e);
    enum registry_err err = REGISTRY_OK;

    for (size_t i = 0; i < e->alias_count && err == REGISTRY_OK; i++) {
        err = registry_store_alias(r->store, scope, registry_entry_name(e), e->aliases[i]);
        if (err == REGISTRY_CONFLICT)
            (void)snprintf(why, REGISTRY_WHY_LEN, "the name `%.*s` is taken already",
                           (int)(e->aliases[i].len < 180 ? e->aliases[i].len : 180),
                           e->aliases[i].ptr);
    }
    return err;
}

enum registry_err registry_stage_delete(struct registry *r, struct registry_change *c,
                                        struct str scope, struct str name)
{
    c->removed_scope = arena_str(&c->memory, scope);
    c->removed_name = arena_str(&c->memory, name);
    return registry_store_delete(r->store, scope, name);
}

/* Other processes read the rows that the log names again. */
static enum registry_err log_changes(struct registry *r, const struct registry_change *c)
{
    enum registry_err err = REGISTRY_OK;

    if (c->count > LOGGED_ONE_BY_ONE)
        return registry_store_log(r->store, (struct str){"", 0}, (struct str){"", 0});
    for (size_t i = 0; i < c->count && err == REGISTRY_OK; i++)
        err = registry_store_log(r->store, registry_entry_scope(c->entries[i]),
                                 registry_entry_name(c->entries[i]));
    if (err == REGISTRY_OK && c->removed_name.len > 0)
        err = registry_store_log(r->store, c->removed_scope, c->removed_name);
    return err;
}

static enum registry_err commit(struct registry *r, const struct registry_change *c)
{
    int64_t last = r->last_change;
    enum registry_err err = log_changes(r, c);

    if (err == REGISTRY_OK)
        err = registry_store_changes(r->store, &last, NULL, NULL);
    if (err == REGISTRY_OK)
        err = registry_store_commit(r->store);
    if (err == REGISTRY_OK)
        r->last_change = last;
    return err;
}

bool registry_show(struct registry *r, struct registry_entry *e)
{
    char name[128];
    char why[REGISTRY_WHY_LEN];
    const struct str fault =
        e->kind == REGISTRY_APP ? publish_rules_fault(e->app.rules) : (struct str){"", 0};

    if (!registry_index_put(r->index, e))
        return false;
    if (fault.len > 0)
        log_event(LOG_WARN, "registry", "publish-rules-undecodable", "application=%s why=%s",
                  log_quote(e->app.name, name, sizeof name), log_quote(fault, why, sizeof why));
    return true;
}

/* Readers see it from now on. */
static void show(struct registry *r, struct registry_change *c)
{
    if (c->removed_name.len > 0)
        registry_index_remove(r->index, c->removed_scope, c->removed_name);
    for (size_t i = 0; i < c->count; i++)
        if (registry_show(r, c->entries[i]))
            c->entries[i] = NULL;
}

enum registry_err registry_end(struct registry *r, struct registry_change *c, enum registry_err err,
                               char *why)
{
    const bool changed = c->count > 0 || c->removed_name.len > 0;

    if (err == REGISTRY_OK && changed)
        err = commit(r, c);
    if (err == REGISTRY_STORE)
        registry_store_why(r->store, why);
    if (err == REGISTRY_OK && changed)
        show(r, c);
    else
        registry_store_rollback(r->store);
    (void)pthread_mutex_unlock(&r->mutex);
    for (size_t i = 0; i < c->count; i++)
        registry_entry_free(&c->entries[i]);
    free(c->entries);
    arena_fini(&c->memory);
    *c = (struct registry_change){0};
    return err;
}
