/* An MQTT connection against the real mosquitto. */
/* labels: slow */
#include "lib/mqtt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/mqtt_testbroker.h"

enum { BIG = 200 * 1000 };

struct seen {
    struct mqtt *mqtt;
    size_t ups, downs, published, subscribed, messages;
    int reason; /* of the last acknowledgement */
    char topic[64], content_type[64], name[64], value[64];
    size_t pairs, payload_len;
};

static void up(void *arg)
{
    ((struct seen *)arg)->ups++;
}

static void down(void *arg)
{
    ((struct seen *)arg)->downs++;
}

static void published(void *arg, int id, int reason)
{
    struct seen *s = arg;

    UNUSED(id);
    s->published++;
    s->reason = reason;
}

static void subscribed(void *arg, int id, int reason)
{
    struct seen *s = arg;

    UNUSED(id);
    s->subscribed++;
    s->reason = reason;
}

static void message(void *arg, const struct mqtt_message *m)
{
    struct seen *s = arg;

    s->messages++;
    s->pairs = m->pair_count;
    s->payload_len = m->payload.len;
    (void)snprintf(s->topic, sizeof s->topic, "%s", m->topic);
    (void)snprintf(s->content_type, sizeof s->content_type, "%s",
                   m->content_type == NULL ? "-" : m->content_type);
    (void)snprintf(s->name, sizeof s->name, "%s", m->pair_count == 0 ? "-" : m->pairs[0].name);
    (void)snprintf(s->value, sizeof s->value, "%s", m->pair_count == 0 ? "-" : m->pairs[0].value);
}

static void begin(struct seen *s, struct mqtt_options options)
{
    *s = (struct seen){.mqtt = NULL};
    options.up = up;
    options.down = down;
    options.published = published;
    options.subscribed = subscribed;
    options.message = message;
    options.arg = s;
    s->mqtt = mqtt_new(&options);
}

/* Works until *counter is n or the state is wanted (counter NULL). */
static void await(struct seen *s, const size_t *counter, size_t n, enum mqtt_state wanted)
{
    int64_t end_us = clock_mono_us() + 20 * US_PER_S;

    for (;;) {
        struct pollfd fd;
        int64_t next_us = mqtt_work(s->mqtt, clock_mono_us());

        if (counter == NULL ? mqtt_state(s->mqtt) == wanted : *counter >= n)
            return;
        size_t count = mqtt_fds(s->mqtt, &fd);
        int64_t left_us = next_us - clock_mono_us();

        assert_true(clock_mono_us() < end_us);
        (void)poll(&fd, count, left_us < 0 ? 0 : (int)(left_us / US_PER_MS) + 1);
    }
}

#define AWAIT(s, counter, n) await(s, &(s)->counter, n, MQTT_UP)
#define AWAIT_STATE(s, state) await(s, NULL, 0, state)

static void begin_broker(struct testbroker *b, bool tls, const char *extra)
{
    if (!testbroker_init(b, tls, extra))
        skip(); /* no mosquitto here: ci/setup installs it */
}

static void subscribe(struct seen *s, const char *topic)
{
    int id;

    assert_int_equal(mqtt_subscribe(s->mqtt, topic, 1, NULL, &id), 0);
    AWAIT(s, subscribed, 1);
    assert_true(s->reason < 128);
}

static void carries_a_message_with_its_properties(void **state)
{
    const struct mqtt_pair pair = {"device", "d ü%"};
    const struct mqtt_message m = {"app/x", "text/plain", &pair, 1, STR("hello")};
    struct testbroker b;
    struct seen s;
    int id;

    UNUSED(state);
    begin_broker(&b, false, NULL);
    testbroker_start(&b);
    begin(&s, (struct mqtt_options){.url = b.url});
    AWAIT(&s, ups, 1);
    subscribe(&s, "app/x");
    assert_int_equal(mqtt_publish(s.mqtt, &m, &id), 0);
    AWAIT(&s, messages, 1);
    AWAIT(&s, published, 1);
    assert_string_equal(s.topic, "app/x");
    assert_string_equal(s.content_type, "text/plain");
    assert_string_equal(s.name, "device");
    assert_string_equal(s.value, "d ü%");
    assert_int_equal(s.pairs, 1);
    assert_int_equal(s.payload_len, 5);
    mqtt_free(&s.mqtt);
    testbroker_fini(&b);
}

static void says_when_nobody_listens(void **state)
{
    const struct mqtt_message m = {.topic = "app/nobody", .payload = STR("x")};
    struct testbroker b;
    struct seen s;
    int id;

    UNUSED(state);
    begin_broker(&b, false, NULL);
    testbroker_start(&b);
    begin(&s, (struct mqtt_options){.url = b.url});
    AWAIT(&s, ups, 1);
    assert_int_equal(mqtt_publish(s.mqtt, &m, &id), 0);
    AWAIT(&s, published, 1);
    assert_int_equal(s.reason, 16); /* MQTT 5 3.4.2.1: No matching subscribers */
    mqtt_free(&s.mqtt);
    testbroker_fini(&b);
}

