/*
 * What a tester's DTLS client shall offer and ask for, and the OpenSSL context made of it.
 */
#ifndef LIB_DTLS_CONFIG_H
#define LIB_DTLS_CONFIG_H

#include <openssl/ssl.h>

#include "lib/base.h"

enum { DTLS_WHY_LEN = 256, DTLS_MAX_KEY = 256 };
#define DTLS_NEVER INT64_MAX

struct dtls_extension {
    uint16_t type; /* none that OpenSSL knows itself */
    struct str value;
};

/* Zeroed: ECDHE without a client certificate, any server. All borrowed, during dtls_new only. */
struct dtls_config {
    const char *suites; /* IANA or OpenSSL names, separated by ':'; NULL: DTLS_PSK_SUITES with a
                           key, else DTLS_ECDHE_SUITES */
    const char *groups; /* as `P-256:X25519`; NULL: OpenSSL's own */
    struct str psk_identity;
    struct str psk_key;         /* up to DTLS_MAX_KEY bytes; empty: no PSK */
    struct str certificate_pem; /* leaf, then what goes with it; empty: none */
    struct str key_pem;
    struct str ca_pem;       /* the server's certificate must end there; empty: any will do */
    const char *server_name; /* checked when there is a ca_pem; a host name is also sent (SNI) */
    SSL_SESSION *resume;     /* of dtls_session; NULL: full handshake */
    int version;             /* 0: DTLS1_2_VERSION; DTLS1_VERSION offers only DTLS 1.0 */
    unsigned mtu;            /* UDP payload, 228 or more; 0: 1400. Small ones fragment messages */
    bool no_tickets;
    bool no_extended_master_secret;
    OSSL_LIB_CTX *library; /* NULL: OpenSSL's own */
    int64_t retransmit_us; /* first interval, then doubled; 0: 1 s; DTLS_NEVER: not at all */
    const struct dtls_extension *extensions; /* further ones of the ClientHello */
    size_t extension_count;
};

#define DTLS_PSK_SUITES                                                                            \
    "TLS_PSK_WITH_AES_128_CCM_8:TLS_PSK_WITH_AES_128_GCM_SHA256:"                                  \
    "TLS_PSK_WITH_AES_256_GCM_SHA384"
#define DTLS_ECDHE_SUITES                                                                          \
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:"                  \
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"

/* All of the config but PSK, resumption, timer, MTU and extensions, which need the connection. NULL
 * and a text in why when it asks for what cannot be. */
SSL_CTX *dtls_config_context(const struct dtls_config *config, char *why) MUST_CHECK;

#endif
