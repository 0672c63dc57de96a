/* The Kafka adapters against librdkafka's mock cluster. */
/* labels: slow */
#include "lib/adapter_fixture.h"

#include <stdlib.h>

#include "lib/kafka_reader.h"
#include "lib/kafka_testcluster.h"

static const char *const event_headers[] = {
    "ce_specversion", "1.0", "ce_id",        "1",          "ce_source", "a", "ce_type", "t",
    "ce_device",      "dev", "content-type", "text/plain", NULL};

#define AWAIT(b, condition)                                                                        \
    do {                                                                                           \
        int64_t end_us = clock_mono_us() + 30 * US_PER_S;                                          \
        while (!(condition)) {                                                                     \
            assert_true(clock_mono_us() < end_us);                                                 \
            bench_turn(b, 5);                                                                      \
        }                                                                                          \
    } while (false)

static void open_events(struct adapter_bench *b, const struct testcluster *c)
{
    char why[ADAPTER_WHY_LEN];

    b->target.events.broker.url = c->url;
    b->adapter = adapter_events_kafka(&b->world, why);
    assert_non_null(b->adapter);
}

static void watch(struct adapter_bench *b, const char *application)
{
    bench_watch(b, application);
    AWAIT(b, b->reply != NULL);
    assert_true(bench_is_ok(b));
}

static void gives_the_events_of_watched_applications(void **state)
{
    struct adapter_bench b;
    struct testcluster c;

    UNUSED(state);
    testcluster_start(&c);
    bench_init(&b);
    open_events(&b, &c);
    watch(&b, "app");
    testcluster_produce(&c, "events-app", "hello", event_headers);
    AWAIT(&b, b.events == 1);
    assert_int_equal(b.faults, 0);
    assert_int_equal(b.mode, CLOUDEVENT_BINARY);
    assert_string_equal(b.data, "hello");
    assert_string_equal(b.device, "dev");
    bench_fini(&b);
    testcluster_end(&c);
}

/* Their topic holds what others have published before: nothing of that is this run's. */
static void gives_nothing_old_of_applications_that_exist(void **state)
{
    struct adapter_bench b;
    struct testcluster c;

    UNUSED(state);
    testcluster_start(&c);
    for (int i = 0; i < 10; i++)
        testcluster_produce(&c, "events-app", "old", event_headers);
    bench_init(&b);
    open_events(&b, &c);
    watch(&b, "app");
    for (int i = 0; i < 10; i++)
        testcluster_produce(&c, "events-app", "new", event_headers);
    AWAIT(&b, b.events == 10);
    assert_string_equal(b.data, "new");
    bench_fini(&b);
    testcluster_end(&c);
}

static void knows_the_topics_of_names_that_cannot_be_one(void **state)
{
    struct adapter_bench b;
    struct testcluster c;

    UNUSED(state);
    testcluster_start(&c);
    bench_init(&b);
    open_events(&b, &c);
    watch(&b, "a.b");
    testcluster_produce(&c, "evt-e32b629f658481c8aa169aa08acc0625-a-b", "hello", event_headers);
    AWAIT(&b, b.events == 1);
    bench_fini(&b);
    testcluster_end(&c);
}

struct seen {
    size_t count;
    char key[64], value[64], headers[1024];
};

static void take_record(void *arg, const struct kafka_record *r)
{
    struct seen *s = arg;
    size_t len = 0;

    s->count++;
    (void)snprintf(s->key, sizeof s->key, "%.*s", (int)r->key.len, r->key.ptr);
    (void)snprintf(s->value, sizeof s->value, "%.*s", (int)r->value.len, r->value.ptr);
    for (size_t i = 0; i < r->header_count; i++)
        len += (size_t)snprintf(s->headers + len, sizeof s->headers - len, "%s=%.*s\n",
                                r->headers[i].name, (int)r->headers[i].value.len,
                                r->headers[i].value.ptr);
}

static void sends_commands_with_the_headers_of_drogue_cloud(void **state)
{
    static const char *const wanted[] = {
        "ce_specversion=1.0\n",  "ce_type=io.drogue.event.v1\n", "ce_source=drogue://app/dev\n",
        "ce_subject=switch/ü\n", "ce_application=app\n",         "ce_device=dev\n",
        "ce_sender=dev\n",       "ce_partitionkey=app/dev\n",    "ce_id=",
    };
    struct adapter_bench b;
    struct testcluster c;
    struct seen seen = {.count = 0};
    char why[ADAPTER_WHY_LEN];

    UNUSED(state);
    testcluster_start(&c);
    bench_init(&b);
    b.target.commands.broker.url = c.url;
    b.adapter = adapter_commands_kafka(&b.world, why);
    struct kafka_reader *reader = kafka_reader_new(
        &(struct kafka_reader_options){
            .brokers = {.url = c.url}, .record = take_record, .arg = &seen},
        why);

    assert_non_null(reader);
    kafka_reader_add(reader, "iot-commands");
    AWAIT(&b, (kafka_reader_work(reader, clock_mono_us()),
               kafka_reader_is_ready(reader, "iot-commands")));
    bench_command(&b, "switch/ü");
    AWAIT(&b, b.reply != NULL);
    assert_true(bench_is_ok(&b));
    AWAIT(&b, (kafka_reader_work(reader, clock_mono_us()), seen.count == 1));
    assert_string_equal(seen.key, "app/dev");
    assert_string_equal(seen.value, "on");
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_non_null(strstr(seen.headers, wanted[i]));
    kafka_reader_free(&reader);
    bench_fini(&b);
    testcluster_end(&c);
}

/* Nothing listens at port 9. */
static void says_what_to_change_in_the_target_file(void **state)
{
    struct adapter_bench b;
    char why[ADAPTER_WHY_LEN];

    UNUSED(state);
    bench_init(&b);
    b.world.timeout_us = 300 * US_PER_MS;
    b.target.events.broker.url = b.target.commands.broker.url = "kafka://127.0.0.1:9";
    b.adapter = adapter_events_kafka(&b.world, why);
    bench_watch(&b, "app");
    AWAIT(&b, b.reply != NULL);
    bench_expect_error(&b, "is the broker running, are host and port right?");
    b.adapter->functions->free(b.adapter);
    b.adapter = adapter_commands_kafka(&b.world, why);
    bench_command(&b, "switch");
    AWAIT(&b, b.reply != NULL);
    bench_expect_error(&b, "Connection refused");
    b.target.events.broker.url = "kafka://";
    assert_null(adapter_events_kafka(&b.world, why));
    assert_memory_equal(why, "events.kafka.url: expected kafka://HOST", 39);
    bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_events_of_watched_applications),
        cmocka_unit_test(gives_nothing_old_of_applications_that_exist),
        cmocka_unit_test(knows_the_topics_of_names_that_cannot_be_one),
        cmocka_unit_test(sends_commands_with_the_headers_of_drogue_cloud),
        cmocka_unit_test(says_what_to_change_in_the_target_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
