/*
 * One handshake in OpenSSL's hands: datagrams in and out, what is told of it, and the secrets that
 * it leaves. Inside of handshake; others see handshake.h.
 */
#ifndef SIMULATOR_HANDSHAKE_SSL_H
#define SIMULATOR_HANDSHAKE_SSL_H

#include <openssl/ssl.h>

#include "lib/buf.h"
#include "simulator/device_certificate.h"
#include "simulator/handshake.h"
#include "simulator/lean_provider.h"

/* What those of one worker share. */
struct handshake_shared {
    struct handshake_options options;
    SSL_CTX *psk;
    SSL_CTX *ecdhe;
    struct lean_provider lean; /* of ecdhe */
    BIO_METHOD *method;
    struct device_certificates *certificates;
};

/* False: why says what cannot be; handshake_shared_fini is due all the same. */
bool handshake_shared_init(struct handshake_shared *s, const struct handshake_options *options,
                           char *why) MUST_CHECK;
void handshake_shared_fini(struct handshake_shared *s);

enum { HANDSHAKE_FLIGHT = 256 };

struct handshake_ssl {
    const struct handshake_shared *shared;
    SSL *ssl; /* NULL: not open */
    uint32_t device;
    struct handshake_wish wish;
    const uint8_t *in; /* the datagram to be read; NULL: none */
    size_t in_len;
    uint64_t next_write; /* behind the last record with a key that left; 0: none did */
    int alert;           /* a fatal one; -1: none, or its number is not known */
    bool alert_is_ours;
    bool is_stopped; /* as wished: nothing leaves any more */
    /* The datagrams that left since the last one came, each behind its length (uint16_t). */
    bool has_read;
    size_t flight_len; /* above HANDSHAKE_FLIGHT: they are not all here */
    uint8_t flight[HANDSHAKE_FLIGHT];
};

enum handshake_step {
    HANDSHAKE_WAITS,
    HANDSHAKE_FINISHED,
    HANDSHAKE_FAILED, /* alert */
    HANDSHAKE_SILENT, /* OpenSSL has repeated often enough */
    HANDSHAKE_STOPPED,
};

/* *h is zeroed but for device and wish. A ticket that is none is no wish. */
void handshake_ssl_open(struct handshake_ssl *h, const struct handshake_shared *shared);
/* Its last flight stays. */
void handshake_ssl_close(struct handshake_ssl *h);

/* bytes may be NULL: to begin. */
enum handshake_step handshake_ssl_turn(struct handshake_ssl *h, const uint8_t *bytes, size_t len,
                                       int64_t now_us);
/* Repeats its flight when that is due; *repeats counts. */
enum handshake_step handshake_ssl_repeat(struct handshake_ssl *h, unsigned *repeats,
                                         int64_t now_us);
/* How long until then; -1: no timer runs. */
int64_t handshake_ssl_left_us(const struct handshake_ssl *h, int64_t now_us);
/* Sends the last flight as it was. */
void handshake_ssl_send_again(const struct handshake_ssl *h);

/* FINISHED: all but the read state. */
void handshake_ssl_secrets(const struct handshake_ssl *h, struct record_secrets *out);
bool handshake_ssl_is_resumed(const struct handshake_ssl *h);
/* FINISHED: appends it, when there is one. */
void handshake_ssl_ticket(const struct handshake_ssl *h, struct buf *out);

#endif
