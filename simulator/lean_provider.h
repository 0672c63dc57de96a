/*
 * An OpenSSL library context in which a public key is decoded fast.
 *
 * OpenSSL 3 asks each decoder that it knows whether a certificate's key is its business; with the
 * 40 of the default provider that is 40 % of a client's X.509 handshake. Here the default provider
 * stands behind one that passes on all that it has, but of decoders and key types only those for
 * EC and RSA keys in certificates.
 */
#ifndef SIMULATOR_LEAN_PROVIDER_H
#define SIMULATOR_LEAN_PROVIDER_H

#include <openssl/provider.h>

struct lean_provider {
    OSSL_LIB_CTX *context; /* for SSL_CTX_new_ex and its like */
    OSSL_PROVIDER *provider;
};

/* One of a thread: contexts lock what several threads use. */
void lean_provider_init(struct lean_provider *l);
/* When nothing of the context is in use any more. */
void lean_provider_fini(struct lean_provider *l);

#endif
