/* The MQTT adapters with a real mosquitto between them and a target. */
/* labels: slow */
#include "lib/adapter_fixture.h"

#include <signal.h>
#include <stdlib.h>

#include "lib/mqtt.h"
#include "lib/mqtt_testbroker.h"

/* The target's side. */
struct world {
    struct adapter_bench bench;
    struct testbroker broker;
    struct mqtt *mqtt;
    size_t published, subscribed, messages;
    int reason;
    char topic[64], payload[64];
};

static void take_published(void *arg, int id, int reason)
{
    UNUSED(id);
    ((struct world *)arg)->published++;
    ((struct world *)arg)->reason = reason;
}

static void take_subscribed(void *arg, int id, int reason)
{
    UNUSED(id);
    UNUSED(reason);
    ((struct world *)arg)->subscribed++;
}

static void take_message(void *arg, const struct mqtt_message *m)
{
    struct world *w = arg;

    w->messages++;
    (void)snprintf(w->topic, sizeof w->topic, "%s", m->topic);
    (void)snprintf(w->payload, sizeof w->payload, "%.*s", (int)m->payload.len, m->payload.ptr);
}

#define AWAIT(w, condition)                                                                        \
    do {                                                                                           \
        int64_t end_us = clock_mono_us() + 20 * US_PER_S;                                          \
        while (!(condition)) {                                                                     \
            assert_true(clock_mono_us() < end_us);                                                 \
            (void)mqtt_work((w)->mqtt, clock_mono_us());                                           \
            bench_turn(&(w)->bench, 1);                                                            \
        }                                                                                          \
    } while (false)

static struct world *begin(const char *extra)
{
    struct world *w = xcalloc(1, sizeof *w);

    bench_init(&w->bench);
    if (!testbroker_init(&w->broker, false, extra))
        skip(); /* no mosquitto here: ci/setup installs it */
    if (extra != NULL)
        testbroker_password(&w->broker, "jo", "key");
    testbroker_start(&w->broker);
    w->bench.target.events.broker.url = w->broker.url;
    w->bench.target.commands.broker.url = w->broker.url;
    return w;
}

/* After the adapter, as it is needed to take turns. */
static void begin_target(struct world *w)
{
    w->mqtt = mqtt_new(&(struct mqtt_options){.url = w->broker.url,
                                              .published = take_published,
                                              .subscribed = take_subscribed,
                                              .message = take_message,
                                              .arg = w});
    AWAIT(w, mqtt_state(w->mqtt) == MQTT_UP);
}

static void open_events(struct world *w)
{
    char why[ADAPTER_WHY_LEN];

    w->bench.adapter = adapter_events_mqtt(&w->bench.world, why);
    assert_non_null(w->bench.adapter);
    begin_target(w);
}

static void open_commands(struct world *w)
{
    char why[ADAPTER_WHY_LEN];

    w->bench.adapter = adapter_commands_mqtt(&w->bench.world, why);
    assert_non_null(w->bench.adapter);
    begin_target(w);
}

static void end(struct world *w)
{
    bench_fini(&w->bench);
    mqtt_free(&w->mqtt);
    testbroker_fini(&w->broker);
    free(w);
}

static void publish(struct world *w, const char *data)
{
    static const struct mqtt_pair pairs[] = {
        {"specversion", "1.0"},
        {"id",          "1"  },
        {"source",      "a"  },
        {"type",        "t"  },
        {"device",      "dev"},
    };
    const struct mqtt_message m = {"app/app", "text/plain", pairs, COUNT(pairs), str_from(data)};
    size_t before = w->published;
    int id;

    assert_int_equal(mqtt_publish(w->mqtt, &m, &id), 0);
    AWAIT(w, w->published > before);
}

static void gives_the_events_of_watched_applications(void **state)
{
    struct world *w = begin(NULL);

    UNUSED(state);
    open_events(w);
    bench_watch(&w->bench, "app");
    AWAIT(w, w->bench.reply != NULL);
    assert_true(bench_is_ok(&w->bench));
    publish(w, "hello");
    assert_int_equal(w->reason, 0);
    AWAIT(w, w->bench.events == 1);
    assert_int_equal(w->bench.faults, 0);
    assert_int_equal(w->bench.mode, CLOUDEVENT_BINARY);
    assert_string_equal(w->bench.data, "hello");
    assert_string_equal(w->bench.device, "dev");
    bench_call(&w->bench, json_pack("{s:s, s:s}", "op", "unwatch", "application", "app"));
    assert_true(bench_is_ok(&w->bench));
    AWAIT(w, (publish(w, "nobody"), w->reason == 16));
    end(w);
}

