#include "lib/dtls_setup.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>

enum {
    SETUP_MTU = 1400,
    SETUP_MIN_MTU = 228,              /* OpenSSL's: 256 with IP and UDP */
    SETUP_UDP_OVERHEAD = 28,          /* OpenSSL's MTUs are those of IP version 4 */
    SETUP_MAX_INTERVAL_US = 60000000, /* RFC 6347 4.2.4.1 */
};

/* OpenSSL's end of the link. */

static int bio_write(BIO *bio, const char *bytes, int len)
{
    struct dtls *d = BIO_get_data(bio);

    if (len > 0)
        dtls_link_pass(&d->link, DTLS_TO_TARGET, (const uint8_t *)bytes, (size_t)len, d->now_us);
    return len;
}

static int bio_read(BIO *bio, char *bytes, int cap)
{
    struct dtls *d = BIO_get_data(bio);
    size_t len = d->in_len;

    BIO_clear_retry_flags(bio);
    if (d->in == NULL) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (len > (size_t)cap)
        len = (size_t)cap;
    memcpy(bytes, d->in, len);
    d->in = NULL;
    return (int)len;
}

static long bio_control(BIO *bio, int command, long number, void *ptr)
{
    UNUSED(bio);
    UNUSED(number);
    UNUSED(ptr);
    if (command == BIO_CTRL_DGRAM_GET_MTU_OVERHEAD)
        return SETUP_UDP_OVERHEAD;
    return command == BIO_CTRL_FLUSH;
}

static BIO *new_bio(struct dtls *d)
{
    BIO *bio;

    d->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "DTLS link");
    assert(d->method != NULL);
    BIO_meth_set_write(d->method, bio_write);
    BIO_meth_set_read(d->method, bio_read);
    BIO_meth_set_ctrl(d->method, bio_control);
    bio = BIO_new(d->method);
    assert(bio != NULL);
    BIO_set_data(bio, d);
    BIO_set_init(bio, 1);
    return bio;
}

/* What OpenSSL asks and tells. */

static unsigned answer_psk(SSL *ssl, const char *hint, char *identity, unsigned cap,
                           unsigned char *key, unsigned key_cap)
{
    const struct dtls *d = SSL_get_app_data(ssl);

    UNUSED(hint);
    if (strlen(d->identity) >= cap || d->key_len > key_cap)
        return 0;
    memcpy(identity, d->identity, strlen(d->identity) + 1);
    memcpy(key, d->key, d->key_len);
    return (unsigned)d->key_len;
}

static void tell_secret(const SSL *ssl, const char *line)
{
    const struct dtls *d = SSL_get_app_data(ssl);

    if (d->hooks.secret != NULL)
        d->hooks.secret(d->arg, line);
}

static void take_info(const SSL *ssl, int where, int number)
{
    struct dtls *d = SSL_get_app_data(ssl);

    if (where & SSL_CB_HANDSHAKE_DONE)
        d->info.handshakes++;
    if (!(where & SSL_CB_ALERT))
        return;
    d->info.alert = (struct dtls_alert){
        .sent = (where & SSL_CB_WRITE) != 0,
        .fatal = number >> 8 == SSL3_AL_FATAL,
        .number = number & 0xff,
    };
    d->info.alert_count++;
    if (d->hooks.alert != NULL)
        d->hooks.alert(d->arg, &d->info.alert);
}

/* With 0 the first interval is asked for, otherwise the one behind it. */
static unsigned next_interval(SSL *ssl, unsigned interval_us)
{
    const struct dtls *d = SSL_get_app_data(ssl);

    if (d->retransmit_us == DTLS_NEVER)
        return UINT32_MAX;
    if (interval_us == 0)
        return (unsigned)d->retransmit_us;
    return interval_us > SETUP_MAX_INTERVAL_US / 2 ? SETUP_MAX_INTERVAL_US : 2 * interval_us;
}

static int add_extension(SSL *ssl, unsigned type, const unsigned char **out, size_t *len,
                         int *alert, void *arg)
{
    const struct dtls_setup_extension *e = arg;

    UNUSED(ssl);
    UNUSED(type);
    UNUSED(alert);
    *out = e->bytes;
    *len = e->len;
    return 1;
}

