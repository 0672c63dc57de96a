/*
 * DTLS records as they stand on the wire: a datagram split into records, the plain ones into
 * handshake messages and alerts, and where in the handshake each belongs. RFC 6347 4.1, 4.2.
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

/* RFC 5246 7.4; -1 stands for "not known": encrypted, or no handshake message. */
enum dtls_message {
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

/* One record. bytes are borrowed from the datagram. */
struct dtls_record {
    enum dtls_way to;
    const uint8_t *bytes; /* with its header */
    size_t len;
    uint8_t content;  /* enum dtls_content, or what else stands there */
    uint16_t version; /* 0xfefd: DTLS 1.2 */
    uint16_t epoch;
    uint64_t sequence; /* 48 bits */
    /* Of the first handshake message in it, when it is not encrypted; else -1 and zeros. Finished
     * is always encrypted, and known by its place. */
    int message; /* enum dtls_message */
    uint16_t message_seq;
    uint32_t message_len; /* whole, of all its fragments */
    uint32_t fragment_at;
    uint32_t fragment_len;
    /* Of a plain alert; else -1. */
    int alert_level;
    int alert;
    /* Its place in the handshake, as dtls_track sees it; 0 outside of one. */
    int flight; /* RFC 6347 4.2.4: 1 to 6 (without a cookie exchange 1, 4, 5, 6) */
    int number; /* of the message in the flight, from 1; ChangeCipherSpec counts */
    int copy;   /* 0: sent the first time, 1: repeated once ... */
};

/* Takes the first record off the datagram. False: none is left, or what is left is none (*len stays
 * above 0). */
bool dtls_record_next(const uint8_t **bytes, size_t *len, enum dtls_way to,
                      struct dtls_record *out) MUST_CHECK;

/* One side's messages of one handshake, for `copy`. */
struct dtls_track_message {
    int copy;
    int64_t last_at; /* offset of its last fragment; -1: not seen */
};

enum { DTLS_TRACK_MESSAGES = 16 };

/* Zeroed memory is a handshake that has not begun. */
struct dtls_track {
    bool has_cookie;      /* a ClientHello with a cookie has left */
    bool has_answer;      /* flight 5 has begun */
    bool has_hello_done;  /* so it is a full handshake */
    bool is_over;         /* further encrypted records belong to no flight */
    uint16_t client_base; /* message_seq of the last ClientHello */
    uint16_t server_base; /* message_seq of ServerHello */
    int highest[7];       /* number of the last message, by flight */
    struct dtls_track_message seen[2][DTLS_TRACK_MESSAGES + 2]; /* by way; then CCS, Finished */
};

/* Fills flight, number and copy of a record, in the order in which records are sent. */
void dtls_track(struct dtls_track *t, struct dtls_record *r);

/* Appends a record with any head; version 0: DTLS 1.2. */
struct dtls_head {
    uint8_t content;
    uint16_t version;
    uint16_t epoch;
    uint64_t sequence;
};
void dtls_record_write(struct buf *out, const struct dtls_head *head, struct str body);

/* `ClientHello`, `close_notify`, `ApplicationData`; the number as text in a static buffer for what
 * has no name. The first two find it again (case and `_` do not matter); -1: nobody's name. */
const char *dtls_message_name(int message);
int dtls_message_from_name(struct str name);
const char *dtls_alert_name(int alert);
int dtls_alert_from_name(struct str name);
const char *dtls_content_name(int content);

/* `flight 5 message 2 ClientKeyExchange seq=3 epoch 0 #4`, for timelines. */
void dtls_record_show(const struct dtls_record *r, struct buf *out);

#endif
