/*
 * The part `metadata` of applications and devices: what a document may say, and how a stored one
 * is shown.
 */
#ifndef REFERENCE_REGISTRY_META_H
#define REFERENCE_REGISTRY_META_H

#include <jansson.h>

#include "lib/base.h"
#include "reference/registry.h"
#include "reference/registry_entry.h"

enum { REGISTRY_APP_NAME_MAX = 64, REGISTRY_DEVICE_NAME_MAX = 255 };

/* A stored application or device. Strings are borrowed, or in memory. */
struct registry_record {
    enum registry_kind kind;
    struct str application; /* of a device */
    struct str name;
    struct str uid;
    struct str resource_version;
    int64_t generation; /* counts changes of spec */
    int64_t created_us; /* Unix time */
    int64_t deleted_us; /* Unix time of the soft delete; 0: not deleted */
    json_t *body;       /* labels, annotations, finalizers, spec, status: those that are not empty.
                                 Owned */
    struct arena memory;
};

/* Drops body and memory. */
void registry_record_fini(struct registry_record *record);

/* What a document says; borrowed from it. What it does not say is empty, NULL or 0. */
struct registry_meta {
    struct str application;
    struct str name;
    struct str uid;
    struct str resource_version;
    int64_t created_us;
    const json_t *labels;
    const json_t *annotations;
    const json_t *finalizers;
};

/* A host name in lower case of at most 64 bytes. */
bool registry_app_name_ok(struct str name);
/* UTF-8 without NUL, 1 to 255 bytes. */
bool registry_device_name_ok(struct str name);

/*
 * Checks doc.metadata: names, types, no unknown fields. On REGISTRY_INVALID why (REGISTRY_WHY_LEN
 * bytes) says `metadata.name: what was expected`.
 */
enum registry_err registry_meta_parse(enum registry_kind kind, const json_t *doc,
                                      struct registry_meta *out, char *why) MUST_CHECK;

/* The document of a record: a new reference. */
json_t *registry_record_render(const struct registry_record *record);

#endif
