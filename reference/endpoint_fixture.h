/*
 * A world for the tests of the endpoint, in virtual time: real message layer, registry and
 * authentication; what the sink says and when is the test's. Device `dev` (password `secret`) is a
 * gateway for `behind`.
 */
#ifndef REFERENCE_ENDPOINT_FIXTURE_H
#define REFERENCE_ENDPOINT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base64.h"
#include "reference/endpoint.h"

enum { MAX_SENT = 32, MAX_PUT = 32 };

static const int64_t second_us = 1000000;
static const int64_t wall_us = INT64_C(1790000000000000);

struct sent {
    uint8_t bytes[8192];
    size_t len;
};

struct put {
    uint64_t ticket;
    char device[32];
    char sender[32];
    char subject[32];
    char schema[64];
    char payload[4096];
    char json[8192]; /* the encoded event */
};

struct world {
    char dir[64];
    struct registry *registry;
    struct registry_reader *reader;
    struct hash_pool *pool;
    struct auth *auth;
    struct timer_wheel wheel;
    struct metrics metrics;
    struct exchange_layer *exchanges;
    struct endpoint *endpoint;
    struct endpoint_now now;
    enum sink_err sink; /* what the sink says to the next event */
    struct put put[MAX_PUT];
    size_t put_count;
    struct sent sent[MAX_SENT];
    size_t sent_count;
    struct mailbox workers; /* ours, for commands */
    struct command_bus *bus;
    uint16_t next_mid;
};

static inline void copy_text(char *to, size_t cap, struct str s)
{
    assert_true(s.len < cap);
    if (s.len > 0)
        memcpy(to, s.ptr, s.len);
    to[s.len] = '\0';
}

static inline enum sink_err take_event(void *arg, uint64_t ticket, const struct event *e)
{
    struct world *w = arg;
    struct put *p = &w->put[w->put_count++];

    p->ticket = ticket;
    copy_text(p->device, sizeof p->device, e->device);
    copy_text(p->sender, sizeof p->sender, e->sender);
    copy_text(p->subject, sizeof p->subject, e->subject);
    copy_text(p->schema, sizeof p->schema, e->data_schema);
    copy_text(p->payload, sizeof p->payload, e->payload);
    struct buf json = buf_over(p->json, sizeof p->json);

    event_encode(e, &json);
    buf_add_char(&json, '\0');
    assert_false(json.overflow);
    return w->sink;
}

static inline void on_send(void *arg, const struct exchange_peer *to, const uint8_t *bytes,
                           size_t len)
{
    struct world *w = arg;
    struct sent *s = &w->sent[w->sent_count++];

    UNUSED(to);
    assert_in_range(w->sent_count, 1, MAX_SENT);
    s->len = len;
    memcpy(s->bytes, bytes, len < sizeof s->bytes ? len : sizeof s->bytes);
}

static inline void on_request(void *arg, uint32_t exchange, const struct pdu *request)
{
    struct world *w = arg;

    endpoint_request(w->endpoint, exchange, request, &w->now);
}

static inline void on_cancelled(void *arg, uint32_t exchange)
{
    struct world *w = arg;

    endpoint_cancelled(w->endpoint, exchange);
}

static inline void on_busy(void *arg, struct exchange_session *session, bool busy)
{
    UNUSED(arg);
    UNUSED(session);
    UNUSED(busy);
}

static const struct exchange_hooks hooks = {on_send, on_request, on_cancelled, on_busy};

static inline struct identity *no_identity(const struct exchange_session *session)
{
    UNUSED(session);
    return NULL;
}

static inline void create(struct world *w, bool app, const char *text)
{
    json_t *doc = json_loads(text, 0, NULL);
    char why[REGISTRY_WHY_LEN] = "";

    assert_non_null(doc);
    enum registry_err err = app ? registry_app_create(w->registry, doc, why)
                                : registry_device_create(w->registry, doc, why);

    if (err != REGISTRY_OK)
        fail_msg("%s", why);
    json_decref(doc);
}

