/*
 * The two ends of a datagram's way: which socket it came in by, the local address it was sent to,
 * and the peer.
 *
 * Answers take the same path back (RFC 7252 5.3.2).
 */
#ifndef LIB_UDP_PATH_H
#define LIB_UDP_PATH_H

#include "lib/addr.h"

struct udp_path {
    struct addr peer;
    struct addr local; /* without port; len 0 when the socket is bound to one address */
    int socket;        /* the owner's index of the socket, not a descriptor */
};

static inline bool udp_path_equal(const struct udp_path *a, const struct udp_path *b)
{
    return a->socket == b->socket && addr_equal(&a->peer, &b->peer) &&
           (a->local.len == 0 || addr_equal(&a->local, &b->local));
}

#endif
