/*
 * One worker: a thread with its own sockets, sessions, waits and duplicates. Workers share nothing.
 *
 * A turn of its loop: datagrams in, commands and confirmations in, at most 2 ms of handshakes,
 * timers, then everything that was put goes to the sink and onto the wire.
 */
#ifndef REFERENCE_WORKER_H
#define REFERENCE_WORKER_H

#include "lib/base.h"
#include "reference/authn_client.h"
#include "reference/command.h"
#include "reference/config.h"
#include "reference/dtls_server.h"
#include "reference/hash_pool.h"
#include "reference/registry.h"
#include "reference/sink.h"

struct worker;

/* What all workers have in common; borrowed. */
struct worker_shared {
    const struct config *config;
    struct registry *registry;
    struct sink *sink;
    struct hash_pool *hashes;
    struct authn_client *authn; /* the service that knows the devices; NULL: the registry does */
    struct command_bus *commands;
    struct dtls_context *dtls; /* NULL: there is no DTLS listener */
    int workers;               /* limits of the configuration are divided by it */
};

struct worker_socket {
    int fd; /* taken: the worker closes it */
    bool dtls;
};

/* Makes the worker; its thread runs after worker_start. */
struct worker *worker_new(const struct worker_shared *shared, const struct worker_socket *sockets,
                          size_t count);
void worker_start(struct worker *w);

/* Another turn soon; the turn that answers counts in worker_turns. Any thread. */
void worker_wake(struct worker *w);
uint64_t worker_turns(const struct worker *w);

/* What can change while it runs. */
struct worker_settings {
    int64_t max_ct_us;
    uint32_t retry_after_s;
};

/* The worker copies them, and goes by them from its next turn on. Any thread. */
void worker_change(struct worker *w, const struct worker_settings *settings);

/* Answers all waits, then ends when every exchange is over. Any thread. */
void worker_drain(struct worker *w);
bool worker_is_drained(const struct worker *w);

/* Ends the thread if it still runs, says close_notify to all sessions, frees everything. */
void worker_stop(struct worker **w);

#endif
