#include "reference/dtls_context.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "reference/dtls_session.h"
#include "reference/mutant.h"

/*
 * Best first, and PSK before certificates: a client that offers both has a key, while with a
 * certificate suite it may send none and would be nobody. Plain PSK before ECDHE_PSK: the devices
 * are small. Named one by one, because OpenSSL's default list has no CCM_8. AEAD only.
 */
static const char suites[] =
    "PSK-AES128-GCM-SHA256:PSK-AES256-GCM-SHA384:PSK-AES128-CCM:PSK-AES256-CCM:"
    "PSK-AES128-CCM8:PSK-AES256-CCM8:PSK-CHACHA20-POLY1305:ECDHE-PSK-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-CCM:"
    "ECDHE-ECDSA-AES256-CCM:ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES256-CCM8:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-CHACHA20-POLY1305";

static const char suites_without_ccm[] = /* for a mutant */
    "PSK-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

/* secp256r1 first (RFC 7925 4.4). */
static const char groups[] = "P-256:X25519:P-384";

enum {
    SECURITY_LEVEL = 2, /* 112 bits; level 0 would let DTLS 1.0 in */
    /* Bounds what an unauthenticated peer can make a handshake keep: OpenSSL reassembles up to ten
     * messages of this length at once. */
    MAX_CHAIN_BYTES = 16 * 1024,
};

struct dtls_context {
    pthread_mutex_t lock; /* of ssl: held for a moment at the start of a handshake */
    SSL_CTX *ssl;
    _Atomic uint64_t last_id;
};

static int refuse_pass_phrase(char *out, int cap, int writing, void *arg)
{
    UNUSED(out);
    UNUSED(cap);
    UNUSED(writing);
    UNUSED(arg);
    return -1;
}

/* The listener has checked the cookie before OpenSSL sees the message. */
static int accept_cookie(SSL *ssl, const unsigned char *cookie, unsigned int len)
{
    UNUSED(ssl);
    UNUSED(cookie);
    UNUSED(len);
    return 1;
}

/* For messages that nobody gets: see dtls_session. */
static int make_some_cookie(SSL *ssl, unsigned char *cookie, unsigned int *len)
{
    UNUSED(ssl);
    cookie[0] = 0;
    *len = 1;
    return 1;
}

static int verify_chain(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    int verdict = dtls_session_verify(SSL_get_app_data(ssl), X509_STORE_CTX_get0_untrusted(store));

    UNUSED(arg);
    X509_STORE_CTX_set_error(store, verdict);
    return verdict == X509_V_OK;
}

static void set_policy(SSL_CTX *ssl)
{
    static const unsigned char session_scope[] = "seatrial";
    int ok = SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) == 1;

    ok &= SSL_CTX_set_max_proto_version(ssl, DTLS1_2_VERSION) == 1;
    SSL_CTX_set_security_level(ssl, SECURITY_LEVEL);
    ok &= SSL_CTX_set_cipher_list(ssl,
                                  mutant_is(MUTANT_CCM_MISSING) ? suites_without_ccm : suites) == 1;
    ok &= SSL_CTX_set1_groups_list(ssl, groups) == 1;
    /* A session that is asked to be resumed gets a full handshake (TLS-07). */
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    ok &= SSL_CTX_set_session_id_context(ssl, session_scope, sizeof session_scope - 1) == 1;
    SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_max_cert_list(ssl, MAX_CHAIN_BYTES);
    SSL_CTX_set_cookie_verify_cb(ssl, accept_cookie);
    SSL_CTX_set_cookie_generate_cb(ssl, make_some_cookie);
    /* Asked for and optional: who has none may authenticate by option 4209 (AUTH-20). */
    SSL_CTX_set_verify(ssl,
                       mutant_is(MUTANT_ANONYMOUS_SESSION_REFUSED)
                           ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                           : SSL_VERIFY_PEER,
                       NULL);
    SSL_CTX_set_cert_verify_callback(ssl, verify_chain, NULL);
    assert(ok);
}

