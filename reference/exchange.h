/*
 * The message layer of one worker: RFC 7252 4 on the server's side, without socket and clock.
 *
 * A datagram comes in; what is no request is answered or ignored here (ping, ACK, RST, format
 * errors, copies). A new request becomes an exchange, named by its index, and goes to the request
 * hook. The answer may come in the same call (piggy-backed) or later: after empty_ack_delay a CON
 * gets an empty ACK and then a separate CON response, repeated until it is acknowledged (RFC
 * 7252 4.2, 5.2.2); a NON gets a NON. Peers behind DTLS are the same, with a session in place of an
 * address (RFC 7252 9.1.1).
 *
 * Own message IDs count up in one of 65 536 sequences that the peer's address selects, so none
 * comes back to a peer before 65 536 others have gone to its sequence: no state a peer (RFC
 * 7252 4.4).
 */
#ifndef REFERENCE_EXCHANGE_H
#define REFERENCE_EXCHANGE_H

#include "lib/base.h"
#include "lib/timer.h"
#include "lib/udp_path.h"
#include "reference/answer.h"
#include "reference/metrics.h"
#include "reference/pdu.h"

struct exchange_layer;

/* A DTLS session as the message layer knows it; embedded or owned by the worker. Zero
 * first_exchange: none. */
struct exchange_session {
    uint64_t id;             /* never 0, never used again */
    void *dtls;              /* the worker's */
    uint32_t first_exchange; /* index + 1 */
};

/* Where a message came from and answers go. session is NULL on plain CoAP. */
struct exchange_peer {
    const struct udp_path *path;
    struct exchange_session *session;
};

struct exchange_hooks {
    /* Puts bytes (borrowed) on the wire or into the session. */
    void (*send)(void *arg, const struct exchange_peer *to, const uint8_t *bytes, size_t len);
    /* A new request; exchange_answer exactly once, now or later, unless it is cancelled. */
    void (*request)(void *arg, uint32_t exchange, const struct pdu *request);
    /* The session ended before the answer: do not answer. */
    void (*cancelled)(void *arg, uint32_t exchange);
    /* The session got its first open exchange, or lost its last. */
    void (*busy)(void *arg, struct exchange_session *session, bool busy);
};

struct exchange_options {
    int64_t ack_timeout_us;
    double ack_random_factor;
    int max_retransmit;
    int64_t exchange_lifetime_us;
    int64_t non_lifetime_us;
    int64_t empty_ack_delay_us;
    uint32_t retry_after_s; /* Max-Age of a 5.03 (RFC 7252 5.9.3.4) */
    size_t max_exchanges;
    size_t dedup_entries;
    size_t dedup_bytes;
};

/* Borrows wheel, metrics, hooks. */
struct exchange_layer *exchange_layer_new(const struct exchange_options *options,
                                          struct timer_wheel *wheel, struct metrics *metrics,
                                          const struct exchange_hooks *hooks, void *arg);
/* Max-Age of every 5.03 from now on. */
void exchange_set_retry_after(struct exchange_layer *l, uint32_t retry_after_s);
/* Nothing is sent or called. */
void exchange_layer_free(struct exchange_layer **l);

/* One message. len up to 65 535. */
void exchange_receive(struct exchange_layer *l, const struct exchange_peer *from,
                      const uint8_t *bytes, size_t len, int64_t now_us);

void exchange_answer(struct exchange_layer *l, uint32_t exchange, const struct answer *answer,
                     int64_t now_us);
/* Whether a command of these lengths fits one message to this exchange's peer. */
bool exchange_fits(const struct exchange_layer *l, uint32_t exchange, size_t command_len,
                   size_t payload_len);

/* The session is gone: cancels its exchanges. */
void exchange_session_closed(struct exchange_layer *l, struct exchange_session *session,
                             int64_t now_us);

/* The peer of a live exchange; the path is good while it lives. */
struct exchange_peer exchange_peer_of(const struct exchange_layer *l, uint32_t exchange);
/* Exchanges that are at work or whose answer is not acknowledged yet. */
size_t exchange_count(const struct exchange_layer *l);

#endif
