/*
 * A DTLS 1.2 client for testers, over OpenSSL: datagrams in, datagrams out, no socket. RFC 6347.
 *
 * It tells all it sees (records, alerts, secrets) and misbehaves on demand: messages of a flight
 * lost, doubled, late, overtaken or corrupt (dtls_rule), handshakes that stop half-way, any suite
 * or certificate. Raw and replayed datagrams need no help: the caller owns the socket, and the send
 * hook shows what there is to replay. The reference endpoint shares no code with this.
 *
 * OpenSSL's retransmission timer reads gettimeofday, which libfaketime scales; now_us is the
 * caller's monotonic clock and must run at the same speed. Hooks must not change the same struct
 * dtls.
 */
#ifndef LIB_DTLS_H
#define LIB_DTLS_H

#include "lib/dtls_config.h"
#include "lib/dtls_link.h"

enum { DTLS_MAX_PLAIN = 16384 /* RFC 5246 6.2.1 */ };

enum dtls_state {
    DTLS_NEW,         /* nothing sent yet */
    DTLS_HANDSHAKING, /* also against silence: OpenSSL repeats its flight 12 times */
    DTLS_STOPPED,     /* half-way, as asked: dtls_stop_after */
    DTLS_ESTABLISHED,
    DTLS_CLOSED, /* close_notify, sent or received */
    DTLS_FAILED, /* fatal alert sent or received, or OpenSSL gave up: dtls_info.why */
};

struct dtls_alert {
    bool sent; /* by us */
    bool fatal;
    int number; /* dtls_alert_name */
};

/* Bytes are borrowed for the call. Each may be NULL, but for send. */
struct dtls_hooks {
    void (*send)(void *arg, const uint8_t *bytes, size_t len); /* a datagram, to the target */
    /* The plain text of an application record, and the record it came in. */
    void (*message)(void *arg, const uint8_t *bytes, size_t len, const struct dtls_record *record);
    void (*state)(void *arg, enum dtls_state state);
    void (*alert)(void *arg, const struct dtls_alert *alert);
    void (*secret)(void *arg, const char *line); /* of a key log: `CLIENT_RANDOM ...` */
    /* Each record of either way as it enters the link; action: what a rule does to it, or NULL. */
    void (*record)(void *arg, const struct dtls_record *record, const char *action);
};

struct dtls;

/* NULL and a text in why (DTLS_WHY_LEN bytes) when the config asks for what cannot be. dtls_free
 * says no word to the peer. */
struct dtls *dtls_new(const struct dtls_config *config, const struct dtls_hooks *hooks, void *arg,
                      char *why) MUST_CHECK;
void dtls_free(struct dtls **d);

void dtls_start(struct dtls *d, int64_t now_us);
/* A datagram from the target. */
void dtls_receive(struct dtls *d, const uint8_t *bytes, size_t len, int64_t now_us);
/* One application record. False when not established, empty, or longer than DTLS_MAX_PLAIN. */
bool dtls_send(struct dtls *d, const uint8_t *bytes, size_t len, int64_t now_us) MUST_CHECK;
/* Sends close_notify where there is a session; DTLS_CLOSED. */
void dtls_close(struct dtls *d, int64_t now_us);
/* Asks for a new handshake inside the session; false when there is none. Where the server refuses
 * it, the session ends too (OpenSSL). */
bool dtls_renegotiate(struct dtls *d, int64_t now_us) MUST_CHECK;
/* When dtls_tick wants to be called; INT64_MAX: not until the next datagram. */
int64_t dtls_deadline_us(const struct dtls *d, int64_t now_us);
void dtls_tick(struct dtls *d, int64_t now_us);

/*
 * The handshake stops once flight (1, 3, 5) has left, or before a later one: what comes is not
 * read, nothing is repeated. 0: goes on, with the next datagram or repetition.
 */
void dtls_stop_after(struct dtls *d, int flight);

/* What the way to and from the target does: lib/dtls_link.h. */
void dtls_add_rule(struct dtls *d, const struct dtls_rule *rule);
void dtls_clear_rules(struct dtls *d);

struct dtls_info {
    enum dtls_state state;
    const char *why;   /* of DTLS_FAILED, for people; else "" */
    const char *suite; /* IANA name; NULL before there is one */
    int version;       /* DTLS1_2_VERSION ... */
    bool is_resumed;
    bool is_extended_master_secret;
    bool saw_cookie; /* the server sent HelloVerifyRequest */
    bool saw_certificate_request;
    int flight;               /* the highest that was seen, of either side */
    int handshakes;           /* finished ones: 2 after a renegotiation */
    int answered_extension;   /* of dtls_config.extensions, the last one answered; -1: none */
    int alert_count;          /* of either side */
    struct dtls_alert alert;  /* the last one */
    struct dtls_head sent;    /* of the last record to the target */
    struct dtls_head message; /* of the record of the last message */
};
void dtls_describe(const struct dtls *d, struct dtls_info *out);
const char *dtls_state_name(enum dtls_state state);

/* For dtls_config.resume, with SSL_SESSION_free the caller's; NULL: there is none yet. */
SSL_SESSION *dtls_session(const struct dtls *d);
/* Borrowed; NULL: none came. */
X509 *dtls_server_certificate(const struct dtls *d);

#endif
