/*
 * What carries single events to a receiver: one kind a protocol. reference/sink_flow.h decides what
 * is carried when; a carrier only sends and says what came of it. Inside of the sink.
 */
#ifndef REFERENCE_SINK_CARRIER_H
#define REFERENCE_SINK_CARRIER_H

#include "reference/sink.h"

/* What became of one attempt to hand an event to the receiver. */
enum sink_verdict {
    SINK_VERDICT_TAKEN,   /* the receiver has the event */
    SINK_VERDICT_REFUSED, /* it does not want it, now or later */
    SINK_VERDICT_BROKEN,  /* it cannot work as this endpoint is configured */
    SINK_VERDICT_FAILED,  /* it may work later */
};

struct sink_answer {
    enum sink_verdict verdict;
    bool maybe_taken;       /* SINK_VERDICT_FAILED: the receiver may have the event all the same */
    long status;            /* the protocol's own; 0: none came */
    int64_t retry_after_us; /* what the receiver asked for, or 0 */
    const char *error;      /* what failed; static, never NULL */
};

/* For logs and metrics. */
const char *sink_verdict_name(enum sink_verdict v);

/* An encoded event; what the texts are is the carrier's own business. */
struct sink_letter {
    const char *texts; /* one behind the other, a NUL behind each */
    size_t text_count;
    struct str body;
};

struct sink_carrier;
struct sink_request; /* one attempt on its way; not looked into */

struct sink_carrier_functions {
    const char *name; /* for logs: "http" */
    void (*free)(struct sink_carrier **c);
    /* The worker's threads, while the sending one runs: appends the texts, may use space, which is
     * cleared, for the body. Returns how many texts. */
    size_t (*encode)(const struct sink_carrier *c, const struct event *e, struct buf *texts,
                     struct buf *space, struct str *body);
    /* The rest: the sending thread; nothing blocks but wait. send borrows the letter until the
     * attempt ends; NULL when as many as allowed are on their way, or none can be sent now. */
    struct sink_request *(*send)(struct sink_carrier *c, const struct sink_letter *letter,
                                 void *arg);
    /* Ends the attempt without an answer. True: the receiver may have got it. */
    bool (*cancel)(struct sink_carrier *c, struct sink_request *request);
    /* One of these two, the other is NULL. Asks whether the receiver is there, answered by next
     * with arg; false: it is being asked. Or: knows by itself whether it is. */
    bool (*ask)(struct sink_carrier *c, void *arg);
    bool (*is_up)(struct sink_carrier *c);
    /* Sends and receives what is possible. */
    void (*work)(struct sink_carrier *c);
    /* The next attempt that has ended: its arg, or NULL. */
    void *(*next)(struct sink_carrier *c, struct sink_answer *out);
    /* Until there is work, wake_fd is readable, or timeout_ms is over. */
    void (*wait)(struct sink_carrier *c, int wake_fd, int timeout_ms);
};

/* Whether the files that the options name can be used: authorities, token. False: why says. */
bool sink_check_files(const struct sink_options *options, char *why) MUST_CHECK;
/* The token of a file into token (TOKEN_FILE_CAP); one that is empty is none. False: why says. */
bool sink_load_token(const char *file, char *token, char *why) MUST_CHECK;

/* The first member of what a carrier keeps. */
struct sink_carrier {
    const struct sink_carrier_functions *fn;
};

#endif