/* What OpenSSL says of a file, in words for whoever runs the program. */
static const struct {
    int library; /* 0: any */
    int reason;
    const char *text;
} explanations[] = {
    {ERR_LIB_PEM,  PEM_R_NO_START_LINE,            "there is no PEM block of that kind in it"       },
    {0,            ERR_R_UNSUPPORTED,              "there is no PEM block of that kind in it"       },
    {ERR_LIB_PEM,  PEM_R_BAD_PASSWORD_READ,        "it is encrypted; store it without a pass phrase"},
    {0,            ERR_R_INTERRUPTED_OR_CANCELLED, "it is encrypted; store it without a pass phrase"},
    {ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH,     "it does not belong to the certificate"          },
};

static void explain(char *why, const char *what, const char *file)
{
    unsigned long code = ERR_peek_error();
    const char *text = ERR_reason_error_string(code);

    if (ERR_SYSTEM_ERROR(code))
        text = strerror(ERR_GET_REASON(code));
    for (size_t i = 0; i < COUNT(explanations); i++)
        if (ERR_GET_REASON(code) == explanations[i].reason &&
            (explanations[i].library == 0 || ERR_GET_LIB(code) == explanations[i].library))
            text = explanations[i].text;
    snprintf(why, DTLS_WHY_LEN, "%s %s: %s", what, file, text != NULL ? text : "unreadable");
    ERR_clear_error();
}

static bool load(SSL_CTX *ssl, const char *cert_file, const char *key_file, char *why)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ssl, cert_file) != 1) {
        explain(why, "server certificate", cert_file);
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(ssl, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ssl) != 1) {
        explain(why, "server key", key_file);
        return false;
    }
    return true;
}

/* NULL: why says what is wrong. */
static SSL_CTX *make_settings(const char *cert_file, const char *key_file, char *why)
{
    SSL_CTX *ssl = SSL_CTX_new(DTLS_server_method());

    if (ssl == NULL) {
        explain(why, "OpenSSL", "DTLS");
        return NULL;
    }
    SSL_CTX_set_default_passwd_cb(ssl, refuse_pass_phrase);
    set_policy(ssl);
    if (load(ssl, cert_file, key_file, why))
        return ssl;
    SSL_CTX_free(ssl);
    return NULL;
}

struct dtls_context *dtls_context_new(const char *cert_file, const char *key_file, char *why)
{
    SSL_CTX *ssl = make_settings(cert_file, key_file, why);
    struct dtls_context *c;

    if (ssl == NULL)
        return NULL;
    c = xcalloc(1, sizeof *c);
    c->ssl = ssl;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

bool dtls_context_reload(struct dtls_context *c, const char *cert_file, const char *key_file,
                         char *why)
{
    SSL_CTX *fresh = make_settings(cert_file, key_file, why);
    SSL_CTX *old;

    if (fresh == NULL)
        return false;
    pthread_mutex_lock(&c->lock);
    old = c->ssl;
    c->ssl = fresh;
    pthread_mutex_unlock(&c->lock);
    SSL_CTX_free(old);
    return true;
}

void dtls_context_free(struct dtls_context **c)
{
    if (*c == NULL)
        return;
    SSL_CTX_free((*c)->ssl);
    pthread_mutex_destroy(&(*c)->lock);
    free(*c);
    *c = NULL;
}

SSL *dtls_context_accept(struct dtls_context *c)
{
    pthread_mutex_lock(&c->lock);
    SSL *ssl = SSL_new(c->ssl); /* keeps what it was made from */

    pthread_mutex_unlock(&c->lock);
    assert(ssl != NULL);
    SSL_set_accept_state(ssl);
    return ssl;
}

uint64_t dtls_context_next_id(struct dtls_context *c)
{
    return atomic_fetch_add_explicit(&c->last_id, 1, memory_order_relaxed) + 1;
}
