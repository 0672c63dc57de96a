/*
 * For tests: events, and what comes back of them.
 */
#ifndef REFERENCE_SINK_FIXTURE_H
#define REFERENCE_SINK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>

#include "reference/sink.h"

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

static inline enum sink_err put_event(struct sink_port *port, uint64_t ticket, const char *device,
                                      const char *text)
{
    char id[16];

    (void)snprintf(id, sizeof id, "%012u", (unsigned)ticket);
    struct event e = event_of(device, id, text);
    enum sink_err err = sink_put(port, ticket, &e);

    sink_flush(port);
    return err;
}

/* The next result, waited for. */
static inline struct sink_result await_result(struct sink_port *port)
{
    struct sink_result result;

    while (sink_poll(port, &result, 1) == 0) {
        struct pollfd wait = {.fd = sink_port_wake_fd(port), .events = POLLIN};

        assert_int_equal(poll(&wait, 1, 20000), 1);
    }
    return result;
}

#endif
