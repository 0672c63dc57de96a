#include "lib/dtls.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include <openssl/bio.h>
#include <openssl/err.h>

enum {
    DTLS_DEFAULT_MTU = 1400,
    DTLS_MIN_MTU = 228,              /* OpenSSL's: 256 with IP and UDP */
    DTLS_UDP_OVERHEAD = 28,          /* OpenSSL's MTUs are those of IP version 4 */
    DTLS_MAX_INTERVAL_US = 60000000, /* RFC 6347 4.2.4.1 */
    DTLS_MAX_IDLE_TURNS = 8,
};

struct extension {
    uint16_t type;
    size_t len;
    uint8_t *bytes;
    struct dtls *dtls;
};

struct dtls {
    struct dtls_hooks hooks;
    void *arg;
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    struct dtls_link link;
    struct dtls_info info;
    char why[DTLS_WHY_LEN];
    char identity[PSK_MAX_IDENTITY_LEN + 1];
    uint8_t key[DTLS_MAX_KEY];
    size_t key_len;
    struct extension *extensions;
    size_t extension_count;
    int64_t retransmit_us;
    int64_t now_us; /* of the call that runs */
    int stop_after; /* 0: not at all */
    bool is_done_with_flight;
    int sending; /* flight of the record that goes out; 0: none */
    /* What OpenSSL reads: one record. */
    const uint8_t *in;
    size_t in_len;
    struct dtls_record current; /* that `in` is or was */
    uint8_t plain[DTLS_MAX_PLAIN];
};

static const char *const state_names[] = {
    [DTLS_NEW] = "new",         [DTLS_HANDSHAKING] = "handshaking",
    [DTLS_STOPPED] = "stopped", [DTLS_ESTABLISHED] = "established",
    [DTLS_CLOSED] = "closed",   [DTLS_FAILED] = "failed",
};

const char *dtls_state_name(enum dtls_state state)
{
    return state_names[state];
}

static void set_state(struct dtls *d, enum dtls_state state)
{
    if (d->info.state == state)
        return;
    d->info.state = state;
    if (d->hooks.state != NULL)
        d->hooks.state(d->arg, state);
}

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
        return DTLS_UDP_OVERHEAD;
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
    return interval_us > DTLS_MAX_INTERVAL_US / 2 ? DTLS_MAX_INTERVAL_US : 2 * interval_us;
}

static int add_extension(SSL *ssl, unsigned type, unsigned context, const unsigned char **out,
                         size_t *len, X509 *x509, size_t place, int *alert, void *arg)
{
    const struct extension *e = arg;

    UNUSED(ssl);
    UNUSED(type);
    UNUSED(context);
    UNUSED(x509);
    UNUSED(place);
    UNUSED(alert);
    *out = e->bytes;
    *len = e->len;
    return 1;
}

static int take_extension(SSL *ssl, unsigned type, unsigned context, const unsigned char *in,
                          size_t len, X509 *x509, size_t place, int *alert, void *arg)
{
    struct extension *e = arg;

    UNUSED(ssl);
    UNUSED(context);
    UNUSED(in);
    UNUSED(len);
    UNUSED(x509);
    UNUSED(place);
    UNUSED(alert);
    e->dtls->info.answered_extension = (int)type;
    return 1;
}

/* What the link tells and delivers. */

static void take_record(void *arg, const struct dtls_record *r, const char *action)
{
    struct dtls *d = arg;

    if (r->flight > d->info.flight)
        d->info.flight = r->flight;
    if (r->message == DTLS_HELLO_VERIFY_REQUEST && r->to == DTLS_TO_DEVICE)
        d->info.saw_cookie = true;
    if (r->messages & UINT32_C(1) << DTLS_CERTIFICATE_REQUEST)
        d->info.saw_certificate_request = true;
    if (r->to == DTLS_TO_TARGET) {
        d->info.sent = r->head;
        d->sending = r->flight;
        if (d->stop_after > 0 && r->flight >= d->stop_after)
            d->is_done_with_flight = true;
    }
    if (d->hooks.record != NULL)
        d->hooks.record(d->arg, r, action);
}

static void fail(struct dtls *d, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);
    long verdict = SSL_get_verify_result(d->ssl);

    if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        reason = X509_verify_cert_error_string(verdict);
    snprintf(d->why, sizeof d->why, "%s%s%s", what, reason != NULL ? ": " : "",
             reason != NULL ? reason : "");
    ERR_clear_error();
    d->link.track.is_over = true;
    set_state(d, DTLS_FAILED);
}

static void fail_by_alert(struct dtls *d)
{
    char what[64];

    ERR_clear_error();
    snprintf(what, sizeof what, "fatal alert %s (%d) received",
             dtls_alert_name(d->info.alert.number), d->info.alert.number);
    fail(d, what);
}

static bool is_ended(const struct dtls *d)
{
    return d->info.state == DTLS_FAILED || d->info.state == DTLS_STOPPED ||
           (d->info.state == DTLS_CLOSED && SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN);
}

