#include "lib/cloudevent_glance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_text(struct str s, const char *wanted)
{
    if (!str_equal(s, str_from(wanted)))
        fail_msg("\"%.*s\" instead of \"%s\"", (int)s.len, s.ptr == NULL ? "" : s.ptr, wanted);
}

static const struct {
    const char *text;
    const char *id;
    const char *device;
    const char *data;
    enum cloudevent_data data_kind;
} rows[] = {
    {"{\"id\":\"1\",\"device\":\"d\",\"data\":{ \"a\" : 1 }}",      "1", "d",   "{ \"a\" : 1 }",
     CLOUDEVENT_JSON                                                                                               },
    {" { \"data\" : \"t\\\"\\u00e9\" , \"device\":\"x\\/y\" } ",    "",  "x/y", "t\"\xc3\xa9",
     CLOUDEVENT_TEXT                                                                                               },
    {"{\"data_base64\":\"aGk=\",\"\\u0069d\":\"2\"}",               "2", "",    "aGk=",          CLOUDEVENT_BASE64 },
    {"{\"id\":7,\"device\":null,\"data\":12}",                      "",  "",    "12",            CLOUDEVENT_JSON   },
    {"{\"id\":\"a\",\"id\":\"b\",\"data\":1,\"data_base64\":\"\"}", "a", "",    "1",             CLOUDEVENT_JSON   },
    {"{\"data_base64\":7}",                                         "",  "",    "",              CLOUDEVENT_BASE64 },
    {"{\"other\":{\"id\":\"no\",\"data\":1}}",                      "",  "",    "",              CLOUDEVENT_NO_DATA},
};

static void sees_what_stands_at_the_top(void **state)
{
    struct buf scratch = buf_growing();

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cloudevent_glance g;

        assert_true(cloudevent_glance(&g, str_from(rows[i].text), &scratch));
        assert_text(g.id, rows[i].id);
        assert_text(g.device, rows[i].device);
        assert_text(g.data, rows[i].data);
        assert_int_equal(g.data_kind, rows[i].data_kind);
    }
    buf_fini(&scratch);
}

static void refuses_what_is_no_object(void **state)
{
    static const char *const texts[] = {"", "[]", "{", "{}x", "{\"a\":\"\xff\"}", "7"};
    struct buf scratch = buf_growing();
    struct cloudevent_glance g;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(cloudevent_glance(&g, str_from(texts[i]), &scratch));
    buf_fini(&scratch);
}

static void decoded_values_stay_where_they_are(void **state)
{
    struct buf scratch = buf_growing();
    struct cloudevent_glance g;

    UNUSED(state);
    assert_true(cloudevent_glance(&g,
                                  STR("{\"id\":\"\\u0041\",\"source\":\"\\u0042\",\"type\":"
                                      "\"\\u0043\",\"application\":\"\\u0044\","
                                      "\"device\":\"\\u0045\",\"data\":\"\\ud83d\\ude00\"}"),
                                  &scratch));
    assert_text(g.id, "A");
    assert_text(g.source, "B");
    assert_text(g.type, "C");
    assert_text(g.application, "D");
    assert_text(g.device, "E");
    assert_text(g.data, "\xf0\x9f\x98\x80");
    buf_fini(&scratch);
}

static void an_event_that_was_read_gives_the_same(void **state)
{
    struct cloudevent e;
    struct cloudevent_glance g;

    UNUSED(state);
    (void)!cloudevent_read_json(&e,
                                STR("{\"id\":\"1\",\"device\":\"d\",\"data_base64\":\"aGk=\"}"));
    cloudevent_glance_at(&g, &e);
    assert_text(g.id, "1");
    assert_text(g.device, "d");
    assert_text(g.source, "");
    assert_text(g.data, "hi");
    assert_int_equal(g.data_kind, CLOUDEVENT_BODY);
    cloudevent_fini(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_what_stands_at_the_top),
        cmocka_unit_test(refuses_what_is_no_object),
        cmocka_unit_test(decoded_values_stay_where_they_are),
        cmocka_unit_test(an_event_that_was_read_gives_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
