/* Events over MQTT to a real mosquitto, which is killed and comes back. */
/* labels: slow */
#include "reference/sink_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mqtt.h"
#include "lib/mqtt_testbroker.h"

enum { MAX_EVENTS = 512, DEVICES = 8, TEXT_LEN = 64 };

/* The application's side: what came, in order. */
struct consumer {
    struct mqtt *mqtt;
    bool subscribed;
    size_t count;
    char body[4 * MAX_EVENTS][TEXT_LEN];
    /* of the last message */
    char content_type[TEXT_LEN];
    char attributes[2048]; /* `name=value\n` */
};

struct fixture {
    struct testbroker broker;
    struct sink_options options;
    struct sink *sink;
    struct sink_port *port;
    struct consumer consumer;
};

static void take_message(void *arg, const struct mqtt_message *m)
{
    struct consumer *c = arg;
    size_t len = 0;

    assert_string_equal(m->topic, "app/app");
    assert_true(c->count < COUNT(c->body));
    (void)snprintf(c->body[c->count++], TEXT_LEN, "%.*s", (int)m->payload.len, m->payload.ptr);
    (void)snprintf(c->content_type, TEXT_LEN, "%s", m->content_type);
    c->attributes[0] = '\0';
    for (size_t i = 0; i < m->pair_count; i++)
        len += (size_t)snprintf(c->attributes + len, sizeof c->attributes - len, "%s=%s\n",
                                m->pairs[i].name, m->pairs[i].value);
}

static void take_up(void *arg)
{
    struct consumer *c = arg;
    int id;

    assert_int_equal(mqtt_subscribe(c->mqtt, "app/app", 0, NULL, &id), 0);
}

static void take_subscribed(void *arg, int id, int reason)
{
    UNUSED(id);
    assert_true(reason < 128);
    ((struct consumer *)arg)->subscribed = true;
}

static void consumer_begin(struct fixture *f)
{
    f->consumer.mqtt = mqtt_new(&(struct mqtt_options){
        .url = f->broker.url,
        .user = f->options.user == NULL ? NULL : "reader",
        .ca_file = f->options.ca_file,
        .up = take_up,
        .subscribed = take_subscribed,
        .message = take_message,
        .arg = &f->consumer,
    });
}

/* A turn of the consumer's loop; the sink's results wake it too. */
static void turn(struct fixture *f)
{
    (void)mqtt_work(f->consumer.mqtt, clock_mono_us());
    mqtt_wait(f->consumer.mqtt, sink_port_wake_fd(f->port), clock_mono_us(), 1000);
}

#define AWAIT(f, condition)                                                                        \
    do {                                                                                           \
        int64_t end_us = clock_mono_us() + 30 * US_PER_S;                                          \
        while (!(condition)) {                                                                     \
            assert_true(clock_mono_us() < end_us);                                                 \
            turn(f);                                                                               \
        }                                                                                          \
    } while (false)

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    log_setup((enum log_level) - 1, LOG_LOGFMT);
    f->options = (struct sink_options){
        .url = f->broker.url, .max_bytes = 1 << 20, .connections = 8, .timeout_us = 20 * US_PER_S};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->port != NULL)
        sink_port_close(&f->port);
    sink_close(&f->sink);
    mqtt_free(&f->consumer.mqtt);
    testbroker_fini(&f->broker);
    free(f);
    return 0;
}

static void begin_broker(struct fixture *f, bool tls, const char *extra)
{
    if (!testbroker_init(&f->broker, tls, extra))
        skip(); /* no mosquitto here: ci/setup installs it */
    if (tls)
        f->options.ca_file = f->broker.ca_file;
}

static void open_port(struct fixture *f)
{
    char why[SINK_WHY_LEN] = "";

    f->sink = sink_open(&f->options, why);
    assert_string_equal(why, "");
    f->port = sink_port_open(f->sink, metrics_new());
}

/* Broker, sink and a consumer that listens. */
static void begin_all(struct fixture *f, bool tls, const char *extra)
{
    begin_broker(f, tls, extra);
    testbroker_start(&f->broker);
    open_port(f);
    consumer_begin(f);
    AWAIT(f, f->consumer.subscribed);
}

