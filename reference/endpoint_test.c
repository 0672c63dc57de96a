/* A publish from datagram to answer in virtual time: real message layer, registry and
 * authentication; the sink is ours. */
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
    uint8_t bytes[512];
    size_t len;
};

struct put {
    uint64_t ticket;
    char device[32];
    char sender[32];
    char subject[32];
    char schema[64];
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

static void copy_text(char *to, size_t cap, struct str s)
{
    assert_true(s.len < cap);
    if (s.len > 0)
        memcpy(to, s.ptr, s.len);
    to[s.len] = '\0';
}

static enum sink_err take_event(void *arg, uint64_t ticket, const struct event *e)
{
    struct world *w = arg;
    struct put *p = &w->put[w->put_count++];

    p->ticket = ticket;
    copy_text(p->device, sizeof p->device, e->device);
    copy_text(p->sender, sizeof p->sender, e->sender);
    copy_text(p->subject, sizeof p->subject, e->subject);
    copy_text(p->schema, sizeof p->schema, e->data_schema);
    return w->sink;
}

static void on_send(void *arg, const struct exchange_peer *to, const uint8_t *bytes, size_t len)
{
    struct world *w = arg;
    struct sent *s = &w->sent[w->sent_count++];

    UNUSED(to);
    assert_in_range(w->sent_count, 1, MAX_SENT);
    s->len = len;
    memcpy(s->bytes, bytes, len < sizeof s->bytes ? len : sizeof s->bytes);
}

static void on_request(void *arg, uint32_t exchange, const struct pdu *request)
{
    struct world *w = arg;

    endpoint_request(w->endpoint, exchange, request, &w->now);
}

static void on_cancelled(void *arg, uint32_t exchange)
{
    struct world *w = arg;

    endpoint_cancelled(w->endpoint, exchange);
}

static void on_busy(void *arg, struct exchange_session *session, bool busy)
{
    UNUSED(arg);
    UNUSED(session);
    UNUSED(busy);
}

static const struct exchange_hooks hooks = {on_send, on_request, on_cancelled, on_busy};

static struct identity *no_identity(const struct exchange_session *session)
{
    UNUSED(session);
    return NULL;
}

static void create(struct world *w, bool app, const char *text)
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

static void fill_registry(struct world *w)
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

static void make_endpoint(struct world *w)
{
    static const struct auth_options auth_options = {64, 60 * 1000000};
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
        .max_exchanges = 64, .max_ct_us = 600 * 1000000LL, .instance = {"drogue", 6}
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

static int world_new(void **state)
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

static int world_free(void **state)
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

static void advance(struct world *w, int64_t us)
{
    w->now.mono_us += us;
    w->now.wall_us += us;
    timer_wheel_advance(&w->wheel, w->now.mono_us);
}

struct post {
    const char *credential; /* `dev@app:secret` */
    const char *query;      /* or NULL */
    const char *payload;
    int format; /* or -1 */
    enum pdu_type type;
};

static const struct post plain = {"dev@app:secret", NULL, "{}", -1, PDU_CON};

/* Sends a publish to channel `state` with a message ID of its own. */
static void send_post(struct world *w, const struct post *p)
{
    char mem[1024];
    struct buf b = buf_over(mem, sizeof mem);
    struct buf basic = buf_growing();
    struct udp_path path = {.socket = 0};
    struct exchange_peer from = {&path, NULL};
    struct pdu_writer pw = pdu_start(&b, p->type, 2, w->next_mid++, STR("t"));

    path.peer.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(4000)};
    path.peer.len = sizeof path.peer.in;
    pdu_add_option(&pw, 11, STR("v1"));
    pdu_add_option(&pw, 11, STR("state"));
    if (p->format >= 0)
        pdu_add_uint(&pw, 12, (uint32_t)p->format);
    if (p->query != NULL)
        pdu_add_option(&pw, 15, str_from(p->query));
    if (p->credential != NULL) {
        buf_add_str(&basic, STR("Basic "));
        base64_encode(&basic, p->credential, strlen(p->credential));
        pdu_add_option(&pw, 4209, buf_str(&basic));
    }
    pdu_add_payload(&pw, str_from(p->payload));
    exchange_receive(w->exchanges, &from, (const uint8_t *)b.ptr, b.len, w->now.mono_us);
    buf_fini(&basic);
}

static void post_with_query(struct world *w, const char *query)
{
    struct post p = plain;

    p.query = query;
    send_post(w, &p);
}

/* The code byte of the last answer; 0 when nothing was sent. */
static int last_code(const struct world *w)
{
    return w->sent_count == 0 ? 0 : w->sent[w->sent_count - 1].bytes[1];
}

static void confirm(struct world *w, size_t which, enum sink_err err)
{
    struct sink_result result = {w->put[which].ticket, err};

    endpoint_confirmed(w->endpoint, &result, w->now.mono_us);
}

/* A command to a device of `app`; how many waits took it by now comes from the metrics. */
static void send_command(struct world *w, const char *device, const char *name, const char *payload)
{
    struct command c = {STR("app"), str_from(device), str_from(name), str_from(payload)};
    struct mail *m;
    bool complete;

    (void)command_dispatch(w->bus, &c, &complete); /* nobody answers it meanwhile */
    m = mailbox_take(&w->workers);
    assert_non_null(m);
    endpoint_command(w->endpoint, CONTAINER_OF(m, struct command_delivery, mail), w->now.mono_us);
}

static int64_t taken(const struct world *w)
{
    return w->metrics.value[METRIC_COMMANDS_TAKEN];
}

/* --- answers
 * -------------------------------------------------------------------------------------- */

static void answers_when_the_event_is_safe(void **state)
{
    struct world *w = *state;

    send_post(w, &plain);
    assert_int_equal(w->put_count, 1);
    assert_string_equal(w->put[0].subject, "state");
    assert_string_equal(w->put[0].device, "dev");
    assert_int_equal(w->sent_count, 0); /* invariant 7 */
    confirm(w, 0, SINK_OK);
    assert_int_equal(last_code(w), 0x44);
    confirm(w, 0, SINK_OK); /* a ticket counts once */
    assert_int_equal(w->sent_count, 1);
}

static void refuses_without_an_event(void **state)
{
    static const struct {
        const char *title;
        struct post post;
        int code;
    } cases[] = {
        {"wrong password",            {"dev@app:wrong", NULL, "x", -1, PDU_CON},         0x83},
        {"unknown device",            {"nobody@app:secret", NULL, "x", -1, PDU_CON},     0x83},
        {"no credentials",            {NULL, NULL, "x", -1, PDU_CON},                    0x83},
        {"declared JSON that is not", {"dev@app:secret", NULL, "{", 50, PDU_CON},        0x86},
        {"bad ct",                    {"dev@app:secret", "ct=x", "x", -1, PDU_CON},      0x80},
        {"as without a gateway rule", {"dev@app:secret", "as=hashed", "x", -1, PDU_CON}, 0x83},
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t before = w->sent_count;

        send_post(w, &cases[i].post);
        if (w->sent_count != before + 1 || last_code(w) != cases[i].code || w->put_count != 0)
            fail_msg("%s: sent %zu, code %02x, events %zu", cases[i].title, w->sent_count - before,
                     (unsigned)last_code(w), w->put_count);
    }
}

static void a_failing_sink_is_5_03(void **state)
{
    struct world *w = *state;

    send_post(w, &plain);
    confirm(w, 0, SINK_FAILED);
    assert_int_equal(last_code(w), 0xa3);
    w->sink = SINK_FULL;
    send_post(w, &plain);
    assert_int_equal(last_code(w), 0xa3);
    w->sink = SINK_DONE;
    send_post(w, &plain);
    assert_int_equal(last_code(w), 0x44);
}

static void a_gateway_publishes_for_its_device(void **state)
{
    struct world *w = *state;

    post_with_query(w, "as=behind&data_schema=application/octet-stream");
    assert_string_equal(w->put[0].device, "behind");
    assert_string_equal(w->put[0].sender, "dev");
    assert_string_equal(w->put[0].schema, ""); /* EVT-11 */
    assert_int_equal(w->metrics.value[METRIC_SCHEMA_LEFT_OUT], 1);
    post_with_query(w, "data_schema=urn:x:y");
    assert_string_equal(w->put[1].schema, "urn:x:y");
}

static void a_hashed_password_answers_after_its_hash(void **state)
{
    static const struct {
        struct post post;
        size_t events;
    } cases[] = {
        {{"hashed@app:wrong", NULL, "{}", -1, PDU_CON},  0},
        {{"hashed@app:hashed", NULL, "{}", -1, PDU_CON}, 1},
    };
    struct world *w = *state;
    uint64_t ticket;

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t before = w->sent_count;

        send_post(w, &cases[i].post);
        assert_int_equal(w->sent_count, before);
        while (auth_poll(w->auth, w->now.mono_us, &ticket, 1) == 0) {
        }
        endpoint_authenticate_again(w->endpoint, ticket, &w->now);
        assert_int_equal(w->put_count, cases[i].events);
        assert_int_equal(w->sent_count, before + 1 - cases[i].events);
        endpoint_authenticate_again(w->endpoint, ticket, &w->now); /* a ticket counts once */
        assert_int_equal(w->put_count, cases[i].events);
    }
}

