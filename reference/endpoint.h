/*
 * The life of a publish: from a request, through authentication, event, sink and wait, to its
 * answer.
 *
 * One struct endpoint a worker; no socket, no clock. Every exchange of the message layer has one
 * publish, named by the same index. The wait for a command is registered before the event goes to
 * the sink; a command that comes meanwhile is held by the wait, delivered after the sink's
 * confirmation, and counts as not taken when the publish fails.
 */
#ifndef REFERENCE_ENDPOINT_H
#define REFERENCE_ENDPOINT_H

#include "lib/base.h"
#include "lib/timer.h"
#include "reference/auth.h"
#include "reference/command.h"
#include "reference/exchange.h"
#include "reference/metrics.h"
#include "reference/request.h"
#include "reference/sink.h"
#include "reference/transfer.h"

struct endpoint;

/* What it works with; all borrowed. */
struct endpoint_parts {
    struct exchange_layer *exchanges;
    struct auth *auth;
    struct timer_wheel *wheel;
    struct metrics *metrics;
    /* Hands a classified event to the sink, as sink_put. */
    enum sink_err (*put)(void *arg, uint64_t ticket, const struct event *event);
    void *put_arg;
    /* The identity of an exchange's DTLS session; NULL on plain CoAP. */
    struct identity *(*identity)(const struct exchange_session *session);
};

struct endpoint_options {
    size_t max_exchanges; /* as the message layer's */
    int64_t max_ct_us;
    struct str instance; /* the CloudEvents extension */
    struct request_options request;
    size_t max_payload_bytes;          /* of a publish, in one datagram or in blocks */
    struct transfer_options transfers; /* uploads, and the same for downloads */
};

/* The two clocks of one turn of the loop. */
struct endpoint_now {
    int64_t mono_us;
    int64_t wall_us; /* Unix time */
};

struct endpoint *endpoint_new(const struct endpoint_parts *parts,
                              const struct endpoint_options *options);
void endpoint_free(struct endpoint **e);
/* The longest wait of every request from now on. */
void endpoint_set_max_ct(struct endpoint *e, int64_t max_ct_us);

/* The message layer's request and cancelled hooks end here. */
void endpoint_request(struct endpoint *e, uint32_t exchange, const struct pdu *request,
                      const struct endpoint_now *now);
void endpoint_cancelled(struct endpoint *e, uint32_t exchange);

/* A ticket that the sink or the authentication gave back. Tickets of cancelled publishes are
 * ignored. */
void endpoint_confirmed(struct endpoint *e, const struct sink_result *result, int64_t now_us);
void endpoint_authenticate_again(struct endpoint *e, uint64_t ticket,
                                 const struct endpoint_now *now);

/* Takes delivery. */
void endpoint_command(struct endpoint *e, struct command_delivery *delivery, int64_t now_us);

/* Ends all waits with 2.04 as soon as their event is safe, and refuses new requests with 5.03. */
void endpoint_drain(struct endpoint *e, int64_t now_us);

size_t endpoint_wait_count(const struct endpoint *e);

#endif
