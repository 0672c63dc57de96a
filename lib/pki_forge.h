/*
 * Certificates made on the fly, good or with any defect: what a tester shows to an endpoint that
 * has to refuse it. RFC 5280, keys as RFC 7925 4.4 wants them unless asked for others.
 */
#ifndef LIB_PKI_FORGE_H
#define LIB_PKI_FORGE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/base.h"
#include "lib/buf.h"

enum { FORGE_WHY_LEN = 256 };

/* A certificate with its key, so that it can sign others. Zeroed memory is none. */
struct forged {
    X509 *certificate;
    EVP_PKEY *key;
};

void forged_fini(struct forged *f);

/* Serial numbers come from it: the same seed, the same numbers. Keys and signatures are fresh. */
struct forge {
    uint64_t seed;
    uint64_t made;
};

/* Zeroed but for the subject: a good, self-signed leaf for a client, valid from an hour before now
 * for a day. */
struct forge_wish {
    struct str
        subject; /* `O=Drogue IoT, OU=Cloud, CN=Device 1`: in this order; short OpenSSL names */
    const struct forged *issuer; /* borrowed; NULL: signs itself */
    struct str issuer_name;      /* other than the issuer's subject; empty: that */
    int64_t from_s;              /* seconds from now; 0: -3600 */
    int64_t to_s;                /* seconds from now; 0: 86400 */
    bool is_ca;                  /* CA:TRUE, also for a leaf */
    bool version_1;              /* no extensions at all */
    bool bad_signature;          /* its last byte is flipped */
    const char *key_kind;        /* P-256 (NULL), P-384, P-521, RSA-2048 (any size), Ed25519 */
    /* As in openssl.cnf; NULL: what is right (CA: digitalSignature, keyCertSign, cRLSign; leaf:
     * digitalSignature, clientAuth); "": no such extension. */
    const char *key_usage;
    const char *extended_usage;
    const char *alternative_names; /* NULL or "": none; `IP:127.0.0.1,DNS:localhost` for a server */
    const struct forged *key_of;   /* has this one's key; NULL: a key of its own */
};

/* now_s is Unix time. False: why (FORGE_WHY_LEN bytes) says which wish cannot be. */
bool forge_make(struct forge *forge, const struct forge_wish *wish, int64_t now_s,
                struct forged *out, char *why) MUST_CHECK;

/* A name in the form of forge_wish.subject, as the registry's aliases have it. */
void forge_show_subject(const X509 *certificate, struct buf *out);
/* Append PEM. */
void forge_certificate_pem(const X509 *certificate, struct buf *out);
void forge_key_pem(EVP_PKEY *key, struct buf *out);

#endif
