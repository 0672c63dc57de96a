/*
 * The running endpoint: workers with their sockets, the sink, the registry, the command bus; and
 * its health.
 */
#ifndef REFERENCE_SERVER_H
#define REFERENCE_SERVER_H

#include "lib/base.h"
#include "lib/buf.h"
#include "reference/command.h"
#include "reference/config.h"
#include "reference/registry.h"

struct server;

enum { SERVER_WHY_LEN = 512 };

/* Binds every socket and starts every thread. On failure NULL, and why names the address or file.
 */
struct server *server_start(const struct config *config, struct registry *registry,
                            char *why) MUST_CHECK;

/* Answers waiting devices, flushes the sink, ends all threads; at most config->drain_us. */
void server_stop(struct server **s);

struct command_bus *server_commands(struct server *s);

/*
 * Proves that the datagram path answers: sends a CoAP ping to each plain listener and a ClientHello
 * to each DTLS one and waits for the answer, at most timeout_us; and the sink is up. False: why
 * says which part did not.
 */
bool server_ready(struct server *s, int64_t timeout_us, char *why);

#endif
