/*
 * Where in the handshake a record belongs: which flight, which message of it, which repetition.
 * RFC 6347 4.2.4. What is encrypted is known by its place.
 */
#ifndef LIB_DTLS_TRACK_H
#define LIB_DTLS_TRACK_H

#include "lib/dtls_record.h"

enum { DTLS_TRACK_MESSAGES = 16, DTLS_TRACK_CIPHER = 16, DTLS_TRACK_FINISHED, DTLS_TRACK_SLOTS };

/* One message of one side. */
struct dtls_track_slot {
    bool seen;
    int number; /* in its flight, of the two that have no message_seq */
    int copy;
    uint32_t last_at; /* offset of its last fragment */
};

/* One handshake; zeroed memory is one that has not begun. */
struct dtls_track {
    bool is_over;         /* records belong to no flight any more */
    uint16_t client_base; /* message_seq of the last ClientHello */
    uint16_t server_base; /* message_seq of ServerHello */
    int done_seq;         /* message_seq of ServerHelloDone; 0: not seen (yet) */
    int highest[7];       /* number of the last message, by flight */
    struct dtls_track_slot slot[2][DTLS_TRACK_SLOTS]; /* by way, then by message_seq */
};

/* Fills flight, number and copy of r (and message of a Finished), in the order of sending. */
void dtls_track(struct dtls_track *t, struct dtls_record *r);

#endif
