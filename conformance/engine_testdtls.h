/*
 * A DTLS endpoint for tests of the engine: PSK, or certificates with a client's own asked for; one
 * association at a time; every POST is answered 2.04, with the client's name as payload.
 */
#ifndef CONFORMANCE_ENGINE_TESTDTLS_H
#define CONFORMANCE_ENGINE_TESTDTLS_H

#include "lib/base.h"

struct dtls_peer;

struct dtls_peer *dtls_peer_new(const char *psk);
void dtls_peer_free(struct dtls_peer **p);
uint16_t dtls_peer_port(const struct dtls_peer *p);

#endif
