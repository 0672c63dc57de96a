/*
 * DTLS 1.2 records of sessions whose handshake is over: 64 bytes a device in place of an SSL
 * object. RFC 6347 4.1, AEAD as RFC 6655 (CCM_8) and RFC 5288 (GCM).
 *
 * Keys come from a finished handshake (handshake.h). Epoch and sequence number go on behind the
 * last record that OpenSSL sent, whatever it was: a number used twice is an AEAD nonce used twice.
 * Received records pass a replay window of 64 (RFC 6347 4.1.2.6).
 */
#ifndef SIMULATOR_RECORD_H
#define SIMULATOR_RECORD_H

#include "lib/base.h"

enum record_suite { RECORD_NONE, RECORD_CCM_8, RECORD_GCM }; /* both with AES-128 */

/* One session. Zeroed: none. Secret. */
struct record_keys {
    uint8_t write_key[16];
    uint8_t read_key[16];
    uint8_t write_salt[4]; /* implicit part of the nonce */
    uint8_t read_salt[4];
    uint64_t next_write; /* epoch (16 bits), sequence number (48 bits) of the next record */
    uint64_t top_read;   /* highest sequence number accepted | suite << 56 */
    uint64_t window;     /* bit n: top_read - n was accepted */
};
_Static_assert(sizeof(struct record_keys) == 64, "what a device costs");

enum {
    RECORD_HEAD = 13,
    RECORD_MAX_PLAIN = 16384,
    RECORD_OVERHEAD = 13 + 8 + 16, /* the most that a record adds */
};

enum record_type { RECORD_CCS = 20, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_DATA = 23 };

/* OpenSSL's cipher contexts of one thread, keyed anew for each record. */
struct record_crypto;
struct record_crypto *record_crypto_new(void);
void record_crypto_free(struct record_crypto **c);

/*
 * The keys of a finished handshake, by RFC 5246 6.3. sha384: the suite's PRF. next_write as the
 * last record left it that OpenSSL wrote; top_read and window as the last ones did that it
 * accepted, zero when that is not known: then nothing was accepted yet.
 */
struct record_secrets {
    enum record_suite suite;
    bool sha384;
    bool is_server; /* whose keys: false the client's */
    uint8_t master[48];
    uint8_t client_random[32];
    uint8_t server_random[32];
    uint64_t next_write;
    uint64_t top_read;
    uint64_t window;
};
void record_keys_make(struct record_crypto *c, const struct record_secrets *secrets,
                      struct record_keys *out);

/* What stands in front of every record, in the clear. RFC 6347 4.1 */
struct record_head {
    uint8_t type;    /* enum record_type, or what else stands there */
    uint64_t number; /* epoch (16 bits), sequence number (48 bits) */
    size_t len;      /* of the record with its head */
};
/* Reads the first record's head. False: the bytes are no whole record. */
bool record_head_read(const uint8_t *bytes, size_t len, struct record_head *out) MUST_CHECK;

/* Seals one record of len <= RECORD_MAX_PLAIN bytes into out (len + RECORD_OVERHEAD bytes, not the
 * plain ones' place). Returns its length. */
size_t record_seal(struct record_crypto *c, struct record_keys *k, enum record_type type,
                   const uint8_t *plain, size_t len, uint8_t *out);

enum record_got {
    RECORD_GOOD,
    RECORD_OTHER_EPOCH, /* of the handshake, or none that we know: to be ignored */
    RECORD_REPLAYED,
    RECORD_FORGED, /* does not authenticate */
    RECORD_CUT,    /* no record; the rest of the datagram is to be ignored */
};

/* Of the first record of a datagram. */
struct record_opened {
    size_t used;           /* bytes that belong to it; CUT: all that there are */
    enum record_type type; /* GOOD; else not set, nor is len */
    size_t len;            /* of what is in plain */
};

/* plain: RECORD_MAX_PLAIN bytes. */
enum record_got record_open(struct record_crypto *c, struct record_keys *k, const uint8_t *bytes,
                            size_t len, uint8_t *plain, struct record_opened *out) MUST_CHECK;

#endif
