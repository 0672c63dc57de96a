#include "reference/registry_doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Any JSON document: what is accepted must be stored, shown and read without harm. */
static void try_document(enum registry_kind kind, const json_t *doc)
{
    struct registry_record record = {.kind = kind};
    struct registry_meta meta;
    char why[REGISTRY_WHY_LEN];

    if (registry_meta_parse(kind, doc, &meta, why) != REGISTRY_OK ||
        registry_doc_body(kind, doc, &meta, &record.body, why) != REGISTRY_OK)
        return;
    record.application = meta.application;
    record.name = meta.name;
    record.created_us = meta.created_us;
    struct registry_entry *e = registry_doc_entry(&record, why);
    json_t *shown = registry_record_render(&record);

    assert(e->alias_count >= 1 && str_equal(e->aliases[0], meta.name));
    json_decref(shown);
    registry_entry_free(&e);
    registry_record_fini(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    json_t *doc = json_loadb((const char *)data, len, 0, NULL);

    if (doc != NULL) {
        try_document(REGISTRY_APP, doc);
        try_document(REGISTRY_DEVICE, doc);
    }
    json_decref(doc);
    return 0;
}
