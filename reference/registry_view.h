/*
 * What the registry knows, as the datagram path reads it: immutable applications and devices.
 *
 * A change never edits an entry: the registry publishes a new entry and frees the old one after
 * every reader has passed a quiescent point (registry_quiescent). So a pointer that a reader found
 * is good until that reader's next quiescent point, without locks and without counting references.
 * All strings are owned by the entry and NUL-terminated behind their length.
 */
#ifndef REFERENCE_REGISTRY_VIEW_H
#define REFERENCE_REGISTRY_VIEW_H

#include <openssl/x509.h>

#include "lib/base.h"

/* `spec.trustAnchors` of an application: a valid certificate and the DN that selects the
 * application. */
struct registry_anchor {
    X509 *certificate;
    struct str subject; /* DN form of facts 2.8: `O=Drogue IoT, OU=Cloud, CN=Device 1` */
};

struct publish_rules;

struct registry_app {
    struct str name;
    struct str uid;
    bool disabled; /* spec.core.disabled, undecodable spec.core, or being deleted */
    const struct registry_anchor *anchors;
    size_t anchor_count;
    const struct publish_rules *rules; /* spec.publish: also when undecodable; NULL: none */
    uint64_t generation;               /* of the change that made this entry */
};

enum registry_password_form { REGISTRY_PLAIN, REGISTRY_BCRYPT, REGISTRY_SHA512 };

/* `spec.authentication.credentials[]`: `pass` (username empty) or `user`. */
struct registry_password {
    enum registry_password_form form;
    struct str secret; /* the plain password, or the crypt(3) hash string */
    struct str username;
    bool is_user; /* a `user` credential */
    bool unique;  /* its username also names the device (facts 2.4) */
};

struct registry_psk {
    struct str key;        /* raw bytes, 1..512 */
    int64_t not_before_us; /* Unix time, inclusive; INT64_MIN when always */
    int64_t not_after_us;  /* inclusive; INT64_MAX when always */
};

struct registry_device {
    struct str app_name;
    struct str name;
    struct str uid;
    bool disabled; /* spec.core.disabled, undecodable sections, or being deleted */
    bool broken;   /* undecodable credentials, or being deleted: all that Drogue Cloud looks at */
    const struct registry_password *passwords;
    size_t password_count;
    const struct registry_psk *psks;
    size_t psk_count;
    const struct str *gateways; /* spec.gatewaySelector.matchNames */
    size_t gateway_count;
    uint64_t generation;
};

#endif
