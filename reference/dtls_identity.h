/*
 * The identity of a pre-shared key, read from a ClientKeyExchange before OpenSSL reads it
 * (RFC 4279 2, RFC 5489 2): it comes in the clear, and the key can be fetched meanwhile.
 *
 * What is found is a hint only. OpenSSL puts fragments together in its own way, and who the client
 * is decides what it finds.
 */
#ifndef REFERENCE_DTLS_IDENTITY_H
#define REFERENCE_DTLS_IDENTITY_H

#include "lib/base.h"

enum { DTLS_IDENTITY_MAX = 256 }; /* OpenSSL takes no longer one */

/* Zeroed at first. The beginning of the message, as far as it has come. */
struct dtls_identity {
    uint8_t bytes[2 + DTLS_IDENTITY_MAX]; /* the length, then the identity */
    bool have[2 + DTLS_IDENTITY_MAX];
};

/* Adds what a datagram holds of it. True when it is whole: *out is in d. False, too, for the
 * ClientKeyExchange of other key exchanges. */
bool dtls_identity_add(struct dtls_identity *d, const uint8_t *bytes, size_t len,
                       struct str *out) MUST_CHECK;

#endif