/* After a call of OpenSSL that gave nothing. Its SSL_get_error is no help: for DTLS it also tells
 * of records that were rightly dropped. */
static void judge(struct dtls *d)
{
    bool was_closed = d->info.state == DTLS_CLOSED;

    if (SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN) {
        if (!d->info.alert.sent && d->info.alert.fatal)
            fail_by_alert(d);
        else
            set_state(d, DTLS_CLOSED);
    } else if (!BIO_should_read(SSL_get_rbio(d->ssl)) && !was_closed)
        fail(d, d->info.alert.sent && d->info.alert.fatal ? "we refused" : "OpenSSL gave up");
    ERR_clear_error();
}

static void take_handshake(struct dtls *d)
{
    d->link.track.is_over = SSL_total_renegotiations(d->ssl) > 0;
    set_state(d, DTLS_ESTABLISHED);
}

/* One call of OpenSSL; false when it gave nothing. */
static bool turn(struct dtls *d)
{
    int n;

    ERR_clear_error();
    BIO_clear_retry_flags(SSL_get_rbio(d->ssl));
    if (d->info.state == DTLS_HANDSHAKING) {
        if (SSL_do_handshake(d->ssl) != 1)
            return false;
        take_handshake(d);
        return true;
    }
    n = SSL_read(d->ssl, d->plain, sizeof d->plain);
    if (n <= 0)
        return false;
    d->info.message = d->current.head;
    if (d->hooks.message != NULL)
        d->hooks.message(d->arg, d->plain, (size_t)n, &d->current);
    return true;
}

/* Turns until OpenSSL has read all it can. A call may return for want of data although a record
 * is left, as after an early ChangeCipherSpec. */
static void drive(struct dtls *d)
{
    int idle = 0;

    while (!is_ended(d) && idle < DTLS_MAX_IDLE_TURNS) {
        bool had_input = d->in != NULL;

        if (turn(d)) {
            idle = 0;
            continue;
        }
        judge(d);
        if (d->is_done_with_flight && d->info.state == DTLS_HANDSHAKING)
            set_state(d, DTLS_STOPPED);
        if (!had_input && !SSL_has_pending(d->ssl))
            return;
        idle++;
    }
}

static void deliver(void *arg, enum dtls_way to, const uint8_t *bytes, size_t len, int64_t now_us)
{
    struct dtls *d = arg;

    d->now_us = now_us;
    if (to == DTLS_TO_TARGET) {
        if (d->stop_after == 0 || d->sending <= d->stop_after)
            d->hooks.send(d->arg, bytes, len);
        return;
    }
    if (d->info.state == DTLS_NEW || is_ended(d))
        return;
    if (!dtls_record_next(&(const uint8_t *){bytes}, &(size_t){len}, to, &d->current))
        d->current = (struct dtls_record){.to = to, .bytes = bytes, .len = len, .message = -1};
    d->in = bytes;
    d->in_len = len;
    drive(d);
    d->in = NULL;
}

static bool set_connection(struct dtls *d, const struct dtls_config *config, char *why)
{
    unsigned mtu = config->mtu != 0 ? config->mtu : DTLS_DEFAULT_MTU;

    if (mtu < DTLS_MIN_MTU) {
        snprintf(why, DTLS_WHY_LEN, "MTU of %u bytes: at least %d", mtu, DTLS_MIN_MTU);
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
        struct extension *e = &d->extensions[i];

        *e = (struct extension){wish->type, wish->value.len, xmalloc(wish->value.len + 1), d};
        if (wish->value.len > 0)
            memcpy(e->bytes, wish->value.ptr, wish->value.len);
        if (SSL_CTX_add_custom_ext(d->context, e->type,
                                   SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO,
                                   add_extension, NULL, e, take_extension, e) != 1) {
            snprintf(why, DTLS_WHY_LEN, "extension %u is OpenSSL's own, or given twice", e->type);
            ERR_clear_error();
            return false;
        }
    }
    return true;
}

struct dtls *dtls_new(const struct dtls_config *config, const struct dtls_hooks *hooks, void *arg,
                      char *why)
{
    static const struct dtls_link_hooks link_hooks = {deliver, take_record};
    SSL_CTX *context = dtls_config_context(config, why);
    struct dtls *d;
    BIO *bio;
    bool ok;

    if (context == NULL)
        return NULL;
    d = xcalloc(1, sizeof *d);
    d->hooks = *hooks;
    d->arg = arg;
    d->context = context;
    d->info.why = d->why;
    d->info.answered_extension = -1;
    d->retransmit_us = config->retransmit_us != 0 ? config->retransmit_us : US_PER_S;
    dtls_link_init(&d->link, &link_hooks, d);
    SSL_CTX_set_keylog_callback(context, tell_secret);
    SSL_CTX_set_info_callback(context, take_info);
    ok = set_psk(d, config, why) && set_extensions(d, config, why);
    d->ssl = SSL_new(context);
    assert(d->ssl != NULL);
    bio = new_bio(d);
    SSL_set_bio(d->ssl, bio, bio);
    SSL_set_app_data(d->ssl, d);
    SSL_set_connect_state(d->ssl);
    if (!ok || !set_connection(d, config, why))
        dtls_free(&d);
    return d;
}

