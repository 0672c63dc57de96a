/*
 * Small changes to a stored application or device: read, edit `spec`, write, under the lock of its
 * resourceVersion. For the command line and the demo. An edit that would make a sound spec
 * undecodable is REGISTRY_INVALID.
 */
#ifndef REFERENCE_REGISTRY_EDIT_H
#define REFERENCE_REGISTRY_EDIT_H

#include <openssl/x509.h>

#include "reference/registry.h"

/* An application, or a device when its name is not empty. */
struct registry_target {
    struct registry *registry;
    struct str app;
    struct str device;
};

/* Changes spec. False: why (REGISTRY_WHY_LEN bytes) says what is wrong with it. */
typedef bool registry_edit_fn(json_t *spec, void *arg, char *why);

enum registry_err registry_edit(const struct registry_target *t, registry_edit_fn *edit, void *arg,
                                char *why) MUST_CHECK;

/* `metadata` with these names, and nothing else. */
enum registry_err registry_edit_create(const struct registry_target *t, char *why) MUST_CHECK;

enum registry_err registry_edit_disable(const struct registry_target *t, bool disabled,
                                        char *why) MUST_CHECK;

/* Adds to or removes from a list of strings in spec. Adding twice changes nothing. */
enum registry_list { REGISTRY_ALIASES, REGISTRY_GATEWAYS };
enum registry_err registry_edit_add(const struct registry_target *t, enum registry_list list,
                                    struct str text, char *why) MUST_CHECK;
/* REGISTRY_NOT_FOUND: it is not in the list. */
enum registry_err registry_edit_remove(const struct registry_target *t, enum registry_list list,
                                       struct str text, char *why) MUST_CHECK;

/* Replaces every `pass` credential by this one. */
enum registry_err registry_edit_password(const struct registry_target *t,
                                         enum registry_password_form form, struct str secret,
                                         char *why) MUST_CHECK;

/* Adds a pre-shared key. The two times are RFC 3339, or both empty. */
struct registry_edit_key {
    struct str key; /* raw bytes */
    struct str not_before;
    struct str not_after;
};
enum registry_err registry_edit_psk(const struct registry_target *t,
                                    const struct registry_edit_key *key, char *why) MUST_CHECK;

/* Makes certificate a trust anchor of the application, unless it is one. */
enum registry_err registry_edit_anchor(const struct registry_target *t, X509 *certificate,
                                       char *why) MUST_CHECK;

#endif
