#include "reference/dtls_bio.h"

#include "reference/dtls_hello.h"

static int bio_read(BIO *bio, char *out, int cap)
{
    struct dtls_bio *b = BIO_get_data(bio);
    size_t len = b->in_len;

    BIO_clear_retry_flags(bio);
    if (b->in == NULL) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (len > (size_t)cap)
        len = (size_t)cap; /* as recv does */
    memcpy(out, b->in, len);
    b->in = NULL;
    return (int)len;
}

static void count_records(struct dtls_bio *b, const uint8_t *bytes, size_t len)
{
    struct dtls_record record;

    while (dtls_record_read(bytes, len, &record)) {
        if (record.epoch == 0)
            b->next_sequence = record.sequence + 1;
        len -= (size_t)(record.body + record.body_len - bytes);
        bytes = record.body + record.body_len;
    }
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
    struct dtls_bio *b = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    assert(b->path != NULL);
    count_records(b, (const uint8_t *)bytes, (size_t)len);
    if (!b->mute)
        b->send(b->send_arg, b->path, (const uint8_t *)bytes, (size_t)len);
    return len;
}

/* The MTU is set with SSL_set_mtu; OpenSSL keeps its timers; peers are in the path. */
static long bio_ctrl(BIO *bio, int command, long number, void *arg)
{
    UNUSED(bio);
    UNUSED(number);
    UNUSED(arg);
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT;
}

void dtls_bio_init(struct dtls_bio *b, dtls_bio_send_fn *send, void *send_arg)
{
    *b = (struct dtls_bio){.send = send, .send_arg = send_arg};
    b->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams");
    assert(b->method != NULL);
    BIO_meth_set_read(b->method, bio_read);
    BIO_meth_set_write(b->method, bio_write);
    BIO_meth_set_ctrl(b->method, bio_ctrl);
}

void dtls_bio_fini(struct dtls_bio *b)
{
    BIO_meth_free(b->method);
}

BIO *dtls_bio_new(struct dtls_bio *b)
{
    BIO *bio = BIO_new(b->method);

    assert(bio != NULL);
    BIO_set_data(bio, b);
    BIO_set_init(bio, 1);
    return bio;
}
