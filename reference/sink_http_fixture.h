/*
 * For tests: a sink that sends to a receiver, and its events.
 */
#ifndef REFERENCE_SINK_HTTP_FIXTURE_H
#define REFERENCE_SINK_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reference/sink_fixture.h"
#include "reference/sink_testreceiver.h"

enum { MAX_BYTES = 64 * 1024 };

struct fixture {
    struct receiver receiver;
    struct sink_options options;
    struct sink *sink;
    struct sink_port *port;
    char url[128];
};

static inline int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    log_setup((enum log_level) - 1, LOG_LOGFMT);
    f->options = (struct sink_options){
        .url = f->url, .max_bytes = MAX_BYTES, .connections = 8, .timeout_us = 10 * US_PER_S};
    *state = f;
    return 0;
}

static inline void open_port(struct fixture *f)
{
    char why[SINK_WHY_LEN] = "";

    f->sink = sink_open(&f->options, why);
    assert_string_equal(why, "");
    assert_non_null(f->sink);
    f->port = sink_port_open(f->sink, metrics_new());
}

static inline void start(struct fixture *f)
{
    receiver_start(&f->receiver, NULL, NULL);
    (void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/in/tray?a=b", f->receiver.port);
    open_port(f);
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->port != NULL)
        sink_port_close(&f->port);
    sink_close(&f->sink);
    if (f->receiver.daemon != NULL)
        receiver_stop(&f->receiver);
    free(f);
    return 0;
}

static inline enum sink_err put(struct fixture *f, uint64_t ticket, const char *device,
                                const char *text)
{
    return put_event(f->port, ticket, device, text);
}

static inline struct sink_result next_result(struct fixture *f)
{
    return await_result(f->port);
}

static inline void expect(struct fixture *f, uint64_t ticket, enum sink_err err)
{
    struct sink_result result = next_result(f);

    assert_int_equal(result.ticket, ticket);
    assert_int_equal(result.err, err);
}

static inline enum sink_err publish(struct fixture *f, uint64_t ticket)
{
    assert_int_equal(put(f, ticket, "device", "hello"), SINK_OK);
    struct sink_result result = next_result(f);

    assert_int_equal(result.ticket, ticket);
    return result.err;
}

#define IN_A_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
