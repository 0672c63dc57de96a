/*
 * Events to librdkafka's mock cluster, which is made to fail. That events survive the end of a
 * broker is not shown here: there is no real one in Debian.
 */
/* labels: slow */
#include "reference/sink_kafka.h"

#include "reference/sink_fixture.h"

#include <stdlib.h>

#include "lib/clock.h"
#include "lib/kafka_reader.h"
#include "lib/kafka_testcluster.h"
#include "lib/log.h"

enum { MAX_EVENTS = 400, DEVICES = 8, TEXT_LEN = 64 };

struct fixture {
    struct testcluster cluster;
    struct sink_options options;
    struct sink *sink;
    struct sink_port *port;
    struct kafka_reader *reader;
    size_t count;
    char body[4 * MAX_EVENTS][TEXT_LEN];
    /* of the last record */
    char key[TEXT_LEN];
    char headers[2048]; /* `name=value\n` */
};

static void take_record(void *arg, const struct kafka_record *r)
{
    struct fixture *f = arg;
    size_t len = 0;

    assert_true(f->count < COUNT(f->body));
    (void)snprintf(f->body[f->count++], TEXT_LEN, "%.*s", (int)r->value.len, r->value.ptr);
    (void)snprintf(f->key, TEXT_LEN, "%.*s", (int)r->key.len, r->key.ptr);
    f->headers[0] = '\0';
    for (size_t i = 0; i < r->header_count; i++)
        len += (size_t)snprintf(f->headers + len, sizeof f->headers - len, "%s=%.*s\n",
                                r->headers[i].name, (int)r->headers[i].value.len,
                                r->headers[i].value.ptr);
}

#define AWAIT(f, condition)                                                                        \
    do {                                                                                           \
        int64_t end_us = clock_mono_us() + 30 * US_PER_S;                                          \
        while (!(condition)) {                                                                     \
            assert_true(clock_mono_us() < end_us);                                                 \
            kafka_reader_work((f)->reader, clock_mono_us());                                       \
            kafka_reader_wait((f)->reader, sink_port_wake_fd((f)->port), clock_mono_us(), 5);      \
        }                                                                                          \
    } while (false)

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    log_setup((enum log_level) - 1, LOG_LOGFMT);
    testcluster_start(&f->cluster);
    f->options = (struct sink_options){
        .url = f->cluster.url, .max_bytes = 1 << 20, .connections = 8, .timeout_us = 20 * US_PER_S};
    *state = f;
    return 0;
}

static void begin(struct fixture *f)
{
    char why[SINK_WHY_LEN] = "";

    f->sink = sink_open(&f->options, why);
    assert_string_equal(why, "");
    f->port = sink_port_open(f->sink, metrics_new());
    f->reader = kafka_reader_new(&(struct kafka_reader_options){.brokers = {.url = f->cluster.url},
                                                                .record = take_record,
                                                                .arg = f},
                                 why);
    assert_string_equal(why, "");
    kafka_reader_add(f->reader, "events-app");
    AWAIT(f, kafka_reader_is_ready(f->reader, "events-app"));
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->port != NULL)
        sink_port_close(&f->port);
    sink_close(&f->sink);
    kafka_reader_free(&f->reader);
    testcluster_end(&f->cluster);
    free(f);
    return 0;
}

static void expect_result(struct fixture *f, uint64_t ticket, enum sink_err err)
{
    struct sink_result result;

    AWAIT(f, sink_poll(f->port, &result, 1) == 1);
    assert_int_equal(result.ticket, ticket);
    assert_int_equal(result.err, err);
}

#define HAS(f, header) assert_non_null(strstr((f)->headers, header "\n"))

static void sends_attributes_as_headers(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(put_event(f->port, 1, "d ü%", "hello"), SINK_OK);
    expect_result(f, 1, SINK_OK);
    AWAIT(f, f->count == 1);
    assert_string_equal(f->body[0], "hello");
    assert_string_equal(f->key, "app/d%20%C3%BC%25");
    HAS(f, "ce_specversion=1.0");
    HAS(f, "ce_id=6e8bc430-9c3a-41d9-9669-000000000001");
    HAS(f, "ce_subject=foo");
    HAS(f, "ce_device=d ü%");
    HAS(f, "ce_partitionkey=app/d%20%C3%BC%25");
    assert_non_null(strstr(f->headers, "content-type=text/plain"));
    assert_null(strstr(f->headers, "datacontenttype"));
}

static void fails_without_a_broker_and_is_up_again_with_one(void **state)
{
    struct fixture *f = *state;

    f->options.timeout_us = 600 * US_PER_MS;
    begin(f);
    (void)rd_kafka_mock_broker_set_down(f->cluster.mock, TESTCLUSTER_BROKER);
    assert_int_equal(put_event(f->port, 1, "device", "hello"), SINK_OK);
    expect_result(f, 1, SINK_FAILED);
    AWAIT(f, !sink_is_up(f->sink));
    (void)rd_kafka_mock_broker_set_up(f->cluster.mock, TESTCLUSTER_BROKER);
    AWAIT(f, sink_is_up(f->sink));
}

