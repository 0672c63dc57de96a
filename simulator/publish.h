/*
 * The publishes of one class of devices as datagrams: a prepared head, and what changes from one to
 * the next. `POST /v1/{channel}`, RFC 7252 3; blocks as RFC 7959.
 *
 * Nothing allocates. Every payload begins with the marker (marker.h), so any block of it can be
 * written without the rest.
 */
#ifndef SIMULATOR_PUBLISH_H
#define SIMULATOR_PUBLISH_H

#include "simulator/marker.h"
#include "simulator/profile.h"

enum {
    PUBLISH_MAX = 65000,    /* of a datagram's payload: what lib/udp sends */
    PUBLISH_HEAD_MAX = 300, /* Uri-Path and Content-Format */
    PUBLISH_TOKEN_MAX = 8,
    PUBLISH_OVERHEAD = 640, /* at most, on top of a payload: header, token, options, marker */
};

/* Of a class; immutable after publish_init. */
struct publish {
    uint8_t head[PUBLISH_HEAD_MAX];
    size_t head_len;
    bool json; /* filled up with blanks, else with bytes that tell their place */
    uint64_t run;
};

/* A Block option's value (RFC 7959 2.2). */
struct publish_block {
    uint32_t number;
    bool more;
    uint8_t szx;
};

/* One message. */
struct publish_wish {
    bool non;
    uint16_t mid;
    uint8_t token[PUBLISH_TOKEN_MAX];
    size_t token_len;
    struct str as;         /* Uri-Query as=; empty: none */
    struct str credential; /* option 4209; empty: none */
    bool has_block1;
    bool has_block2; /* of a download: no payload goes with it beyond block 0 */
    struct publish_block block1;
    struct publish_block block2;
    size_t payload_len; /* of the whole body, at least MARKER_LEN unless has_block2 */
    struct str text;    /* stands behind the marker, as far as payload_len goes; empty: filler */
    struct marker marker;
};

/* channel: one path segment of up to 255 bytes. */
void publish_init(struct publish *p, const struct profile_class *class, uint64_t run);
/* Writes the datagram into out, which has room for its part of the payload and PUBLISH_OVERHEAD.
 * Returns its length. */
size_t publish_write(const struct publish *p, const struct publish_wish *w, uint8_t *out);

/* An empty message: ACK or RST for mid. 4 bytes. */
enum { PUBLISH_ACK = 0x60, PUBLISH_RST = 0x70, PUBLISH_EMPTY_LEN = 4 };
void publish_write_empty(uint8_t type, uint16_t mid, uint8_t *out);

/* `Basic ` and the base64 of `device@application:password` as identity.h has them: exactly
 * PUBLISH_BASIC_LEN bytes. how: PUBLISH_WRONG (another password) | PUBLISH_GATEWAY (of the device's
 * gateway). */
enum { PUBLISH_BASIC_LEN = 74, PUBLISH_WRONG = 1, PUBLISH_GATEWAY = 2 };
void publish_basic(uint64_t seed, uint32_t device, unsigned how, uint8_t *out);

#endif