static bool was_cut;

static void note_cut(void *arg)
{
    UNUSED(arg);
    was_cut = true;
}

static void listens_again_after_the_broker_was_killed(void **state)
{
    struct world *w = begin(NULL);

    UNUSED(state);
    w->bench.world.cut = note_cut;
    open_events(w);
    bench_watch(&w->bench, "app");
    AWAIT(w, w->bench.reply != NULL);
    assert_false(was_cut);
    testbroker_stop(&w->broker, SIGKILL);
    AWAIT(w, mqtt_state(w->mqtt) != MQTT_UP);
    AWAIT(w, was_cut);
    testbroker_start(&w->broker);
    AWAIT(w, mqtt_state(w->mqtt) == MQTT_UP);
    AWAIT(w, (publish(w, "again"), w->reason == 0));
    AWAIT(w, w->bench.events >= 1);
    assert_string_equal(w->bench.data, "again");
    end(w);
}

static void reads_structured_events_of_3_1_1(void **state)
{
    const struct mqtt_message m = {
        .topic = "app/app",
        .payload = STR("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"a\",\"type\":\"t\","
                       "\"device\":\"dev\",\"data\":\"x\"}")};
    struct world *w = begin(NULL);
    int id;

    UNUSED(state);
    w->bench.target.events.broker.version = TARGET_MQTT_311;
    open_events(w);
    bench_watch(&w->bench, "app");
    AWAIT(w, w->bench.reply != NULL);
    assert_int_equal(mqtt_publish(w->mqtt, &m, &id), 0);
    AWAIT(w, w->bench.events == 1);
    assert_int_equal(w->bench.mode, CLOUDEVENT_STRUCTURED);
    assert_int_equal(w->bench.faults, 0);
    end(w);
}

static void sends_commands(void **state)
{
    struct world *w = begin(NULL);
    int id;

    UNUSED(state);
    open_commands(w);
    assert_int_equal(mqtt_subscribe(w->mqtt, "command/#", 1, NULL, &id), 0);
    AWAIT(w, w->subscribed == 1); /* else the command may overtake it */
    bench_command(&w->bench, "switch");
    AWAIT(w, w->bench.reply != NULL && w->messages == 1);
    assert_true(bench_is_ok(&w->bench));
    assert_string_equal(w->topic, "command/app/dev/switch");
    assert_string_equal(w->payload, "on");
    end(w);
}

static void says_what_to_change_in_the_target_file(void **state)
{
    struct world *w = begin(NULL);

    UNUSED(state);
    open_commands(w);
    bench_command(&w->bench, "switch"); /* nobody subscribes */
    AWAIT(w, w->bench.reply != NULL);
    bench_expect_error(&w->bench, "is the target connected to this broker?");
    bench_command(&w->bench, "a/b");
    bench_expect_error(&w->bench, "cannot carry a name");
    w->bench.world.timeout_us = 100 * US_PER_MS;
    testbroker_stop(&w->broker, SIGKILL);
    AWAIT(w, mqtt_state(w->mqtt) != MQTT_UP);
    bench_command(&w->bench, "switch");
    AWAIT(w, w->bench.reply != NULL);
    if (strstr(adapter_text(w->bench.reply, "error"), "was lost") == NULL)
        bench_expect_error(&w->bench, "is the broker running, are host and port right?");
    end(w);
}

static void says_that_the_user_is_not_known(void **state)
{
    struct world *w = begin("allow_anonymous false\npassword_file @/passwords\n");
    char why[ADAPTER_WHY_LEN];

    UNUSED(state);
    w->bench.target.events.broker.user = "jo";
    w->bench.target.events.broker.password = "wrong";
    w->bench.adapter = adapter_events_mqtt(&w->bench.world, why);
    bench_watch(&w->bench, "app");
    while (w->bench.reply == NULL)
        bench_turn(&w->bench, 10);
    bench_expect_error(&w->bench, "refuses user jo");
    bench_expect_error(&w->bench, "events.mqtt.user: mqtt://");
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_events_of_watched_applications),
        cmocka_unit_test(listens_again_after_the_broker_was_killed),
        cmocka_unit_test(reads_structured_events_of_3_1_1),
        cmocka_unit_test(sends_commands),
        cmocka_unit_test(says_what_to_change_in_the_target_file),
        cmocka_unit_test(says_that_the_user_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
