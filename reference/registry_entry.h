/*
 * One application or one device in memory: what readers see (registry_view.h), the names that lead
 * to it, and the memory that holds both. Immutable once it is published.
 */
#ifndef REFERENCE_REGISTRY_ENTRY_H
#define REFERENCE_REGISTRY_ENTRY_H

#include "lib/arena.h"
#include "reference/registry_view.h"

enum registry_kind { REGISTRY_APP, REGISTRY_DEVICE };

struct registry_entry {
    struct arena memory; /* of everything below, and of the entry's nodes in the index */
    enum registry_kind kind;
    union {
        struct registry_app app;
        struct registry_device device;
    };
    struct str resource_version;
    const struct str *aliases; /* all names that lead here; the first is the name */
    size_t alias_count;
    uint64_t seen; /* the writer's mark while it compares index and store */
};

struct registry_entry *registry_entry_new(enum registry_kind kind);
/* Also the certificates of trust anchors. */
void registry_entry_free(struct registry_entry **e);

static inline struct str registry_entry_name(const struct registry_entry *e)
{
    return e->kind == REGISTRY_APP ? e->app.name : e->device.name;
}

/* The application that a device belongs to; empty for an application. */
static inline struct str registry_entry_scope(const struct registry_entry *e)
{
    return e->kind == REGISTRY_APP ? (struct str){"", 0} : e->device.app_name;
}

#endif
