#include "simulator/handshake_ssl.h"

#include <stdio.h>
#include <sys/time.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "lib/dtls_config.h"
#include "simulator/handshake_clock.h"
#include "simulator/session_ticket.h"

enum {
    MTU = 1400,
    MIN_MTU = 228,              /* OpenSSL's: 256 with IP and UDP */
    UDP_OVERHEAD = 28,          /* OpenSSL's MTUs are those of IP version 4 */
    MAX_INTERVAL_US = 60000000, /* RFC 6347 4.2.4.1 */
    CLIENT_HELLO = 1,           /* RFC 5246 7.4 */
    MESSAGE_HEAD = 12,
    EPOCH_SHIFT = 48,
};
_Static_assert((int)DTLS_WHY_LEN == (int)HANDSHAKE_WHY_LEN, "the same texts");

/* What record.h carries, by IANA's numbers. */
static const struct {
    uint16_t number;
    enum record_suite suite;
} suites[] = {
    {0xc0a8, RECORD_CCM_8}, /* TLS_PSK_WITH_AES_128_CCM_8, RFC 6655 3 */
    {0xc0ae, RECORD_CCM_8}, /* TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, RFC 7251 2 */
    {0x00a8, RECORD_GCM  }, /* TLS_PSK_WITH_AES_128_GCM_SHA256, RFC 5487 2 */
    {0xc02b, RECORD_GCM  }, /* TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, RFC 5289 3.2 */
    {0xc02f, RECORD_GCM  }, /* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, RFC 5289 3.2 */
};

static enum record_suite suite_of(const SSL_CIPHER *cipher)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (SSL_CIPHER_get_protocol_id(cipher) == suites[i].number)
            return suites[i].suite;
    return RECORD_NONE;
}

/* --- OpenSSL's end of the wire --- */

