/*
 * Datagrams between OpenSSL and a socket of lib/udp: one at a time in, any number out. All SSL
 * objects of a program share one; whoever calls OpenSSL says first which path it is about.
 */
#ifndef TOOLS_BENCHMARK_DATAGRAM_BIO_H
#define TOOLS_BENCHMARK_DATAGRAM_BIO_H

#include <openssl/bio.h>

#include "lib/udp.h"

enum { DATAGRAM_BIO_KEPT = 256 };

struct datagram_bio {
    BIO_METHOD *method;
    struct udp_io *io;
    int fd;
    const struct udp_path *path; /* where datagrams go now */
    const uint8_t *in;           /* the one to be read; NULL when there is none */
    size_t in_len;
    /* The last datagram that left since datagram_bio_aim, when it is not longer. */
    uint8_t out[DATAGRAM_BIO_KEPT];
    size_t out_len;
};

void datagram_bio_init(struct datagram_bio *d, struct udp_io *io, int fd);
void datagram_bio_fini(struct datagram_bio *d);

/* For one SSL object, which takes it. */
BIO *datagram_bio_new(struct datagram_bio *d);

/* What comes next is for path, and reads these bytes (NULL: none). Borrowed. */
static inline void datagram_bio_aim(struct datagram_bio *d, const struct udp_path *path,
                                    const uint8_t *bytes, size_t len)
{
    d->path = path;
    d->in = bytes;
    d->in_len = len;
    d->out_len = 0;
}

#endif
