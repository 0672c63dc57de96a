#include "reference/event_pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct event event_made(void)
{
    struct event e = {
        .id = "6e8bc430-9c3a-41d9-9669-000000000001",
        .application = STR("app"),
        .device = STR("d ü%"),
        .sender = STR("gw"),
        .subject = STR("a\"b"),
        .time_us = INT64_C(1700000000123456),
        .content_format = 0,
        .payload = STR("hello"),
    };

    assert_int_equal(event_classify(&e), EVENT_OK);
    return e;
}

/* The value behind name, as names and values stand in turn; NULL: there is none. */
static const char *value_of(const struct buf *pairs, size_t count, const char *name)
{
    const char *at = pairs->ptr;

    for (size_t i = 0; i < count; i++) {
        const char *value = at + strlen(at) + 1;

        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    assert_ptr_equal(at, pairs->ptr + pairs->len);
    return NULL;
}

static void writes_plain_names_and_values_for_mqtt(void **state)
{
    struct buf out = buf_growing();
    struct event e = event_made();
    size_t count = event_pairs(&e, "", &out);

    UNUSED(state);
    assert_string_equal(value_of(&out, count, "specversion"), "1.0");
    assert_string_equal(value_of(&out, count, "type"), "io.drogue.event.v1");
    assert_string_equal(value_of(&out, count, "id"), "6e8bc430-9c3a-41d9-9669-000000000001");
    assert_string_equal(value_of(&out, count, "time"), "2023-11-14T22:13:20.123456Z");
    assert_string_equal(value_of(&out, count, "source"), "drogue://app/d%20%C3%BC%25");
    assert_string_equal(value_of(&out, count, "partitionkey"), "app/gw");
    assert_string_equal(value_of(&out, count, "device"), "d ü%");
    assert_string_equal(value_of(&out, count, "subject"), "a\"b");
    buf_fini(&out);
}

static void writes_the_prefix_for_kafka(void **state)
{
    struct buf out = buf_growing();
    struct event e = event_made();
    size_t count = event_pairs(&e, "ce_", &out);

    UNUSED(state);
    assert_string_equal(value_of(&out, count, "ce_device"), "d ü%");
    assert_null(value_of(&out, count, "device"));
    buf_fini(&out);
}

static void leaves_the_content_type_to_the_message(void **state)
{
    struct buf out = buf_growing();
    struct event e = event_made();
    size_t count = event_pairs(&e, "", &out);

    UNUSED(state);
    assert_memory_equal(e.content_type.ptr, "text/plain", 10);
    assert_null(value_of(&out, count, "datacontenttype"));
    buf_fini(&out);
}

static void replaces_what_is_no_text(void **state)
{
    struct buf out = buf_growing();

    UNUSED(state);
    event_add_text(&out, (struct str){"a\0b\xff", 4});
    assert_int_equal(out.len, 9);
    assert_string_equal(out.ptr, "a\xEF\xBF\xBD"
                                 "b\xEF\xBF\xBD");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_plain_names_and_values_for_mqtt),
        cmocka_unit_test(writes_the_prefix_for_kafka),
        cmocka_unit_test(leaves_the_content_type_to_the_message),
        cmocka_unit_test(replaces_what_is_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
