/*
 * OpenSSL's own DTLS server and a struct dtls, joined by two queues in virtual time. To be included
 * by one file of a program: it defines gettimeofday, which OpenSSL's DTLS timers read; but not for
 * one that defines WORLD_CLOCK_IS_THERE.
 */
#ifndef LIB_DTLS_TESTSERVER_H
#define LIB_DTLS_TESTSERVER_H

#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include <openssl/err.h>

#include "lib/dtls.h"
#include "lib/pki_forge.h"

static int64_t world_now_us = INT64_C(1800000000) * US_PER_S;

#ifndef WORLD_CLOCK_IS_THERE
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    UNUSED(zone);
    *tv = (struct timeval){.tv_sec = world_now_us / US_PER_S, .tv_usec = world_now_us % US_PER_S};
    return 0;
}
#endif

struct world_datagram {
    struct world_datagram *next;
    size_t len;
    uint8_t bytes[];
};

struct world_queue {
    struct world_datagram *head;
    size_t count; /* that ever came */
};

struct world {
    struct dtls *client;
    SSL_CTX *context;
    SSL *server;
    BIO_METHOD *method;
    struct world_queue to_server, to_client;
    struct forge forge;
    struct forged ca, server_cert;
    struct buf ca_pem;
    /* What the client's hooks told. */
    enum dtls_state states[16];
    size_t state_count;
    struct buf records; /* one a line */
    struct buf got;     /* messages */
    struct buf secrets;
    struct dtls_record message_record;
    int alerts[16];
    size_t alert_count;
    /* What the server read. */
    struct buf server_got;
    bool server_failed;
};

static inline void world_put(struct world_queue *q, const void *bytes, size_t len)
{
    struct world_datagram *d = xmalloc(sizeof *d + len);
    struct world_datagram **last = &q->head;

    *d = (struct world_datagram){.len = len};
    memcpy(d->bytes, bytes, len);
    while (*last != NULL)
        last = &(*last)->next;
    *last = d;
    q->count++;
}

static inline struct world_datagram *world_take(struct world_queue *q)
{
    struct world_datagram *d = q->head;

    if (d != NULL)
        q->head = d->next;
    return d;
}

static inline int world_bio_write(BIO *bio, const char *bytes, int len)
{
    struct world *w = BIO_get_data(bio);

    world_put(&w->to_client, bytes, (size_t)len);
    return len;
}

static inline int world_bio_read(BIO *bio, char *bytes, int cap)
{
    struct world *w = BIO_get_data(bio);
    struct world_datagram *d = world_take(&w->to_server);
    int len;

    BIO_clear_retry_flags(bio);
    if (d == NULL) {
        BIO_set_retry_read(bio);
        return -1;
    }
    len = (int)d->len < cap ? (int)d->len : cap;
    memcpy(bytes, d->bytes, (size_t)len);
    free(d);
    return len;
}

static inline long world_bio_control(BIO *bio, int command, long number, void *ptr)
{
    UNUSED(bio);
    UNUSED(number);
    UNUSED(ptr);
    return command == BIO_CTRL_DGRAM_GET_MTU_OVERHEAD ? 28 : command == BIO_CTRL_FLUSH;
}

static inline void world_send(void *arg, const uint8_t *bytes, size_t len)
{
    struct world *w = arg;

    world_put(&w->to_server, bytes, len);
}

static inline void world_message(void *arg, const uint8_t *bytes, size_t len,
                                 const struct dtls_record *record)
{
    struct world *w = arg;

    buf_add(&w->got, bytes, len);
    w->message_record = *record;
}

static inline void world_state(void *arg, enum dtls_state state)
{
    struct world *w = arg;

    w->states[w->state_count++ % COUNT(w->states)] = state;
}

static inline void world_alert(void *arg, const struct dtls_alert *alert)
{
    struct world *w = arg;

    w->alerts[w->alert_count++ % COUNT(w->alerts)] = alert->number;
}

static inline void world_secret(void *arg, const char *line)
{
    struct world *w = arg;

    buf_add_format(&w->secrets, "%s\n", line);
}

static inline void world_record(void *arg, const struct dtls_record *r, const char *action)
{
    struct world *w = arg;

    buf_add_format(&w->records, "%c ", r->to == DTLS_TO_TARGET ? '>' : '<');
    dtls_record_show(r, &w->records);
    buf_add_format(&w->records, "%s%s\n", action != NULL ? " " : "", action != NULL ? action : "");
}

static inline int world_make_cookie(SSL *ssl, unsigned char *cookie, unsigned *len)
{
    UNUSED(ssl);
    memset(cookie, 'c', 20);
    *len = 20;
    return 1;
}

static inline int world_check_cookie(SSL *ssl, const unsigned char *cookie, unsigned len)
{
    UNUSED(ssl);
    return len == 20 && cookie[0] == 'c' && cookie[19] == 'c';
}

static inline unsigned world_psk(SSL *ssl, const char *identity, unsigned char *key, unsigned cap)
{
    UNUSED(ssl);
    assert(cap >= 16);
    if (strcmp(identity, "dev1@app") != 0)
        return 0;
    memset(key, 'k', 16);
    return 16;
}

static inline struct forged world_forge(struct world *w, const struct forge_wish *wish)
{
    char why[FORGE_WHY_LEN];
    struct forged f;

    if (!forge_make(&w->forge, wish, (int64_t)time(NULL), &f, why)) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
    return f;
}

/* A server as `openssl s_server -dtls1_2` makes it, for PSK and certificates. */
static inline struct world *world_new(void)
{
    struct world *w = xcalloc(1, sizeof *w);

    w->ca = world_forge(w, &(struct forge_wish){.subject = STR("O=Test, CN=ca"), .is_ca = true});
    w->server_cert =
        world_forge(w, &(struct forge_wish){.subject = STR("CN=server"),
                                            .issuer = &w->ca,
                                            .extended_usage = "serverAuth",
                                            .alternative_names = "IP:127.0.0.1,DNS:test.example"});
    w->ca_pem = buf_growing();
    w->records = w->got = w->secrets = w->server_got = buf_growing();
    forge_certificate_pem(w->ca.certificate, &w->ca_pem);
    w->context = SSL_CTX_new(DTLS_server_method());
    SSL_CTX_set_options(w->context, SSL_OP_COOKIE_EXCHANGE | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_min_proto_version(w->context, DTLS1_2_VERSION);
    SSL_CTX_set_cookie_generate_cb(w->context, world_make_cookie);
    SSL_CTX_set_cookie_verify_cb(w->context, world_check_cookie);
    SSL_CTX_set_psk_server_callback(w->context, world_psk);
    SSL_CTX_set_cipher_list(w->context, "PSK-AES128-CCM8:PSK-AES128-GCM-SHA256:"
                                        "ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES128-GCM-SHA256");
    SSL_CTX_use_certificate(w->context, w->server_cert.certificate);
    SSL_CTX_use_PrivateKey(w->context, w->server_cert.key);
    SSL_CTX_set_session_id_context(w->context, (const uint8_t *)"test", 4);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(w->context), w->ca.certificate);
    w->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "test server");
    BIO_meth_set_write(w->method, world_bio_write);
    BIO_meth_set_read(w->method, world_bio_read);
    BIO_meth_set_ctrl(w->method, world_bio_control);
    return w;
}

static inline void world_drop_all(struct world *w)
{
    for (struct world_datagram *d; (d = world_take(&w->to_server)) != NULL;)
        free(d);
    for (struct world_datagram *d; (d = world_take(&w->to_client)) != NULL;)
        free(d);
}

#endif
