/*
 * The registry on disk: one SQLite file in WAL mode, with every commit flushed.
 *
 * Applications and devices are rows of one table, told apart by their scope: empty for
 * applications, else the name of the device's application. A second table holds every name that
 * leads to a row, so that two rows can never share one, whoever writes. A third is the log of
 * changes, from which other processes learn what to read again.
 *
 * One thread at a time. Writes are between registry_store_begin and _commit or _rollback.
 */
#ifndef REFERENCE_REGISTRY_STORE_H
#define REFERENCE_REGISTRY_STORE_H

#include "reference/registry_meta.h"

struct registry_store;

/*
 * Opens or creates (0600) the file. On failure NULL, and why (REGISTRY_WHY_LEN bytes) names the
 * file and what is wrong. The path ":memory:" keeps nothing.
 */
struct registry_store *registry_store_open(const char *path, char *why) MUST_CHECK;
void registry_store_close(struct registry_store **s);

/* `FILE: what the last failure was`, into REGISTRY_WHY_LEN bytes. */
void registry_store_why(const struct registry_store *s, char *why);

/* --- read ----------------------------------------------------------------------------------------
 */

/* On REGISTRY_OK *out is the caller's: registry_record_fini. */
enum registry_err registry_store_get(struct registry_store *s, struct str scope, struct str name,
                                     struct registry_record *out) MUST_CHECK;

/* The record is borrowed. False stops the walk, which then succeeds. */
typedef bool registry_store_fn(void *arg, const struct registry_record *record);

/* Rows of one scope by name, from the first name behind `after`; limit < 0: all. */
struct registry_store_range {
    struct str scope;
    struct str after;
    int64_t limit;
    int64_t offset;
};
enum registry_err registry_store_list(struct registry_store *s,
                                      const struct registry_store_range *range,
                                      registry_store_fn *fn, void *arg) MUST_CHECK;
/* All applications, then all devices. */
enum registry_err registry_store_all(struct registry_store *s, registry_store_fn *fn,
                                     void *arg) MUST_CHECK;

/* --- write ---------------------------------------------------------------------------------------
 */

enum registry_err registry_store_begin(struct registry_store *s) MUST_CHECK;
enum registry_err registry_store_commit(struct registry_store *s) MUST_CHECK;
void registry_store_rollback(struct registry_store *s);

/* Inserts or replaces the row. Its aliases stay as they are. */
enum registry_err registry_store_put(struct registry_store *s,
                                     const struct registry_record *record) MUST_CHECK;
/* Forgets all aliases of a row, before new ones are set. */
enum registry_err registry_store_unalias(struct registry_store *s, struct str scope,
                                         struct str name) MUST_CHECK;
/* REGISTRY_CONFLICT: the alias leads to a row already. */
enum registry_err registry_store_alias(struct registry_store *s, struct str scope, struct str name,
                                       struct str alias) MUST_CHECK;
/* Deletes the row and its aliases, and an application's devices. */
enum registry_err registry_store_delete(struct registry_store *s, struct str scope,
                                        struct str name) MUST_CHECK;
/* Notes a change of that row in the log; an empty name: of anything. */
enum registry_err registry_store_log(struct registry_store *s, struct str scope,
                                     struct str name) MUST_CHECK;

/* --- changes of other processes ------------------------------------------------------------------
 */

/* A number that differs when another process has committed since; 0 when it cannot be read. */
int64_t registry_store_version(struct registry_store *s);

/* An empty name: anything may have changed. */
typedef void registry_store_change_fn(void *arg, struct str scope, struct str name);

/* Calls fn for each change after *last and moves *last to the newest; fn may be NULL. */
enum registry_err registry_store_changes(struct registry_store *s, int64_t *last,
                                         registry_store_change_fn *fn, void *arg) MUST_CHECK;

#endif
