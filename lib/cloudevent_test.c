#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "lib/cloudevent.h"
#include "lib/cloudevent_rules.h"

#define CORE "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"drogue://a/b\",\"type\":\"t\""

/* `attribute: text` of each fault, joined by `; `. To be freed. */
static char *faults_of(const struct cloudevent *e)
{
    struct buf b = buf_growing();

    for (size_t i = 0; i < e->fault_count; i++)
        buf_add_format(&b, "%s%s: %s", i == 0 ? "" : "; ", e->fault[i].attribute, e->fault[i].text);
    buf_add_char(&b, '\0');
    return b.ptr;
}

static void expect_faults(struct cloudevent *e, const char *text, const char *wanted)
{
    char *faults = faults_of(e);

    if (strcmp(faults, wanted) != 0)
        fail_msg("%s\n  wanted: %s\n  got:    %s", text, wanted, faults);
    free(faults);
    cloudevent_fini(e);
}

static void names_each_breach_of_the_structured_mode(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        const char *faults;
    } rows[] = {
        {"{" CORE "}",                                                          ""                                                    },
        {"{" CORE ",\"subject\":null,\"n\":-5,\"b\":true}",                     ""                                                    },
        {"[]",                                                                  ": is no JSON object"                                 },
        {"{" CORE "} x",                                                        ": is no JSON object"                                 },
        {"{\"specversion\":\"1.0\"}",                                           "id: is missing; source: is missing; type: is missing"},
        {"{" CORE ",\"specversion\":\"1.0\"}",                                  "specversion: is there twice"                         },
        {"{\"specversion\":1.0,\"id\":7,\"source\":\"x\",\"type\":\"t\"}",
         "specversion: is a number that is no integer of 32 bits; specversion: is no string; "
         "id: is no string"                                                                                                           },
        {"{\"specversion\":\"0.3\",\"id\":\"\",\"source\":\"\",\"type\":\"\"}",
         "specversion: is not 1.0; id: is empty; source: is no URI-reference, or empty; "
         "type: is empty"                                                                                                             },
        {"{" CORE ",\"subject\":\"\"}",                                         "subject: is empty"                                   },
        {"{" CORE ",\"time\":\"2026-02-30T00:00:00Z\"}",                        "time: is no time as in RFC 3339"                     },
        {"{" CORE ",\"time\":\"2026-02-28T00:00:00.1+01:00\"}",                 ""                                                    },
        {"{" CORE ",\"datacontenttype\":\"json\"}",
         "datacontenttype: is no media type as in RFC 2046"                                                                           },
        {"{" CORE ",\"dataschema\":\"/x\"}",                                    "dataschema: is no absolute URI"                      },
        {"{" CORE ",\"dataschema\":\"urn:x\"}",                                 ""                                                    },
        {"{" CORE ",\"device_uid\":\"x\"}",
         "device_uid: has a name of other than lower-case letters and digits"                                                         },
        {"{" CORE ",\"x\":{}}",                                                 "x: is an object or an array"                         },
        {"{" CORE ",\"x\":2147483648}",                                         "x: is a number that is no integer of 32 bits"        },
        {"{" CORE ",\"x\":-2147483648}",                                        ""                                                    },
        {"{" CORE ",\"x\":\"a\\u0007\"}",                                       "x: holds a control character"                        },
        {"{" CORE ",\"x\":\"a\\u0085\"}",                                       "x: holds a control character"                        },
        {"{" CORE ",\"x\":\"\\uFFFE\"}",                                        "x: holds a code point that is no character"          },
        {"{" CORE ",\"x\":\"\\uD800\"}",                                        "x: holds half a surrogate pair"                      },
        {"{" CORE ",\"data\":1,\"data_base64\":\"\"}",
         "data_base64: stands beside another data or data_base64"                                                                     },
        {"{" CORE ",\"data_base64\":\"QQ\"}",                                   "data_base64: is no base64 as in RFC 4648 4"          },
        {"{" CORE ",\"data_base64\":1}",                                        "data_base64: is no string"                           },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cloudevent e;
        bool is_object = cloudevent_read_json(&e, str_from(rows[i].text));

        assert_int_equal(is_object, strcmp(rows[i].faults, ": is no JSON object") != 0);
        expect_faults(&e, rows[i].text, rows[i].faults);
    }
}

