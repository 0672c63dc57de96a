/*
 * The sinks `http:` and `https:`: CloudEvents over HTTP, one POST an event.
 *
 * Inside of the sink: reference/sink.h is the contract for others. The worker's side
 * (sink_http_port.c) encodes an event into a piece of memory of its own, which goes to the sending
 * thread and comes back with what became of it. The sending thread (sink_http.c) decides what goes
 * out when; sink_http_client.c sends.
 */
#ifndef REFERENCE_SINK_HTTP_H
#define REFERENCE_SINK_HTTP_H

#include <curl/curl.h>

#include "lib/mailbox.h"
#include "lib/siphash.h"
#include "lib/timer.h"
#include "reference/event_http.h"
#include "reference/sink_http_client.h"
#include "reference/sink_kind.h"
#include "reference/sink_lane.h"

extern const struct sink_functions sink_http_functions;

struct sink_http;

/* A worker's port. */
struct sink_http_port {
    struct sink_port port;
    struct mail closed; /* in the sink's list */
    struct sink_http *sink;
    struct metrics *metrics;
    struct mailbox answered; /* events that came back */
    struct mail *returned;   /* taken from answered, oldest first */
    size_t bytes;            /* of events that are not polled */
    struct buf headers;      /* of the event that is being encoded */
    struct buf body;
    _Atomic bool closing; /* its events are not worth sending any more */
};

/* Where an event stands in the sending thread. */
enum sink_http_state {
    SINK_HTTP_BEHIND,  /* behind another event of its device */
    SINK_HTTP_READY,   /* waits for a connection */
    SINK_HTTP_SENDING, /* its request is on its way */
    SINK_HTTP_RESTING, /* waits before it is tried again */
};

/* An event on its way through the sink, in one piece of memory. */
struct sink_http_event {
    struct mail mail;
    struct sink_http_port *port;
    uint64_t ticket;
    size_t size;       /* of this piece */
    enum sink_err err; /* what became of it */
    /* the sending thread's */
    struct sink_lane_item lane;
    struct timer timer;
    struct sink_http_event *next, *prev;     /* all that are with the thread */
    struct sink_http_event *later, *earlier; /* SINK_HTTP_READY */
    struct sink_http_request *request;
    int64_t deadline_us; /* when it is given up */
    int64_t rest_us;     /* the last pause between attempts */
    enum sink_http_state state;
    bool maybe_taken; /* by an attempt that failed */
    /* what is sent */
    struct str body;
    size_t header_count;
    struct curl_slist header[]; /* then their texts, then the body */
};

/* What the ports need of their sink. */
struct sink_http_shared {
    struct mailbox *inbox;
    size_t max_bytes;
    enum sink_mode mode;
    struct curl_slist *more_headers; /* of every request */
    uint8_t key[SIPHASH_KEY_LEN];    /* of the lanes */
};
const struct sink_http_shared *sink_http_shared(const struct sink_http *s);
/* Wakes the thread, which looks for ports that are closing. */
void sink_http_look(struct sink_http *s);
/* Takes a closed port until the thread has ended: it may still be about to write to the mailbox. */
void sink_http_keep_port(struct sink_http *s, struct mail *port);

/* The worker's side: struct sink_functions says what they do. */
struct sink_port *sink_http_port_open(struct sink *s, struct metrics *metrics);
void sink_http_port_close(struct sink_port **port);
void sink_http_port_free(struct mail *port);
int sink_http_port_wake_fd(const struct sink_port *port);
enum sink_err sink_http_port_put(struct sink_port *to, uint64_t ticket, const struct event *e);
void sink_http_port_flush(struct sink_port *port);
size_t sink_http_port_poll(struct sink_port *port, struct sink_result *out, size_t max);

#endif
