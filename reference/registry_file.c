/* Import and export: the registry as one JSON file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "reference/registry_doc.h"
#include "reference/registry_state.h"

/* --- import --------------------------------------------------------------------------------------
 */

/* The two lists of the file, in the order in which they are taken. */
static const struct part {
    const char *name;
    enum registry_kind kind;
} parts[] = {
    {"applications", REGISTRY_APP   },
    {"devices",      REGISTRY_DEVICE},
};

/* Where we are in the file; the words of an error. */
struct import {
    struct registry *registry;
    const char *file;
    struct registry_change change;
    size_t *origins; /* of each changed entry: its place in its list */
    size_t origin_cap;
    char *why;
};

/* why becomes `FILE: devices[17].text`. */
static enum registry_err explain(struct import *im, enum registry_err err, const struct part *part,
                                 size_t at, const char *text)
{
    if (err != REGISTRY_STORE)
        (void)snprintf(im->why, REGISTRY_WHY_LEN, "%.100s: %s[%zu]%s%.100s", im->file, part->name,
                       at, err == REGISTRY_INVALID ? "." : ": ", text);
    return err;
}

static json_t *load_file(const char *path, char *why)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    json_error_t error;

    if (file == NULL) {
        (void)snprintf(why, REGISTRY_WHY_LEN, "%.160s: cannot open: %s", path, strerror(errno));
        return NULL;
    }
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);

    if (!is_stdin)
        (void)fclose(file);
    if (root == NULL)
        (void)snprintf(why, REGISTRY_WHY_LEN, "%.100s:%d:%d: %.120s", path, error.line,
                       error.column, error.text);
    return root;
}

static enum registry_err check_root(const json_t *root, const char *path, char *why)
{
    const char *key;
    json_t *value;

    if (!json_is_object(root)) {
        (void)snprintf(why, REGISTRY_WHY_LEN,
                       "%.120s: expected an object with applications and devices", path);
        return REGISTRY_INVALID;
    }
    json_object_foreach((json_t *)(uintptr_t)root, key, value)
    {
        const bool known = strcmp(key, parts[0].name) == 0 || strcmp(key, parts[1].name) == 0;

        if (!known || !json_is_array(value)) {
            (void)snprintf(why, REGISTRY_WHY_LEN, "%.100s: %.64s: %s", path, key,
                           known ? "expected an array"
                                 : "unknown field, expected applications and devices");
            return REGISTRY_INVALID;
        }
    }
    return REGISTRY_OK;
}

/* The row as it will be; *same when the stored one says all of it already. */
static enum registry_err merge(struct import *im, const struct registry_meta *meta, json_t *body,
                               struct registry_record *record, bool *same)
{
    const enum registry_kind kind = record->kind;
    const struct str scope = kind == REGISTRY_APP ? (struct str){"", 0} : meta->application;
    const enum registry_err err =
        registry_store_get(im->registry->store, scope, meta->name, record);

    *same = false;
    if (err == REGISTRY_OK) {
        *same = json_equal(record->body, body) == 1;
        if (!registry_same_spec(record->body, body))
            record->generation++;
        json_decref(record->body);
    } else if (err == REGISTRY_NOT_FOUND) {
        *record = (struct registry_record){
            .kind = kind,
            .application = scope,
            .name = meta->name,
            .uid = meta->uid,
            .generation = 1,
            .created_us = meta->created_us != 0 ? meta->created_us : clock_wall_us(),
        };
    } else {
        return err;
    }
    record->body = json_incref(body);
    return REGISTRY_OK;
}

static enum registry_err check_application(struct import *im, struct str app, char *text)
{
    struct registry_record record;
    const enum registry_err err =
        registry_store_get(im->registry->store, (struct str){"", 0}, app, &record);

    if (err == REGISTRY_OK)
        registry_record_fini(&record);
    if (err == REGISTRY_NOT_FOUND) {
        (void)snprintf(text, REGISTRY_WHY_LEN,
                       "metadata.application: expected an application that exists, or is in the "
                       "file");
        return REGISTRY_INVALID;
    }
    return err;
}

static void note_origin(struct import *im, size_t at)
{
    if (im->change.count > im->origin_cap) {
        im->origin_cap = im->origin_cap == 0 ? 64 : im->origin_cap * 2;
        im->origins = xrealloc(im->origins, im->origin_cap * sizeof *im->origins);
    }
    im->origins[im->change.count - 1] = at;
}

/* One document of the file. text says what is wrong with it. */
static enum registry_err import_one(struct import *im, enum registry_kind kind, size_t at,
                                    const json_t *doc, char *text)
{
    struct registry_record record = {.kind = kind};
    struct registry_meta meta;
    json_t *body = NULL;
    bool same = true;
    enum registry_err err = registry_meta_parse(kind, doc, &meta, text);

    if (err == REGISTRY_OK)
        err = registry_doc_body(kind, doc, &meta, &body, text);
    if (err == REGISTRY_OK && kind == REGISTRY_DEVICE)
        err = check_application(im, meta.application, text);
    if (err == REGISTRY_OK)
        err = merge(im, &meta, body, &record, &same);
    if (err == REGISTRY_OK && !same) {
        registry_stamp(&record, &record.memory);
        err = registry_stage(im->registry, &im->change, &record, text);
        if (im->change.count > 0)
            note_origin(im, at);
        if (err == REGISTRY_OK && text[0] != '\0')
            err = REGISTRY_INVALID; /* what the API takes as it is, is a mistake in a file */
    }
    registry_record_fini(&record);
    json_decref(body);
    return err;
}

