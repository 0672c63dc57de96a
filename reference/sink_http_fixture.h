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
#include "reference/sink.h"
#include "reference/sink_testreceiver.h"

static inline struct event event_of(const char *device, const char *id, const char *text)
{
    struct event e = {
        .application = STR("app"),
        .device = str_from(device),
        .sender = str_from(device),
        .subject = STR("foo"),
        .time_us = INT64_C(1700000000123456),
        .content_format = 0,
        .payload = str_from(text),
    };
    enum event_err err = event_classify(&e);

    assert(err == EVENT_OK);
    UNUSED(err);
    (void)snprintf(e.id, sizeof e.id, "6e8bc430-9c3a-41d9-9669-%12.12s", id);
    return e;
}

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
    char id[16];

    (void)snprintf(id, sizeof id, "%012u", (unsigned)ticket);
    struct event e = event_of(device, id, text);
    enum sink_err err = sink_put(f->port, ticket, &e);

    sink_flush(f->port);
    return err;
}

/* The next result, waited for. */
static inline struct sink_result next_result(struct fixture *f)
{
    struct sink_result result;

    while (sink_poll(f->port, &result, 1) == 0) {
        struct pollfd wait = {.fd = sink_port_wake_fd(f->port), .events = POLLIN};

        assert_int_equal(poll(&wait, 1, 20000), 1);
    }
    return result;
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
