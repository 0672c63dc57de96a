#include "reference/pki.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { SERIAL_LEN = 16, BACKDATE_S = 3600, S_PER_DAY = 86400 };

void pki_fini(struct pki *p)
{
    X509_free(p->certificate);
    EVP_PKEY_free(p->key);
    *p = (struct pki){0};
}

/* Always false. */
static bool fail(char *why, const char *what)
{
    const unsigned long code = ERR_peek_last_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

    (void)snprintf(why, PKI_WHY_LEN, "%.180s%s%.60s", what, reason == NULL ? "" : ": ",
                   reason == NULL ? "" : reason);
    ERR_clear_error();
    return false;
}

/* --- certificates --------------------------------------------------------------------------------
 */

struct extension {
    int nid;
    const char *value;
};

/* RFC 5280 4.2.1; key identifiers are made from the keys. */
static const struct extension ca_extensions[] = {
    {NID_basic_constraints,      "critical,CA:TRUE"            },
    {NID_key_usage,              "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"                        },
};

static const struct extension server_extensions[] = {
    {NID_basic_constraints,        "critical,CA:FALSE"                            },
    {NID_key_usage,                "critical,digitalSignature"                    },
    {NID_ext_key_usage,            "serverAuth"                                   },
    {NID_subject_alt_name,         "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1"},
    {NID_subject_key_identifier,   "hash"                                         },
    {NID_authority_key_identifier, "keyid"                                        },
};

static const struct extension device_extensions[] = {
    {NID_basic_constraints,        "critical,CA:FALSE"        },
    {NID_key_usage,                "critical,digitalSignature"},
    {NID_ext_key_usage,            "clientAuth"               },
    {NID_subject_key_identifier,   "hash"                     },
    {NID_authority_key_identifier, "keyid"                    },
};

static const struct role {
    const struct extension *extensions;
    size_t count;
} ca_role = {ca_extensions, COUNT(ca_extensions)},
  server_role = {server_extensions, COUNT(server_extensions)},
  device_role = {device_extensions, COUNT(device_extensions)};

static bool add_name(X509_NAME *name, int nid, struct str value)
{
    return value.len == 0 ||
           X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, (const unsigned char *)value.ptr,
                                      (int)value.len, -1, 0) == 1;
}

static bool set_subject(X509 *certificate, const struct pki_names *names)
{
    X509_NAME *name = X509_get_subject_name(certificate);

    return add_name(name, NID_organizationName, names->organization) &&
           add_name(name, NID_organizationalUnitName, names->unit) &&
           add_name(name, NID_commonName, names->common_name);
}

/* A positive random number: no two certificates of an issuer share one (RFC 5280 4.1.2.2). */
static bool set_serial(X509 *certificate)
{
    uint8_t bytes[SERIAL_LEN];

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    const bool ok =
        number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

    BN_free(number);
    return ok;
}

static bool set_validity(X509 *certificate, int64_t now_us, int days)
{
    const time_t now = (time_t)(now_us / US_PER_S);

    return ASN1_TIME_set(X509_getm_notBefore(certificate), now - BACKDATE_S) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), now + (time_t)days * S_PER_DAY) != NULL;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct role *role)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    for (size_t i = 0; i < role->count; i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &ctx, role->extensions[i].nid, role->extensions[i].value);
        const bool ok = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

        X509_EXTENSION_free(extension);
        if (!ok)
            return false;
    }
    return true;
}

struct term {
    int64_t now_us;
    int days;
};

/* Signed by ca, or by itself when ca is NULL. */
static bool make(const struct pki *ca, const struct pki_names *names, const struct role *role,
                 const struct term *term, struct pki *out)
{
    struct pki made = {.certificate = X509_new(), .key = EVP_EC_gen("P-256")};
    X509 *issuer = ca == NULL ? made.certificate : ca->certificate;

    *out = made;
    return made.certificate != NULL && made.key != NULL &&
           X509_set_version(made.certificate, X509_VERSION_3) == 1 &&
           set_serial(made.certificate) && set_subject(made.certificate, names) &&
           X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer)) == 1 &&
           set_validity(made.certificate, term->now_us, term->days) &&
           X509_set_pubkey(made.certificate, made.key) == 1 &&
           add_extensions(made.certificate, issuer, role) &&
           X509_sign(made.certificate, ca == NULL ? made.key : ca->key, EVP_sha256()) > 0;
}

