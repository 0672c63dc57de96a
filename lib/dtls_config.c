#include "lib/dtls_config.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/buf.h"

/* What a client of RFC 7925 4.4 can verify, and a little more; no SHA-1. */
#define SIGNATURES                                                                                 \
    "ECDSA+SHA256:ed25519:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA+SHA384"

static bool refuse(char *why, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    snprintf(why, DTLS_WHY_LEN, "%s: %s", what, reason != NULL ? reason : "not understood");
    ERR_clear_error();
    return false;
}

/* The names of OpenSSL for names of either kind, each of which must be known. */
static bool set_suites(SSL_CTX *context, const char *suites, char *why)
{
    struct buf list = buf_growing();
    char name[128];
    bool ok = true;

    while (ok && *suites != 0) {
        size_t len = strcspn(suites, ":");
        const char *known;

        snprintf(name, sizeof name, "%.*s", (int)len, suites);
        known = OPENSSL_cipher_name(name);
        if (strcmp(known, "(NONE)") == 0)
            known = name;
        ok = SSL_CTX_set_cipher_list(context, known) == 1 || refuse(why, name);
        buf_add_format(&list, "%s%s", list.len > 0 ? ":" : "", known);
        suites += len + (suites[len] == ':');
    }
    buf_add_char(&list, 0);
    ok = ok && (SSL_CTX_set_cipher_list(context, list.ptr) == 1 || refuse(why, "no cipher suite"));
    buf_fini(&list);
    return ok;
}

static X509 *next_certificate(BIO *pem)
{
    X509 *x509 = PEM_read_bio_X509(pem, NULL, NULL, NULL);

    if (x509 == NULL && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
        ERR_clear_error(); /* only the end */
    return x509;
}

static bool set_certificate(SSL_CTX *context, const struct dtls_config *config, char *why)
{
    BIO *pem = BIO_new_mem_buf(config->certificate_pem.ptr, (int)config->certificate_pem.len);
    BIO *key_pem = BIO_new_mem_buf(config->key_pem.ptr, (int)config->key_pem.len);
    X509 *leaf = next_certificate(pem);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_pem, NULL, NULL, NULL);
    bool ok = key != NULL || refuse(why, "client key");

    ok = ok && ((leaf != NULL && SSL_CTX_use_certificate(context, leaf) == 1) ||
                refuse(why, "client certificate"));
    ok = ok && (SSL_CTX_use_PrivateKey(context, key) == 1 || refuse(why, "client key"));
    for (X509 *further; ok && (further = next_certificate(pem)) != NULL;)
        ok = SSL_CTX_add_extra_chain_cert(context, further) == 1; /* takes it */
    if (ok && ERR_peek_error() != 0)
        ok = refuse(why, "client certificate's chain");
    X509_free(leaf);
    EVP_PKEY_free(key);
    BIO_free(pem);
    BIO_free(key_pem);
    return ok;
}

static bool set_trust(SSL_CTX *context, const struct dtls_config *config, char *why)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);
    BIO *pem = BIO_new_mem_buf(config->ca_pem.ptr, (int)config->ca_pem.len);
    size_t count = 0;
    const char *name = config->server_name;

    for (X509 *ca; (ca = next_certificate(pem)) != NULL; X509_free(ca))
        count += X509_STORE_add_cert(store, ca) == 1;
    BIO_free(pem);
    if (count == 0 || ERR_peek_error() != 0)
        return refuse(why, "certificates of the server's CA");
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (name == NULL || X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
        return true;
    ERR_clear_error();
    return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 || refuse(why, "server name");
}

static bool set_all(SSL_CTX *context, const struct dtls_config *config, char *why)
{
    int version = config->version != 0 ? config->version : DTLS1_2_VERSION;
    const char *suites = config->suites != NULL     ? config->suites
                         : config->psk_key.len == 0 ? DTLS_ECDHE_SUITES
                                                    : DTLS_PSK_SUITES;

    SSL_CTX_set_security_level(context, 0); /* a tester offers what others should refuse */
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN); /* send what was given, nothing else */
    if (config->no_tickets)
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    if (config->no_extended_master_secret)
        SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    if (SSL_CTX_set_min_proto_version(context, version) != 1 ||
        SSL_CTX_set_max_proto_version(context, version) != 1)
        return refuse(why, "DTLS version");
    if (!set_suites(context, suites, why))
        return false;
    if (config->groups != NULL && SSL_CTX_set1_groups_list(context, config->groups) != 1)
        return refuse(why, "groups");
    if (version == DTLS1_2_VERSION && SSL_CTX_set1_sigalgs_list(context, SIGNATURES) != 1)
        return refuse(why, "signature algorithms");
    if (config->certificate_pem.len > 0 && !set_certificate(context, config, why))
        return false;
    return config->ca_pem.len == 0 || set_trust(context, config, why);
}

SSL_CTX *dtls_config_context(const struct dtls_config *config, char *why)
{
    SSL_CTX *context = SSL_CTX_new_ex(config->library, NULL, DTLS_client_method());

    assert(context != NULL);
    ERR_clear_error();
    if (set_all(context, config, why))
        return context;
    SSL_CTX_free(context);
    return NULL;
}
