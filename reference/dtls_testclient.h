/*
 * OpenSSL's clients of a struct world.
 */
#ifndef REFERENCE_DTLS_TESTCLIENT_H
#define REFERENCE_DTLS_TESTCLIENT_H

#include <arpa/inet.h>

#include "reference/dtls_testworld.h"

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

static inline unsigned world_answer_psk(SSL *ssl, const char *hint, char *identity, unsigned cap,
                                        unsigned char *key, unsigned key_cap)
{
    const struct link_client *c = SSL_get_app_data(ssl);

    UNUSED(hint);
    assert(strlen(c->psk_identity) < cap && c->psk_len <= key_cap);
    memcpy(identity, c->psk_identity, strlen(c->psk_identity) + 1);
    memset(key, c->psk_byte, c->psk_len);
    return (unsigned)c->psk_len;
}

static inline void link_client_send(void *arg, const struct udp_path *path, const uint8_t *bytes,
                                    size_t len)
{
    struct link_client *c = arg;

    UNUSED(path);
    link_put(c->link, c, true, bytes, len);
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

#endif