/* All names at the end: one may have moved from one device to another. */
static enum registry_err import_aliases(struct import *im)
{
    char text[REGISTRY_WHY_LEN] = "";

    for (size_t i = 0; i < im->change.count; i++) {
        const enum registry_err err = registry_stage_aliases(im->registry, &im->change, i, text);

        if (err != REGISTRY_OK)
            return explain(im, err, &parts[im->change.entries[i]->kind], im->origins[i], text);
    }
    return REGISTRY_OK;
}

static enum registry_err import_all(struct import *im, const json_t *root)
{
    for (size_t p = 0; p < COUNT(parts); p++) {
        const json_t *doc;
        size_t at;

        json_array_foreach(json_object_get(root, parts[p].name), at, doc)
        {
            char text[REGISTRY_WHY_LEN] = "";
            const enum registry_err err = import_one(im, parts[p].kind, at, doc, text);

            if (err != REGISTRY_OK)
                return explain(im, err, &parts[p], at, text);
        }
    }
    return import_aliases(im);
}

enum registry_err registry_import(struct registry *r, const char *path, char *why)
{
    char scratch[REGISTRY_WHY_LEN];
    struct import im = {.registry = r, .file = path, .why = why == NULL ? scratch : why};
    json_t *root = load_file(path, im.why);
    enum registry_err err = root == NULL ? REGISTRY_INVALID : check_root(root, path, im.why);

    if (err == REGISTRY_OK)
        err = registry_begin(r, im.why);
    if (err == REGISTRY_OK)
        err = registry_end(r, &im.change, import_all(&im, root), im.why);
    json_decref(root);
    free(im.origins);
    return err;
}

/* --- export --------------------------------------------------------------------------------------
 */

struct export
{
    FILE *file;
    enum registry_kind list; /* that is being written */
    bool first;              /* no document of it has been written */
};

/* One document a line, so that two exports can be compared by eye. */
static bool export_record(void *arg, const struct registry_record *record)
{
    struct export *ex = arg;
    json_t *doc = registry_record_render(record);

    if (record->kind != ex->list) {
        (void)fprintf(ex->file, "\n],\n\"%s\": [", parts[record->kind].name);
        ex->list = record->kind;
        ex->first = true;
    }
    (void)fputs(ex->first ? "\n" : ",\n", ex->file);
    (void)json_dumpf(doc, ex->file, 0);
    ex->first = false;
    json_decref(doc);
    return ferror(ex->file) == 0;
}

static enum registry_err export_to(struct registry *r, FILE *file, char *why)
{
    struct export ex = {file, REGISTRY_APP, true};

    (void)fprintf(file, "{\"%s\": [", parts[0].name);
    (void)pthread_mutex_lock(&r->mutex);
    const enum registry_err err = registry_store_all(r->store, export_record, &ex);

    if (err != REGISTRY_OK)
        registry_store_why(r->store, why);
    (void)pthread_mutex_unlock(&r->mutex);
    (void)fputs("\n]}\n", file);
    return err;
}

static enum registry_err write_failed(const char *path, char *why)
{
    (void)snprintf(why, REGISTRY_WHY_LEN, "%.160s: cannot write: %s", path, strerror(errno));
    return REGISTRY_STORE;
}

/* Beside the file and then in its place: it is whole at every moment. Holds secrets: 0600. */
static enum registry_err export_file(struct registry *r, const char *path, char *why)
{
    struct buf temp = buf_growing();
    enum registry_err err = REGISTRY_OK;

    buf_add_format(&temp, "%s.tmp", path);
    buf_add_char(&temp, '\0');
    const int fd = open(temp.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (file == NULL) {
        err = write_failed(temp.ptr, why);
    } else {
        err = export_to(r, file, why);
        const bool written = fflush(file) == 0 && ferror(file) == 0 && fsync(fd) == 0;

        if (fclose(file) != 0 || !written || (err == REGISTRY_OK && rename(temp.ptr, path) != 0))
            err = write_failed(path, why);
        if (err != REGISTRY_OK)
            (void)unlink(temp.ptr);
    }
    buf_fini(&temp);
    return err;
}

enum registry_err registry_export(struct registry *r, const char *path, char *why)
{
    char scratch[REGISTRY_WHY_LEN];
    char *reason = why == NULL ? scratch : why;

    if (strcmp(path, "-") != 0)
        return export_file(r, path, reason);
    const enum registry_err err = export_to(r, stdout, reason);

    return err == REGISTRY_OK && fflush(stdout) != 0 ? write_failed("standard output", reason)
                                                     : err;
}