static uint32_t read_be(const uint8_t *bytes, size_t len)
{
    uint32_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* What a record that leaves means for one that will be abandoned. */
enum leaving { GOES_ON, IS_THE_LAST, IS_TOO_MUCH };

static enum leaving judge_leaving(const uint8_t *record, const struct record_head *head)
{
    const uint8_t *message = record + RECORD_HEAD;

    if (head->type == RECORD_ALERT)
        return GOES_ON;
    if (head->type != RECORD_HANDSHAKE || head->len < RECORD_HEAD + MESSAGE_HEAD ||
        message[0] != CLIENT_HELLO)
        return IS_TOO_MUCH;
    if (read_be(message + 4, 2) == 0) /* no cookie yet */
        return GOES_ON;
    return read_be(message + 6, 3) + read_be(message + 9, 3) == read_be(message + 1, 3)
               ? IS_THE_LAST
               : GOES_ON;
}

static void keep_flight(struct handshake_ssl *h, const uint8_t *bytes, size_t len)
{
    uint16_t short_len = (uint16_t)len;

    if (h->has_read)
        h->flight_len = 0;
    h->has_read = false;
    if (h->flight_len + sizeof short_len + len <= sizeof h->flight) {
        memcpy(h->flight + h->flight_len, &short_len, sizeof short_len);
        memcpy(h->flight + h->flight_len + sizeof short_len, bytes, len);
        h->flight_len += sizeof short_len + len;
    } else
        h->flight_len = HANDSHAKE_FLIGHT + 1;
}

static void send_it(const struct handshake_ssl *h, const uint8_t *bytes, size_t len)
{
    h->shared->options.send(h->shared->options.arg, h->device, bytes, len);
}

static int bio_write(BIO *bio, const char *text, int len)
{
    struct handshake_ssl *h = BIO_get_data(bio);
    const uint8_t *bytes = (const uint8_t *)text;
    struct record_head head;
    enum leaving leaving = GOES_ON;

    if (h->is_stopped || len <= 0)
        return len;
    for (size_t at = 0; record_head_read(bytes + at, (size_t)len - at, &head); at += head.len) {
        if (head.number >> EPOCH_SHIFT != 0)
            h->next_write = head.number + 1;
        if (h->wish.abandon && leaving != IS_TOO_MUCH)
            leaving = judge_leaving(bytes + at, &head);
    }
    h->is_stopped = leaving != GOES_ON;
    if (leaving == IS_TOO_MUCH)
        return len;
    keep_flight(h, bytes, (size_t)len);
    send_it(h, bytes, (size_t)len);
    return len;
}

static int bio_read(BIO *bio, char *out, int cap)
{
    struct handshake_ssl *h = BIO_get_data(bio);
    size_t len = h->in_len < (size_t)cap ? h->in_len : (size_t)cap; /* as recv does */

    BIO_clear_retry_flags(bio);
    if (h->in == NULL) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(out, h->in, len);
    h->in = NULL;
    h->has_read = true;
    return (int)len;
}

static long bio_control(BIO *bio, int command, long number, void *ptr)
{
    UNUSED(bio);
    UNUSED(number);
    UNUSED(ptr);
    if (command == BIO_CTRL_DGRAM_GET_MTU_OVERHEAD)
        return UDP_OVERHEAD;
    return command == BIO_CTRL_FLUSH;
}

/* --- what OpenSSL asks and tells --- */

static unsigned answer_psk(SSL *ssl, const char *hint, char *identity, unsigned cap,
                           unsigned char *key, unsigned key_cap)
{
    const struct handshake_ssl *h = SSL_get_app_data(ssl);
    struct str name = h->wish.psk_identity;
    struct str psk = h->wish.psk_key;

    UNUSED(hint);
    if (name.len >= cap || psk.len > key_cap || memchr(name.ptr, 0, name.len) != NULL)
        return 0;
    memcpy(identity, name.ptr, name.len);
    identity[name.len] = 0;
    memcpy(key, psk.ptr, psk.len);
    return (unsigned)psk.len;
}

/* The target asked for a certificate. */
static int give_certificate(SSL *ssl, void *arg)
{
    const struct handshake_ssl *h = SSL_get_app_data(ssl);

    UNUSED(arg);
    return h->wish.certificate_der.len == 0 ||
           device_certificate_use(h->shared->certificates, ssl, h->wish.certificate_der,
                                  h->wish.key_der);
}

static void take_info(const SSL *ssl, int where, int number)
{
    struct handshake_ssl *h = SSL_get_app_data(ssl);

    if ((where & SSL_CB_ALERT) == 0 || number >> 8 != SSL3_AL_FATAL)
        return;
    h->alert = number & 0xff;
    h->alert_is_ours = (where & SSL_CB_WRITE) != 0;
}

/* With 0 the first interval is asked for, otherwise the one behind it. */
static unsigned next_interval(SSL *ssl, unsigned interval_us)
{
    const struct handshake_ssl *h = SSL_get_app_data(ssl);
    int64_t first_us = h->shared->options.retransmit_us;

    if (interval_us == 0)
        return (unsigned)(first_us != 0 ? first_us : US_PER_S);
    return interval_us > MAX_INTERVAL_US / 2 ? MAX_INTERVAL_US : 2 * interval_us;
}

/* --- what is shared --- */

static bool make_context(const struct handshake_options *options, OSSL_LIB_CTX *library,
                         const char *names, SSL_CTX **out, char *why)
{
    struct dtls_config config = {
        .suites = names,
        .groups = "P-256",
        .ca_pem = options->ca_pem,
        .no_tickets = !options->resumption,
        .library = library,
    };
    SSL_CTX *c = dtls_config_context(&config, why);
    STACK_OF(SSL_CIPHER) * offered;

    *out = c;
    if (c == NULL || SSL_CTX_set_ciphersuites(c, "") != 1) /* those of TLS 1.3, which is none */
        return false;
    offered = SSL_CTX_get_ciphers(c);
    for (int i = 0; i < sk_SSL_CIPHER_num(offered); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(offered, i);

        if (suite_of(cipher) == RECORD_NONE) {
            (void)snprintf(why, HANDSHAKE_WHY_LEN,
                           "cipher suite %s: only AES_128 with CCM_8 or GCM",
                           SSL_CIPHER_get_name(cipher));
            return false;
        }
    }
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_send_fragment(c, options->mtu > MTU ? options->mtu : MTU); /* its buffer */
    SSL_CTX_set_info_callback(c, take_info);
    SSL_CTX_set_cert_cb(c, give_certificate, NULL);
    return true;
}

bool handshake_shared_init(struct handshake_shared *s, const struct handshake_options *options,
                           char *why)
{
    const char *psk = options->psk_suites;
    const char *ecdhe = options->ecdhe_suites;

    *s = (struct handshake_shared){.options = *options};
    if (options->mtu != 0 && options->mtu < MIN_MTU) {
        (void)snprintf(why, HANDSHAKE_WHY_LEN, "MTU of %u bytes: at least %d", options->mtu,
                       MIN_MTU);
        return false;
    }
    s->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams of a device");
    assert(s->method != NULL);
    BIO_meth_set_write(s->method, bio_write);
    BIO_meth_set_read(s->method, bio_read);
    BIO_meth_set_ctrl(s->method, bio_control);
    s->certificates = device_certificates_new();
    lean_provider_init(&s->lean);
    if (psk == NULL)
        psk = "PSK-AES128-CCM8:PSK-AES128-GCM-SHA256";
    if (ecdhe == NULL)
        ecdhe = "ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES128-GCM-SHA256";
    if (!make_context(options, NULL, psk, &s->psk, why) ||
        !make_context(options, s->lean.context, ecdhe, &s->ecdhe, why))
        return false;
    SSL_CTX_set_psk_client_callback(s->psk, answer_psk);
    return true;
}

void handshake_shared_fini(struct handshake_shared *s)
{
    SSL_CTX_free(s->psk);
    SSL_CTX_free(s->ecdhe);
    BIO_meth_free(s->method);
    device_certificates_free(&s->certificates);
    lean_provider_fini(&s->lean);
}

/* --- one handshake --- */

static void resume(SSL *ssl, struct str ticket)
{
    SSL_SESSION *session = ticket.len > 0 ? session_ticket_read(ticket) : NULL;

    if (session != NULL)
        (void)SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
    ERR_clear_error();
}

void handshake_ssl_open(struct handshake_ssl *h, const struct handshake_shared *shared)
{
    BIO *bio = BIO_new(shared->method);

    h->shared = shared;
    h->alert = -1;
    h->ssl = SSL_new(h->wish.psk_identity.len > 0 ? shared->psk : shared->ecdhe);
    assert(h->ssl != NULL && bio != NULL);
    BIO_set_data(bio, h);
    BIO_set_init(bio, 1);
    SSL_set_bio(h->ssl, bio, bio);
    SSL_set_app_data(h->ssl, h);
    SSL_set_connect_state(h->ssl);
    SSL_set_mtu(h->ssl, (long)(shared->options.mtu != 0 ? shared->options.mtu : MTU));
    DTLS_set_timer_cb(h->ssl, next_interval);
    resume(h->ssl, h->wish.resume);
}

void handshake_ssl_close(struct handshake_ssl *h)
{
    SSL_free(h->ssl);
    h->ssl = NULL;
}

enum handshake_step handshake_ssl_turn(struct handshake_ssl *h, const uint8_t *bytes, size_t len,
                                       int64_t now_us)
{
    BIO *bio = SSL_get_rbio(h->ssl);
    bool is_finished;

    h->in = bytes;
    h->in_len = len;
    ERR_clear_error();
    BIO_clear_retry_flags(bio);
    handshake_clock_begin(now_us);
    is_finished = SSL_do_handshake(h->ssl) == 1;
    handshake_clock_end();
    h->in = NULL;
    if (h->is_stopped)
        return HANDSHAKE_STOPPED;
    if (is_finished)
        return HANDSHAKE_FINISHED;
    /* SSL_get_error is no help: for DTLS it also tells of records that were rightly dropped. */
    if (h->alert >= 0 || !BIO_should_read(bio) || SSL_get_shutdown(h->ssl) != 0)
        return HANDSHAKE_FAILED;
    return HANDSHAKE_WAITS;
}

enum handshake_step handshake_ssl_repeat(struct handshake_ssl *h, unsigned *repeats, int64_t now_us)
{
    long repeated;

    ERR_clear_error();
    handshake_clock_begin(now_us);
    repeated = DTLSv1_handle_timeout(h->ssl);
    handshake_clock_end();
    *repeats += repeated > 0;
    if (h->is_stopped)
        return HANDSHAKE_STOPPED;
    return repeated < 0 ? HANDSHAKE_SILENT : HANDSHAKE_WAITS;
}

int64_t handshake_ssl_left_us(const struct handshake_ssl *h, int64_t now_us)
{
    struct timeval left;
    bool runs;

    handshake_clock_begin(now_us);
    runs = DTLSv1_get_timeout(h->ssl, &left) == 1;
    handshake_clock_end();
    return runs ? left.tv_sec * US_PER_S + left.tv_usec : -1;
}

void handshake_ssl_send_again(const struct handshake_ssl *h)
{
    uint16_t len;

    if (h->flight_len > HANDSHAKE_FLIGHT)
        return;
    for (size_t at = 0; at < h->flight_len; at += sizeof len + len) {
        memcpy(&len, h->flight + at, sizeof len);
        send_it(h, h->flight + at + sizeof len, len);
    }
}

void handshake_ssl_secrets(const struct handshake_ssl *h, struct record_secrets *out)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(h->ssl);
    size_t len;

    *out = (struct record_secrets){.suite = suite_of(cipher), .next_write = h->next_write};
    len = SSL_SESSION_get_master_key(SSL_get0_session(h->ssl), out->master, sizeof out->master);
    assert(len == sizeof out->master && h->next_write != 0);
    (void)SSL_get_client_random(h->ssl, out->client_random, sizeof out->client_random);
    (void)SSL_get_server_random(h->ssl, out->server_random, sizeof out->server_random);
}

bool handshake_ssl_is_resumed(const struct handshake_ssl *h)
{
    return SSL_session_reused(h->ssl) == 1;
}

void handshake_ssl_ticket(const struct handshake_ssl *h, struct buf *out)
{
    if (h->shared->options.resumption)
        session_ticket_write(SSL_get0_session(h->ssl), out);
}