static void connects_again_when_the_broker_comes_back(void **state)
{
    struct testbroker b;
    struct seen s;

    UNUSED(state);
    begin_broker(&b, false, NULL);
    begin(&s, (struct mqtt_options){.url = b.url});
    AWAIT_STATE(&s, MQTT_DOWN);
    assert_string_equal(mqtt_why(s.mqtt), "Connection refused");
    testbroker_start(&b);
    AWAIT(&s, ups, 1);
    testbroker_stop(&b, SIGKILL);
    AWAIT(&s, downs, 1);
    testbroker_start(&b);
    AWAIT(&s, ups, 2);
    subscribe(&s, "app/x");
    mqtt_free(&s.mqtt);
    testbroker_fini(&b);
}

static void gives_user_and_password(void **state)
{
    struct testbroker b;
    struct seen s;

    UNUSED(state);
    begin_broker(&b, false, "allow_anonymous false\npassword_file @/passwords\n");
    testbroker_password(&b, "jo", "key");
    testbroker_start(&b);
    begin(&s, (struct mqtt_options){.url = b.url, .user = "jo", .password = "key"});
    AWAIT(&s, ups, 1);
    mqtt_free(&s.mqtt);
    begin(&s, (struct mqtt_options){.url = b.url, .user = "jo", .password = "wrong"});
    AWAIT_STATE(&s, MQTT_REFUSED);
    assert_non_null(strstr(mqtt_why(s.mqtt), "uthorized"));
    mqtt_free(&s.mqtt);
    testbroker_fini(&b);
}

static void speaks_tls_with_a_broker_that_is_trusted(void **state)
{
    static char big[BIG];
    const struct mqtt_message m = {
        .topic = "app/x", .payload = {big, sizeof big}
    };
    struct testbroker b;
    struct seen s;
    int id;

    UNUSED(state);
    begin_broker(&b, true, NULL);
    testbroker_start(&b);
    begin(&s, (struct mqtt_options){.url = b.url, .ca_file = b.ca_file});
    AWAIT(&s, ups, 1);
    subscribe(&s, "app/x");
    for (size_t i = 1; i <= 5; i++) {
        assert_int_equal(mqtt_publish(s.mqtt, &m, &id), 0);
        AWAIT(&s, messages, i);
        AWAIT(&s, published, i);
        assert_int_equal(s.payload_len, BIG);
    }
    mqtt_free(&s.mqtt);
    begin(&s, (struct mqtt_options){.url = b.url}); /* the system does not know this authority */
    AWAIT_STATE(&s, MQTT_REFUSED);
    assert_non_null(strstr(mqtt_why(s.mqtt), "TLS"));
    mqtt_free(&s.mqtt);
    testbroker_fini(&b);
}

static void speaks_3_1_1(void **state)
{
    const struct mqtt_message m = {.topic = "app/x", .payload = STR("old")};
    struct testbroker b;
    struct seen s;
    int id;

    UNUSED(state);
    begin_broker(&b, false, NULL);
    testbroker_start(&b);
    begin(&s, (struct mqtt_options){.url = b.url, .version_311 = true});
    AWAIT(&s, ups, 1);
    subscribe(&s, "app/x");
    assert_int_equal(mqtt_publish(s.mqtt, &m, &id), 0);
    AWAIT(&s, messages, 1);
    assert_int_equal(s.pairs, 0);
    assert_string_equal(s.content_type, "-");
    mqtt_free(&s.mqtt);
    testbroker_fini(&b);
}

static void refuses_a_message_that_the_broker_would_not_take(void **state)
{
    static char big[BIG];
    const struct mqtt_message large = {
        .topic = "app/x", .payload = {big, sizeof big}
    };
    const struct mqtt_message wild = {.topic = "app/#", .payload = STR("x")};
    struct testbroker b;
    struct seen s;
    int id;

    UNUSED(state);
    begin_broker(&b, false, "max_packet_size 1000\n");
    testbroker_start(&b);
    begin(&s, (struct mqtt_options){.url = b.url});
    AWAIT(&s, ups, 1);
    assert_int_equal(mqtt_publish(s.mqtt, &large, &id), 149); /* Packet too large */
    assert_int_equal(mqtt_publish(s.mqtt, &wild, &id), 144);  /* Topic Name invalid */
    mqtt_free(&s.mqtt);
    testbroker_fini(&b);
}

static void knows_urls(void **state)
{
    static const struct {
        const char *url;
        bool good;
    } rows[] = {
        {"mqtt://host",        true },
        {"mqtt://host:1",      true },
        {"mqtts://[::1]:8883", true },
        {"mqtt://",            false},
        {"mqtt://host:",       false},
        {"mqtt://host:65536",  false},
        {"mqtt://host:0",      false},
        {"mqtt://host:1x",     false},
        {"mqtt://host/path",   false},
        {"mqtt://user@host",   false},
        {"mqtt://[::1",        false},
        {"http://host",        false},
    };
    char why[MQTT_WHY_LEN];

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(mqtt_url_check(rows[i].url, why), rows[i].good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_a_message_with_its_properties),
        cmocka_unit_test(says_when_nobody_listens),
        cmocka_unit_test(connects_again_when_the_broker_comes_back),
        cmocka_unit_test(gives_user_and_password),
        cmocka_unit_test(speaks_tls_with_a_broker_that_is_trusted),
        cmocka_unit_test(speaks_3_1_1),
        cmocka_unit_test(refuses_a_message_that_the_broker_would_not_take),
        cmocka_unit_test(knows_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