static void tries_again_what_may_work_later(void **state)
{
    struct fixture *f = *state;

    begin(f);
    rd_kafka_mock_push_request_errors(
        f->cluster.mock, 0 /* Produce */, 3, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    assert_int_equal(put_event(f->port, 1, "device", "hello"), SINK_OK);
    expect_result(f, 1, SINK_OK);
    AWAIT(f, f->count >= 1);
}

static void says_what_the_brokers_will_never_take(void **state)
{
    static const struct {
        rd_kafka_resp_err_t error;
        enum sink_err result;
    } rows[] = {
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,         SINK_REFUSED},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD,             SINK_REFUSED},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, SINK_BROKEN },
    };
    struct fixture *f = *state;

    begin(f);
    for (size_t i = 0; i < COUNT(rows); i++) {
        rd_kafka_mock_push_request_errors(f->cluster.mock, 0 /* Produce */, 1, rows[i].error);
        assert_int_equal(put_event(f->port, i, "device", "hello"), SINK_OK);
        expect_result(f, i, rows[i].result);
    }
}

static const char *device_of(size_t i)
{
    static const char *const names[DEVICES] = {"d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"};

    return names[i % DEVICES];
}

static size_t first_place(const struct fixture *f, size_t event)
{
    char text[TEXT_LEN];
    size_t i = 0;

    (void)snprintf(text, sizeof text, "event %zu", event);
    while (i < f->count && strcmp(f->body[i], text) != 0)
        i++;
    return i;
}

/* Errors of all kinds, and twice no broker at all. */
static void loses_nothing_that_was_acknowledged(void **state)
{
    struct fixture *f = *state;
    bool good[MAX_EVENTS] = {false};
    size_t put = 0, back = 0, downs = 0, acknowledged = 0;
    struct sink_result result;

    begin(f);
    while (back < MAX_EVENTS) {
        for (; put < MAX_EVENTS && put < back + 40; put++) {
            char text[TEXT_LEN];

            (void)snprintf(text, sizeof text, "event %zu", put);
            assert_int_equal(put_event(f->port, put, device_of(put), text), SINK_OK);
            if (put % 50 == 7)
                rd_kafka_mock_push_request_errors(
                    f->cluster.mock, 0 /* Produce */, 2,
                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                    RD_KAFKA_RESP_ERR__TRANSPORT);
        }
        if (downs < 2 && back > (downs + 1) * MAX_EVENTS / 3) {
            downs++;
            (void)rd_kafka_mock_broker_set_down(f->cluster.mock, TESTCLUSTER_BROKER);
            AWAIT(f, !sink_is_up(f->sink));
            (void)rd_kafka_mock_broker_set_up(f->cluster.mock, TESTCLUSTER_BROKER);
        }
        kafka_reader_work(f->reader, clock_mono_us());
        kafka_reader_wait(f->reader, sink_port_wake_fd(f->port), clock_mono_us(), 5);
        for (; sink_poll(f->port, &result, 1) == 1; back++) {
            good[result.ticket] = result.err == SINK_OK;
            acknowledged += good[result.ticket];
        }
    }
    assert_true(acknowledged > MAX_EVENTS * 9 / 10);
    for (size_t i = 0; i < MAX_EVENTS; i++)
        if (good[i])
            AWAIT(f, first_place(f, i) < f->count);
    for (size_t i = 0; i + DEVICES < MAX_EVENTS; i++)
        if (good[i] && good[i + DEVICES])
            assert_true(first_place(f, i) < first_place(f, i + DEVICES));
}

static void names_topics_as_drogue_cloud_does(void **state)
{
    static const struct {
        const char *application, *topic;
    } rows[] = {
        {"example-app",                                              "events-example-app"                        },
        {"a.b",                                                      "evt-e32b629f658481c8aa169aa08acc0625-a-b"  },
        {"-x",                                                       "evt-d25c186e3f3096a9ff4a918f7b3141d4--x"   },
        {"x-",                                                       "evt-8d4865ef3b48d4a022df6bd0023535f6-x"    },
        {"Upper",                                                    "evt-19de5b94f7b83900d4b296d9fa491aec--pper"},
        {"a123456789012345678901234567890123456789012345678901234",
         "events-a123456789012345678901234567890123456789012345678901234"                                        },
        {"a1234567890123456789012345678901234567890123456789012345",
         "evt-e7e39fcc8cf0fb322d10155f6cb0fe4f-a1234567890123456789012345"                                       },
    };
    struct buf out = buf_growing();

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_clear(&out);
        sink_kafka_topic(str_from(rows[i].application), &out);
        buf_add_char(&out, '\0');
        assert_string_equal(out.ptr, rows[i].topic);
    }
    buf_fini(&out);
}

#define WITH_CLUSTER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CLUSTER(sends_attributes_as_headers),
        WITH_CLUSTER(fails_without_a_broker_and_is_up_again_with_one),
        WITH_CLUSTER(tries_again_what_may_work_later),
        WITH_CLUSTER(says_what_the_brokers_will_never_take),
        WITH_CLUSTER(loses_nothing_that_was_acknowledged),
        cmocka_unit_test(names_topics_as_drogue_cloud_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
