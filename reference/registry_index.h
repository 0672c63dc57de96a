/*
 * The memory index of the registry: finds applications by name or anchor DN, and devices by
 * (application, name | alias | unique username). Readers take no lock and never wait.
 *
 * An open-addressed table of pointers to immutable nodes; the one writer puts, replaces and removes
 * by storing one pointer, and grows by publishing a larger table. What gets out of sight is retired
 * to registry_epoch. One namespace for applications, and one for the devices of each application
 * (facts 3.2).
 */
#ifndef REFERENCE_REGISTRY_INDEX_H
#define REFERENCE_REGISTRY_INDEX_H

#include "reference/registry_entry.h"
#include "reference/registry_epoch.h"

struct registry_index;

struct registry_index *registry_index_new(void);
/* Frees all entries. Every reader must have left. */
void registry_index_free(struct registry_index **ix);

struct epoch *registry_index_epoch(struct registry_index *ix);

/* --- readers and the writer ----------------------------------------------------------------------
 */

/* scope: empty for applications, else the application's name. NULL when there is none. */
const struct registry_entry *registry_index_find(const struct registry_index *ix, struct str scope,
                                                 struct str alias);
/* Steps after each change is visible. */
uint64_t registry_index_generation(const struct registry_index *ix);

/* --- the writer: one at a time
 * --------------------------------------------------------------------
 */

/*
 * Takes e and replaces the entry of the same scope and name. An alias that led to another entry
 * leads to e from now on. False, and e stays the caller's, when one of its aliases is the name of
 * another entry: the store refuses such a thing, so the index never sees it.
 */
bool registry_index_put(struct registry_index *ix, struct registry_entry *e) MUST_CHECK;
/* Nothing happens when there is none. Removes an application's devices with it. */
void registry_index_remove(struct registry_index *ix, struct str scope, struct str name);
/* Removes every entry for which gone() is true; kept entries stay the same. */
void registry_index_sweep(struct registry_index *ix,
                          bool (*gone)(void *arg, const struct registry_entry *e), void *arg);
/* Entries of that kind. */
size_t registry_index_count(const struct registry_index *ix, enum registry_kind kind);

#endif
