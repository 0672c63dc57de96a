/*
 * The broker's own process: adapters, connections, one loop.
 */
#ifndef CONFORMANCE_BROKER_SERVER_H
#define CONFORMANCE_BROKER_SERVER_H

#include "conformance/broker.h"
#include "conformance/broker_frame.h"
#include "conformance/broker_route.h"
#include "lib/adapter_set.h"

/* What a case has made on the target, to be removed. */
struct made {
    char *application;
    char *device; /* NULL: the application itself */
};

struct conn {
    int fd; /* -1: the case has ended; what is known of it tells late events from strays */
    char *name;
    struct frame_reader in;
    struct frame_writer out;
    struct route_names names;
    struct made *made;
    size_t made_count;
    size_t made_cap;
};

struct server {
    const struct broker_options *options;
    struct adapter_set adapters;
    int control_fd;
    struct conn **conn;
    size_t conn_count;
    size_t conn_cap;
    size_t pending; /* calls that are not answered */
    struct {
        struct conn *conn; /* that wants the target started again; NULL: none */
        json_t *id;
        bool asked; /* the runner */
    } restart;
    bool finishing;
    struct broker_summary summary;
};

/* Runs until the runner says so or is gone; does not return. */
void server_run(const struct broker_options *options, int control_fd) __attribute__((noreturn));

/* ---- its parts ---- */

/* A JSON text from a case. */
void server_request(struct server *s, struct conn *c, struct str text);
/* Asks the runner to start the target again, once no call to it is under way. */
void server_ask_restart(struct server *s);
/* The runner's word on it: "started", or why not. */
void server_restarted(struct server *s, const char *text);
/* Removes what c has made. */
void server_clean(struct server *s, struct conn *c);
/* An event from the adapter; arg is the server. */
void server_event(void *arg, const struct cloudevent *e, struct str raw);
/* Keeps the first thing that went wrong. */
void server_note(struct server *s, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
