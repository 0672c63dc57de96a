/*
 * For tests: a receiver of events, a real HTTP server that does what the test says.
 */
#ifndef REFERENCE_SINK_TESTRECEIVER_H
#define REFERENCE_SINK_TESTRECEIVER_H

#include <microhttpd.h>
#include <pthread.h>

#include "lib/base.h"
#include "lib/buf.h"

enum { MAX_SEEN = 256, HANG = 0 };

/* A request as it came. */
struct seen {
    char *line;         /* `POST /path` */
    struct buf headers; /* `Name: value\n`, in order, then a NUL */
    struct buf body;
    char device[64];
    char id[64];
    bool finished; /* by an answer */
};

struct receiver {
    struct MHD_Daemon *daemon;
    uint16_t port;
    /* Says the status of the answer, or HANG: until release. NULL: 204 */
    int (*decide)(struct receiver *r, const struct seen *request);
    const char *location;
    size_t answer_len; /* of the body */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct seen seen[MAX_SEEN];
    size_t count;
    size_t open, most_open; /* requests at once */
    size_t connections;
    bool released;
};

/* Zeroed, then on r->port, or one that is free when that is 0. cert and key are PEM, or NULL. */
void receiver_start(struct receiver *r, const char *cert, const char *key);
/* Lets requests that hang be answered, and ends. What was seen is gone, the port stays. */
void receiver_stop(struct receiver *r);

/* Answers 204 to every request that hangs, now and later. */
void receiver_release(struct receiver *r);
/* Until so many requests have come. */
void receiver_await(struct receiver *r, size_t count);

#endif
