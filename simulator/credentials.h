/*
 * X.509 certificates of devices, made once and kept: a file a seed, with the authority that signs
 * them and a record a device, mapped into memory. Any number of workers reads it at once.
 *
 * Certificates are ECDSA on P-256. Making them is spread over threads; what is interrupted goes on
 * where it was, and more devices are added to what is there.
 */
#ifndef SIMULATOR_CREDENTIALS_H
#define SIMULATOR_CREDENTIALS_H

#include "lib/base.h"
#include "lib/buf.h"

struct credentials;

enum { CREDENTIALS_WHY_LEN = 1024 };

struct credentials_options {
    const char *folder; /* made with mode 0700; NULL: $XDG_CACHE_HOME/seatrial */
    uint64_t seed;
    int64_t now_s; /* Unix time */
};

/* Opens or begins the file of the seed; with the authority. NULL: why says what is wrong. */
struct credentials *credentials_open(const struct credentials_options *options,
                                     char *why) MUST_CHECK;
void credentials_close(struct credentials **c);

enum credentials_kind {
    CREDENTIALS_NONE, /* the device needs none */
    CREDENTIALS_GOOD,
    CREDENTIALS_EXPIRED,
    CREDENTIALS_GOOD_GATEWAY, /* in the name of the device's gateway */
    CREDENTIALS_EXPIRED_GATEWAY,
};

struct credentials_wish {
    uint32_t first;
    uint32_t count;
    enum credentials_kind (*kind_of)(void *arg, uint32_t device); /* from any thread */
    /* Now and then, from the calling thread; NULL: nobody wants to know. */
    void (*progress)(void *arg, uint64_t done, uint64_t of);
    void *arg;
    int threads; /* 0: one a processor */
};
/* Makes what is missing; blocks. Not while others read. False: why says. */
bool credentials_make(struct credentials *c, const struct credentials_wish *wish,
                      char *why) MUST_CHECK;

/* What a device has, in DER; borrowed until credentials_close or _make. False: none was made. */
bool credentials_x509(const struct credentials *c, uint32_t device, struct str *certificate,
                      struct str *key) MUST_CHECK;
/* Appends the authority's certificate, which is the application's trust anchor, as PEM. */
void credentials_anchor(const struct credentials *c, struct buf *out);

/* Appends the subject that a device's certificate has, as the registry writes it. */
void credentials_subject(uint64_t seed, uint32_t device, bool gateway, struct buf *out);

#endif
