/*
 * Applications and devices: a SQLite store (WAL) for the truth, a memory index for the datagram
 * path.
 *
 * Two sides. Managers (HTTP API, import, command line) change it through JSON documents in the form
 * of Drogue Cloud's registry API; calls are serialised by a mutex and may block on the disk.
 * Readers (workers, hash threads) look entries up without locks; see registry_view.h for how long a
 * pointer lives. A change made by another process to the same store (the command line) is noticed
 * within a second.
 */
#ifndef REFERENCE_REGISTRY_H
#define REFERENCE_REGISTRY_H

#include <jansson.h>

#include "lib/base.h"
#include "reference/registry_view.h"

struct registry;
struct registry_reader;

enum registry_err {
    REGISTRY_OK,
    REGISTRY_NOT_FOUND,           /* 404 */
    REGISTRY_REFERENCE_NOT_FOUND, /* 404: the application of a device does not exist */
    REGISTRY_CONFLICT, /* 409: exists already, alias taken, or a lock (uid, resourceVersion) failed
                        */
    REGISTRY_INVALID,  /* 400: a document or a name that is not allowed */
    REGISTRY_STORE,    /* 503: the database failed */
};

/* Of the store, in the data folder. */
#define REGISTRY_FILE "registry.db"

enum { REGISTRY_WHY_LEN = 256 }; /* bytes of the text that says what is wrong, NUL included */

/* Opens or creates the store and loads the index. On failure *out is NULL and why names the file
 * and fault. */
enum registry_err registry_open(const char *path, struct registry **out, char *why) MUST_CHECK;
/* Every reader must have left. */
void registry_close(struct registry **r);

/* --- managers: any thread, may block ------------------------------------------------------------
 */

/* Documents are borrowed. What is returned is the caller's (json_decref). why may be NULL. */
enum registry_err registry_app_create(struct registry *r, const json_t *doc, char *why) MUST_CHECK;
enum registry_err registry_app_get(struct registry *r, struct str app, json_t **out) MUST_CHECK;
enum registry_err registry_app_update(struct registry *r, struct str app, const json_t *doc,
                                      char *why) MUST_CHECK;
/* preconditions: NULL or `{"uid":..,"resourceVersion":..}`. Deletes the application's devices too.
 */
enum registry_err registry_app_delete(struct registry *r, struct str app,
                                      const json_t *preconditions) MUST_CHECK;

/* A part of a list, which is in byte order of the names. Empty: everything. */
struct registry_page {
    const char *labels; /* NULL or a selector (`a=b,!c,d in (e,f)`) */
    int64_t limit;      /* < 0: all */
    int64_t offset;     /* how many to leave out at the beginning */
    struct str after;   /* only names behind this one, so that the next page costs no more than the
                           first */
};
enum registry_err registry_app_list(struct registry *r, const struct registry_page *page,
                                    json_t **out, char *why) MUST_CHECK;

enum registry_err registry_device_create(struct registry *r, const json_t *doc,
                                         char *why) MUST_CHECK;
enum registry_err registry_device_get(struct registry *r, struct str app, struct str device,
                                      json_t **out) MUST_CHECK;
enum registry_err registry_device_update(struct registry *r, struct str app, struct str device,
                                         const json_t *doc, char *why) MUST_CHECK;
enum registry_err registry_device_delete(struct registry *r, struct str app, struct str device,
                                         const json_t *preconditions) MUST_CHECK;
enum registry_err registry_device_list(struct registry *r, struct str app,
                                       const struct registry_page *page, json_t **out,
                                       char *why) MUST_CHECK;

/*
 * Import: `{"applications":[app documents],"devices":[device documents]}`; existing ones are
 * replaced, others stay ("merged in"); what is the same already is left alone. All or nothing, in
 * one transaction. Stricter than the API: a section of spec that cannot be decoded is an error.
 * why: `FILE: devices[17].spec.core: what was expected`. Export writes what import reads, in a file
 * of mode 0600. The path "-" is standard input and output.
 */
enum registry_err registry_import(struct registry *r, const char *path, char *why) MUST_CHECK;
enum registry_err registry_export(struct registry *r, const char *path, char *why) MUST_CHECK;

/* --- readers: lock-free, never block -------------------------------------------------------------
 */

/* One a thread. Between its creation and its first quiescent point nothing that it sees is freed.
 */
struct registry_reader *registry_reader_new(struct registry *r);
void registry_reader_free(struct registry_reader **reader);
/* The reader holds no pointer from before. Once a loop turn; before a long wait call
 * registry_offline. */
void registry_quiescent(struct registry_reader *reader);
/* The reader holds nothing and will look nothing up until it calls registry_quiescent again. */
void registry_offline(struct registry_reader *reader);

/* By name or by the subject DN of a trust anchor. NULL when there is none. */
const struct registry_app *registry_find_app(const struct registry_reader *reader,
                                             struct str alias);
/* By name, spec.alias or unique username inside the application. NULL when there is none. */
const struct registry_device *registry_find_device(const struct registry_reader *reader,
                                                   struct str app_name, struct str alias);
/* Grows with every change of anything: a remembered verdict is good while it is the same. */
uint64_t registry_generation(const struct registry_reader *reader);

#endif