/* --- waits and commands
 * --------------------------------------------------------------------------- */

static void a_wait_without_command_ends_at_ct(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=1");
    advance(w, 10000);
    confirm(w, 0, SINK_OK);
    assert_int_equal(endpoint_wait_count(w->endpoint), 1);
    advance(w, second_us - 11000);
    assert_int_equal(w->sent_count, 0);
    advance(w, 2000);
    assert_int_equal(last_code(w), 0x44);
    assert_int_equal(endpoint_wait_count(w->endpoint), 0);
    send_command(w, "dev", "SET", "late"); /* CMD-05 */
    assert_int_equal(taken(w), 0);
}

static void a_command_ends_the_wait_at_once(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=1");
    confirm(w, 0, SINK_OK);
    send_command(w, "other", "SET", "on");
    assert_int_equal(w->sent_count, 0);
    send_command(w, "dev", "SET", "on");
    assert_int_equal(taken(w), 1);
    assert_int_equal(w->sent_count, 1);
    assert_memory_equal(w->sent[0].bytes + 4, "t\xe3\x0f\x65SET\xffon", 10);
    assert_int_equal(w->metrics.value[METRIC_WAITS], 0);
    advance(w, 2 * second_us);
    assert_int_equal(w->sent_count, 1);
}

static void a_command_before_the_confirmation_is_held(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=1");
    send_command(w, "dev", "SET", "1");
    send_command(w, "dev", "SET", "2"); /* the second of one wait is lost: CMD-07 */
    assert_int_equal(taken(w), 0);
    assert_int_equal(w->sent_count, 0);
    confirm(w, 0, SINK_OK);
    assert_int_equal(taken(w), 1);
    assert_int_equal(w->sent[0].bytes[w->sent[0].len - 1], '1');
}

