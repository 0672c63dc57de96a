/* Create, update and delete: the managers' half of registry.h. */
#include <stdio.h>

#include "lib/clock.h"
#include "reference/registry_doc.h"
#include "reference/registry_state.h"

static const struct str no_scope = {"", 0};

/* A caller who does not want the reason. */
static char *or_scratch(char *why, char *scratch)
{
    char *to = why == NULL ? scratch : why;

    to[0] = '\0';
    return to;
}

/* --- create ------------------------------------------------------------------------------------
 */

/* May this row be made? */
static enum registry_err check_absent(struct registry *r, const struct registry_record *record,
                                      char *why)
{
    struct registry_record other;
    enum registry_err err;

    if (record->kind == REGISTRY_DEVICE) {
        err = registry_store_get(r->store, no_scope, record->application, &other);
        if (err == REGISTRY_NOT_FOUND) {
            (void)snprintf(why, REGISTRY_WHY_LEN, "the application `%.64s` does not exist",
                           record->application.ptr);
            return REGISTRY_REFERENCE_NOT_FOUND;
        }
        if (err != REGISTRY_OK)
            return err;
        registry_record_fini(&other);
    }
    err = registry_store_get(r->store, record->application, record->name, &other);
    if (err == REGISTRY_NOT_FOUND)
        return REGISTRY_OK;
    if (err == REGISTRY_OK) {
        registry_record_fini(&other);
        (void)snprintf(why, REGISTRY_WHY_LEN, "`%.*s` exists already",
                       (int)(record->name.len < 200 ? record->name.len : 200), record->name.ptr);
        return REGISTRY_CONFLICT;
    }
    return err;
}

static enum registry_err write_one(struct registry *r, struct registry_change *c,
                                   const struct registry_record *record, char *why)
{
    char fault[REGISTRY_WHY_LEN]; /* free-form sections are taken as they are */
    const enum registry_err err = registry_stage(r, c, record, fault);

    return err == REGISTRY_OK ? registry_stage_aliases(r, c, 0, why) : err;
}

static enum registry_err create(struct registry *r, enum registry_kind kind, const json_t *doc,
                                char *why)
{
    struct registry_meta meta;
    struct registry_change change = {0};
    struct registry_record record = {.kind = kind, .generation = 1};
    enum registry_err err = registry_meta_parse(kind, doc, &meta, why);

    if (err == REGISTRY_OK)
        err = registry_doc_body(kind, doc, &meta, &record.body, why);
    if (err == REGISTRY_OK)
        err = registry_begin(r, why);
    if (err == REGISTRY_OK) {
        record.application = meta.application;
        record.name = meta.name;
        record.created_us = clock_wall_us();
        registry_stamp(&record, &record.memory);
        err = check_absent(r, &record, why);
        if (err == REGISTRY_OK)
            err = write_one(r, &change, &record, why);
        err = registry_end(r, &change, err, why);
    }
    registry_record_fini(&record);
    return err;
}

enum registry_err registry_app_create(struct registry *r, const json_t *doc, char *why)
{
    char scratch[REGISTRY_WHY_LEN];

    return create(r, REGISTRY_APP, doc, or_scratch(why, scratch));
}

enum registry_err registry_device_create(struct registry *r, const json_t *doc, char *why)
{
    char scratch[REGISTRY_WHY_LEN];

    return create(r, REGISTRY_DEVICE, doc, or_scratch(why, scratch));
}

/* --- update ------------------------------------------------------------------------------------
 */

/* Optimistic locks: what is given must be as it is stored. */
static enum registry_err check_locks(const struct registry_record *record, struct str uid,
                                     struct str resource_version, char *why)
{
    if (uid.len > 0 && !str_equal(uid, record->uid)) {
        (void)snprintf(why, REGISTRY_WHY_LEN, "metadata.uid is not that of the stored one");
        return REGISTRY_CONFLICT;
    }
    if (resource_version.len > 0 && !str_equal(resource_version, record->resource_version)) {
        (void)snprintf(why, REGISTRY_WHY_LEN,
                       "metadata.resourceVersion is not that of the stored one: it was changed "
                       "meanwhile");
        return REGISTRY_CONFLICT;
    }
    return REGISTRY_OK;
}

/*
 * The stored record with the new body, written. When the last finalizer leaves an entry that is
 * being deleted, that is its end.
 */
