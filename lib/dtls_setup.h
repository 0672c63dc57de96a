/*
 * One client's SSL object: its end of the link, its secrets, and what OpenSSL asks and tells.
 * Inside of dtls; others see dtls.h.
 */
#ifndef LIB_DTLS_SETUP_H
#define LIB_DTLS_SETUP_H

#include "lib/dtls.h"

struct dtls_setup_extension {
    uint16_t type;
    size_t len;
    uint8_t *bytes;
    struct dtls *dtls;
};

struct dtls {
    struct dtls_hooks hooks;
    void *arg;
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    struct dtls_link link;
    struct dtls_info info;
    char why[DTLS_WHY_LEN];
    char identity[PSK_MAX_IDENTITY_LEN + 1];
    uint8_t key[DTLS_MAX_KEY];
    size_t key_len;
    struct dtls_setup_extension *extensions;
    size_t extension_count;
    int64_t retransmit_us;
    int64_t now_us; /* of the call that runs */
    int stop_after; /* flight; 0: not at all */
    bool is_done_with_flight;
    int sending; /* flight of the record that goes out; 0: none */
    /* What OpenSSL reads: one record. */
    const uint8_t *in;
    size_t in_len;
    struct dtls_record current; /* that `in` is or was */
    uint8_t plain[DTLS_MAX_PLAIN];
};

/* Makes context and ssl of d, which is zeroed but for hooks, arg and link. False: why says what
 * cannot be; dtls_setup_fini is due all the same. */
bool dtls_setup(struct dtls *d, const struct dtls_config *config, char *why) MUST_CHECK;
void dtls_setup_fini(struct dtls *d);

#endif
