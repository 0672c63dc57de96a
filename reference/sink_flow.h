/*
 * Sinks that hand over event by event, whatever carries them (reference/sink_carrier.h): order of a
 * device, pauses and attempts, deadlines.
 *
 * Inside of the sink: reference/sink.h is the contract for others. The worker's side
 * (sink_flow_port.c) encodes an event into a piece of memory of its own, which goes to the sending
 * thread and comes back with what became of it. The sending thread (sink_flow.c) decides what goes
 * out when; its carrier sends.
 */
#ifndef REFERENCE_SINK_FLOW_H
#define REFERENCE_SINK_FLOW_H

#include "lib/mailbox.h"
#include "lib/siphash.h"
#include "lib/timer.h"
#include "reference/sink_carrier.h"
#include "reference/sink_kind.h"
#include "reference/sink_lane.h"

struct sink_flow;

/* Starts the sending thread. Takes carrier, also on failure. */
struct sink *sink_flow_open(const struct sink_options *options, struct sink_carrier *carrier,
                            char *why);

/* A worker's port. */
struct sink_flow_port {
    struct sink_port port;
    struct mail closed; /* in the sink's list */
    struct sink_flow *sink;
    struct metrics *metrics;
    struct mailbox answered; /* events that came back */
    struct mail *returned;   /* taken from answered, oldest first */
    size_t bytes;            /* of events that are not polled */
    struct buf texts;        /* of the event that is being encoded */
    struct buf space;
    _Atomic bool closing; /* its events are not worth sending any more */
};

/* Where an event stands in the sending thread. */
enum sink_flow_state {
    SINK_FLOW_BEHIND,  /* behind another event of its device */
    SINK_FLOW_READY,   /* waits until the carrier takes it */
    SINK_FLOW_SENDING, /* an attempt is on its way */
    SINK_FLOW_RESTING, /* waits before it is tried again */
};

/* An event on its way through the sink, in one piece of memory. */
struct sink_flow_event {
    struct mail mail;
    struct sink_flow_port *port;
    uint64_t ticket;
    size_t size;       /* of this piece */
    enum sink_err err; /* what became of it */
    /* the sending thread's */
    struct sink_lane_item lane;
    struct timer timer;
    struct sink_flow_event *next, *prev;     /* all that are with the thread */
    struct sink_flow_event *later, *earlier; /* SINK_FLOW_READY */
    struct sink_request *request;
    int64_t deadline_us; /* when it is given up */
    int64_t rest_us;     /* the last pause between attempts */
    enum sink_flow_state state;
    bool maybe_taken;          /* by an attempt that failed */
    struct sink_letter letter; /* its texts and body stand behind */
    char bytes[];
};

/* What the ports need of their sink. */
struct sink_flow_shared {
    const struct sink_carrier *carrier;
    struct mailbox *inbox;
    size_t max_bytes;
    uint8_t key[SIPHASH_KEY_LEN]; /* of the lanes */
};
const struct sink_flow_shared *sink_flow_shared(const struct sink_flow *s);
/* Wakes the thread, which looks for ports that are closing. */
void sink_flow_look(struct sink_flow *s);
/* Takes a closed port until the thread has ended: it may still be about to write to the mailbox. */
void sink_flow_keep_port(struct sink_flow *s, struct mail *port);

/* What struct sink_functions says. */
void sink_flow_close(struct sink **s);
bool sink_flow_is_up(const struct sink *s);
void sink_flow_drain(struct sink *s, int64_t until_us);
struct sink_port *sink_flow_port_open(struct sink *s, struct metrics *metrics);
void sink_flow_port_close(struct sink_port **port);
void sink_flow_port_free(struct mail *port);
int sink_flow_port_wake_fd(const struct sink_port *port);
enum sink_err sink_flow_port_put(struct sink_port *to, uint64_t ticket, const struct event *e);
void sink_flow_port_flush(struct sink_port *port);
size_t sink_flow_port_poll(struct sink_port *port, struct sink_result *out, size_t max);

/* A kind's row in sink.c, but for its way to check and to open. */
#define SINK_FLOW_FUNCTIONS(check_fn, open_fn)                                                     \
    {                                                                                              \
        .check = (check_fn), .open = (open_fn), .close = sink_flow_close,                          \
        .is_up = sink_flow_is_up, .drain = sink_flow_drain, .port_open = sink_flow_port_open,      \
        .port_close = sink_flow_port_close, .port_wake_fd = sink_flow_port_wake_fd,                \
        .put = sink_flow_port_put, .flush = sink_flow_port_flush, .poll = sink_flow_port_poll,     \
    }

#endif
