/*
 * Certificates by the hundred thousand: one is made with OpenSSL, the others are copies of it in
 * which name, serial number and key are changed before they are signed. Ten times as fast, as
 * nothing is encoded anew. ECDSA on P-256 with SHA-256.
 */
#ifndef SIMULATOR_MOLD_H
#define SIMULATOR_MOLD_H

#include "lib/pki_forge.h"

enum {
    MOLD_NAME_LEN = 11,          /* of a common name, as identity.h makes them */
    MOLD_CERTIFICATE_MAX = 1024, /* bytes */
    MOLD_KEY_LEN = 121,          /* RFC 5915, with curve and public key */
};

/* Immutable after mold_init: any thread may cast from it. */
struct mold {
    EVP_PKEY *authority; /* borrowed */
    uint8_t tbs[MOLD_CERTIFICATE_MAX];
    size_t tbs_len;
    size_t serial_at; /* 8 bytes */
    size_t name_at;
    size_t key_at;  /* 65 bytes */
    size_t hash_at; /* 20 bytes: the subject key identifier */
};

/* wish.subject ends with a common name of MOLD_NAME_LEN characters. False: why (FORGE_WHY_LEN) */
bool mold_init(struct mold *m, const struct forge_wish *wish, int64_t now_s, char *why) MUST_CHECK;

/* What a thread needs to cast. */
struct caster;
struct caster *caster_new(void);
void caster_free(struct caster **c);

struct cast {
    uint8_t certificate[MOLD_CERTIFICATE_MAX];
    size_t certificate_len;
    uint8_t key[MOLD_KEY_LEN];
};

/* A certificate for name with a key of its own. Serial numbers differ by serial, below 2^62. */
void mold_cast(const struct mold *m, struct caster *c, const char *name, uint64_t serial,
               struct cast *out);

#endif