void dtls_free(struct dtls **d)
{
    struct dtls *gone = *d;

    if (gone == NULL)
        return;
    *d = NULL;
    /* Otherwise OpenSSL takes its session for a broken one. */
    SSL_set_shutdown(gone->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(gone->ssl);
    SSL_CTX_free(gone->context);
    BIO_meth_free(gone->method);
    dtls_link_fini(&gone->link);
    for (size_t i = 0; i < gone->extension_count; i++)
        free(gone->extensions[i].bytes);
    free(gone->extensions);
    OPENSSL_cleanse(gone->key, sizeof gone->key);
    free(gone);
}

void dtls_start(struct dtls *d, int64_t now_us)
{
    assert(d->info.state == DTLS_NEW);
    d->now_us = now_us;
    set_state(d, DTLS_HANDSHAKING);
    drive(d);
}

void dtls_receive(struct dtls *d, const uint8_t *bytes, size_t len, int64_t now_us)
{
    d->now_us = now_us;
    dtls_link_pass(&d->link, DTLS_TO_DEVICE, bytes, len, now_us);
}

bool dtls_send(struct dtls *d, const uint8_t *bytes, size_t len, int64_t now_us)
{
    if (d->info.state != DTLS_ESTABLISHED || len == 0 || len > DTLS_MAX_PLAIN)
        return false;
    d->now_us = now_us;
    ERR_clear_error();
    return SSL_write(d->ssl, bytes, (int)len) == (int)len;
}

void dtls_close(struct dtls *d, int64_t now_us)
{
    if (d->info.state == DTLS_FAILED || d->info.state == DTLS_CLOSED)
        return;
    d->now_us = now_us;
    if (d->info.state == DTLS_ESTABLISHED) {
        ERR_clear_error();
        SSL_shutdown(d->ssl);
        ERR_clear_error();
    }
    set_state(d, DTLS_CLOSED);
}

bool dtls_renegotiate(struct dtls *d, int64_t now_us)
{
    if (d->info.state != DTLS_ESTABLISHED)
        return false;
    d->now_us = now_us;
    ERR_clear_error();
    d->link.track.is_over = true;
    if (SSL_renegotiate(d->ssl) != 1)
        return false;
    drive(d);
    return true;
}

static bool has_timer(const struct dtls *d)
{
    return d->retransmit_us != DTLS_NEVER &&
           (d->info.state == DTLS_HANDSHAKING || d->info.state == DTLS_ESTABLISHED);
}

int64_t dtls_deadline_us(const struct dtls *d, int64_t now_us)
{
    int64_t kept_us = dtls_link_deadline_us(&d->link);
    struct timeval left;
    int64_t timer_us;

    if (!has_timer(d) || DTLSv1_get_timeout(d->ssl, &left) != 1)
        return kept_us;
    timer_us = now_us + left.tv_sec * US_PER_S + left.tv_usec;
    return timer_us < kept_us ? timer_us : kept_us;
}

void dtls_tick(struct dtls *d, int64_t now_us)
{
    d->now_us = now_us;
    dtls_link_tick(&d->link, now_us);
    if (!has_timer(d))
        return;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(d->ssl) < 0)
        fail(d, "no answer");
    ERR_clear_error();
}

void dtls_stop_after(struct dtls *d, int flight)
{
    d->stop_after = flight;
    d->is_done_with_flight = flight > 0 && d->info.flight >= flight;
    if (flight == 0 && d->info.state == DTLS_STOPPED)
        set_state(d, DTLS_HANDSHAKING);
}

void dtls_add_rule(struct dtls *d, const struct dtls_rule *rule)
{
    dtls_link_add(&d->link, rule);
}

void dtls_clear_rules(struct dtls *d)
{
    dtls_link_clear(&d->link);
}

void dtls_describe(const struct dtls *d, struct dtls_info *out)
{
    const SSL_CIPHER *suite = SSL_get_current_cipher(d->ssl);

    if (suite == NULL)
        suite = SSL_get_pending_cipher(d->ssl);
    *out = d->info;
    out->suite = suite != NULL ? SSL_CIPHER_standard_name(suite) : NULL;
    out->version = SSL_version(d->ssl);
    out->is_resumed = SSL_session_reused(d->ssl) == 1;
    out->is_extended_master_secret = SSL_get_extms_support(d->ssl) == 1;
}

SSL_SESSION *dtls_session(const struct dtls *d)
{
    SSL_SESSION *session = SSL_get0_session(d->ssl);

    return session != NULL ? SSL_SESSION_dup(session) : NULL;
}

X509 *dtls_server_certificate(const struct dtls *d)
{
    return SSL_get0_peer_certificate(d->ssl);
}
