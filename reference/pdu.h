/*
 * The bytes of a CoAP message, read and written for the endpoint (RFC 7252 3). The only user of
 * libcoap.
 *
 * The 4-byte header is read here, options with libcoap's coap_opt_parse over the raw bytes;
 * coap_pdu_parse is not used because it has one 0 for errors that need different answers. Nothing
 * allocates.
 */
#ifndef REFERENCE_PDU_H
#define REFERENCE_PDU_H

#include "lib/base.h"
#include "lib/buf.h"

enum pdu_type { PDU_CON, PDU_NON, PDU_ACK, PDU_RST };

enum {
    PDU_HEADER_LEN = 4,
    PDU_MAX_TOKEN_LEN = 8,
    PDU_VERSION = 1,
    PDU_PAYLOAD_MARKER = 0xff,
    PDU_CODE_EMPTY = 0,
};

enum pdu_err {
    PDU_OK,
    PDU_NOT_COAP,  /* shorter than a header, or another version: silently ignored (RFC 7252 3) */
    PDU_MALFORMED, /* the header is good, what follows is not: type, code and mid are set */
};

/* One message; token, options and payload are borrowed from the datagram. */
struct pdu {
    enum pdu_type type;
    uint8_t code; /* class << 5 | detail */
    uint16_t mid;
    struct str token;
    struct str options; /* raw, checked to be well-formed */
    struct str payload;
};

enum pdu_err pdu_parse(const uint8_t *bytes, size_t len, struct pdu *out) MUST_CHECK;

/* Walks the options of a parsed message in order. */
struct pdu_option {
    uint32_t number;
    struct str value;
};
struct pdu_options {
    struct str left;
    uint32_t number;
};
static inline struct pdu_options pdu_options(const struct pdu *p)
{
    return (struct pdu_options){.left = p->options};
}
/* False after the last one. */
bool pdu_next_option(struct pdu_options *walk, struct pdu_option *out);

/* A uint option's value (RFC 7252 3.2), at most 4 bytes. */
uint32_t pdu_uint(struct str value);

/*
 * Writing: start, then options in ascending order, then the payload. A buffer that is too small has
 * overflow set at the end.
 */
struct pdu_writer {
    struct buf *out;
    uint32_t last_number;
};
struct pdu_writer pdu_start(struct buf *out, enum pdu_type type, uint8_t code, uint16_t mid,
                            struct str token);
void pdu_add_option(struct pdu_writer *w, uint16_t number, struct str value);
void pdu_add_uint(struct pdu_writer *w, uint16_t number, uint32_t value);
/* Nothing when payload is empty: a marker without payload would be malformed. */
void pdu_add_payload(struct pdu_writer *w, struct str payload);

static inline uint8_t pdu_class(uint8_t code)
{
    return (uint8_t)(code >> 5);
}

#endif
