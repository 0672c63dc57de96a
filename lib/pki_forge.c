#include "lib/pki_forge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "lib/siphash.h"

enum { FORGE_FROM_S = -3600, FORGE_TO_S = 86400 };

void forged_fini(struct forged *f)
{
    X509_free(f->certificate);
    EVP_PKEY_free(f->key);
    *f = (struct forged){0};
}

static bool refuse(char *why, const char *what, const char *wish)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    snprintf(why, FORGE_WHY_LEN, "%s `%s`: %s", what, wish,
             reason != NULL ? reason : "not understood");
    ERR_clear_error();
    return false;
}

static EVP_PKEY *make_key(const char *kind)
{
    if (kind == NULL)
        kind = "P-256";
    if (strncmp(kind, "RSA-", 4) == 0) {
        unsigned long bits = strtoul(kind + 4, NULL, 10);

        return bits >= 512 && bits <= 16384 ? EVP_RSA_gen(bits) : NULL;
    }
    if (strcasecmp(kind, "Ed25519") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return EVP_EC_gen(kind);
}

/* Where the next `, TYPE=` begins, so that values may hold commas. */
static size_t part_len(struct str s)
{
    for (size_t i = 0; i + 2 < s.len; i++) {
        size_t at = i + 2;

        if (s.ptr[i] != ',' || s.ptr[i + 1] != ' ')
            continue;
        while (at < s.len && (isalnum((unsigned char)s.ptr[at]) || s.ptr[at] == '.'))
            at++;
        if (at > i + 2 && at < s.len && s.ptr[at] == '=')
            return i;
    }
    return s.len;
}

static bool set_name(X509_NAME *name, struct str text, char *why)
{
    struct str left = text;
    char shown[128];

    snprintf(shown, sizeof shown, "%.*s", (int)text.len, text.len > 0 ? text.ptr : "");
    while (left.len > 0) {
        size_t len = part_len(left);
        const char *equals = memchr(left.ptr, '=', len);
        char type[32];
        int type_len = equals != NULL ? (int)(equals - left.ptr) : 0;

        snprintf(type, sizeof type, "%.*s", type_len, left.ptr);
        if (equals == NULL ||
            X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const uint8_t *)equals + 1,
                                       (int)len - type_len - 1, -1, 0) != 1)
            return refuse(why, "name", shown);
        len += len < left.len ? 2 : 0;
        left = (struct str){left.ptr + len, left.len - len};
    }
    return true;
}

static bool extend(X509 *x509, const X509 *issuer, int nid, const char *value, char *why)
{
    X509V3_CTX context = {0};
    X509_EXTENSION *extension;
    bool ok;

    if (value == NULL || *value == 0)
        return true;
    X509V3_set_ctx(&context, (X509 *)issuer, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ok = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok || refuse(why, OBJ_nid2ln(nid), value);
}

static bool set_extensions(X509 *x509, const struct forge_wish *wish, char *why)
{
    const X509 *issuer = wish->issuer != NULL ? wish->issuer->certificate : x509;
    const char *usage = wish->key_usage;
    const char *extended = wish->extended_usage;

    if (usage == NULL)
        usage = wish->is_ca ? "critical,digitalSignature,keyCertSign,cRLSign"
                            : "critical,digitalSignature";
    if (extended == NULL)
        extended = wish->is_ca ? "" : "clientAuth";
    return extend(x509, issuer, NID_basic_constraints,
                  wish->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE", why) &&
           extend(x509, issuer, NID_key_usage, usage, why) &&
           extend(x509, issuer, NID_ext_key_usage, extended, why) &&
           extend(x509, issuer, NID_subject_alt_name, wish->alternative_names, why) &&
           extend(x509, issuer, NID_subject_key_identifier, "hash", why);
}

static bool set_names(X509 *x509, const struct forge_wish *wish, char *why)
{
    X509_NAME *subject = X509_get_subject_name(x509);

    if (!set_name(subject, wish->subject, why))
        return false;
    if (wish->issuer_name.len > 0)
        return set_name(X509_get_issuer_name(x509), wish->issuer_name, why);
    return X509_set_issuer_name(x509, wish->issuer != NULL
                                          ? X509_get_subject_name(wish->issuer->certificate)
                                          : subject) == 1;
}

/* 63 bits, so that it is positive: RFC 5280 4.1.2.2. */
static void set_serial(X509 *x509, struct forge *forge)
{
    uint8_t key[SIPHASH_KEY_LEN] = {0};
    uint64_t serial;

    memcpy(key, &forge->seed, sizeof forge->seed);
    forge->made++;
    serial = siphash(key, &forge->made, sizeof forge->made) >> 1;
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial);
}

static void set_dates(X509 *x509, const struct forge_wish *wish, int64_t now_s)
{
    int64_t from_s = wish->from_s != 0 ? wish->from_s : FORGE_FROM_S;
    int64_t to_s = wish->to_s != 0 ? wish->to_s : FORGE_TO_S;

    ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(now_s + from_s));
    ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(now_s + to_s));
}

