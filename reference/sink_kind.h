/*
 * What a kind of sink does: a row of URL scheme and functions. Inside of the sink; reference/sink.h
 * is the contract for others, and says what each function promises.
 */
#ifndef REFERENCE_SINK_KIND_H
#define REFERENCE_SINK_KIND_H

#include "reference/sink.h"

struct sink_functions {
    /* Whether the options can be used, files that they name included. Opens and changes nothing. */
    bool (*check)(const struct sink_options *options, char *why);
    /* Only called when check was passed. */
    struct sink *(*open)(const struct sink_options *options, char *why);
    void (*close)(struct sink **s);
    bool (*is_up)(const struct sink *s);
    void (*drain)(struct sink *s, int64_t until_us);
    struct sink_port *(*port_open)(struct sink *s, struct metrics *metrics);
    void (*port_close)(struct sink_port **port);
    int (*port_wake_fd)(const struct sink_port *port);
    enum sink_err (*put)(struct sink_port *port, uint64_t ticket, const struct event *e);
    void (*flush)(struct sink_port *port);
    size_t (*poll)(struct sink_port *port, struct sink_result *out, size_t max);
};

/* The first member of what a kind keeps of a sink, and of a port. */
struct sink {
    const struct sink_functions *fn;
};

struct sink_port {
    const struct sink_functions *fn;
};

#endif
