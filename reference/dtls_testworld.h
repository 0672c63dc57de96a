/*
 * A DTLS server with a worker's hooks that remember what they were told, and clients of it.
 */
#ifndef REFERENCE_DTLS_TESTWORLD_H
#define REFERENCE_DTLS_TESTWORLD_H

#include <arpa/inet.h>

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
    char got[256];
    int certificate_verdict;
};

struct world_client {
    const char *suites;       /* NULL: OpenSSL's own list */
    const char *psk_identity; /* NULL: no PSK */
    size_t psk_len;
    uint8_t psk_byte; /* the server's is 'k' */
    bool certificate;
    int max_version; /* 0: the newest */
    SSL_SESSION *resume;
    long mtu; /* 0: 1400 */
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
    memcpy(w->got, bytes, len < sizeof w->got ? len : sizeof w->got - 1);
    w->got[len < sizeof w->got ? len : sizeof w->got - 1] = 0;
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

static inline unsigned world_answer_psk(SSL *ssl, const char *hint, char *identity, unsigned cap,
                                        unsigned char *key, unsigned key_cap)
{
    const struct link_client *c = SSL_get_app_data(ssl);

    UNUSED(hint);
    assert(strlen(c->psk_identity) < cap && c->psk_len <= key_cap);
    strcpy(identity, c->psk_identity);
    memset(key, c->psk_byte, c->psk_len);
    return (unsigned)c->psk_len;
}

static inline void world_serve(struct world *w)
{
    static const struct dtls_hooks hooks = {world_send, world_receive, world_closed, world_psk,
                                            world_certificate};
    char why[DTLS_WHY_LEN];

    testpki_write(&w->server_pki, NULL);
    w->context = dtls_context_new(w->server_pki.cert_file, w->server_pki.key_file, why);
    assert(w->context != NULL);
    w->link.server = dtls_server_new(w->context, &w->config, w->metrics, &hooks, w, link_now_us);
}

/* With these limits; the server's certificate has the ballast asked for. */
static inline struct world *world_new(bool rsa, size_t comment_len)
{
    struct world *w = xcalloc(1, sizeof *w);

    w->server_pki = testpki_new("server", rsa, comment_len);
    w->device_pki = testpki_new("device1", false, comment_len);
    w->link.tail = &w->link.head;
    w->config = (struct config){.workers = 1,
                                .dtls_mtu = 600,
                                .dtls_idle_us = 300 * US_PER_S,
                                .dtls_handshake_timeout_us = 30 * US_PER_S,
                                .dtls_retransmit_us = US_PER_S,
                                .dtls_max_handshakes = 40,
                                .dtls_max_sessions = 44};
    w->metrics = metrics_new();
    world_serve(w);
    return w;
}

/* A client at port 10000 + number; one of that number before it is forgotten, without a word. */
static inline struct link_client *world_client(struct world *w, size_t number,
                                               const struct world_client *kind)
{
    SSL_CTX *context = SSL_CTX_new(DTLS_client_method());
    struct link_client *c = &w->client[number];
    BIO *bio;

    if (c->ssl != NULL) {
        SSL_free(c->ssl);
        dtls_bio_fini(&c->bio);
    }
    *c = (struct link_client){.link = &w->link, .psk_identity = kind->psk_identity};
    c->psk_len = kind->psk_len;
    c->psk_byte = kind->psk_byte;
    c->path.peer.len = sizeof c->path.peer.in;
    c->path.peer.in.sin_family = AF_INET;
    c->path.peer.in.sin_port = htons((uint16_t)(10000 + number));
    w->count = number >= w->count ? number + 1 : w->count;
    dtls_bio_init(&c->bio, link_client_send, c);
    SSL_CTX_set_security_level(context, kind->max_version == 0 ? 2 : 0);
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_max_proto_version(context, kind->max_version);
    if (kind->suites != NULL)
        assert(SSL_CTX_set_cipher_list(context, kind->suites) == 1);
    if (kind->psk_identity != NULL)
        SSL_CTX_set_psk_client_callback(context, world_answer_psk);
    if (kind->certificate) {
        assert(SSL_CTX_use_certificate(context, w->device_pki.cert) == 1);
        assert(SSL_CTX_use_PrivateKey(context, w->device_pki.key) == 1);
    }
    c->ssl = SSL_new(context);
    SSL_CTX_free(context);
    bio = dtls_bio_new(&c->bio);
    SSL_set_bio(c->ssl, bio, bio);
    SSL_set_app_data(c->ssl, c);
    SSL_set_mtu(c->ssl, kind->mtu != 0 ? kind->mtu : 1400);
    if (kind->resume != NULL)
        SSL_set_session(c->ssl, kind->resume);
    return c;
}

static inline void world_say(struct link_client *c, const char *text)
{
    dtls_bio_aim(&c->bio, &c->path);
    assert(SSL_write(c->ssl, text, (int)strlen(text)) > 0);
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
