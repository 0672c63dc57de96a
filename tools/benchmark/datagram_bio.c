#include "tools/benchmark/datagram_bio.h"

#include <stdlib.h>

enum { DEFAULT_MTU = 1200, OVERHEAD = 28 };

static int read_one(BIO *bio, char *out, int cap)
{
    struct datagram_bio *d = BIO_get_data(bio);
    size_t len = d->in_len < (size_t)cap ? d->in_len : (size_t)cap;

    BIO_clear_retry_flags(bio);
    if (d->in == NULL) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(out, d->in, len);
    d->in = NULL;
    return (int)len;
}

static int write_one(BIO *bio, const char *bytes, int len)
{
    struct datagram_bio *d = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    d->out_len = (size_t)len <= sizeof d->out ? (size_t)len : 0;
    memcpy(d->out, bytes, d->out_len);
    udp_send(d->io, d->fd, d->path, (const uint8_t *)bytes, (size_t)len);
    return len;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    UNUSED(bio);
    UNUSED(number);
    UNUSED(pointer);
    switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return DEFAULT_MTU;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return OVERHEAD;
    default:
        return 0;
    }
}

void datagram_bio_init(struct datagram_bio *d, struct udp_io *io, int fd)
{
    int ok;

    *d = (struct datagram_bio){.io = io, .fd = fd};
    d->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram");
    assert(d->method != NULL);
    ok = BIO_meth_set_read(d->method, read_one) && BIO_meth_set_write(d->method, write_one) &&
         BIO_meth_set_ctrl(d->method, control);
    assert(ok);
}

void datagram_bio_fini(struct datagram_bio *d)
{
    BIO_meth_free(d->method);
}

BIO *datagram_bio_new(struct datagram_bio *d)
{
    BIO *bio = BIO_new(d->method);

    assert(bio != NULL);
    BIO_set_data(bio, d);
    BIO_set_init(bio, 1);
    return bio;
}
