/* Commands from librdkafka's mock cluster. */
/* labels: slow */
#include "reference/command_kafka.h"

#include "reference/command_fixture.h"

#include "lib/kafka_reader.h"
#include "lib/kafka_testcluster.h"

struct world {
    struct testcluster cluster;
    struct listener listener;
    struct command_source *source;
};

#define AWAIT(w, condition)                                                                        \
    do {                                                                                           \
        int64_t end_us = clock_mono_us() + 30 * US_PER_S;                                          \
        while (!(condition)) {                                                                     \
            assert_true(clock_mono_us() < end_us);                                                 \
            listener_turn(&(w)->listener, 5);                                                      \
        }                                                                                          \
    } while (false)

static void begin(struct world *w)
{
    char why[COMMAND_SOURCE_WHY_LEN] = "";

    *w = (struct world){.source = NULL};
    testcluster_start(&w->cluster);
    listener_begin(&w->listener);
    w->source = command_source_open(&(struct command_source_options){.url = w->cluster.url},
                                    w->listener.registry, w->listener.bus, why);
    assert_string_equal(why, "");
    assert_true(command_source_await(w->source, 20 * US_PER_S));
}

static void end(struct world *w)
{
    command_source_close(&w->source);
    listener_end(&w->listener);
    testcluster_end(&w->cluster);
}

static void produce(struct world *w, const char *application, const char *sender, const char *name)
{
    const char *const headers[] = {"ce_specversion", "1.0",       "ce_subject", name,
                                   "ce_application", application, "ce_device",  "dev",
                                   "ce_sender",      sender,      NULL};

    testcluster_produce(&w->cluster, "iot-commands", "on", headers);
}

static void a_command_reaches_the_workers_once(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w);
    produce(&w, "app", "gateway", "copy of a gateway");
    produce(&w, "none", "dev", "nobody");
    produce(&w, "off", "dev", "disabled");
    produce(&w, "app", "dev", "température");
    AWAIT(&w, w.listener.count == 1);
    assert_string_equal(w.listener.last, "app/dev température on");
    produce(&w, "app", "dev", "next");
    AWAIT(&w, w.listener.count == 2);
    end(&w);
}

/* Those from before it was started are for endpoints that were there. */
static void old_commands_are_not_delivered(void **state)
{
    struct world w;
    char why[COMMAND_SOURCE_WHY_LEN] = "";

    UNUSED(state);
    begin(&w);
    command_source_close(&w.source);
    produce(&w, "app", "dev", "old");
    w.source = command_source_open(&(struct command_source_options){.url = w.cluster.url},
                                   w.listener.registry, w.listener.bus, why);
    assert_true(command_source_await(w.source, 20 * US_PER_S));
    produce(&w, "app", "dev", "new");
    AWAIT(&w, w.listener.count > 0);
    assert_string_equal(w.listener.last, "app/dev new on");
    end(&w);
}

static void none_is_lost_while_the_broker_is_away(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w);
    produce(&w, "app", "dev", "first");
    AWAIT(&w, w.listener.count == 1);
    (void)rd_kafka_mock_broker_set_down(w.cluster.mock, TESTCLUSTER_BROKER);
    AWAIT(&w, !command_source_is_up(w.source));
    (void)rd_kafka_mock_broker_set_up(w.cluster.mock, TESTCLUSTER_BROKER);
    produce(&w, "app", "dev", "second");
    AWAIT(&w, w.listener.count == 2 && command_source_is_up(w.source));
    end(&w);
}

static void reads_headers(void **state)
{
    static const struct kafka_header headers[] = {
        {"ce_application", {"app", 3}},
        {"ce_device",      {"dev", 3}},
        {"ce_subject",     {"set", 3}},
        {"ce_sender",      {"dev", 3}},
    };
    struct kafka_record r = {.topic = "iot-commands", .value = STR("x"), .headers = headers};
    struct command c;

    UNUSED(state);
    for (r.header_count = 0; r.header_count < 2; r.header_count++)
        assert_false(command_kafka_read(&r, &c));
    for (; r.header_count <= COUNT(headers); r.header_count++)
        assert_true(command_kafka_read(&r, &c)); /* without a sender it is the device's */
    assert_memory_equal(c.name.ptr, "set", 3);
    assert_int_equal(c.payload.len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_reaches_the_workers_once),
        cmocka_unit_test(old_commands_are_not_delivered),
        cmocka_unit_test(none_is_lost_while_the_broker_is_away),
        cmocka_unit_test(reads_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
