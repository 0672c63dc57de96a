/*
 * The running endpoint: workers with their sockets, the sink, the hash pool, the command bus; and
 * its health.
 */
#ifndef REFERENCE_SERVER_H
#define REFERENCE_SERVER_H

#include "lib/base.h"
#include "reference/command.h"
#include "reference/config.h"
#include "reference/registry.h"

struct server;

enum { SERVER_WHY_LEN = 512 };

/*
 * Binds every socket and starts every thread. On failure NULL, and why names the address or file
 * and what to do. Borrows config and registry.
 */
struct server *server_start(const struct config *config, struct registry *registry,
                            char *why) MUST_CHECK;

/* Whether the certificate, the key and what the sink needs can be used. False: why says what is
 * wrong. */
bool server_check(const struct config *config, char *why) MUST_CHECK;

/*
 * Goes by what of config can change while running: certificate and key for new handshakes, max-ct
 * and retry-after for new requests. False: nothing has changed, and why says what is wrong. config
 * is not needed afterwards. Not at the same time as server_stop.
 */
bool server_reload(struct server *s, const struct config *config, char *why) MUST_CHECK;

/* Answers waiting devices, flushes the sink, ends all threads; takes at most config->drain_us and a
 * little. */
void server_stop(struct server **s);

struct command_bus *server_commands(struct server *s);

/*
 * Proves that the datagram path answers: every worker takes a turn, every plain listener answers a
 * CoAP ping, every DTLS listener a ClientHello. Waits at most timeout_us. False: why says which
 * part did not. Any thread.
 */
bool server_answers(struct server *s, int64_t timeout_us, char *why);
/* As server_answers, and the sink takes events. */
bool server_ready(struct server *s, int64_t timeout_us, char *why);

#endif
