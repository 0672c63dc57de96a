/*
 * For tests: an adapter's surroundings, its calls, and the events that it gives.
 */
#ifndef LIB_ADAPTER_FIXTURE_H
#define LIB_ADAPTER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>

#include "lib/adapter.h"
#include "lib/clock.h"

struct adapter_bench {
    struct target target;
    struct adapter_world world;
    struct adapter *adapter;
    struct adapter_call call;
    json_t *reply; /* of the last call; NULL: it is not answered */
    size_t events, faults;
    char data[64]; /* of the last event, and what follows */
    char device[64];
    enum cloudevent_mode mode;
};

static inline void bench_take_event(void *arg, const struct cloudevent *e, struct str raw)
{
    struct adapter_bench *b = arg;
    const struct cloudevent_attribute *device = cloudevent_find(e, "device");

    UNUSED(raw);
    b->events++;
    b->faults += e->fault_count;
    b->mode = e->mode;
    (void)snprintf(b->data, sizeof b->data, "%.*s", (int)e->data.len, e->data.ptr);
    (void)snprintf(b->device, sizeof b->device, "%.*s", device == NULL ? 0 : (int)device->value.len,
                   device == NULL ? "" : device->value.ptr);
}

static inline void bench_init(struct adapter_bench *b)
{
    *b = (struct adapter_bench){.events = 0};
    b->world = (struct adapter_world){.target = &b->target,
                                      .run_id = "test",
                                      .timeout_us = 10 * US_PER_S,
                                      .event = bench_take_event,
                                      .arg = b};
}

static inline void bench_answered(struct adapter_call *call, json_t *reply)
{
    struct adapter_bench *b = CONTAINER_OF(call, struct adapter_bench, call);

    assert_null(b->reply);
    b->reply = reply;
}

/* Takes request; bench_turn until b->reply is there. */
static inline void bench_call(struct adapter_bench *b, json_t *request)
{
    json_decref(b->call.request);
    json_decref(b->reply);
    b->reply = NULL;
    b->call = (struct adapter_call){request, bench_answered};
    b->adapter->functions->call(b->adapter, &b->call);
}

static inline void bench_watch(struct adapter_bench *b, const char *application)
{
    bench_call(b, json_pack("{s:s, s:s}", "op", "watch", "application", application));
}

static inline void bench_command(struct adapter_bench *b, const char *name)
{
    bench_call(b, json_pack("{s:s, s:s, s:s, s:s, s:s}", "op", "command", "application", "app",
                            "device", "dev", "name", name, "payload_base64", "b24="));
}

static inline void bench_turn(struct adapter_bench *b, int timeout_ms)
{
    struct pollfd fds[ADAPTER_MAX_FDS];
    size_t count = b->adapter->functions->fds(b->adapter, fds);

    (void)b->adapter->functions->work(b->adapter, clock_mono_us());
    (void)poll(fds, count, timeout_ms);
}

static inline bool bench_is_ok(const struct adapter_bench *b)
{
    return json_is_true(json_object_get(b->reply, "ok"));
}

static inline void bench_expect_error(const struct adapter_bench *b, const char *part)
{
    const char *error = adapter_text(b->reply, "error");

    assert_false(bench_is_ok(b));
    assert_non_null(error);
    if (strstr(error, part) == NULL)
        fail_msg("wanted: %s\n  got:    %s", part, error);
}

static inline void bench_fini(struct adapter_bench *b)
{
    if (b->adapter != NULL)
        b->adapter->functions->free(b->adapter);
    json_decref(b->call.request);
    json_decref(b->reply);
    *b = (struct adapter_bench){.events = 0};
}

#endif
