/*
 * DTLS handshakes of one worker, many at a time, with OpenSSL; then the keys go to record.h and the
 * SSL object is freed. Bytes in, bytes out, no socket, no clock.
 *
 * SSL objects exist only for handshakes in flight, whose number is capped. A resumed handshake ends
 * with the client's flight, which may be lost: its bytes are kept and sent again, as they were,
 * when the target repeats its own, until its first other record or for limit_us (RFC 6347 4.2.4).
 * New numbers, as OpenSSL would give them, would be those of the device's own records.
 */
#ifndef SIMULATOR_HANDSHAKE_H
#define SIMULATOR_HANDSHAKE_H

#include "simulator/record.h"

struct handshakes;

enum { HANDSHAKE_PSK_MAX = 128 };

/* What a device proves itself with. Borrowed until done, but for the PSK. */
struct handshake_wish {
    struct str psk_identity; /* empty: no PSK; up to HANDSHAKE_PSK_MAX bytes, as the key */
    struct str psk_key;
    struct str certificate_der; /* empty: none, nor when there is a PSK */
    struct str key_der;         /* RFC 5915 ECPrivateKey; other kinds of keys take longer to read */
    struct str resume;          /* of handshake_result.ticket; empty: a full handshake */
    bool abandon;               /* stop after the first flight with a cookie has left */
    int64_t slow_us;            /* think time before each flight; its timer runs from then */
};

enum handshake_outcome {
    HANDSHAKE_DONE,
    HANDSHAKE_REFUSED,   /* a fatal alert, from either side */
    HANDSHAKE_TIMED_OUT, /* no answer in spite of repetition (RFC 6347 4.2.4.1), or limit_us over */
    HANDSHAKE_ABANDONED, /* as wished */
};

struct handshake_result {
    enum handshake_outcome outcome;
    bool resumed;
    int alert;                      /* REFUSED: its number; -1: not known */
    bool alert_is_ours;             /* we refused the target */
    unsigned repeats;               /* flights that were sent again */
    const struct record_keys *keys; /* DONE; borrowed for the call */
    struct str ticket; /* DONE: what resumption takes, borrowed; empty: there is none */
};

struct handshake_options {
    int64_t cap;              /* in flight: some 60 KB each */
    int64_t limit_us;         /* of one handshake; 0: 60 s */
    int64_t retransmit_us;    /* first interval of the flight timer, then doubled; 0: 1 s */
    unsigned mtu;             /* UDP payload; 0: 1400 */
    const char *psk_suites;   /* OpenSSL or IANA names; NULL: CCM_8, GCM */
    const char *ecdhe_suites; /* NULL: CCM_8, GCM with P-256 */
    struct str ca_pem;        /* the target's certificate must end there; empty: any will do */
    bool resumption;          /* ask for tickets, and hand them out */
    void (*send)(void *arg, uint32_t device, const uint8_t *bytes, size_t len);
    void (*done)(void *arg, uint32_t device, const struct handshake_result *result, int64_t now_us);
    void *arg;
};

enum { HANDSHAKE_WHY_LEN = 256 };

/* Borrows what options point to. NULL: why says what cannot be. */
struct handshakes *handshakes_new(const struct handshake_options *options, char *why) MUST_CHECK;
void handshakes_free(struct handshakes **h);

/* Forgets what the device did before. False: the cap is reached; try again when one is done. */
bool handshake_start(struct handshakes *h, uint32_t device, const struct handshake_wish *wish,
                     int64_t now_us) MUST_CHECK;
/* A datagram for a device with a handshake in flight. False: it has none, or (the last flight of a
 * handshake) there is more in the datagram: it is for record_open. */
bool handshake_receive(struct handshakes *h, uint32_t device, const uint8_t *bytes, size_t len,
                       int64_t now_us);
/* Forgets the device's handshake without a word; done is not called. */
void handshake_cancel(struct handshakes *h, uint32_t device);
size_t handshakes_in_flight(const struct handshakes *h);
/* When handshakes_tick wants to be called; INT64_MAX: never. */
int64_t handshakes_deadline_us(const struct handshakes *h);
void handshakes_tick(struct handshakes *h, int64_t now_us);

#endif