static void keeps_data_as_it_stood(void **state)
{
    UNUSED(state);
    static const struct {
        const char *member;
        enum cloudevent_data kind;
        const char *data;
        const char *raw;
    } rows[] = {
        {"",                                      CLOUDEVENT_NO_DATA, "",                            ""            },
        {",\"data\":{ \"a\" : 1.50e0 }",          CLOUDEVENT_JSON,    "{ \"a\" : 1.50e0 }",
         "{ \"a\" : 1.50e0 }"                                                                                      },
        {",\"data\":123456789012345678901234567", CLOUDEVENT_JSON,    "123456789012345678901234567",
         "123456789012345678901234567"                                                                             },
        {",\"data\":null",                        CLOUDEVENT_JSON,    "null",                        "null"        },
        {",\"data\":\"a\\u0062\"",                CLOUDEVENT_TEXT,    "ab",                          "\"a\\u0062\""},
        {",\"data_base64\":\"YWI=\"",             CLOUDEVENT_BASE64,  "ab",                          ""            },
        {",\"data_base64\":\"\"",                 CLOUDEVENT_BASE64,  "",                            ""            },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cloudevent e;
        char text[256];

        (void)snprintf(text, sizeof text, "{" CORE "%s}", rows[i].member);
        assert_true(cloudevent_read_json(&e, str_from(text)));
        assert_int_equal(e.mode, CLOUDEVENT_STRUCTURED);
        assert_int_equal(e.data_kind, rows[i].kind);
        assert_true(str_equal(e.data, str_from(rows[i].data)));
        assert_true(str_equal(e.data_raw, str_from(rows[i].raw)));
        expect_faults(&e, text, "");
    }
}

static void reads_the_binary_mode_of_http(void **state)
{
    UNUSED(state);
    static const struct cloudevent_header headers[] = {
        {{"Host", 4},            {"x", 1}                         },
        {{"CE-SpecVersion", 14}, {"1.0", 3}                       },
        {{"ce-id", 5},           {"1", 1}                         },
        {{"ce-source", 9},       {"drogue://a/my%252Ddev", 21}    },
        {{"ce-type", 7},         {"t", 1}                         },
        {{"ce-subject", 10},     {"caf%C3%A9%20%25", 15}          },
        {{"Content-Type", 12},   {"text/plain; charset=utf-8", 25}},
    };
    struct cloudevent e;

    assert_true(cloudevent_read_http(&e, headers, COUNT(headers), STR("hello")));
    assert_int_equal(e.mode, CLOUDEVENT_BINARY);
    assert_true(str_equal(cloudevent_find(&e, "subject")->value, STR("caf\xC3\xA9 %")));
    assert_true(str_equal(cloudevent_find(&e, "source")->value, STR("drogue://a/my%2Ddev")));
    assert_true(
        str_equal(cloudevent_find(&e, "datacontenttype")->value, STR("text/plain; charset=utf-8")));
    assert_int_equal(e.attribute_count, 6);
    assert_int_equal(e.data_kind, CLOUDEVENT_BODY);
    assert_true(str_equal(e.data, STR("hello")));
    expect_faults(&e, "binary", "");
}

static void names_each_breach_of_the_binary_mode(void **state)
{
    UNUSED(state);
    const struct {
        struct cloudevent_header header;
        const char *faults;
    } rows[] = {
        {{STR("ce-x"), STR("a b")},               "x: holds a character that must be percent-encoded"          },
        {{STR("ce-x"), STR("\"a\"")},             "x: holds a character that must be percent-encoded"          },
        {{STR("ce-x"), STR("caf\xC3\xA9")},       "x: holds a character that must be percent-encoded"          },
        {{STR("ce-x"), STR("50%")},               "x: has a % without two hex digits"                          },
        {{STR("ce-x"), STR("%4")},                "x: has a % without two hex digits"                          },
        {{STR("ce-x"), STR("%FF")},               "x: is not UTF-8"                                            },
        {{STR("ce-x"), STR("%0A")},               "x: holds a control character"                               },
        {{STR("ce-x_y"), STR("a")},               "x_y: has a name of other than lower-case letters and digits"},
        {{STR("ce-type"), STR("a")},              "type: is there twice"                                       },
        {{STR("ce-datacontenttype"), STR("a/b")}, "datacontenttype: stands in a header of its own"             },
        {{STR("content-type"), STR("a")},         "datacontenttype: is no media type as in RFC 2046"           },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct cloudevent_header headers[] = {
            {STR("ce-specversion"), STR("1.0")},
            {STR("ce-id"),          STR("1")  },
            {STR("ce-source"),      STR("s")  },
            {STR("ce-type"),        STR("t")  },
            rows[i].header,
        };
        struct cloudevent e;

        assert_true(cloudevent_read_http(&e, headers, COUNT(headers), STR("")));
        assert_int_equal(e.data_kind, CLOUDEVENT_NO_DATA);
        expect_faults(&e, rows[i].header.value.ptr, rows[i].faults);
    }
}

