/*
 * Asks a listener of our own whether it answers: a CoAP ping, or the first ClientHello of a DTLS
 * handshake.
 */
#ifndef REFERENCE_PROBE_H
#define REFERENCE_PROBE_H

#include "lib/addr.h"
#include "lib/base.h"

/*
 * Sends the probe to a listening address (a wildcard one is asked on loopback) from a socket of its
 * own, again every 200 ms, and blocks until the right answer comes or the monotonic time until_us
 * has passed.
 */
bool probe_coap(const struct addr *listener, int64_t until_us);
bool probe_coaps(const struct addr *listener, int64_t until_us);

#endif
