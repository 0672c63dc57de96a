/*
 * A scripted endpoint and broker for tests of the engine: one thread, one UDP socket, one end of
 * the broker's connection. `answer` is asked for each datagram that comes.
 */
#ifndef CONFORMANCE_ENGINE_TESTPEER_H
#define CONFORMANCE_ENGINE_TESTPEER_H

#include "lib/base.h"

struct peer;

/* Called in the peer's thread with one datagram. */
typedef void peer_answer_fn(struct peer *p, const uint8_t *bytes, size_t len);

struct peer *peer_new(peer_answer_fn *answer);
void peer_free(struct peer **p);
uint16_t peer_port(const struct peer *p);
/* The case's end of the broker's connection. */
int peer_broker_fd(const struct peer *p);

/* How many datagrams came. */
int peer_received(const struct peer *p);
void peer_send(struct peer *p, const void *bytes, size_t len);
/* From a socket of another port. */
void peer_send_from_elsewhere(struct peer *p, const void *bytes, size_t len);
/* Header by its parts; the token and the rest are taken as they are. */
void peer_reply(struct peer *p, int first_byte, int code, const uint8_t *request,
                const char *after_token);
/* An event of the device that the last create_device named. */
void peer_event(struct peer *p, const char *subject, const char *data);
/* What becomes of the last path segment of a request: into out (NUL at the end). */
void peer_channel(const uint8_t *bytes, size_t len, char *out, size_t cap);

#endif
