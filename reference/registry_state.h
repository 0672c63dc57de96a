/*
 * Inside the registry: what its files share. One mutex for all managers; under it the store, and
 * the writing side of the index.
 *
 * A change is one transaction: registry_begin (which first learns what other processes did, so that
 * the index is exact while we hold the store's write lock), registry_stage for each row, and
 * registry_end, which commits and only then shows the new entries to readers.
 */
#ifndef REFERENCE_REGISTRY_STATE_H
#define REFERENCE_REGISTRY_STATE_H

#include <pthread.h>

#include "reference/registry.h"
#include "reference/registry_index.h"
#include "reference/registry_store.h"

enum { REGISTRY_UID_LEN = 36 };

struct registry {
    pthread_mutex_t mutex;
    pthread_cond_t stop;
    pthread_t watcher; /* looks for other processes' changes */
    bool stopping;
    struct registry_store *store;
    struct registry_index *index;
    int64_t version;     /* of the store, when we last read its log of changes */
    int64_t last_change; /* the newest in that log that the index shows */
    uint64_t mark;       /* see registry_entry.seen */
};

/* What one transaction has changed so far. */
struct registry_change {
    struct registry_entry **entries; /* to be shown, owned */
    size_t count;
    size_t cap;
    struct str removed_scope; /* an entry to be removed; none when the name is empty */
    struct str removed_name;
    struct arena memory; /* of the two */
};

/* Locks and begins. Not locked when it fails. */
enum registry_err registry_begin(struct registry *r, char *why) MUST_CHECK;
/*
 * Writes the row, without its aliases, and keeps the entry until the end. fault as
 * registry_doc_entry. The aliases follow with registry_stage_aliases: in an import, after all rows,
 * because a name may move from one device to another.
 */
enum registry_err registry_stage(struct registry *r, struct registry_change *c,
                                 const struct registry_record *record, char *fault) MUST_CHECK;
/* The aliases of entry `at`. why says which one is taken. */
enum registry_err registry_stage_aliases(struct registry *r, const struct registry_change *c,
                                         size_t at, char *why) MUST_CHECK;
/* Deletes the row. One a transaction. */
enum registry_err registry_stage_delete(struct registry *r, struct registry_change *c,
                                        struct str scope, struct str name) MUST_CHECK;
/*
 * Commits when err is REGISTRY_OK, else rolls back and returns err; unlocks; frees what c holds.
 * why is set for REGISTRY_STORE.
 */
enum registry_err registry_end(struct registry *r, struct registry_change *c, enum registry_err err,
                               char *why) MUST_CHECK;

/* Puts the entry into the index, which takes it unless it returns false (a name is taken). Logs
 * what is wrong with an application that is shown. */
bool registry_show(struct registry *r, struct registry_entry *e) MUST_CHECK;

/* Puts UUIDs into the arena: uid only when the record has none, resource_version always. */
void registry_stamp(struct registry_record *record, struct arena *memory);

/* Do two bodies have the same spec? */
bool registry_same_spec(const json_t *a, const json_t *b);

#endif
