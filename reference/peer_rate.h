/*
 * How many datagrams one peer may send: a token bucket for each, so that one device that floods
 * costs little more than reading its datagrams, and the socket's queue does not fill up with them
 * (ROB-01).
 *
 * A peer that keeps to RFC 7252 4.4 sends at most 65 536 messages in EXCHANGE_LIFETIME, 265 a
 * second. Buckets are found by a keyed hash of the address and port and are not exclusive: state
 * does not grow with peers.
 */
#ifndef REFERENCE_PEER_RATE_H
#define REFERENCE_PEER_RATE_H

#include "lib/addr.h"
#include "lib/base.h"

struct peer_rate;

/* rate_per_s: datagrams a second, and as many at once; 0: no limit. */
struct peer_rate *peer_rate_new(uint32_t rate_per_s);
void peer_rate_free(struct peer_rate **p);

/* Takes a token of this peer's. False: it has none left, the datagram is dropped. */
bool peer_rate_allows(struct peer_rate *p, const struct addr *peer, int64_t now_us);

#endif
