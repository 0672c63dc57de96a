/*
 * Where events go, and when they are safe there: `file:PATH` (NDJSON, group commit), `null:`,
 * `http://HOST[:PORT]/PATH` or `https://...` (CloudEvents over HTTP; safe means a 2xx response),
 * `mqtt://HOST[:PORT]` or `mqtts://...` (topic `app/APPLICATION`; safe means a PUBACK that names a
 * subscriber), `kafka://HOST[:PORT],...` or `kafkas://...` (topic `events-APPLICATION`; safe means
 * the delivery report of all replicas in sync).
 *
 * Each worker has a port. sink_put copies the event; sink_flush hands over what was put since the
 * last flush, once a loop turn; when it is known what became of events, their tickets come back
 * through sink_poll, and wake_fd becomes readable.
 *
 * Files: one writer thread commits: a group is what arrived during the last fdatasync. The order of
 * one port is kept. No locks and no allocation on the way of an event.
 *
 * The others: one thread sends a bounded number of events at once. An event of a device goes out
 * after the one before it was answered; devices do not wait for each other, so the order of a port
 * is not kept. What failed is tried again with the same id until timeout_us is over; then it is
 * given up, and may still arrive when the receiver had it all along.
 */
#ifndef REFERENCE_SINK_H
#define REFERENCE_SINK_H

#include "lib/base.h"
#include "reference/event.h"
#include "reference/metrics.h"

struct sink;
struct sink_port;

/* How CloudEvents stand in messages: attributes beside the payload, or the whole event as JSON. */
enum sink_mode { SINK_BINARY, SINK_STRUCTURED };

struct sink_options {
    const char *url;      /* as above */
    int64_t rotate_bytes; /* start a new file beyond this size; 0 never */
    int64_t max_bytes;    /* handed over and not confirmed, a port */
    /* not for files */
    enum sink_mode mode;
    int connections;        /* HTTP: at once, 1 or more; else messages without an answer */
    int64_t timeout_us;     /* from sink_put to giving up, all attempts together */
    const char *ca_file;    /* PEM, instead of the system's authorities; NULL: those */
    const char *user;       /* not HTTP; NULL: none */
    const char *token_file; /* bearer token, or password of user; mode 0600; NULL: none */
};

enum sink_err {
    SINK_OK,      /* put: taken, the ticket comes back later. poll: safe */
    SINK_DONE,    /* put: already as safe as it gets (`null:`); the ticket does not come back */
    SINK_FULL,    /* put: max_bytes reached; nothing was taken */
    SINK_FAILED,  /* poll: not available, a later event may be taken; no file: this may arrive */
    SINK_REFUSED, /* poll: the receiver wants this event never, and does not have it */
    SINK_BROKEN,  /* poll: cannot work before somebody mends the configuration */
};

struct sink_result {
    uint64_t ticket;
    enum sink_err err; /* never SINK_DONE, never SINK_FULL */
};

enum { SINK_WHY_LEN = 256 };

/* Whether the URL is one of those above, as far as its beginning tells. False: why (SINK_WHY_LEN
 * bytes) says what it should be. */
bool sink_url_known(const char *url, char *why) MUST_CHECK;

/* Whether sink_open could use the options; opens and changes nothing. False: why (SINK_WHY_LEN
 * bytes) says what is wrong. */
bool sink_check(const struct sink_options *options, char *why) MUST_CHECK;

/*
 * Starts the sink's thread. A file is opened and repaired before (a torn last line is cut off), and
 * SIGXFSZ is ignored from here on: too large a file is a failed write. A receiver need not be there
 * yet. On failure NULL, and why (SINK_WHY_LEN bytes) says what and where.
 */
struct sink *sink_open(const struct sink_options *options, char *why) MUST_CHECK;
/* Ends the thread; a file's after it has committed what was flushed. Ports must be closed before;
 * NULL is no sink. */
void sink_close(struct sink **s);

/* From until_us (clock_mono_us) on events are not tried any more: they come back as failed by then.
 * A file sink needs no hurry. Any thread. */
void sink_drain(struct sink *s, int64_t until_us);

/* One a worker. Borrows metrics, the worker's own slot, and counts the published and failed events
 * there. */
struct sink_port *sink_port_open(struct sink *s, struct metrics *metrics);
/* Waits until every event is written to the file, or its way to the receiver ended or was broken
 * off; drops the results that were not polled. */
void sink_port_close(struct sink_port **port);
/* Becomes readable when sink_poll has something new. */
int sink_port_wake_fd(const struct sink_port *port);

/* Borrows e, which is classified, for the call. An event longer than max_bytes is never taken. */
enum sink_err sink_put(struct sink_port *port, uint64_t ticket, const struct event *e) MUST_CHECK;
void sink_flush(struct sink_port *port);
/* Up to max results; returns how many. Call until it returns 0. */
size_t sink_poll(struct sink_port *port, struct sink_result *out, size_t max);

/*
 * File: false from a failed group on, until a group succeeds or, with no event coming, the writer's
 * own trial, once a second. HTTP: false from a failed attempt on, until one gets an answer that is
 * no failure; with no event coming, an OPTIONS request once a second tries it. MQTT, Kafka: false
 * while there is no connection. For /readyz; events may be put all the same.
 */
bool sink_is_up(const struct sink *s);

#endif
