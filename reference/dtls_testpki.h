/*
 * Keys and certificates for tests, made in memory.
 */
#ifndef REFERENCE_DTLS_TESTPKI_H
#define REFERENCE_DTLS_TESTPKI_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/base.h"

struct testpki {
    EVP_PKEY *key;
    X509 *cert;
    char key_file[64];
    char cert_file[64];
};

/* A self-signed certificate; comment_len bytes of ballast make it as long as a test needs. */
static inline struct testpki testpki_new(const char *name, bool rsa, size_t comment_len)
{
    struct testpki p = {.cert = X509_new()};
    X509_NAME *subject = X509_get_subject_name(p.cert);
    char *comment = xcalloc(1, comment_len + 1);
    X509_EXTENSION *extension;

    p.key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509_set_version(p.cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(p.cert), 1);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(p.cert, subject);
    X509_gmtime_adj(X509_getm_notBefore(p.cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(p.cert), 3600);
    X509_set_pubkey(p.cert, p.key);
    memset(comment, 'x', comment_len);
    extension = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, comment);
    if (comment_len > 0)
        X509_add_ext(p.cert, extension, -1);
    X509_EXTENSION_free(extension);
    free(comment);
    X509_sign(p.cert, p.key, EVP_sha256());
    return p;
}

static inline FILE *testpki_open(char *name, const char *pattern)
{
    int fd;

    memcpy(name, pattern, strlen(pattern) + 1);
    fd = mkstemp(name);
    assert(fd >= 0);
    return fdopen(fd, "w");
}

/* Writes both as PEM into files of their own; key_cipher NULL: not encrypted. */
static inline void testpki_write(struct testpki *p, const EVP_CIPHER *key_cipher)
{
    FILE *cert = testpki_open(p->cert_file, "/tmp/testpki-cert-XXXXXX");
    FILE *key = testpki_open(p->key_file, "/tmp/testpki-key-XXXXXX");
    unsigned char phrase[] = "phrase";

    PEM_write_X509(cert, p->cert);
    PEM_write_PrivateKey(key, p->key, key_cipher, key_cipher ? phrase : NULL, 6, NULL, NULL);
    fclose(cert);
    fclose(key);
}

static inline void testpki_fini(struct testpki *p)
{
    if (p->cert_file[0] != 0)
        unlink(p->cert_file);
    if (p->key_file[0] != 0)
        unlink(p->key_file);
    X509_free(p->cert);
    EVP_PKEY_free(p->key);
}

#endif
