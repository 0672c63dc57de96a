/*
 * The message layer's inside, for the three files that make it up: exchange_layer.c (tables, own
 * message IDs, the way out), exchange.c (the life of an exchange), exchange_receive.c (what a
 * datagram is). Nobody else includes it.
 */
#ifndef REFERENCE_EXCHANGE_LAYER_H
#define REFERENCE_EXCHANGE_LAYER_H

#include "lib/siphash.h"
#include "reference/dedup.h"
#include "reference/exchange.h"

enum {
    EXCHANGE_SCRATCH_LEN = 128 * 1024, /* a message being written */
    EXCHANGE_INLINE_MESSAGE = 40,      /* a separate response this short needs no heap */
};

enum exchange_state {
    EXCHANGE_FREE,
    EXCHANGE_WORKING,    /* CON, not acknowledged yet: the timer sends the empty ACK */
    EXCHANGE_ACKED,      /* CON, empty ACK sent, no answer yet */
    EXCHANGE_NON,        /* NON, no answer yet */
    EXCHANGE_CONFIRMING, /* separate CON response sent: the timer repeats it */
};

enum exchange_event {
    EXCHANGE_ON_TIMER,
    EXCHANGE_ON_ANSWER,
    EXCHANGE_ON_SETTLED,
    EXCHANGE_ON_CLOSED
};

struct exchange {
    struct udp_path path;
    struct exchange_session *session;
    struct exchange_layer *layer;
    struct timer timer;
    enum exchange_state state;
    uint32_t next; /* free list, or chain of those that are confirming; index + 1 */
    uint32_t session_next;
    uint32_t session_prev;
    uint16_t mid;     /* of the request */
    uint16_t own_mid; /* of the separate response */
    uint8_t token_len;
    uint8_t copies; /* of the request that wait for the same answer */
    uint8_t repeats;
    char token[PDU_MAX_TOKEN_LEN];
    int64_t interval_us;
    char *message; /* the separate response; inline_message or heap */
    size_t message_len;
    char inline_message[EXCHANGE_INLINE_MESSAGE];
};

struct exchange_layer {
    struct exchange_options options;
    struct timer_wheel *wheel;
    struct metrics *metrics;
    const struct exchange_hooks *hooks;
    void *arg;
    struct dedup *dedup;
    struct exchange *pool;
    size_t pool_used; /* entries ever handed out */
    uint32_t free_list;
    size_t count;
    uint32_t *confirming; /* heads of chains, index + 1 */
    size_t confirming_mask;
    uint16_t *next_mid;
    uint64_t random;
    uint8_t secret[SIPHASH_KEY_LEN];
    char *scratch;
};

/* --- exchange_layer.c ----------------------------------------------------------------------------
 */

uint32_t exchange_index(const struct exchange *x);
uint64_t exchange_session_id(const struct exchange_session *session); /* 0: plain CoAP */
struct exchange_peer exchange_to_peer(struct exchange *x);

/* A message ID of our own for this peer (RFC 7252 4.4). */
uint16_t exchange_new_mid(struct exchange_layer *l, const struct exchange_peer *peer);
/* The chain in which an unconfirmed response with this message ID to this peer stands. */
uint32_t *exchange_confirming_head(struct exchange_layer *l, const struct exchange_peer *peer,
                                   uint16_t own_mid);
void exchange_confirming_add(struct exchange_layer *l, struct exchange *x);
void exchange_confirming_remove(struct exchange_layer *l, struct exchange *x);
void exchange_free_message(struct exchange *x);

void exchange_send(struct exchange_layer *l, const struct exchange_peer *peer, const char *bytes,
                   size_t len);
/* An empty ACK or RST: the header alone (RFC 7252 4.1). */
void exchange_send_empty(struct exchange_layer *l, const struct exchange_peer *peer,
                         enum pdu_type type, uint16_t mid);
/* The whole response, in memory that the next call overwrites. */
struct str exchange_write(struct exchange_layer *l, const struct answer_head *head,
                          const struct answer *answer);
void exchange_count_response(struct exchange_layer *l, uint8_t code);

/* --- exchange.c ----------------------------------------------------------------------------------
 */

/* An exchange for a new request; NULL when all are in use. */
struct exchange *exchange_take(struct exchange_layer *l, const struct exchange_peer *peer,
                               const struct pdu *p);
/* x may be gone afterwards. answer only with EXCHANGE_ON_ANSWER. */
void exchange_step(struct exchange *x, enum exchange_event on, const struct answer *answer,
                   int64_t now_us);

#endif
