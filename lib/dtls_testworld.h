/*
 * A world that runs: clients of any config, time that passes. See dtls_testserver.h.
 */
#ifndef LIB_DTLS_TESTWORLD_H
#define LIB_DTLS_TESTWORLD_H

#include "lib/dtls_testserver.h"

static inline struct dtls_config world_psk_config(void)
{
    return (struct dtls_config){.psk_identity = STR("dev1@app"),
                                .psk_key = STR("kkkkkkkkkkkkkkkk")};
}

/* A new client and a new server's side for it; those before are forgotten without a word. */
static inline void world_meet(struct world *w, const struct dtls_config *config)
{
    static const struct dtls_hooks hooks = {world_send,  world_message, world_state,
                                            world_alert, world_secret,  world_record};
    char why[DTLS_WHY_LEN];
    BIO *bio = BIO_new(w->method);

    dtls_free(&w->client);
    if (w->server != NULL) /* or OpenSSL would forget its session */
        SSL_set_shutdown(w->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(w->server);
    world_drop_all(w);
    buf_clear(&w->records);
    buf_clear(&w->got);
    buf_clear(&w->server_got);
    buf_clear(&w->secrets);
    w->to_server.count = w->to_client.count = 0;
    w->state_count = w->alert_count = 0;
    w->server_failed = false;
    BIO_set_data(bio, w);
    BIO_set_init(bio, 1);
    w->server = SSL_new(w->context);
    SSL_set_bio(w->server, bio, bio);
    SSL_set_accept_state(w->server);
    SSL_set_mtu(w->server, 1400);
    w->client = dtls_new(config, &hooks, w, why);
    if (w->client == NULL) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
}

static inline void world_free(struct world *w)
{
    dtls_free(&w->client);
    SSL_free(w->server);
    SSL_CTX_free(w->context);
    BIO_meth_free(w->method);
    world_drop_all(w);
    forged_fini(&w->ca);
    forged_fini(&w->server_cert);
    buf_fini(&w->ca_pem);
    buf_fini(&w->records);
    buf_fini(&w->got);
    buf_fini(&w->secrets);
    buf_fini(&w->server_got);
    free(w);
}

static inline void world_serve(struct world *w)
{
    char bytes[DTLS_MAX_PLAIN];
    int n;

    do {
        ERR_clear_error();
        n = SSL_read(w->server, bytes, sizeof bytes);
        if (n > 0)
            buf_add(&w->server_got, bytes, (size_t)n);
        else if (!BIO_should_read(SSL_get_rbio(w->server)))
            w->server_failed = true;
    } while (n > 0 || (w->to_server.head != NULL && !w->server_failed));
    ERR_clear_error();
}

/* All that is on its way arrives. */
static inline void world_run(struct world *w)
{
    while (w->to_server.head != NULL || w->to_client.head != NULL) {
        struct world_datagram *d = world_take(&w->to_client);

        if (d != NULL)
            dtls_receive(w->client, d->bytes, d->len, world_now_us);
        free(d);
        if (w->to_server.head != NULL)
            world_serve(w);
        if (w->server_failed)
            for (; (d = world_take(&w->to_server)) != NULL; free(d))
                ;
    }
}

/* Time passes for both sides; all timers fire that are due. */
static inline void world_wait(struct world *w, int64_t by_us)
{
    int64_t until_us = world_now_us + by_us;

    world_run(w);
    for (;;) {
        struct timeval left = {.tv_sec = 1000000};
        int64_t at_us = dtls_deadline_us(w->client, world_now_us);

        if (DTLSv1_get_timeout(w->server, &left) == 1 &&
            world_now_us + left.tv_sec * US_PER_S + left.tv_usec < at_us)
            at_us = world_now_us + left.tv_sec * US_PER_S + left.tv_usec;
        if (at_us > until_us)
            break;
        world_now_us = at_us > world_now_us ? at_us : world_now_us;
        dtls_tick(w->client, world_now_us);
        ERR_clear_error();
        DTLSv1_handle_timeout(w->server);
        world_run(w);
    }
    world_now_us = until_us;
}

/* A whole handshake, as far as it comes within a minute. */
static inline enum dtls_state world_handshake(struct world *w, const struct dtls_config *config)
{
    struct dtls_info info;

    world_meet(w, config);
    dtls_start(w->client, world_now_us);
    world_run(w);
    dtls_describe(w->client, &info);
    for (int i = 0; i < 60 && info.state == DTLS_HANDSHAKING; i++) {
        world_wait(w, US_PER_S);
        dtls_describe(w->client, &info);
    }
    return info.state;
}

static inline struct dtls_info world_info(const struct world *w)
{
    struct dtls_info info;

    dtls_describe(w->client, &info);
    return info;
}

static inline bool world_says(struct world *w, const char *text)
{
    bool ok = dtls_send(w->client, (const uint8_t *)text, strlen(text), world_now_us);

    world_run(w);
    return ok;
}

static inline void world_answers(struct world *w, const char *text)
{
    assert(SSL_write(w->server, text, (int)strlen(text)) > 0);
    world_run(w);
}

#endif
