/*
 * A DTLS 1.2 client for testers, over OpenSSL: datagrams in, datagrams out, no socket. RFC 6347.
 *
 * It tells all it sees (records, alerts, secrets) and misbehaves on demand: messages of a flight
 * lost, doubled, late, overtaken or corrupt (dtls_rule), handshakes that stop half-way, any suite
 * or certificate, raw datagrams. The reference endpoint shares no code with it.
 *
 * OpenSSL's retransmission timer reads gettimeofday, which libfaketime scales; now_us is the
 * caller's monotonic clock and must run at the same speed. Hooks must not change the same struct
 * dtls.
 */
#ifndef LIB_DTLS_H
#define LIB_DTLS_H

#include <openssl/ssl.h>

#include "lib/dtls_record.h"

enum { DTLS_WHY_LEN = 256, DTLS_MAX_PLAIN = 16384 /* RFC 5246 6.2.1 */ };
#define DTLS_NEVER INT64_MAX

enum dtls_state {
    DTLS_NEW,         /* nothing sent yet */
    DTLS_HANDSHAKING, /* goes on; silence of the peer never ends it, the caller's patience does */
    DTLS_STOPPED,     /* half-way, as asked: dtls_stop_after */
    DTLS_ESTABLISHED,
    DTLS_CLOSED, /* close_notify, sent or received */
    DTLS_FAILED, /* fatal alert sent or received, or OpenSSL gave up: dtls_info.why */
};

struct dtls_extension {
    uint16_t type;
    struct str value;
};

/* Zeroed: ECDHE without a client certificate, any server. All borrowed, during dtls_new only. */
struct dtls_config {
    const char *suites; /* IANA or OpenSSL names, separated by ':'; NULL: DTLS_PSK_SUITES with a
                           key, else DTLS_ECDHE_SUITES */
    const char *groups; /* as `P-256:X25519`; NULL: OpenSSL's */
    struct str psk_identity;
    struct str psk_key;         /* up to 256 bytes; empty: no PSK */
    struct str certificate_pem; /* leaf, then what goes with it; empty: none */
    struct str key_pem;
    struct str ca_pem;       /* the server's certificate must end there; empty: any will do */
    const char *server_name; /* also sent (SNI); NULL: not checked, not sent */
    SSL_SESSION *resume;     /* of dtls_session; NULL: full handshake */
    int max_version;         /* 0: DTLS1_2_VERSION; DTLS1_VERSION offers only DTLS 1.0 */
    unsigned mtu;            /* UDP payload, 228 or more; 0: 1400. Small ones fragment messages */
    bool no_tickets;
    bool no_extended_master_secret;
    int64_t retransmit_us; /* first interval, then doubled; 0: 1 s; DTLS_NEVER: not at all */
    const struct dtls_extension *extensions; /* further ones of the ClientHello */
    size_t extension_count;
};

#define DTLS_PSK_SUITES                                                                            \
    "TLS_PSK_WITH_AES_128_CCM_8:TLS_PSK_WITH_AES_128_GCM_SHA256:"                                  \
    "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256:TLS_PSK_WITH_AES_256_GCM_SHA384"
#define DTLS_ECDHE_SUITES                                                                          \
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:"                  \
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"

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
    /* Each record, before the link's rules; action: what they do to it, or NULL. */
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
/* A new handshake inside the session; false when there is none. The state stays. */
bool dtls_renegotiate(struct dtls *d, int64_t now_us) MUST_CHECK;
/* When dtls_tick wants to be called; DTLS_NEVER: not until the next datagram. */
int64_t dtls_deadline_us(const struct dtls *d, int64_t now_us);
void dtls_tick(struct dtls *d, int64_t now_us);

/*
 * The handshake stops once flight (1, 3, 5) has left: what comes is not read, nothing is repeated.
 * 0: goes on, with the next datagram or repetition.
 */
void dtls_stop_after(struct dtls *d, int flight, int64_t now_us);

enum dtls_action { DTLS_DROP, DTLS_DUPLICATE, DTLS_DELAY, DTLS_REORDER, DTLS_CORRUPT };

/* What the link does to records that fit; zeroed fields fit all. */
struct dtls_rule {
    enum dtls_action action;
    enum dtls_way to;
    int flight;
    int number;    /* of the message in the flight */
    int message;   /* enum dtls_message */
    int content;   /* enum dtls_content; 0: any */
    int skip;      /* this many copies (or, outside of the handshake, records) pass before */
    int count;     /* then it is done to so many; 0: 1 */
    int64_t by_us; /* DELAY; REORDER: at most so long. 0: 50 ms */
};

/* The first rule that fits is taken. A datagram that a rule touches is split: one record each. */
void dtls_add_rule(struct dtls *d, const struct dtls_rule *rule);
void dtls_clear_rules(struct dtls *d);
const char *dtls_action_name(enum dtls_action action);

struct dtls_info {
    enum dtls_state state;
    const char *why;   /* of DTLS_FAILED, for people */
    const char *suite; /* IANA name, NULL before there is one */
    int version;       /* DTLS1_2_VERSION ... */
    bool resumed;
    bool saw_cookie; /* the server sent HelloVerifyRequest */
    bool asked_certificate;
    bool extended_master_secret;
    int alert_count;
    struct dtls_alert alert; /* the last one */
    struct dtls_head sent;   /* of the last record that left, and of the last one that verified */
    struct dtls_head received;
};
void dtls_describe(const struct dtls *d, struct dtls_info *out);
const char *dtls_state_name(enum dtls_state state);
/* For dtls_config.resume, the caller's; NULL: there is none yet. */
SSL_SESSION *dtls_session(const struct dtls *d);
/* Borrowed; NULL: none came. */
X509 *dtls_server_certificate(const struct dtls *d);

#endif
