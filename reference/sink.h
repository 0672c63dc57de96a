/*
 * Where events go, and when they are safe there: `file:PATH` (NDJSON, group commit) and `null:`.
 *
 * Each worker has a port. sink_put copies the event; sink_flush hands over what was put since the
 * last flush, once a loop turn; when a group is on the disk (or failed) its tickets come back
 * through sink_poll, and wake_fd becomes readable. One writer thread commits: a group is what
 * arrived during the last fdatasync. The order of one port is kept. No locks and no allocation on
 * the way of an event.
 */
#ifndef REFERENCE_SINK_H
#define REFERENCE_SINK_H

#include "lib/base.h"
#include "reference/event.h"
#include "reference/metrics.h"

struct sink;
struct sink_port;

struct sink_options {
    const char *url;      /* `file:PATH`, `null:` */
    int64_t rotate_bytes; /* start a new file beyond this size; 0 never */
    int64_t max_bytes;    /* handed over and not confirmed, a port */
};

enum sink_err {
    SINK_OK,     /* put: taken, the ticket comes back later. poll: durable */
    SINK_DONE,   /* put: already as safe as it gets (`null:`); the ticket does not come back */
    SINK_FULL,   /* put: max_bytes reached; nothing was taken */
    SINK_FAILED, /* poll: not written; a later event may be */
};

struct sink_result {
    uint64_t ticket;
    enum sink_err err; /* SINK_OK or SINK_FAILED */
};

enum { SINK_WHY_LEN = 256 };

/*
 * Opens and repairs the file (a torn last line is cut off) and starts the writer thread. SIGXFSZ is
 * ignored from here on: too large a file is a failed write. On failure NULL, and why (SINK_WHY_LEN
 * bytes) says what and where.
 */
struct sink *sink_open(const struct sink_options *options, char *why) MUST_CHECK;
/* Commits what was flushed, then ends the writer thread. Ports must be closed before. */
void sink_close(struct sink **s);

/* One a worker. Borrows metrics, the worker's own slot, and counts the published and failed events
 * there. */
struct sink_port *sink_port_open(struct sink *s, struct metrics *metrics);
/* Flushes and waits until everything is written; drops the results that were not polled. */
void sink_port_close(struct sink_port **port);
/* Becomes readable when sink_poll has something new. */
int sink_port_wake_fd(const struct sink_port *port);

/* Borrows e, which is classified, for the call. An event longer than max_bytes is never taken. */
enum sink_err sink_put(struct sink_port *port, uint64_t ticket, const struct event *e) MUST_CHECK;
void sink_flush(struct sink_port *port);
/* Up to max results; returns how many. Call until it returns 0. */
size_t sink_poll(struct sink_port *port, struct sink_result *out, size_t max);

/*
 * False from a failed group on, until a group succeeds or, with no event coming, the writer's own
 * trial, once a second. For /readyz; events may be put all the same.
 */
bool sink_is_up(const struct sink *s);

#endif