static void expect_result(struct fixture *f, uint64_t ticket, enum sink_err err)
{
    struct sink_result result;

    AWAIT(f, sink_poll(f->port, &result, 1) == 1);
    assert_int_equal(result.ticket, ticket);
    assert_int_equal(result.err, err);
}

#define HAS(f, attribute) assert_non_null(strstr((f)->consumer.attributes, attribute "\n"))

static void sends_attributes_as_user_properties(void **state)
{
    struct fixture *f = *state;

    begin_all(f, false, NULL);
    assert_int_equal(put_event(f->port, 1, "d ü%", "hello"), SINK_OK);
    expect_result(f, 1, SINK_OK);
    AWAIT(f, f->consumer.count == 1);
    assert_string_equal(f->consumer.body[0], "hello");
    assert_memory_equal(f->consumer.content_type, "text/plain", 10);
    HAS(f, "specversion=1.0");
    HAS(f, "id=6e8bc430-9c3a-41d9-9669-000000000001");
    HAS(f, "subject=foo");
    HAS(f, "device=d ü%");
    HAS(f, "source=drogue://app/d%20%C3%BC%25");
    assert_null(strstr(f->consumer.attributes, "datacontenttype"));
}

static void sends_the_whole_event_as_json(void **state)
{
    struct fixture *f = *state;

    f->options.mode = SINK_STRUCTURED;
    begin_all(f, false, NULL);
    assert_int_equal(put_event(f->port, 1, "device", "hello"), SINK_OK);
    expect_result(f, 1, SINK_OK);
    AWAIT(f, f->consumer.count == 1);
    assert_memory_equal(f->consumer.body[0], "{\"specversion\":\"1.0\"", 20);
    assert_string_equal(f->consumer.content_type, "application/cloudevents+json; charset=utf-8");
    assert_string_equal(f->consumer.attributes, "");
}

static void acknowledges_nothing_that_nobody_has_received(void **state)
{
    struct fixture *f = *state;
    struct sink_result result;

    begin_broker(f, false, NULL);
    testbroker_start(&f->broker);
    open_port(f);
    assert_int_equal(put_event(f->port, 1, "device", "hello"), SINK_OK);
    struct pollfd wait = {.fd = sink_port_wake_fd(f->port), .events = POLLIN};

    assert_int_equal(poll(&wait, 1, 300), 0);
    assert_int_equal(sink_poll(f->port, &result, 1), 0);
    consumer_begin(f);
    expect_result(f, 1, SINK_OK);
    AWAIT(f, f->consumer.count == 1);
}

static void fails_without_a_broker_and_is_up_again_with_one(void **state)
{
    struct fixture *f = *state;

    f->options.timeout_us = 300 * US_PER_MS;
    begin_broker(f, false, NULL);
    open_port(f);
    consumer_begin(f);
    assert_int_equal(put_event(f->port, 1, "device", "hello"), SINK_OK);
    expect_result(f, 1, SINK_FAILED);
    AWAIT(f, !sink_is_up(f->sink));
    testbroker_start(&f->broker);
    AWAIT(f, f->consumer.subscribed && sink_is_up(f->sink));
    assert_int_equal(put_event(f->port, 2, "device", "again"), SINK_OK);
    expect_result(f, 2, SINK_OK);
}

static void says_what_the_broker_will_never_take(void **state)
{
    struct fixture *f = *state;
    char large[2000];

    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    begin_all(f, false, "max_packet_size 1500\n");
    assert_int_equal(put_event(f->port, 1, "device", large), SINK_OK);
    expect_result(f, 1, SINK_REFUSED);
    assert_int_equal(put_event(f->port, 2, "device", "small"), SINK_OK);
    expect_result(f, 2, SINK_OK);
}

static void says_that_the_broker_does_not_know_us(void **state)
{
    struct fixture *f = *state;
    char token[128];

    f->options.user = "jo";
    begin_broker(f, true, "allow_anonymous false\npassword_file @/passwords\n");
    testbroker_password(&f->broker, "jo", "key");
    testbroker_start(&f->broker);
    (void)snprintf(token, sizeof token, "%s/token", f->broker.dir);
    FILE *file = fopen(token, "we");

    assert_non_null(file);
    (void)fputs("wrong\n", file);
    (void)fclose(file);
    assert_int_equal(chmod(token, 0600), 0);
    f->options.token_file = token;
    open_port(f);
    assert_int_equal(put_event(f->port, 1, "device", "hello"), SINK_OK);
    assert_int_equal(await_result(f->port).err, SINK_BROKEN);
    assert_false(sink_is_up(f->sink));
}

