#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/json_walk.h"

static bool is_json(struct str text)
{
    struct str value;

    return json_walk_value(&text, &value) && text.len == 0;
}

static void accepts_json_and_nothing_else(void **state)
{
    UNUSED(state);
    static const char *const good[] = {
        "0",
        "-0",
        "10",
        "1.50",
        "-1e9",
        "1E+999",
        "123456789012345678901234567890",
        "true",
        "false",
        "null",
        "\"\"",
        "\"\\u0000\\ud800\\\"\\/\"",
        "[]",
        "{}",
        " [ ] ",
        "[[],{}]",
        "{\"a\":[1,{\"b\":null}],\"a\":2}",
        "\t\r\n[1 , 2]\n",
        "\"\xC3\xA4\"",
    };
    static const char *const bad[] = {
        "",   " ",       "01",          "+1",         "1.",       ".5",
        "1e", "1e+",     "--1",         "tru",        "truex",    "nul",
        "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12\"",  "\"a\nb\"", "[",
        "]",  "[1",      "[1,",         "[1,]",       "[,1]",     "[1 2]",
        "{",  "{\"a\"}", "{\"a\":}",    "{\"a\":1,}", "{a:1}",    "{\"a\":1]",
        "[}", "1 2",     "\"\xC3\"",    "[]]",        "{,}",      "\"\\",
    };

    for (size_t i = 0; i < COUNT(good); i++)
        if (!is_json(str_from(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (is_json(str_from(bad[i])))
            fail_msg("accepted: %s", bad[i]);
    assert_false(is_json((struct str){NULL, 0}));
    assert_false(is_json((struct str){"[1,\0]", 5}));
}

static void bounds_the_depth(void **state)
{
    UNUSED(state);
    static char text[2 * (JSON_WALK_MAX_DEPTH + 1)];

    memset(text, '[', sizeof text / 2);
    memset(text + sizeof text / 2, ']', sizeof text / 2);
    assert_false(is_json((struct str){text, sizeof text}));
    assert_true(is_json((struct str){text + 1, sizeof text - 2}));
}

static void gives_members_as_they_stand(void **state)
{
    UNUSED(state);
    struct json_walk w;
    struct str text = STR(" { \"a\" : 1.50 ,\"b\\u0063\":[ 1e999 , \"x\" ]} tail"), value, key;

    assert_true(json_walk_value(&text, &value));
    assert_true(str_equal(text, STR("tail")));
    assert_true(json_walk_begin(&w, value));
    assert_true(json_walk_next(&w, &key, &value));
    assert_true(str_equal(key, STR("\"a\"")));
    assert_true(str_equal(value, STR("1.50")));
    assert_true(json_walk_next(&w, &key, &value));
    assert_true(str_equal(key, STR("\"b\\u0063\"")));
    assert_true(str_equal(value, STR("[ 1e999 , \"x\" ]")));
    assert_false(json_walk_next(&w, &key, &value));
    assert_true(json_walk_begin(&w, STR("[ 1e999 , \"x\" ]")));
    assert_true(json_walk_next(&w, &key, &value));
    assert_int_equal(key.len, 0);
    assert_true(str_equal(value, STR("1e999")));
    assert_true(json_walk_next(&w, &key, &value));
    assert_false(json_walk_next(&w, &key, &value));
    assert_true(json_walk_begin(&w, STR("{}")));
    assert_false(json_walk_next(&w, &key, &value));
    assert_false(json_walk_begin(&w, STR("12")));
}

static void decodes_strings(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        const char *wanted;
        size_t wanted_len;
        bool whole;
    } rows[] = {
        {"\"\"",                            "",                             0, true },
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\b\f\n\r\t",             9, true },
        {"\"\\u0000\\u00e4\\u20AC\"",       "\0\xC3\xA4\xE2\x82\xAC",       6, true },
        {"\"\\ud83d\\ude00!\"",             "\xF0\x9F\x98\x80!",            5, true },
        {"\"\\ud83d\"",                     "\xEF\xBF\xBD",                 3, false},
        {"\"\\ud83dx\\ude00\"",             "\xEF\xBF\xBDx\xEF\xBF\xBD",    7, false},
        {"\"\\ud83d\\ud83d\\ude00\"",       "\xEF\xBF\xBD\xF0\x9F\x98\x80", 7, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = buf_growing();

        assert_int_equal(json_walk_string(str_from(rows[i].text), &out), rows[i].whole);
        assert_int_equal(out.len, rows[i].wanted_len);
        if (out.len > 0)
            assert_memory_equal(out.ptr, rows[i].wanted, out.len);
        buf_fini(&out);
    }
}

static void quotes_any_bytes(void **state)
{
    UNUSED(state);
    struct buf out = buf_growing();

    json_walk_quote(&out, (struct str){"a\"\\\n\0\xC3\xA4\xFF", 8});
    assert_true(str_equal(buf_str(&out), STR("\"a\\\"\\\\\\u000A\\u0000\xC3\xA4\\uFFFD\"")));
    assert_true(is_json(buf_str(&out)));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_json_and_nothing_else),
        cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(gives_members_as_they_stand),
        cmocka_unit_test(decodes_strings),
        cmocka_unit_test(quotes_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
