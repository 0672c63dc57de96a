/*
 * The sinks `file:` and `null:`: events of a worker stand in a ring, are handed to one writer
 * thread in groups, and are confirmed in order.
 *
 * Inside of the sink: reference/sink.h is the contract for others. sink_group.c is the writer's
 * side, sink_ring.c the worker's. The memory of a group belongs to the writer thread from hand-over
 * until it comes back; the rest of the ring belongs to the worker.
 */
#ifndef REFERENCE_SINK_GROUP_H
#define REFERENCE_SINK_GROUP_H

#include <sys/uio.h>

#include "lib/mailbox.h"
#include "reference/sink_kind.h"

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

extern const struct sink_functions sink_group_functions;

/* Where the ports of s hand over; NULL for a sink that writes nowhere. */
struct mailbox *sink_group_inbox(struct sink *s);
int64_t sink_group_max_bytes(const struct sink *s);

/*
 * Takes a closed port. Its mailbox must outlive the writer thread: that may still be about to write
 * to the wake_fd of a mail that has long been taken. The sink frees it by sink_ring_free.
 */
void sink_group_keep_port(struct sink *s, struct mail *port);
void sink_ring_free(struct mail *port);

/* The worker's side: struct sink_functions says what they do. */
struct sink_port *sink_ring_open(struct sink *s, struct metrics *metrics);
void sink_ring_close(struct sink_port **port);
int sink_ring_wake_fd(const struct sink_port *port);
enum sink_err sink_ring_put(struct sink_port *to, uint64_t ticket, const struct event *e);
void sink_ring_flush(struct sink_port *of);
size_t sink_ring_poll(struct sink_port *of, struct sink_result *out, size_t max);

#endif
