/*
 * Certificates for tests, made in memory: P-256, any names, any dates, with the faults that a test
 * asks for.
 */
#ifndef REFERENCE_CERT_FIXTURE_H
#define REFERENCE_CERT_FIXTURE_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base.h"

/* A certificate with its key, so that it can sign others. */
struct cert {
    X509 *x509;
    EVP_PKEY *key;
};

struct cert_wish {
    const char *common_name;   /* O=Test, CN=common_name */
    const struct cert *issuer; /* NULL: self-signed */
    int64_t from_s;            /* Unix time, inclusive */
    int64_t to_s;
    bool is_ca;
    const char *extended_usage; /* as in openssl.cnf; NULL: no such extension */
    bool version_1;             /* without any extension */
};

static inline void cert_extend(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert(extension != NULL && X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static inline struct cert cert_make(const struct cert_wish *wish)
{
    static long serial = 0;
    struct cert c = {.x509 = X509_new(), .key = EVP_EC_gen("P-256")};
    X509_NAME *name = X509_get_subject_name(c.x509);
    const struct cert *issuer = wish->issuer != NULL ? wish->issuer : &c;
    int ok = X509_set_version(c.x509, wish->version_1 ? X509_VERSION_1 : X509_VERSION_3);

    ok &= ASN1_INTEGER_set(X509_get_serialNumber(c.x509), ++serial);
    ok &= X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"Test", -1, -1, 0);
    ok &= X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)wish->common_name,
                                     -1, -1, 0);
    ok &= X509_set_issuer_name(c.x509, X509_get_subject_name(issuer->x509));
    ok &= ASN1_TIME_set(X509_getm_notBefore(c.x509), (time_t)wish->from_s) != NULL;
    ok &= ASN1_TIME_set(X509_getm_notAfter(c.x509), (time_t)wish->to_s) != NULL;
    ok &= X509_set_pubkey(c.x509, c.key);
    if (!wish->version_1)
        cert_extend(c.x509, NID_basic_constraints, wish->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (wish->extended_usage != NULL)
        cert_extend(c.x509, NID_ext_key_usage, wish->extended_usage);
    ok &= X509_sign(c.x509, issuer->key, EVP_sha256()) > 0;
    assert(ok == 1);
    return c;
}

static inline void cert_fini(struct cert *c)
{
    X509_free(c->x509);
    EVP_PKEY_free(c->key);
    *c = (struct cert){NULL, NULL};
}

/* A stack with references of its own; free it with sk_X509_pop_free(chain, X509_free). */
static inline STACK_OF(X509) * cert_chain(const struct cert *const *certs, size_t count)
{
    STACK_OF(X509) *chain = sk_X509_new_null();

    for (size_t i = 0; i < count; i++) {
        int ok = X509_up_ref(certs[i]->x509) && sk_X509_push(chain, certs[i]->x509) > 0;

        assert(ok);
    }
    return chain;
}

#endif
