#define OPENSSL_SUPPRESS_DEPRECATED /* EC_KEY: its successor takes 10 times as long to read */
#include "simulator/device_certificate.h"

#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

struct device_certificates {
    OSSL_LIB_CTX *bare; /* knows no algorithms: nothing in it is decoded */
    OSSL_PROVIDER *nothing;
};

struct device_certificates *device_certificates_new(void)
{
    struct device_certificates *d = xcalloc(1, sizeof *d);

    d->bare = OSSL_LIB_CTX_new();
    assert(d->bare != NULL);
    d->nothing = OSSL_PROVIDER_load(d->bare, "null");
    assert(d->nothing != NULL);
    return d;
}

void device_certificates_free(struct device_certificates **d)
{
    struct device_certificates *gone = *d;

    if (gone == NULL)
        return;
    *d = NULL;
    OSSL_PROVIDER_unload(gone->nothing);
    OSSL_LIB_CTX_free(gone->bare);
    free(gone);
}

static EVP_PKEY *read_ec_key(struct str der)
{
    const uint8_t *at = (const uint8_t *)der.ptr;
    EC_KEY *ec = d2i_ECPrivateKey(NULL, &at, (long)der.len);
    EVP_PKEY *key = ec != NULL ? EVP_PKEY_new() : NULL;

    if (key == NULL || EVP_PKEY_assign_EC_KEY(key, ec) != 1) {
        EVP_PKEY_free(key);
        EC_KEY_free(ec);
        return NULL;
    }
    return key;
}

/* The certificate, said to have the public half of key. NULL: none, or (OpenSSL's versions differ
 * in whether they write it anew then) it would be sent with other bytes. */
static X509 *read_bare(const struct device_certificates *d, struct str der, EVP_PKEY *key)
{
    const uint8_t *at = (const uint8_t *)der.ptr;
    X509 *x509 = X509_new_ex(d->bare, NULL);
    uint8_t *again = NULL;
    bool ok = d2i_X509(&x509, &at, (long)der.len) != NULL && X509_set_pubkey(x509, key) == 1;
    int len = ok ? i2d_X509(x509, &again) : -1;

    ok = len > 0 && (size_t)len == der.len && memcmp(again, der.ptr, der.len) == 0;
    OPENSSL_free(again);
    if (ok)
        return x509;
    X509_free(x509);
    return NULL;
}

bool device_certificate_use(struct device_certificates *d, SSL *ssl, struct str certificate_der,
                            struct str key_der)
{
    const uint8_t *at = (const uint8_t *)certificate_der.ptr;
    EVP_PKEY *key = read_ec_key(key_der);
    X509 *x509 = key != NULL ? read_bare(d, certificate_der, key) : NULL;
    bool ok;

    ERR_clear_error();
    if (x509 == NULL)
        x509 = d2i_X509(NULL, &at, (long)certificate_der.len);
    at = (const uint8_t *)key_der.ptr;
    if (key == NULL)
        key = d2i_AutoPrivateKey(NULL, &at, (long)key_der.len);
    ok = x509 != NULL && key != NULL && SSL_use_certificate(ssl, x509) == 1 &&
         SSL_use_PrivateKey(ssl, key) == 1;
    ERR_clear_error();
    X509_free(x509);
    EVP_PKEY_free(key);
    return ok;
}
