/*
 * Who a DTLS session proved to be, and what must still hold at each request for it to stay true.
 *
 * Made by auth_* during the handshake, kept by the session, checked by auth_check at each request.
 */
#ifndef REFERENCE_IDENTITY_H
#define REFERENCE_IDENTITY_H

#include <openssl/x509.h>

#include "lib/base.h"

enum identity_kind {
    IDENTITY_NONE, /* plain CoAP, or a DTLS client without certificate and PSK */
    IDENTITY_PSK,
    IDENTITY_CERTIFICATE,
};

struct identity {
    enum identity_kind kind;
    char *application; /* canonical name, owned; NULL until a service has judged the certificate */
    char *device;      /* the same */
    uint64_t checked_generation; /* of the registry, when it last held */
    int64_t
        not_before_us; /* Unix time bounds of the credential that was used (chain: the narrowest) */
    int64_t not_after_us;
    uint8_t *psk; /* IDENTITY_PSK: the key used, owned, cleansed when freed */
    size_t psk_len;
    STACK_OF(X509) * chain; /* IDENTITY_CERTIFICATE: leaf first, as the client sent it; owned */
    uint64_t chain_key[2];  /* what a service's verdict on the chain is kept under */
};

/* Empties it first, then sets kind and copies of the names. */
void identity_name(struct identity *id, enum identity_kind kind, struct str application,
                   struct str device);
/* Copies, in the place of the names before. */
void identity_set_names(struct identity *id, struct str application, struct str device);
/* A copy. */
void identity_set_key(struct identity *id, struct str key);
/* Takes references of its own. */
void identity_set_chain(struct identity *id, STACK_OF(X509) * chain);

/* Frees what it owns and cleanses the key. Leaves IDENTITY_NONE. Zeroed memory is fine. */
void identity_fini(struct identity *id);

#endif
