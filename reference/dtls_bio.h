/*
 * Datagrams between OpenSSL and a worker: one in, any number out. A memory BIO would lose their
 * bounds.
 *
 * All sessions of a server share one struct dtls_bio, one at a time: dtls_bio_aim says whose turn
 * it is.
 */
#ifndef REFERENCE_DTLS_BIO_H
#define REFERENCE_DTLS_BIO_H

#include <openssl/bio.h>

#include "lib/udp_path.h"

typedef void dtls_bio_send_fn(void *arg, const struct udp_path *path, const uint8_t *bytes,
                              size_t len);

struct dtls_bio {
    BIO_METHOD *method;
    dtls_bio_send_fn *send;
    void *send_arg;
    const struct udp_path *path; /* where datagrams go now */
    bool mute;                   /* what OpenSSL sends is dropped */
    const uint8_t *in;           /* the datagram to be read; NULL when there is none */
    size_t in_len;
    uint64_t next_sequence; /* behind the last record sent in epoch 0 */
};

/* b must not move while a BIO of it lives, and outlives them. */
void dtls_bio_init(struct dtls_bio *b, dtls_bio_send_fn *send, void *send_arg);
void dtls_bio_fini(struct dtls_bio *b);

/* For one SSL object, which takes it. */
BIO *dtls_bio_new(struct dtls_bio *b);

/* What OpenSSL does next is for path. Borrowed. */
static inline void dtls_bio_aim(struct dtls_bio *b, const struct udp_path *path)
{
    b->path = path;
}

/* The next datagram that OpenSSL reads; NULL: none. Borrowed. */
static inline void dtls_bio_give(struct dtls_bio *b, const uint8_t *bytes, size_t len)
{
    b->in = bytes;
    b->in_len = len;
}

#endif