/* bcrypt of "hashed", cost 4 */
#define HASHED_DEVICE                                                                              \
    "{\"metadata\":{\"application\":\"app\",\"name\":\"hashed\"},\"spec\":{\"authentication\":{"   \
    "\"credentials\":[{\"pass\":{\"bcrypt\":"                                                      \
    "\"$2b$04$abcdefghijklmnopqrstuu369LYjJlegQeGD0CWsjs58fASePKjWq\"}}]}}}"

static inline void fill_registry(struct world *w)
{
    create(w, true, "{\"metadata\":{\"name\":\"app\"}}");
    create(w, false,
           "{\"metadata\":{\"application\":\"app\",\"name\":\"dev\"},\"spec\":{\"authentication\":{"
           "\"credentials\":[{\"pass\":\"secret\"}]}}}");
    create(w, false,
           "{\"metadata\":{\"application\":\"app\",\"name\":\"behind\"},\"spec\":{"
           "\"gatewaySelector\":{\"matchNames\":[\"dev\"]}}}");
    create(w, false, HASHED_DEVICE);
}

static inline void make_endpoint(struct world *w)
{
    static const struct auth_options auth_options = {.cache_entries = 64, .cache_us = 60 * 1000000};
    static const struct exchange_options exchange_options = {
        .ack_timeout_us = 2000000,
        .ack_random_factor = 1.5,
        .max_retransmit = 4,
        .exchange_lifetime_us = 247000000,
        .non_lifetime_us = 145000000,
        .empty_ack_delay_us = 1500000,
        .retry_after_s = 5,
        .max_exchanges = 64,
        .dedup_entries = 256,
        .dedup_bytes = 100000,
    };
    static const struct endpoint_options options = {
        .max_payload_bytes = 4000,
        .transfers = {4,                4000, 20000, 247 * 1000000LL},
        .max_exchanges = 64,
        .max_ct_us = 600 * 1000000LL,
        .instance = {"drogue", 6    }
    };

    w->reader = registry_reader_new(w->registry);
    registry_quiescent(w->reader);
    w->pool = hash_pool_new(1, 8);
    w->auth = auth_new(w->reader, w->pool, &auth_options, &w->metrics);
    w->exchanges = exchange_layer_new(&exchange_options, &w->wheel, &w->metrics, &hooks, w);
    struct endpoint_parts parts = {
        .exchanges = w->exchanges,
        .auth = w->auth,
        .wheel = &w->wheel,
        .metrics = &w->metrics,
        .put = take_event,
        .put_arg = w,
        .identity = no_identity,
    };

    w->endpoint = endpoint_new(&parts, &options);
}

static inline int world_new(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    char path[128];
    char why[REGISTRY_WHY_LEN];

    (void)snprintf(w->dir, sizeof w->dir, "/tmp/endpoint_test.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    (void)snprintf(path, sizeof path, "%s/registry.db", w->dir);
    assert_int_equal(registry_open(path, &w->registry, why), REGISTRY_OK);
    fill_registry(w);
    w->now = (struct endpoint_now){1000 * second_us, wall_us};
    timer_wheel_init(&w->wheel, w->now.mono_us);
    w->sink = SINK_OK;
    make_endpoint(w);
    w->bus = command_bus_new();
    mailbox_init(&w->workers);
    command_bus_attach(w->bus, &w->workers);
    *state = w;
    return 0;
}

static inline int world_free(void **state)
{
    struct world *w = *state;
    char command[128];

    endpoint_free(&w->endpoint);
    exchange_layer_free(&w->exchanges);
    auth_free(&w->auth);
    hash_pool_free(&w->pool);
    registry_reader_free(&w->reader);
    registry_close(&w->registry);
    mailbox_fini(&w->workers);
    command_bus_free(&w->bus);
    (void)snprintf(command, sizeof command, "rm -rf %s", w->dir);
    assert_int_equal(system(command), 0);
    free(w);
    return 0;
}

#define IN_A_WORLD(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

#endif
