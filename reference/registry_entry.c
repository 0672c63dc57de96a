#include "reference/registry_entry.h"

#include <stdlib.h>

struct registry_entry *registry_entry_new(enum registry_kind kind)
{
    struct registry_entry *e = xcalloc(1, sizeof *e);

    e->kind = kind;
    return e;
}

void registry_entry_free(struct registry_entry **e)
{
    if (*e == NULL)
        return;
    if ((*e)->kind == REGISTRY_APP)
        for (size_t i = 0; i < (*e)->app.anchor_count; i++)
            X509_free((*e)->app.anchors[i].certificate);
    arena_fini(&(*e)->memory);
    free(*e);
    *e = NULL;
}
