/*
 * CoAP messages as the testers see them: read with the place of every fault, written well-formed or
 * broken at will, and shown in one line. RFC 7252 3.
 *
 * The reference endpoint never uses this codec, and it uses none of the endpoint's: a mistake in
 * one would otherwise hide the same mistake in the other.
 */
#ifndef LIB_MSG_H
#define LIB_MSG_H

#include "lib/base.h"
#include "lib/buf.h"

enum msg_type { MSG_CON, MSG_NON, MSG_ACK, MSG_RST };

enum { MSG_MAX_OPTIONS = 128, MSG_MAX_TOKEN = 8 };

/* What is wrong with a datagram; the text of each is msg_fault_text. */
enum msg_fault {
    MSG_GOOD,
    MSG_SHORT,        /* less than the 4 bytes of a header */
    MSG_VERSION,      /* not version 1 */
    MSG_TOKEN_LEN,    /* token length 9 to 12, or 15 */
    MSG_TOKEN_CUT,    /* the message ends inside the token */
    MSG_DELTA_15,     /* option delta 15 that is no payload marker */
    MSG_LENGTH_15,    /* option length 15 */
    MSG_OPTION_CUT,   /* the message ends inside an option */
    MSG_NUMBER,       /* option number beyond 65535 */
    MSG_OPTIONS_MANY, /* more than MSG_MAX_OPTIONS: a bound of ours */
    MSG_NO_PAYLOAD,   /* payload marker at the end */
    MSG_EMPTY_LONG,   /* code 0.00 with more than a header */
};

/* Bytes at..at + len of the datagram, for a caret under the hex. */
struct msg_range {
    size_t at;
    size_t len;
};

struct msg_option {
    uint32_t number;
    struct str value;
    struct msg_range range; /* head and value */
};

/* One message. Strings are borrowed from the datagram. */
struct msg {
    unsigned version;
    enum msg_type type;
    uint8_t code; /* class << 5 | detail */
    uint16_t mid;
    struct str token; /* beyond MSG_MAX_TOKEN it is an extended one, RFC 8974 */
    struct msg_option options[MSG_MAX_OPTIONS];
    size_t option_count;
    struct str payload; /* {NULL, 0} without a marker */
    struct msg_range payload_range;
};

/* Reads all that can be read. On a fault *where is the byte at which it was seen, and *out holds
 * what came before. */
enum msg_fault msg_read(const uint8_t *bytes, size_t len, struct msg *out,
                        size_t *where) MUST_CHECK;
const char *msg_fault_text(enum msg_fault fault);

/* The first option with this number, or NULL. */
const struct msg_option *msg_find(const struct msg *m, uint32_t number);
/* A uint option's value (RFC 7252 3.2); false when it has more than 8 bytes. */
bool msg_uint(struct str value, uint64_t *out) MUST_CHECK;

/* Well-formed: options are sorted by number (stable), an empty payload gets no marker. token: up to
 * 8 bytes, or 13 and more. */
void msg_write(const struct msg *m, struct buf *out);

/*
 * One option by its parts, lawful or not: delta and length nibbles as they shall stand, the
 * extended bytes as they shall follow. msg_write_option chooses them as RFC 7252 3.1 says.
 */
void msg_write_option(struct buf *out, uint32_t delta, struct str value);
void msg_write_broken_option(struct buf *out, unsigned delta_nibble, unsigned length_nibble,
                             struct str rest);

/* `CON POST mid=0x6f10 token=66f301 Uri-Path "v1" Uri-Path "telemetry" payload 1 B`. */
void msg_show(const struct msg *m, struct buf *out);
/* `2.04 Changed`, `POST`, `7.31`. */
void msg_show_code(uint8_t code, struct buf *out);
/* The option's name, or its number. */
void msg_show_option_name(uint32_t number, struct buf *out);

/* `2.04`, `0.02`, `POST` as a code byte. */
bool msg_code_from_text(struct str text, uint8_t *out) MUST_CHECK;

#endif
