/*
 * The few bytes of DTLS that are read before OpenSSL: record headers, to find the association that
 * a datagram belongs to, and the start of a ClientHello, to answer it with a HelloVerifyRequest
 * without keeping state (RFC 6347 4.2.1).
 */
#ifndef REFERENCE_DTLS_HELLO_H
#define REFERENCE_DTLS_HELLO_H

#include "lib/base.h"

enum {
    DTLS_RECORD_HEADER_LEN = 13, /* RFC 6347 4.1 */
    DTLS_RANDOM_LEN = 32,
    DTLS_COOKIE_LEN = 16,
    DTLS_VERIFY_REQUEST_LEN = DTLS_RECORD_HEADER_LEN + 12 + 3 + DTLS_COOKIE_LEN,
    DTLS_BARE_HELLO_LEN = DTLS_RECORD_HEADER_LEN + 12 + 42,
    DTLS_ALERT_LEN = DTLS_RECORD_HEADER_LEN + 2,
};

enum dtls_content {
    DTLS_CHANGE_CIPHER_SPEC = 20,
    DTLS_ALERT = 21,
    DTLS_HANDSHAKE = 22,
    DTLS_APPLICATION_DATA = 23,
};

/* RFC 6347 4.1. Borrows the datagram. */
struct dtls_record {
    uint8_t type;
    uint16_t version;
    uint16_t epoch;
    uint64_t sequence;
    const uint8_t *body;
    size_t body_len;
};

/* The first record of a datagram; false when there is none. The next one starts behind the body. */
bool dtls_record_read(const uint8_t *bytes, size_t len, struct dtls_record *out) MUST_CHECK;
/* The same, whatever its type, version and (inside the datagram) length: only where it ends. */
bool dtls_record_frame(const uint8_t *bytes, size_t len, struct dtls_record *out) MUST_CHECK;

/* A part of a handshake message, or the whole of it (RFC 6347 4.2.2). Borrows the record. */
struct dtls_fragment {
    uint8_t message_type;
    uint16_t message_seq;
    size_t message_len;
    size_t offset;
    const uint8_t *bytes;
    size_t len;
};

/* The first one in the body of a handshake record; false when there is none. The next one starts
 * behind the bytes. */
bool dtls_fragment_read(const uint8_t *body, size_t len, struct dtls_fragment *out) MUST_CHECK;

/* The start of a ClientHello: what comes before the cookie, and the cookie. Borrows the record. */
struct dtls_hello {
    uint16_t message_seq;
    const uint8_t *version; /* 2 bytes */
    const uint8_t *random;  /* DTLS_RANDOM_LEN bytes */
    struct str session_id;
    struct str cookie;
};

/* A ClientHello message or its first fragment, up to the cookie (RFC 6347 4.2.2); false for
 * anything else, and when the fragment ends inside the cookie. */
bool dtls_hello_read(const struct dtls_record *record, struct dtls_hello *out) MUST_CHECK;

/* Writes the HelloVerifyRequest that answers hello into out (DTLS_VERIFY_REQUEST_LEN bytes). */
void dtls_hello_verify_request(const struct dtls_record *record, const struct dtls_hello *hello,
                               const uint8_t cookie[DTLS_COOKIE_LEN], uint8_t *out);

/* Writes a ClientHello without cookie, of this number, into out (DTLS_BARE_HELLO_LEN bytes). */
void dtls_hello_bare(uint16_t message_seq, uint8_t *out);

/* Writes an unencrypted fatal alert of epoch 0 into out (DTLS_ALERT_LEN bytes). */
void dtls_hello_alert(uint64_t sequence, uint8_t description, uint8_t *out);

#endif
