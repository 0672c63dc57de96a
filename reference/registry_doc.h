/*
 * Documents of applications and devices: from what a manager sent to what is stored, and from what
 * is stored to what readers see.
 *
 * `spec` is free-form: a section that cannot be decoded is stored as it came and takes the effect
 * that it has in Drogue Cloud (a broken spec.core disables, one bad credential fails every
 * authentication of the device, a broken alias list is ignored, broken publish rules fail every
 * publish of the application). What is wrong with it is still
 * told, for those who want to refuse such a document: the import.
 */
#ifndef REFERENCE_REGISTRY_DOC_H
#define REFERENCE_REGISTRY_DOC_H

#include "reference/registry_meta.h"

enum { REGISTRY_KEY_MAX = 512 }; /* bytes of a pre-shared key */

/*
 * The body to be stored for doc, whose metadata is meta: a new reference in *body. Computes
 * status.trustAnchors and status.publish of an application. REGISTRY_INVALID: spec or status is no
 * object.
 */
enum registry_err registry_doc_body(enum registry_kind kind, const json_t *doc,
                                    const struct registry_meta *meta, json_t **body,
                                    char *why) MUST_CHECK;

/*
 * What readers see of a record. fault (REGISTRY_WHY_LEN bytes) becomes the first thing that is
 * wrong in spec, as `spec.core.disabled: expected true or false`, or empty. Free with
 * registry_entry_free.
 */
struct registry_entry *registry_doc_entry(const struct registry_record *record, char *fault);

#endif
