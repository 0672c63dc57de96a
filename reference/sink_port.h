/*
 * A worker's way to the sink: a ring of encoded events, handed over in groups, confirmed in order.
 *
 * Inside of the sink: reference/sink.h is the contract for others. The memory of a group belongs to
 * the writer thread from hand-over until it comes back; the rest belongs to the worker.
 */
#ifndef REFERENCE_SINK_PORT_H
#define REFERENCE_SINK_PORT_H

#include <sys/uio.h>

#include "lib/mailbox.h"
#include "reference/sink.h"

/* What one sink_flush hands over. */
struct sink_group {
    struct mail mail;
    struct mailbox *back; /* where it goes when done */
    struct iovec part[2]; /* two when it wraps around the ring's end */
    size_t parts;
    size_t events;
    size_t end; /* the ring's position behind it */
    bool failed;
};

/* Where the ports of s hand over; NULL for a sink that writes nowhere. */
struct mailbox *sink_inbox(struct sink *s);
int64_t sink_max_bytes(const struct sink *s);

/*
 * Takes a closed port. Its mailbox must outlive the writer thread: that may still be about to write
 * to the wake_fd of a mail that has long been taken. sink_close frees it by sink_port_free.
 */
void sink_keep_port(struct sink *s, struct mail *port);
void sink_port_free(struct mail *port);

#endif
