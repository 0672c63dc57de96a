/*
 * JSON texts of any length over a SOCK_SEQPACKET connection.
 *
 * A text that fits into one packet is sent as it is. A longer one is cut: packets that begin with
 * `+` are continued, the last one begins with `=`.
 */
#ifndef CONFORMANCE_BROKER_FRAME_H
#define CONFORMANCE_BROKER_FRAME_H

#include "conformance/broker.h"
#include "lib/buf.h"

struct frame_reader {
    struct buf text;
    bool partial; /* text is the beginning of a message */
};

/* The next text; does not block. It ends with a NUL and lives until the next call. */
enum broker_got frame_read(int fd, struct frame_reader *r, struct str *text) MUST_CHECK;
void frame_reader_fini(struct frame_reader *r);

/* What is not sent yet: packets, each behind its length. */
struct frame_writer {
    struct buf queue;
    size_t sent; /* bytes of the queue */
};

void frame_put(struct frame_writer *w, struct str text);
/* Sends what is possible without blocking. False: the other side is gone. */
bool frame_flush(int fd, struct frame_writer *w) MUST_CHECK;
bool frame_is_empty(const struct frame_writer *w);
void frame_writer_fini(struct frame_writer *w);

#endif
