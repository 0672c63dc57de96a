/*
 * A ClientHello written by hand, lawful or not, and the two messages that may answer it. For what
 * OpenSSL's client would never say: unknown suites, compression, a bad cookie, a hello out of
 * nowhere. RFC 6347 4.2.1, RFC 5246 7.4.1.
 */
#ifndef LIB_DTLS_OFFER_H
#define LIB_DTLS_OFFER_H

#include "lib/dtls_record.h"

/* Zeroed: the first ClientHello of a DTLS 1.2 client that offers the suites of RFC 7252 9.1 and the
 * extensions that they need, and extended master secret. */
struct dtls_offer {
    uint16_t version;        /* of client_version; 0: 0xfefd */
    uint16_t record_version; /* 0: 0xfefd */
    struct str random;       /* up to 32 bytes, zeros behind */
    struct str session_id;   /* these three up to 255 bytes */
    struct str cookie;
    struct str compressions; /* a byte each; empty: only null */
    const uint16_t *suites;
    size_t suite_count;    /* up to 1000 */
    struct str extensions; /* all of them, as they stand; ptr NULL: those above */
    bool no_extensions;
    uint16_t message_seq; /* 1 with the cookie: RFC 6347 4.2.2 */
    uint64_t sequence;    /* of the record */
};

/* Appends one record. */
void dtls_offer_write(const struct dtls_offer *offer, struct buf *out);
/* Appends one extension, for dtls_offer.extensions. */
void dtls_offer_add_extension(struct buf *extensions, uint16_t type, struct str value);

/* A HelloVerifyRequest or ServerHello; bytes are borrowed from the record. */
struct dtls_answer {
    int message;      /* enum dtls_message; others are not read */
    uint16_t version; /* of server_version */
    struct str cookie;
    struct str random;
    struct str session_id;
    uint16_t suite;
    uint8_t compression;
    struct str extensions;
};

/* False: neither, not whole, or not well-formed. */
bool dtls_answer_read(const struct dtls_record *record, struct dtls_answer *out) MUST_CHECK;
/* False: the ServerHello has no such extension. */
bool dtls_answer_extension(const struct dtls_answer *answer, uint16_t type,
                           struct str *value) MUST_CHECK;

#endif
