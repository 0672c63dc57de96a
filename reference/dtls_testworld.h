/*
 * A DTLS server with a worker's hooks that remember what they were told.
 */
#ifndef REFERENCE_DTLS_TESTWORLD_H
#define REFERENCE_DTLS_TESTWORLD_H

#include "reference/dtls_testlink.h"
#include "reference/dtls_testpki.h"

enum { WORLD_CLIENTS = 48 };

enum world_reaction { WORLD_ECHO, WORLD_CLOSE, WORLD_CLOSE_OTHER };

struct world {
    struct link link;
    struct testpki server_pki, device_pki;
    struct config config;
    struct dtls_context *context;
    struct metrics *metrics;
    struct link_client client[WORLD_CLIENTS];
    size_t count;
    enum world_reaction reaction;
    struct dtls_session *session, *other; /* who sent the last message; who is closed by it */
    size_t received, closed;
    char got[256]; /* the last message */
    int certificate_verdict;
    bool keys_away;    /* the keys of identities have still to be fetched */
    uint64_t held;     /* the handshake that waits for the last key asked for */
    size_t keys_asked; /* while they were away */
};

static inline void world_send(void *arg, const struct udp_path *path, const uint8_t *bytes,
                              size_t len)
{
    struct world *w = arg;

    for (size_t i = w->count; i-- > 0;)
        if (udp_path_equal(&w->client[i].path, path)) {
            link_put(&w->link, &w->client[i], false, bytes, len);
            return;
        }
}

static inline void world_receive(void *arg, struct dtls_session *session, const uint8_t *bytes,
                                 size_t len)
{
    struct world *w = arg;

    w->received++;
    w->session = session;
    assert(len < sizeof w->got);
    memcpy(w->got, bytes, len);
    w->got[len] = 0;
    if (w->reaction == WORLD_ECHO)
        assert(dtls_session_send(session, bytes, len, link_now_us));
    else
        dtls_session_close(w->reaction == WORLD_CLOSE ? session : w->other);
}

static inline void world_closed(void *arg, struct dtls_session *session)
{
    struct world *w = arg;

    w->closed++;
    assert(!dtls_session_send(session, (const uint8_t *)"x", 1, link_now_us));
    dtls_session_close(session);
}

static inline size_t world_psk(void *arg, struct str psk_identity, int64_t wall_us,
                               struct identity *id, uint8_t *key, size_t key_cap)
{
    const struct world *w = arg;

    assert(wall_us == link_now_us && key_cap >= 64);
    if (str_equal(psk_identity, STR("nobody@app")))
        return 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->client[i].psk_identity != NULL &&
            str_equal(psk_identity, str_from(w->client[i].psk_identity))) {
            id->kind = IDENTITY_PSK;
            id->device = xstrdup(psk_identity);
            memset(key, 'k', w->client[i].psk_len);
            return w->client[i].psk_len;
        }
    return 0;
}

static inline bool world_psk_ready(void *arg, struct str psk_identity, uint64_t handshake)
{
    struct world *w = arg;

    assert(psk_identity.len > 0 && handshake != 0);
    if (!w->keys_away)
        return true;
    w->held = handshake;
    w->keys_asked++;
    return false;
}

static inline int world_certificate(void *arg, STACK_OF(X509) * chain, int64_t wall_us,
                                    struct identity *id)
{
    const struct world *w = arg;

    assert(wall_us == link_now_us);
    if (X509_cmp(sk_X509_value(chain, 0), w->device_pki.cert) != 0)
        return X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
    id->kind = IDENTITY_CERTIFICATE;
    id->chain = X509_chain_up_ref(chain);
    return w->certificate_verdict;
}

/* With these limits; the server's certificate has the ballast asked for. */
static inline struct world *world_new(bool rsa, size_t comment_len)
{
    static const struct dtls_hooks hooks = {
        .send = world_send,
        .receive = world_receive,
        .closed = world_closed,
        .psk = world_psk,
        .certificate = world_certificate,
        .psk_ready = world_psk_ready,
    };
    struct world *w = xcalloc(1, sizeof *w);
    char why[DTLS_WHY_LEN];

    w->server_pki = testpki_new("server", rsa, comment_len);
    w->device_pki = testpki_new("device1", false, comment_len);
    w->link.tail = &w->link.head;
    w->config = (struct config){.workers = 1,
                                .dtls_mtu = 600,
                                .dtls_idle_us = 300 * US_PER_S,
                                .dtls_handshake_timeout_us = 60 * US_PER_S,
                                .dtls_retransmit_us = US_PER_S,
                                .dtls_max_handshakes = 40,
                                .dtls_max_sessions = 44};
    w->metrics = metrics_new();
    testpki_write(&w->server_pki, NULL);
    w->context = dtls_context_new(w->server_pki.cert_file, w->server_pki.key_file, why);
    assert(w->context != NULL);
    w->link.server = dtls_server_new(w->context, &w->config, w->metrics, &hooks, w, link_now_us);
    return w;
}

static inline int64_t world_metric(const struct world *w, enum metric id)
{
    return atomic_load(&w->metrics->value[id]);
}

static inline void world_free(struct world *w)
{
    dtls_server_free(&w->link.server);
    assert(world_metric(w, METRIC_SESSIONS) == 0 && world_metric(w, METRIC_HANDSHAKES_OPEN) == 0);
    dtls_context_free(&w->context);
    for (struct link_datagram *d; (d = w->link.head) != NULL; free(d))
        w->link.head = d->next;
    for (size_t i = 0; i < w->count; i++)
        if (w->client[i].ssl != NULL) {
            SSL_free(w->client[i].ssl);
            dtls_bio_fini(&w->client[i].bio);
        }
    free(w->link.later);
    testpki_fini(&w->server_pki);
    testpki_fini(&w->device_pki);
    free(w);
}

#endif
