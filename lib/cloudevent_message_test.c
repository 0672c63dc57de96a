#include "lib/cloudevent_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEADER(name, value)                                                                        \
    {                                                                                              \
        {name, sizeof(name) - 1},                                                                  \
        {                                                                                          \
            value, sizeof(value) - 1                                                               \
        }                                                                                          \
    }

static void expect_attribute(const struct cloudevent *e, const char *name, const char *value)
{
    const struct cloudevent_attribute *a = cloudevent_find(e, name);

    assert_non_null(a);
    assert_int_equal(a->value.len, strlen(value));
    assert_memory_equal(a->value.ptr, value, strlen(value));
}

static const struct cloudevent_header plain[] = {
    HEADER("specversion", "1.0"), HEADER("id", "1"),          HEADER("source", "drogue://a/b"),
    HEADER("type", "t"),          HEADER("device", "d ü%41"),
};

static void reads_user_properties_as_they_stand(void **state)
{
    struct cloudevent e;

    UNUSED(state);
    assert_true(cloudevent_read_mqtt(&e, STR("text/plain"), plain, COUNT(plain), STR("hello")));
    assert_int_equal(e.fault_count, 0);
    assert_int_equal(e.mode, CLOUDEVENT_BINARY);
    expect_attribute(&e, "device", "d ü%41");
    expect_attribute(&e, "datacontenttype", "text/plain");
    assert_int_equal(e.data_kind, CLOUDEVENT_BODY);
    assert_memory_equal(e.data.ptr, "hello", 5);
    cloudevent_fini(&e);
}

static const struct cloudevent_header prefixed[] = {
    HEADER("ce_specversion", "1.0"), HEADER("ce_id", "1"),  HEADER("ce_source", "drogue://a/b"),
    HEADER("ce_type", "t"),          HEADER("ce_x", "%41"), HEADER("content-type", "text/plain"),
    HEADER("trace", "of others"),
};

static void reads_kafka_headers_with_their_prefix(void **state)
{
    struct cloudevent e;

    UNUSED(state);
    assert_true(cloudevent_read_kafka(&e, prefixed, COUNT(prefixed), (struct str){NULL, 0}));
    assert_int_equal(e.fault_count, 0);
    expect_attribute(&e, "x", "%41");
    expect_attribute(&e, "datacontenttype", "text/plain");
    assert_null(cloudevent_find(&e, "trace"));
    assert_int_equal(e.data_kind, CLOUDEVENT_NO_DATA);
    cloudevent_fini(&e);
}

static void reads_structured_events_of_both(void **state)
{
    static const char json[] = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"a\","
                               "\"type\":\"t\",\"data\":{\"a\":1}}";
    static const struct cloudevent_header type[] = {
        HEADER("content-type", "application/cloudevents+json; charset=utf-8")};
    struct cloudevent e;

    UNUSED(state);
    assert_true(cloudevent_read_mqtt(&e, type[0].value, NULL, 0, str_from(json)));
    assert_int_equal(e.mode, CLOUDEVENT_STRUCTURED);
    assert_int_equal(e.data_kind, CLOUDEVENT_JSON);
    assert_int_equal(e.fault_count, 0);
    cloudevent_fini(&e);
    assert_true(cloudevent_read_kafka(&e, type, 1, str_from(json)));
    assert_int_equal(e.mode, CLOUDEVENT_STRUCTURED);
    assert_int_equal(e.fault_count, 0);
    cloudevent_fini(&e);
    assert_false(
        cloudevent_read_mqtt(&e, STR("application/cloudevents-batch+json"), NULL, 0, STR("[]")));
    assert_int_equal(e.fault_count, 1);
    cloudevent_fini(&e);
}

static void says_what_is_wrong(void **state)
{
    static const struct cloudevent_header twice[] = {
        HEADER("ce_specversion", "1.0"),
        HEADER("ce_id", "1"),
        HEADER("ce_source", "a"),
        HEADER("ce_type", "t"),
        HEADER("ce_datacontenttype", "text/plain"),
    };
    static const struct cloudevent_header upper[] = {
        HEADER("CE_specversion", "1.0"),
        HEADER("ce_id", "1"),
        HEADER("ce_source", "a"),
        HEADER("ce_type", "\xff"),
    };
    struct cloudevent e;

    UNUSED(state);
    assert_true(cloudevent_read_kafka(&e, twice, COUNT(twice), STR("x")));
    assert_int_equal(e.fault_count, 1);
    assert_string_equal(e.fault[0].attribute, "datacontenttype");
    cloudevent_fini(&e);
    assert_true(cloudevent_read_kafka(&e, upper, COUNT(upper), STR("x")));
    assert_int_equal(e.fault_count, 2); /* specversion is missing, type is no UTF-8 */
    cloudevent_fini(&e);
    /* names without the prefix are no attributes in Kafka, nor with it in MQTT */
    assert_true(cloudevent_read_kafka(&e, plain, COUNT(plain), STR("x")));
    assert_int_equal(e.fault_count, 4);
    cloudevent_fini(&e);
    assert_true(cloudevent_read_mqtt(&e, STR(""), prefixed, COUNT(prefixed), STR("x")));
    assert_true(e.fault_count >= 4);
    cloudevent_fini(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_user_properties_as_they_stand),
        cmocka_unit_test(reads_kafka_headers_with_their_prefix),
        cmocka_unit_test(reads_structured_events_of_both),
        cmocka_unit_test(says_what_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