static void content_type_tells_the_mode(void **state)
{
    UNUSED(state);
    const struct {
        struct str type;
        bool readable;
        enum cloudevent_mode mode;
    } rows[] = {
        {STR("application/cloudevents+json"),                true,  CLOUDEVENT_STRUCTURED},
        {STR("Application/CloudEvents+JSON; charset=utf-8"), true,  CLOUDEVENT_STRUCTURED},
        {STR("application/cloudevents"),                     true,  CLOUDEVENT_STRUCTURED},
        {STR("application/cloudevents+xml"),                 false, CLOUDEVENT_STRUCTURED},
        {STR("application/cloudevents-batch+json"),          false, CLOUDEVENT_BATCHED   },
        {STR("application/json"),                            true,  CLOUDEVENT_BINARY    },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct cloudevent_header header = {STR("Content-Type"), rows[i].type};
        struct cloudevent e;

        assert_int_equal(cloudevent_read_http(&e, &header, 1, STR("{" CORE "}")), rows[i].readable);
        assert_int_equal(e.mode, rows[i].mode);
        cloudevent_fini(&e);
    }
}

static void takes_batches_apart(void **state)
{
    UNUSED(state);
    struct json_walk w;
    struct str key, value;
    struct cloudevent e;

    assert_true(cloudevent_batch_begin(&w, STR("[{" CORE "}, {" CORE ",\"subject\":\"2\"}]")));
    for (int i = 0; i < 2; i++) {
        assert_true(json_walk_next(&w, &key, &value));
        assert_true(cloudevent_read_json(&e, value));
        assert_int_equal(e.attribute_count, 4 + i);
        cloudevent_fini(&e);
    }
    assert_false(json_walk_next(&w, &key, &value));
    assert_false(cloudevent_batch_begin(&w, STR("{}")));
    assert_false(cloudevent_batch_begin(&w, STR("[{}")));
}

static void knows_uris(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        bool reference;
        bool absolute;
    } rows[] = {
        {"",                        true,  false},
        {"a/b?c#d",                 true,  false},
        {"./a:b",                   true,  false},
        {"a:b",                     true,  true },
        {"1a:b",                    false, false},
        {"drogue://app/my%2Ddev",   true,  true },
        {"http://[::1]:80/x?y=/?#", true,  true },
        {"http://a/[x]",            false, false},
        {"http://a/b c",            false, false},
        {"http://a/%2",             false, false},
        {"http://a/#b#c",           false, false},
        {"http://a/\xC3\xA4",       false, false},
        {"//host/x",                true,  false},
        {"a\"b",                    false, false},
        {"urn:uuid:x",              true,  true },
        {":x",                      false, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        if (cloudevent_is_uri_reference(str_from(rows[i].text)) != rows[i].reference ||
            cloudevent_is_absolute_uri(str_from(rows[i].text)) != rows[i].absolute)
            fail_msg("%s", rows[i].text);
    }
}

static void knows_media_types(void **state)
{
    UNUSED(state);
    static const char *const good[] = {"a/b", "application/cloudevents+json",
                                       "text/plain;charset=x", "a/b ; c=\"d\\\" e\" ; f=g"};
    static const char *const bad[] = {"",      "a",      "a/",    "/b",        "a/b;",
                                      "a/b;c", "a/b;c=", "a/b c", "a/b;c=\"d", "a/b,"};

    for (size_t i = 0; i < COUNT(good); i++)
        if (!cloudevent_is_media_type(str_from(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (cloudevent_is_media_type(str_from(bad[i])))
            fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_each_breach_of_the_structured_mode),
        cmocka_unit_test(keeps_data_as_it_stood),
        cmocka_unit_test(reads_the_binary_mode_of_http),
        cmocka_unit_test(names_each_breach_of_the_binary_mode),
        cmocka_unit_test(content_type_tells_the_mode),
        cmocka_unit_test(takes_batches_apart),
        cmocka_unit_test(knows_uris),
        cmocka_unit_test(knows_media_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