static void a_held_command_of_a_failed_publish_is_not_taken(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=1");
    send_command(w, "dev", "SET", "1");
    confirm(w, 0, SINK_FAILED);
    assert_int_equal(last_code(w), 0xa3);
    assert_int_equal(taken(w), 0);
}

static void all_waits_of_a_device_receive_it(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=5");
    post_with_query(w, "ct=5");
    post_with_query(w, "as=behind&ct=5");
    for (size_t i = 0; i < 3; i++)
        confirm(w, i, SINK_OK);
    send_command(w, "dev", "SET", "1");
    assert_int_equal(taken(w), 2);
    send_command(w, "behind", "SET", "1"); /* CMD-09 */
    assert_int_equal(taken(w), 3);
    assert_int_equal(endpoint_wait_count(w->endpoint), 0);
}

static void without_ct_no_command_is_taken(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=0");
    send_command(w, "dev", "SET", "1");
    confirm(w, 0, SINK_OK);
    assert_int_equal(last_code(w), 0x44);
    assert_int_equal(taken(w), 0);
}

static void ct_beyond_the_cap_is_shortened(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=18446744073709551615");
    confirm(w, 0, SINK_OK);
    advance(w, 599 * second_us);
    assert_int_equal(w->sent_count, 1); /* the empty ACK */
    advance(w, 2 * second_us);
    assert_int_equal(last_code(w), 0x44);
}

static void a_command_too_large_for_one_message_is_not_cut(void **state)
{
    static char large[65500];
    struct world *w = *state;

    memset(large, 'x', sizeof large - 1);
    post_with_query(w, "ct=1");
    confirm(w, 0, SINK_OK);
    send_command(w, "dev", "SET", large);
    assert_int_equal(taken(w), 0);
    advance(w, 1100000);
    assert_int_equal(last_code(w), 0x44); /* CMD-14: the request is answered */
}

static void draining_ends_waits_and_refuses_new_requests(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=100");
    post_with_query(w, "ct=100");
    confirm(w, 0, SINK_OK);
    endpoint_drain(w->endpoint, w->now.mono_us);
    assert_int_equal(w->sent_count, 1);
    assert_int_equal(last_code(w), 0x44);
    confirm(w, 1, SINK_OK); /* its event was under way */
    assert_int_equal(w->sent_count, 2);
    assert_int_equal(last_code(w), 0x44);
    send_post(w, &plain);
    assert_int_equal(last_code(w), 0xa3);
    assert_int_equal(w->put_count, 2);
}

#define IN_A_WORLD(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_A_WORLD(answers_when_the_event_is_safe),
        IN_A_WORLD(refuses_without_an_event),
        IN_A_WORLD(a_failing_sink_is_5_03),
        IN_A_WORLD(a_gateway_publishes_for_its_device),
        IN_A_WORLD(a_hashed_password_answers_after_its_hash),
        IN_A_WORLD(a_wait_without_command_ends_at_ct),
        IN_A_WORLD(a_command_ends_the_wait_at_once),
        IN_A_WORLD(a_command_before_the_confirmation_is_held),
        IN_A_WORLD(a_held_command_of_a_failed_publish_is_not_taken),
        IN_A_WORLD(all_waits_of_a_device_receive_it),
        IN_A_WORLD(without_ct_no_command_is_taken),
        IN_A_WORLD(ct_beyond_the_cap_is_shortened),
        IN_A_WORLD(a_command_too_large_for_one_message_is_not_cut),
        IN_A_WORLD(draining_ends_waits_and_refuses_new_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
