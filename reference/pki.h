/*
 * Makes keys and certificates: a certificate authority, and what it signs for servers and devices.
 * ECDSA on P-256, X.509 version 3 (RFC 7925 4.4). Files are PEM; keys have mode 0600.
 */
#ifndef REFERENCE_PKI_H
#define REFERENCE_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/base.h"
#include "lib/buf.h"

enum { PKI_WHY_LEN = 256 }; /* as REGISTRY_WHY_LEN */

/* A certificate with its private key. Zeroed memory is none; free with pki_fini. */
struct pki {
    X509 *certificate;
    EVP_PKEY *key;
};

void pki_fini(struct pki *p);

struct pki_names {
    struct str organization; /* O */
    struct str unit;         /* OU; left out when empty */
    struct str common_name;  /* CN */
};

/*
 * All of them are valid from an hour before now_us (Unix time), for clocks that are late, to now_us
 * and `days` more. False: why says what failed; a name may be longer than X.509 allows (64
 * characters).
 */
bool pki_make_ca(const struct pki_names *names, int64_t now_us, int days, struct pki *out,
                 char *why) MUST_CHECK;
/* For a server on this machine: localhost, 127.0.0.1 and ::1. */
bool pki_make_server(const struct pki *ca, int64_t now_us, int days, struct pki *out,
                     char *why) MUST_CHECK;
/* For a client: extended key usage clientAuth. Its subject in dn_text form is the device's alias.
 */
bool pki_make_device(const struct pki *ca, const struct pki_names *names, int64_t now_us, int days,
                     struct pki *out, char *why) MUST_CHECK;

/* The first certificate and the key of two PEM files (which may be one). why names the file. */
bool pki_load(const char *cert_file, const char *key_file, struct pki *out, char *why) MUST_CHECK;
/* Replaces the files; the key file is never readable for others. key_file may be NULL. */
bool pki_save(const struct pki *p, const char *cert_file, const char *key_file,
              char *why) MUST_CHECK;

/* Appends the certificate as PEM. */
void pki_pem(const X509 *certificate, struct buf *out);

#endif
