/*
 * A server and OpenSSL clients in one process, in virtual time, with a network between them that
 * loses, copies and delays the datagrams it is told to.
 */
#ifndef REFERENCE_DTLS_TESTLINK_H
#define REFERENCE_DTLS_TESTLINK_H

#include <stdlib.h>

#include <openssl/err.h>

#include "reference/dtls_bio.h"
#include "reference/dtls_server.h"
#include "reference/dtls_testclock.h"

enum link_fate { LINK_PASS, LINK_LOSE, LINK_TWICE, LINK_LATER };

struct link_datagram {
    struct link_datagram *next;
    struct link_client *client;
    bool to_server;
    size_t len;
    uint8_t bytes[];
};

struct link {
    struct dtls_server *server;
    struct link_datagram *head, **tail;
    struct link_datagram *later; /* delivered behind the next one */
    unsigned count;              /* datagrams so far */
    enum link_fate (*fate)(struct link *l, const struct link_datagram *d);
    unsigned victim; /* for fate */
    size_t to_server_bytes, to_client_bytes, longest;
};

struct link_client {
    struct link *link;
    SSL *ssl;
    struct dtls_bio bio;
    struct udp_path path;
    bool connected;
    bool failed;
    uint8_t got[256]; /* the last message */
    size_t got_len;
    const char *psk_identity;
    size_t psk_len;
    uint8_t psk_byte; /* the key is this byte, psk_len times */
};

static inline void link_put(struct link *l, struct link_client *c, bool to_server,
                            const uint8_t *bytes, size_t len)
{
    struct link_datagram *d = xmalloc(sizeof *d + len);

    *d = (struct link_datagram){.client = c, .to_server = to_server, .len = len};
    memcpy(d->bytes, bytes, len);
    *l->tail = d;
    l->tail = &d->next;
    l->longest = len > l->longest ? len : l->longest;
    *(to_server ? &l->to_server_bytes : &l->to_client_bytes) += len;
}

/* The client goes on; bytes NULL: nothing has come. */
static inline void link_client_run(struct link_client *c, const uint8_t *bytes, size_t len)
{
    int got;

    dtls_bio_aim(&c->bio, &c->path);
    dtls_bio_give(&c->bio, bytes, len);
    do {
        ERR_clear_error();
        if (!c->connected)
            c->connected = SSL_connect(c->ssl) == 1;
        while (c->connected && (got = SSL_read(c->ssl, c->got, sizeof c->got)) > 0)
            c->got_len = (size_t)got;
        c->failed = !BIO_should_read(SSL_get_rbio(c->ssl)) || SSL_get_shutdown(c->ssl) != 0;
    } while (!c->failed && (c->bio.in != NULL || SSL_has_pending(c->ssl)));
    dtls_bio_give(&c->bio, NULL, 0);
    ERR_clear_error();
}

static inline void link_deliver(struct link *l, struct link_datagram *d)
{
    if (d->to_server)
        dtls_server_receive(l->server, &d->client->path, d->bytes, d->len, link_now_us,
                            link_now_us);
    else
        link_client_run(d->client, d->bytes, d->len);
}

static inline void link_deliver_later(struct link *l)
{
    struct link_datagram *d = l->later;

    l->later = NULL;
    if (d != NULL)
        link_deliver(l, d);
    free(d);
}

/* Delivers what is under way until nobody has anything to say. Time stands still. */
static inline void link_run(struct link *l)
{
    struct link_datagram *d;

    do {
        while ((d = l->head) != NULL) {
            enum link_fate fate = l->fate != NULL ? l->fate(l, d) : LINK_PASS;

            l->count++;
            l->head = d->next;
            if (l->head == NULL)
                l->tail = &l->head;
            if (fate == LINK_LATER && l->later == NULL) {
                l->later = d;
                continue;
            }
            for (int copies = fate == LINK_TWICE  ? 2
                              : fate == LINK_LOSE ? 0
                                                  : 1;
                 copies > 0; copies--)
                link_deliver(l, d);
            free(d);
            link_deliver_later(l);
        }
    } while (dtls_server_work(l->server, 0, link_clock, link_now_us, link_now_us) ||
             l->head != NULL);
}

/* Lets time pass, in steps of 100 ms, with all timers. */
static inline void link_pass(struct link *l, int64_t us, struct link_client *clients, size_t count)
{
    for (int64_t end_us = link_now_us + us; link_now_us < end_us;) {
        link_now_us += 100 * US_PER_MS;
        link_deliver_later(l);
        dtls_server_tick(l->server, link_now_us);
        for (struct link_client *c = clients; c < clients + count; c++)
            if (c->ssl != NULL && !c->connected && !c->failed) {
                dtls_bio_aim(&c->bio, &c->path);
                DTLSv1_handle_timeout(c->ssl);
            }
        link_run(l);
    }
}

#endif