static bool make_or_say(const struct pki *ca, const struct pki_names *names,
                        const struct role *role, const struct term *term, struct pki *out)
{
    if (make(ca, names, role, term, out))
        return true;
    pki_fini(out);
    return false;
}

bool pki_make_ca(const struct pki_names *names, int64_t now_us, int days, struct pki *out,
                 char *why)
{
    const struct term term = {now_us, days};

    return make_or_say(NULL, names, &ca_role, &term, out) ||
           fail(why, "cannot make a certificate authority");
}

bool pki_make_server(const struct pki *ca, int64_t now_us, int days, struct pki *out, char *why)
{
    const struct pki_names names = {STR("Seatrial"), STR("Endpoint"), STR("localhost")};
    const struct term term = {now_us, days};

    return make_or_say(ca, &names, &server_role, &term, out) ||
           fail(why, "cannot make a server certificate");
}

bool pki_make_device(const struct pki *ca, const struct pki_names *names, int64_t now_us, int days,
                     struct pki *out, char *why)
{
    const struct term term = {now_us, days};

    return make_or_say(ca, names, &device_role, &term, out) ||
           fail(why, "cannot make a device certificate");
}

/* --- files ---------------------------------------------------------------------------------------
 */

static bool file_failed(char *why, const char *path, const char *what)
{
    (void)snprintf(why, PKI_WHY_LEN, "%.180s: %.60s", path, what);
    ERR_clear_error();
    return false;
}

static FILE *open_pem(const char *path, char *why)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        (void)file_failed(why, path, strerror(errno));
    return file;
}

bool pki_load(const char *cert_file, const char *key_file, struct pki *out, char *why)
{
    *out = (struct pki){0};
    FILE *file = open_pem(cert_file, why);

    if (file == NULL)
        return false;
    out->certificate = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    if (out->certificate == NULL)
        return file_failed(why, cert_file, "no certificate in PEM form in it");
    file = open_pem(key_file, why);
    if (file != NULL) {
        /* An empty pass phrase: never ask on the terminal. */
        out->key = PEM_read_PrivateKey(file, NULL, NULL, (void *)(uintptr_t) "");
        (void)fclose(file);
        if (out->key == NULL)
            (void)file_failed(why, key_file, "no private key in PEM form in it");
        else if (X509_check_private_key(out->certificate, out->key) == 1)
            return true;
        else
            (void)file_failed(why, key_file, "does not belong to the certificate");
    }
    pki_fini(out);
    return false;
}

void pki_pem(const X509 *certificate, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;

    if (bio == NULL || PEM_write_bio_X509(bio, (X509 *)(uintptr_t)certificate) != 1)
        abort(); /* memory only */
    const long len = BIO_get_mem_data(bio, &text);

    buf_add(out, text, (size_t)len);
    BIO_free(bio);
}

/* Beside the file and then in its place. A stream with that mode. */
static bool write_pem(const struct pki *p, const char *path, bool is_key, char *why)
{
    struct buf temp = buf_growing();
    bool ok = false;

    buf_add_format(&temp, "%s.tmp", path);
    buf_add_char(&temp, '\0');
    (void)unlink(temp.ptr);
    const int fd = open(temp.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, is_key ? 0600 : 0644);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (file != NULL) {
        ok = is_key ? PEM_write_PKCS8PrivateKey(file, p->key, NULL, NULL, 0, NULL, NULL) == 1
                    : PEM_write_X509(file, p->certificate) == 1;
        ok = fclose(file) == 0 && ok && rename(temp.ptr, path) == 0;
    }
    if (!ok) {
        (void)file_failed(why, path, strerror(errno));
        (void)unlink(temp.ptr);
    }
    buf_fini(&temp);
    return ok;
}

bool pki_save(const struct pki *p, const char *cert_file, const char *key_file, char *why)
{
    return (key_file == NULL || write_pem(p, key_file, true, why)) &&
           write_pem(p, cert_file, false, why);
}
