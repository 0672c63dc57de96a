/*
 * DTLS records as they stand on the wire: a datagram split into records, the plain ones into
 * handshake messages and alerts. RFC 6347 4.1, 4.2.
 */
#ifndef LIB_DTLS_RECORD_H
#define LIB_DTLS_RECORD_H

#include "lib/base.h"
#include "lib/buf.h"

enum dtls_way { DTLS_TO_TARGET, DTLS_TO_DEVICE };

enum { DTLS_RECORD_HEAD = 13, DTLS_MESSAGE_HEAD = 12 };

/* RFC 5246 6.2.1 */
enum dtls_content {
    DTLS_CHANGE_CIPHER_SPEC = 20,
    DTLS_ALERT = 21,
    DTLS_HANDSHAKE = 22,
    DTLS_APPLICATION_DATA = 23,
};

/* RFC 5246 7.4, RFC 6347 4.3.2 */
enum dtls_message {
    DTLS_HELLO_REQUEST = 0,
    DTLS_CLIENT_HELLO = 1,
    DTLS_SERVER_HELLO = 2,
    DTLS_HELLO_VERIFY_REQUEST = 3,
    DTLS_NEW_SESSION_TICKET = 4,
    DTLS_CERTIFICATE = 11,
    DTLS_SERVER_KEY_EXCHANGE = 12,
    DTLS_CERTIFICATE_REQUEST = 13,
    DTLS_SERVER_HELLO_DONE = 14,
    DTLS_CERTIFICATE_VERIFY = 15,
    DTLS_CLIENT_KEY_EXCHANGE = 16,
    DTLS_FINISHED = 20,
};

struct dtls_head {
    uint8_t content;  /* enum dtls_content, or what else stands there */
    uint16_t version; /* 0xfefd: DTLS 1.2 */
    uint16_t epoch;
    uint64_t sequence; /* 48 bits */
};

/* One record. bytes are borrowed from the datagram. */
struct dtls_record {
    enum dtls_way to;
    const uint8_t *bytes; /* with its header */
    size_t len;
    struct dtls_head head;
    /* Of the first handshake message in it, when it is plain; else -1 and zeros. (dtls_track also
     * names an encrypted Finished.) */
    int message; /* enum dtls_message, or what else stands there */
    uint16_t message_seq;
    uint32_t message_len; /* whole, of all its fragments */
    uint32_t fragment_at;
    uint32_t fragment_len;
    uint32_t messages; /* 1 << enum dtls_message, of all in it */
    int last_seq;      /* of the last message in it; -1: none */
    /* Of a plain alert; else -1. */
    int alert_level;
    int alert;
    /* Its place in the handshake, as dtls_track sees it; 0 outside of one. */
    int flight; /* RFC 6347 4.2.4: 1 to 6 (without a cookie exchange 1, 4, 5, 6) */
    int number; /* of the message in the flight, from 1; ChangeCipherSpec counts */
    int copy;   /* 0: sent the first time, 1: repeated once ... */
};

/*
 * Takes the first record off the datagram. False: none is left, or what is left is none (then *len
 * stays above 0).
 */
bool dtls_record_next(const uint8_t **bytes, size_t *len, enum dtls_way to,
                      struct dtls_record *out) MUST_CHECK;

/* Appends a record; body_len is what really stands in the head (dtls_record_write: body.len). */
void dtls_record_write(struct buf *out, const struct dtls_head *head, struct str body);
void dtls_record_write_broken(struct buf *out, const struct dtls_head *head, uint16_t body_len,
                              struct str body);

/* `ClientHello`, `close_notify`, `ApplicationData`; `unknown` for what has no name. */
const char *dtls_message_name(int message);
const char *dtls_alert_name(int alert);
const char *dtls_content_name(int content);
/* Case, `_` and `-` do not matter; -1: nobody's name. */
int dtls_message_from_name(struct str name);
int dtls_alert_from_name(struct str name);

/* `flight 5 message 2 ClientKeyExchange, epoch 0 #4, 42 B`, for timelines. */
void dtls_record_show(const struct dtls_record *r, struct buf *out);

#endif
