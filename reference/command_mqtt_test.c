/* Commands over MQTT from a real mosquitto. */
/* labels: slow */
#include "reference/command_mqtt.h"

#include "reference/command_fixture.h"

#include <signal.h>

#include "lib/mqtt.h"
#include "lib/mqtt_testbroker.h"

/* The application's side, and the endpoint's. */
struct world {
    struct testbroker broker;
    struct listener listener;
    struct command_source *source;
    struct mqtt *mqtt;
    size_t published;
};

static void take_published(void *arg, int id, int reason)
{
    UNUSED(id);
    assert_true(reason < 128);
    ((struct world *)arg)->published++;
}

#define AWAIT(w, condition)                                                                        \
    do {                                                                                           \
        int64_t end_us = clock_mono_us() + 20 * US_PER_S;                                          \
        while (!(condition)) {                                                                     \
            assert_true(clock_mono_us() < end_us);                                                 \
            (void)mqtt_work((w)->mqtt, clock_mono_us());                                           \
            listener_turn(&(w)->listener, 1);                                                      \
        }                                                                                          \
    } while (false)

static void begin(struct world *w, const char *extra)
{
    *w = (struct world){.published = 0};
    if (!testbroker_init(&w->broker, false, extra))
        skip(); /* no mosquitto here: ci/setup installs it */
    testbroker_start(&w->broker);
    listener_begin(&w->listener);
    w->mqtt = mqtt_new(
        &(struct mqtt_options){.url = w->broker.url, .published = take_published, .arg = w});
    AWAIT(w, mqtt_state(w->mqtt) == MQTT_UP);
}

static void open_source(struct world *w)
{
    const struct command_source_options options = {.url = w->broker.url};
    char why[COMMAND_SOURCE_WHY_LEN] = "";

    w->source = command_source_open(&options, w->listener.registry, w->listener.bus, why);
    assert_string_equal(why, "");
    assert_non_null(w->source);
    assert_true(command_source_await(w->source, 10 * US_PER_S));
}

static void end(struct world *w)
{
    command_source_close(&w->source);
    mqtt_free(&w->mqtt);
    listener_end(&w->listener);
    testbroker_fini(&w->broker);
}

static void publish(struct world *w, const char *topic, const char *payload)
{
    const struct mqtt_message m = {.topic = topic, .payload = str_from(payload)};
    size_t before = w->published;
    int id;

    assert_int_equal(mqtt_publish(w->mqtt, &m, &id), 0);
    AWAIT(w, w->published > before);
}

static void a_command_reaches_the_workers(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w, NULL);
    open_source(&w);
    publish(&w, "command/app/dev/set temp", "21");
    AWAIT(&w, w.listener.count == 1);
    assert_string_equal(w.listener.last, "app/dev set temp 21");
    end(&w);
}

static void what_no_device_can_take_goes_nowhere(void **state)
{
    static const char *const topics[] = {"command/app/nobody/x", "command/none/dev/x",
                                         "command/off/dev/x"};
    struct world w;

    UNUSED(state);
    begin(&w, NULL);
    open_source(&w);
    for (size_t i = 0; i < COUNT(topics); i++)
        publish(&w, topics[i], "x");
    publish(&w, "command/app/dev/last", "x");
    AWAIT(&w, w.listener.count == 1);
    assert_string_equal(w.listener.last, "app/dev last x");
    end(&w);
}

static void commands_come_again_after_the_broker_has(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w, NULL);
    open_source(&w);
    testbroker_stop(&w.broker, SIGKILL);
    AWAIT(&w, !command_source_is_up(w.source) && mqtt_state(w.mqtt) != MQTT_UP);
    testbroker_start(&w.broker);
    AWAIT(&w, command_source_is_up(w.source) && mqtt_state(w.mqtt) == MQTT_UP);
    publish(&w, "command/app/dev/again", "x");
    AWAIT(&w, w.listener.count == 1);
    end(&w);
}

static void takes_topics_apart(void **state)
{
    static const struct {
        const char *topic;
        bool good;
    } rows[] = {
        {"command/app/dev/name", true },
        {"command/app/dev",      false},
        {"command/app/dev/a/b",  false},
        {"command/app/dev/",     false},
        {"command//dev/name",    false},
        {"app/app/dev/name",     false},
        {"",                     false},
    };
    struct command c;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(command_mqtt_topic(rows[i].topic, &c), rows[i].good);
    assert_true(command_mqtt_topic("command/a/d/n", &c));
    assert_memory_equal(c.application.ptr, "a/d/n", 5);
    assert_int_equal(c.device.len, 1);
    assert_int_equal(c.name.len, 1);
}

static void says_what_options_are_wrong(void **state)
{
    static const struct {
        struct command_source_options options;
        const char *says;
    } rows[] = {
        {{.url = "http://host"},                           "commands: expected mqtt://HOST"     },
        {{.url = "mqtt://host/x"},                         "commands: expected mqtt://HOST"     },
        {{.url = "mqtts://host", .ca_file = "/dev/null"},  "commands-ca: /dev/null holds no PEM"},
        {{.url = "mqtt://host", .token_file = "/no/such"}, "commands-token: "                   },
    };
    char why[COMMAND_SOURCE_WHY_LEN];

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_false(command_source_check(&rows[i].options, why));
        assert_memory_equal(why, rows[i].says, strlen(rows[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_reaches_the_workers),
        cmocka_unit_test(what_no_device_can_take_goes_nowhere),
        cmocka_unit_test(commands_come_again_after_the_broker_has),
        cmocka_unit_test(takes_topics_apart),
        cmocka_unit_test(says_what_options_are_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