static int take_extension(SSL *ssl, unsigned type, const unsigned char *in, size_t len, int *alert,
                          void *arg)
{
    struct dtls_setup_extension *e = arg;

    UNUSED(ssl);
    UNUSED(in);
    UNUSED(len);
    UNUSED(alert);
    e->dtls->info.answered_extension = (int)type;
    return 1;
}

static bool set_connection(struct dtls *d, const struct dtls_config *config, char *why)
{
    unsigned mtu = config->mtu != 0 ? config->mtu : SETUP_MTU;

    if (mtu < SETUP_MIN_MTU) {
        snprintf(why, DTLS_WHY_LEN, "MTU of %u bytes: at least %d", mtu, SETUP_MIN_MTU);
        return false;
    }
    SSL_set_mtu(d->ssl, (long)mtu);
    if (config->server_name != NULL &&
        config->server_name[strspn(config->server_name, "0123456789.")] != 0 &&
        strchr(config->server_name, ':') == NULL)
        SSL_set_tlsext_host_name(d->ssl, config->server_name); /* RFC 6066 3: no addresses */
    if (config->resume != NULL && SSL_set_session(d->ssl, config->resume) != 1) {
        snprintf(why, DTLS_WHY_LEN, "the session to resume is of another protocol");
        return false;
    }
    DTLS_set_timer_cb(d->ssl, next_interval);
    return true;
}

static bool set_psk(struct dtls *d, const struct dtls_config *config, char *why)
{
    struct str identity = config->psk_identity;

    if (config->psk_key.len == 0)
        return true;
    if (identity.len > PSK_MAX_IDENTITY_LEN || config->psk_key.len > sizeof d->key ||
        (identity.len > 0 && memchr(identity.ptr, 0, identity.len) != NULL)) {
        snprintf(why, DTLS_WHY_LEN,
                 "a PSK identity has up to %d bytes, none of them zero; a key up to %d",
                 PSK_MAX_IDENTITY_LEN, DTLS_MAX_KEY);
        return false;
    }
    if (identity.len > 0)
        memcpy(d->identity, identity.ptr, identity.len);
    memcpy(d->key, config->psk_key.ptr, config->psk_key.len);
    d->key_len = config->psk_key.len;
    SSL_CTX_set_psk_client_callback(d->context, answer_psk);
    return true;
}

static bool set_extensions(struct dtls *d, const struct dtls_config *config, char *why)
{
    d->extensions = xcalloc(config->extension_count + 1, sizeof *d->extensions);
    d->extension_count = config->extension_count;
    for (size_t i = 0; i < config->extension_count; i++) {
        const struct dtls_extension *wish = &config->extensions[i];
        struct dtls_setup_extension *e = &d->extensions[i];

        *e = (struct dtls_setup_extension){wish->type, wish->value.len,
                                           xmalloc(wish->value.len + 1), d};
        if (wish->value.len > 0)
            memcpy(e->bytes, wish->value.ptr, wish->value.len);
        if (SSL_CTX_add_client_custom_ext(d->context, e->type, add_extension, NULL, e,
                                          take_extension, e) != 1) {
            snprintf(why, DTLS_WHY_LEN, "extension %u is OpenSSL's own, or given twice", e->type);
            ERR_clear_error();
            return false;
        }
    }
    return true;
}

bool dtls_setup(struct dtls *d, const struct dtls_config *config, char *why)
{
    BIO *bio;

    d->info.why = d->why;
    d->info.answered_extension = -1;
    d->retransmit_us = config->retransmit_us != 0 ? config->retransmit_us : US_PER_S;
    d->context = dtls_config_context(config, why);
    if (d->context == NULL || !set_psk(d, config, why) || !set_extensions(d, config, why))
        return false;
    SSL_CTX_set_keylog_callback(d->context, tell_secret);
    SSL_CTX_set_info_callback(d->context, take_info);
    d->ssl = SSL_new(d->context);
    assert(d->ssl != NULL);
    bio = new_bio(d);
    SSL_set_bio(d->ssl, bio, bio);
    SSL_set_app_data(d->ssl, d);
    SSL_set_connect_state(d->ssl);
    return set_connection(d, config, why);
}

void dtls_setup_fini(struct dtls *d)
{
    SSL_free(d->ssl);
    SSL_CTX_free(d->context);
    BIO_meth_free(d->method);
    for (size_t i = 0; i < d->extension_count; i++)
        free(d->extensions[i].bytes);
    free(d->extensions);
    OPENSSL_cleanse(d->key, sizeof d->key);
}
