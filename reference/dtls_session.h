/*
 * One DTLS association: its SSL object, what the peer proved, and the datagrams that its handshake
 * has still to read. Inside of dtls_server; others see dtls_server.h.
 */
#ifndef REFERENCE_DTLS_SESSION_H
#define REFERENCE_DTLS_SESSION_H

#include "lib/timer.h"
#include "reference/dtls_bio.h"
#include "reference/dtls_hello.h"
#include "reference/dtls_identity.h"
#include "reference/dtls_server.h"

enum { DTLS_MAX_PLAIN = 16384 }; /* RFC 5246 6.2.1 */

/* What the sessions of one server share. */
struct dtls_shared {
    struct dtls_context *context;
    struct dtls_hooks hooks;
    void *arg; /* of the hooks */
    struct dtls_bio bio;
    BIO_ADDR *peer; /* that DTLSv1_listen wants filled, and nobody reads */
    struct timer_wheel wheel;
    int64_t wall_us; /* of the call that runs */
    int64_t retransmit_us;
    int64_t idle_us;
    long mtu;
    uint8_t plain[DTLS_MAX_PLAIN];
};

enum dtls_state {
    DTLS_HANDSHAKING, /* its cookie was good */
    DTLS_ESTABLISHED, /* known to the worker */
    DTLS_CLOSED,      /* waits to be freed */
};

struct dtls_input {
    struct dtls_input *next;
    size_t len;
    uint8_t bytes[];
};

struct dtls_session {
    struct dtls_shared *shared;
    SSL *ssl; /* NULL until its handshake gets its turn */
    struct udp_path path;
    uint64_t id;
    enum dtls_state state;
    struct identity identity;
    void *user;
    struct dtls_session *table_next;
    struct dtls_session *queue_next; /* handshakes with input, or the dead */
    struct dtls_session *older;      /* handshakes in the order of their begin */
    struct dtls_session *younger;
    bool queued;
    bool due;       /* a handshake's timer has fired */
    bool lean;      /* its record buffers are freed */
    bool refused;   /* the PSK identity is nobody's */
    bool held;      /* a handshake waits for the key of its client */
    unsigned holds; /* no idle timeout while there are any */
    struct timer timer;
    int64_t heard_us;    /* last record that verified */
    int64_t deadline_us; /* end of the handshake's time, also when it is done */
    const char *why;     /* a failed handshake's reason, static text */
    /* handshake only */
    uint8_t random[DTLS_RANDOM_LEN]; /* of its ClientHello */
    struct dtls_input *input;
    struct dtls_input **input_tail;
    unsigned input_count;
    size_t input_bytes;
    unsigned early_count;    /* encrypted datagrams before the handshake is done */
    unsigned bad_finished;   /* those of them that did not verify */
    uint64_t alert_sequence; /* free record sequence number in epoch 0 */
    struct dtls_identity
        *named; /* what its client has said of its PSK identity; NULL: nobody asks */
};

enum dtls_progress { DTLS_GOES_ON, DTLS_FINISHED, DTLS_ENDED };

struct dtls_session *dtls_session_new(struct dtls_shared *shared, const struct udp_path *path,
                                      const uint8_t random[DTLS_RANDOM_LEN], int64_t now_us);
void dtls_session_free(struct dtls_session *s);

/* Copies a datagram to be read later. False when the peer has sent more than a handshake may keep.
 */
bool dtls_session_add_input(struct dtls_session *s, const uint8_t *bytes, size_t len);
/* The next one, to be freed by the caller; NULL when there is none. */
struct dtls_input *dtls_session_take_input(struct dtls_session *s);

/* Can a handshake read its next datagram? Not while the key that it needs for that is fetched. */
bool dtls_session_ready(struct dtls_session *s);
/* A handshake reads a datagram. DTLS_FINISHED: the peer's Finished has verified. */
enum dtls_progress dtls_session_handshake(struct dtls_session *s, const uint8_t *bytes, size_t len);
/* A handshake's retransmission timer. DTLS_ENDED: OpenSSL gives up. */
enum dtls_progress dtls_session_retransmit(struct dtls_session *s);

/*
 * An established session reads a datagram (NULL: what is left of the one before), and the receive
 * hook gets its messages. DTLS_ENDED: the peer closed it, or sent a fatal alert.
 */
enum dtls_progress dtls_session_read(struct dtls_session *s, const uint8_t *bytes, size_t len,
                                     int64_t now_us);
void dtls_session_send_close(struct dtls_session *s);

/* Frees the record buffers (34 KB) of a session that has been silent for some seconds. */
void dtls_session_rest(struct dtls_session *s, int64_t now_us);

/* Sets the timer to what comes next: retransmission, end of the handshake's time, freeing of
 * buffers, idle end. */
void dtls_session_arm(struct dtls_session *s, int64_t now_us);

/* OpenSSL asks whether a chain, leaf first, is good: X509_V_*. */
int dtls_session_verify(struct dtls_session *s, STACK_OF(X509) * chain);

#endif
