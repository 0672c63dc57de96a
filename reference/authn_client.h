/*
 * Asks a device authentication service over HTTP (facts 7.3): one thread for the program, a bounded
 * number of requests at once on kept connections, a bounded queue behind them.
 *
 * What is asked comes back to its owner's mailbox in any case, with the answer or without: a
 * service that is down, slow, or says something else is no answer.
 */
#ifndef REFERENCE_AUTHN_CLIENT_H
#define REFERENCE_AUTHN_CLIENT_H

#include "lib/buf.h"
#include "lib/mailbox.h"
#include "reference/authn_answer.h"
#include "reference/metrics.h"

struct authn_client;

enum { AUTHN_CLIENT_WHY_LEN = 256 };

/* The owner embeds it. */
struct authn_job {
    struct mail mail; /* comes back to `home` when done */
    struct mailbox *home;
    enum auth_call call;
    struct buf body;             /* growing; the client frees it */
    struct authn_answer *answer; /* the owner's; NULL: none came */
    /* Called instead of coming back when home has been withdrawn. Any thread. */
    void (*forget)(struct authn_job *job);
    /* the client's */
    struct authn_client *client;
    struct authn_job *next, **link;
    int64_t deadline_us;
};

struct authn_client_options {
    const char *url;        /* http or https, in front of /api/v1/... */
    const char *ca_file;    /* PEM authorities; NULL: the system's */
    const char *token_file; /* bearer token; NULL: none is sent */
    int connections;
    size_t queue;       /* jobs that wait for a connection */
    int64_t timeout_us; /* from the question to the answer */
};

/* False: why (AUTHN_CLIENT_WHY_LEN) says what cannot be used. */
bool authn_client_check(const struct authn_client_options *options, char *why) MUST_CHECK;

/* Borrows the texts. NULL and why as authn_client_check. */
struct authn_client *authn_client_new(const struct authn_client_options *options,
                                      char *why) MUST_CHECK;
/* Breaks off what is on its way. Every home must have been withdrawn. */
void authn_client_free(struct authn_client **c);

/* Takes job when true; false when the queue is full. Any thread. */
bool authn_client_ask(struct authn_client *c, struct authn_job *job) MUST_CHECK;

/* Jobs of home are forgotten from now on: nothing more comes there. */
void authn_client_withdraw(struct authn_client *c, const struct mailbox *home);

#endif