static const char *device_of(size_t i)
{
    static const char *const names[DEVICES] = {"d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"};

    return names[i % DEVICES];
}

/* Where the event came first; the count when never. */
static size_t first_place(const struct consumer *c, const char *text)
{
    size_t i = 0;

    while (i < c->count && strcmp(c->body[i], text) != 0)
        i++;
    return i;
}

static void expect_order(const struct consumer *c, size_t events)
{
    for (size_t i = 0; i + DEVICES < events; i++) {
        char text[TEXT_LEN], later[TEXT_LEN];

        (void)snprintf(text, sizeof text, "event %zu", i);
        (void)snprintf(later, sizeof later, "event %zu", i + DEVICES);
        if (first_place(c, text) < c->count && first_place(c, later) < c->count)
            assert_true(first_place(c, text) < first_place(c, later));
    }
}

/* The broker ends three times meanwhile, twice without a word. Whatever was acknowledged has come,
 * though the broker keeps nothing on a disk. */
static void loses_nothing_when_the_broker_is_killed_and_comes_back(void **state)
{
    static const int signals[] = {SIGKILL, SIGTERM, SIGKILL};
    struct fixture *f = *state;
    bool good[MAX_EVENTS] = {false};
    size_t put = 0, back = 0, kills = 0, acknowledged = 0;
    struct sink_result result;

    begin_all(f, false, "max_inflight_messages 0\nmax_queued_messages 0\n");
    while (back < MAX_EVENTS) {
        for (; put < MAX_EVENTS && put < back + 40; put++) {
            char text[TEXT_LEN];

            (void)snprintf(text, sizeof text, "event %zu", put);
            assert_int_equal(put_event(f->port, put, device_of(put), text), SINK_OK);
        }
        if (kills < COUNT(signals) && back > (kills + 1) * MAX_EVENTS / 4) {
            testbroker_stop(&f->broker, signals[kills++]);
            testbroker_start(&f->broker);
        }
        turn(f);
        for (; sink_poll(f->port, &result, 1) == 1; back++) {
            good[result.ticket] = result.err == SINK_OK;
            acknowledged += good[result.ticket];
        }
    }
    assert_int_equal(kills, COUNT(signals));
    assert_true(acknowledged > MAX_EVENTS * 9 / 10);
    for (size_t i = 0; i < MAX_EVENTS; i++) {
        char text[TEXT_LEN];

        (void)snprintf(text, sizeof text, "event %zu", i);
        if (good[i])
            AWAIT(f, first_place(&f->consumer, text) < f->consumer.count);
    }
    expect_order(&f->consumer, MAX_EVENTS);
}

static void checks_its_options(void **state)
{
    static const struct {
        const char *url, *ca, *says;
    } rows[] = {
        {"mqtt://",          NULL,        "expected file:PATH"  },
        {"mqtt://host/path", NULL,        "expected mqtt://HOST"},
        {"mqtts://host",     "/dev/null", "sink-ca: /dev/null"  },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct sink_options options = {
            .url = rows[i].url, .ca_file = rows[i].ca, .max_bytes = 1, .connections = 1};
        char why[SINK_WHY_LEN] = "";

        assert_false(sink_check(&options, why));
        assert_non_null(strstr(why, rows[i].says));
    }
}

#define WITH_BROKER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BROKER(sends_attributes_as_user_properties),
        WITH_BROKER(sends_the_whole_event_as_json),
        WITH_BROKER(acknowledges_nothing_that_nobody_has_received),
        WITH_BROKER(fails_without_a_broker_and_is_up_again_with_one),
        WITH_BROKER(says_what_the_broker_will_never_take),
        WITH_BROKER(says_that_the_broker_does_not_know_us),
        WITH_BROKER(loses_nothing_when_the_broker_is_killed_and_comes_back),
        cmocka_unit_test(checks_its_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