static bool sign(X509 *x509, EVP_PKEY *key)
{
    const EVP_MD *digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();

    return X509_sign(x509, key, digest) > 0;
}

static void break_signature(X509 *x509)
{
    const ASN1_BIT_STRING *signature;

    X509_get0_signature(&signature, NULL, x509);
    signature->data[signature->length - 1] ^= 1;
}

bool forge_make(struct forge *forge, const struct forge_wish *wish, int64_t now_s,
                struct forged *out, char *why)
{
    struct forged f = {.certificate = X509_new()};
    X509 *x509 = f.certificate;
    bool ok;

    assert(x509 != NULL);
    ERR_clear_error();
    if (wish->key_of != NULL && EVP_PKEY_up_ref(wish->key_of->key) == 1)
        f.key = wish->key_of->key;
    else
        f.key = make_key(wish->key_kind);
    ok = (f.key != NULL && X509_set_pubkey(x509, f.key) == 1) ||
         refuse(why, "key", wish->key_kind != NULL ? wish->key_kind : "P-256");
    X509_set_version(x509, wish->version_1 ? X509_VERSION_1 : X509_VERSION_3);
    set_serial(x509, forge);
    set_dates(x509, wish, now_s);
    ok = ok && set_names(x509, wish, why);
    ok = ok && (wish->version_1 || set_extensions(x509, wish, why));
    ok = ok && (sign(x509, wish->issuer != NULL ? wish->issuer->key : f.key) ||
                refuse(why, "signature of", "the issuer's key"));
    if (ok && wish->bad_signature)
        break_signature(x509);
    if (ok)
        *out = f;
    else
        forged_fini(&f);
    return ok;
}

void forge_show_subject(const X509 *certificate, struct buf *out)
{
    const X509_NAME *name = X509_get_subject_name(certificate);

    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
        uint8_t *text;
        int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));

        assert(len >= 0);
        buf_add_format(out, "%s%s=", i > 0 ? ", " : "", OBJ_nid2sn(nid));
        buf_add(out, text, (size_t)len);
        OPENSSL_free(text);
    }
}

static void add_all(BIO *pem, struct buf *out)
{
    char *bytes;
    long len = BIO_get_mem_data(pem, &bytes);

    buf_add(out, bytes, (size_t)len);
    BIO_free(pem);
}

void forge_certificate_pem(const X509 *certificate, struct buf *out)
{
    BIO *pem = BIO_new(BIO_s_mem());

    PEM_write_bio_X509(pem, (X509 *)certificate);
    add_all(pem, out);
}

void forge_key_pem(EVP_PKEY *key, struct buf *out)
{
    BIO *pem = BIO_new(BIO_s_mem());

    PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL);
    add_all(pem, out);
}