static enum registry_err replace(struct registry *r, struct registry_change *c,
                                 struct registry_record *record, json_t *body, char *why)
{
    if (record->deleted_us != 0 && json_object_get(body, "finalizers") == NULL)
        return registry_stage_delete(r, c, record->application, record->name);
    if (!registry_same_spec(record->body, body))
        record->generation++;
    json_decref(record->body);
    record->body = json_incref(body);
    registry_stamp(record, &record->memory);
    return write_one(r, c, record, why);
}

struct path {
    enum registry_kind kind;
    struct str application;
    struct str name;
};

static enum registry_err update(struct registry *r, const struct path *path, const json_t *doc,
                                char *why)
{
    struct registry_meta meta;
    struct registry_change change = {0};
    struct registry_record record = {0};
    json_t *body = NULL;
    enum registry_err err = registry_meta_parse(path->kind, doc, &meta, why);

    if (err == REGISTRY_OK &&
        (!str_equal(meta.name, path->name) || !str_equal(meta.application, path->application))) {
        (void)snprintf(why, REGISTRY_WHY_LEN, "metadata.name: expected the names of the path");
        err = REGISTRY_INVALID;
    }
    if (err == REGISTRY_OK)
        err = registry_doc_body(path->kind, doc, &meta, &body, why);
    if (err == REGISTRY_OK)
        err = registry_begin(r, why);
    if (err == REGISTRY_OK) {
        err = registry_store_get(r->store, path->application, path->name, &record);
        if (err == REGISTRY_OK)
            err = check_locks(&record, meta.uid, meta.resource_version, why);
        if (err == REGISTRY_OK)
            err = replace(r, &change, &record, body, why);
        err = registry_end(r, &change, err, why);
        registry_record_fini(&record);
    }
    json_decref(body);
    return err;
}

enum registry_err registry_app_update(struct registry *r, struct str app, const json_t *doc,
                                      char *why)
{
    const struct path path = {REGISTRY_APP, no_scope, app};
    char scratch[REGISTRY_WHY_LEN];

    return update(r, &path, doc, or_scratch(why, scratch));
}

enum registry_err registry_device_update(struct registry *r, struct str app, struct str device,
                                         const json_t *doc, char *why)
{
    const struct path path = {REGISTRY_DEVICE, app, device};
    char scratch[REGISTRY_WHY_LEN];

    return update(r, &path, doc, or_scratch(why, scratch));
}

/* --- delete ------------------------------------------------------------------------------------
 */

static struct str member(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);

    return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)} : no_scope;
}

/* With finalizers it is only marked: it shows, and does not authenticate, until they are gone. */
static enum registry_err remove_or_mark(struct registry *r, struct registry_change *c,
                                        struct registry_record *record, char *why)
{
    if (json_object_get(record->body, "finalizers") == NULL)
        return registry_stage_delete(r, c, record->application, record->name);
    if (record->deleted_us != 0)
        return REGISTRY_OK;
    record->deleted_us = clock_wall_us();
    registry_stamp(record, &record->memory);
    return write_one(r, c, record, why);
}

static enum registry_err remove_row(struct registry *r, const struct path *path,
                                    const json_t *preconditions)
{
    struct registry_change change = {0};
    struct registry_record record = {0};
    char why[REGISTRY_WHY_LEN];
    enum registry_err err = registry_begin(r, why);

    if (err != REGISTRY_OK)
        return err;
    err = registry_store_get(r->store, path->application, path->name, &record);
    if (err == REGISTRY_OK)
        err = check_locks(&record, member(preconditions, "uid"),
                          member(preconditions, "resourceVersion"), why);
    if (err == REGISTRY_OK)
        err = remove_or_mark(r, &change, &record, why);
    err = registry_end(r, &change, err, why);
    registry_record_fini(&record);
    return err;
}

enum registry_err registry_app_delete(struct registry *r, struct str app,
                                      const json_t *preconditions)
{
    const struct path path = {REGISTRY_APP, no_scope, app};

    return remove_row(r, &path, preconditions);
}

enum registry_err registry_device_delete(struct registry *r, struct str app, struct str device,
                                         const json_t *preconditions)
{
    const struct path path = {REGISTRY_DEVICE, app, device};

    return remove_row(r, &path, preconditions);
}
