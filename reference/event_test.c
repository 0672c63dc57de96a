#include "reference/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "lib/alloc_count.h"
#include "reference/json_scan.h"

static struct event example(void)
{
    return (struct event){
        .id = "6e8bc430-9c3a-41d9-9669-0800200c9a66",
        .application = STR("example-app"),
        .application_uid = STR("a1"),
        .device = STR("my-dev.1"),
        .device_uid = STR("d1"),
        .sender = STR("gate#2"),
        .sender_uid = STR("g1"),
        .instance = STR("drogue"),
        .subject = STR("foo"),
        .data_schema = STR("urn:x:y"),
        .time_us = INT64_C(1700000000123456),
        .content_format = EVENT_NO_FORMAT,
        .payload = STR("{\"temp\": 1.50}"),
    };
}

static struct str encode(struct event *e, char *mem, size_t cap)
{
    struct buf out = buf_over(mem, cap);

    assert_int_equal(event_classify(e), EVENT_OK);
    event_encode(e, &out);
    assert_false(out.overflow);
    assert_true(out.len <= event_encoded_max(e));
    assert_null(memchr(out.ptr, '\n', out.len));
    assert_null(memchr(out.ptr, '\r', out.len));
    assert_true(json_scan_valid(buf_str(&out)));
    return buf_str(&out);
}

static json_t *encode_tree(struct event *e)
{
    char mem[8192];
    struct str line = encode(e, mem, sizeof mem);
    json_error_t error;
    json_t *tree = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (tree == NULL)
        fail_msg("%s: %.*s", error.text, (int)line.len, line.ptr);
    return tree;
}

static void expect(json_t *tree, const char *name, const char *value)
{
    json_t *member = json_object_get(tree, name);

    if (value == NULL)
        assert_null(member);
    else
        assert_string_equal(json_string_value(member), value);
}

static void encodes_every_attribute_of_the_profile(void **state)
{
    const char *line =
        "{\"specversion\":\"1.0\",\"type\":\"io.drogue.event.v1\","
        "\"id\":\"6e8bc430-9c3a-41d9-9669-0800200c9a66\",\"time\":\"2023-11-14T22:13:20.123456Z\","
        "\"source\":\"drogue://example-app/my%2Ddev%2E1\","
        "\"partitionkey\":\"example%2Dapp/gate%232\",\"subject\":\"foo\","
        "\"datacontenttype\":\"application/json\",\"dataschema\":\"urn:x:y\","
        "\"application\":\"example-app\",\"applicationuid\":\"a1\",\"device\":\"my-dev.1\","
        "\"deviceuid\":\"d1\",\"sender\":\"gate#2\",\"senderuid\":\"g1\",\"instance\":\"drogue\","
        "\"data\":{\"temp\": 1.50}}";
    struct event e = example();
    char mem[1024];
    struct str got = encode(&e, mem, sizeof mem);

    UNUSED(state);
    assert_int_equal(got.len, strlen(line));
    assert_memory_equal(got.ptr, line, got.len);
}

static void leaves_out_empty_attributes(void **state)
{
    struct event e = example();

    UNUSED(state);
    e.subject = e.data_schema = e.instance = e.device_uid = (struct str){NULL, 0};
    json_t *tree = encode_tree(&e);

    expect(tree, "subject", NULL);
    expect(tree, "dataschema", NULL);
    expect(tree, "instance", NULL);
    expect(tree, "deviceuid", NULL);
    expect(tree, "device", "my-dev.1");
    json_decref(tree);
}

static void escapes_names_and_keeps_source_a_uri(void **state)
{
    struct event e = example();

    UNUSED(state);
    e.application = STR("my app/\xC3\xA4");
    e.device = STR("O=Drogue IoT, CN=\"x\\y\"");
    e.sender = STR("a\nb\x7F\xFF");
    e.subject = STR("100%/\xE2\x82\xAC\x01");
    json_t *tree = encode_tree(&e);

    expect(tree, "source", "drogue://my%20app%2F%C3%A4/O%3DDrogue%20IoT%2C%20CN%3D%22x%5Cy%22");
    expect(tree, "partitionkey", "my%20app%2F%C3%A4/a%0Ab%7F%FF");
    expect(tree, "application", "my app/\xC3\xA4");
    expect(tree, "device", "O=Drogue IoT, CN=\"x\\y\"");
    expect(tree, "sender", "a\nb\x7F\xEF\xBF\xBD");
    expect(tree, "subject", "100%/\xE2\x82\xAC\x01");
    json_decref(tree);
}

/* data: the text of the member that holds the payload. */
#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct data_case {
    int format;
    struct str payload;
    const char *content_type;
    const char *data;
} data_cases[] = {
    {EVENT_NO_FORMAT, BYTES("42"),                             "application/json",                              "\"data\":42"                 },
    {EVENT_NO_FORMAT, BYTES("\"x\""),                          "application/json",                              "\"data\":\"x\""              },
    {EVENT_NO_FORMAT, BYTES(" {\"a\":\n[1,\r\n\t2]}\n"),       "application/json",
     "\"data\": {\"a\": [1,  \t2]} "                                                                                                          },
    {EVENT_NO_FORMAT, BYTES("123456789012345678901234567890"), "application/json",
     "\"data\":123456789012345678901234567890"                                                                                                },
    {EVENT_NO_FORMAT, BYTES("1e999"),                          "application/json",                              "\"data\":1e999"              },
    {EVENT_NO_FORMAT, BYTES("\"\\u0000\\n\""),                 "application/json",                              "\"data\":\"\\u0000\\n\""     },
    {EVENT_NO_FORMAT, BYTES("hello"),                          "application/octet-stream",                      "\"data_base64\":\"aGVsbG8=\""},
    {EVENT_NO_FORMAT, BYTES(""),                               "application/octet-stream",                      "\"data_base64\":\"\""        },
    {EVENT_NO_FORMAT, BYTES("\0"),                             "application/octet-stream",                      "\"data_base64\":\"AA==\""    },
    {EVENT_NO_FORMAT, BYTES("\xFF\xFE"),                       "application/octet-stream",                      "\"data_base64\":\"//4=\""    },
    {EVENT_NO_FORMAT, BYTES("\xFB\xF0\x00"),                   "application/octet-stream",
     "\"data_base64\":\"+/AA\""                                                                                                               },
    {0,               BYTES("caf\xC3\xA9 \"q\" \\ \n\t\x7F"),  "text/plain; charset=utf-8",
     "\"data\":\"caf\xC3\xA9 \\\"q\\\" \\\\ \\u000A\\u0009\x7F\""                                                                             },
    {0,               BYTES(""),                               "text/plain; charset=utf-8",                     "\"data\":\"\""               },
    {0,               BYTES("42"),                             "text/plain; charset=utf-8",                     "\"data\":\"42\""             },
    {0,               BYTES("\xC3"),                           "text/plain; charset=utf-8",                     "\"data_base64\":\"ww==\""    },
    {0,               BYTES("a\0b"),                           "text/plain; charset=utf-8",                     "\"data_base64\":\"YQBi\""    },
    {20000,           BYTES("p{}"),                            "text/css",                                      "\"data\":\"p{}\""            },
    {40,              BYTES("</a>"),                           "application/link-format",                       "\"data_base64\":\"PC9hPg==\""},
    {41,              BYTES("<a/>"),                           "application/xml",                               "\"data_base64\":\"PGEvPg==\""},
    {42,              BYTES("42"),                             "application/octet-stream",                      "\"data_base64\":\"NDI=\""    },
    {47,              BYTES("x"),                              "application/exi",                               "\"data_base64\":\"eA==\""    },
    {50,              BYTES("[]"),                             "application/json",                              "\"data\":[]"                 },
    {51,              BYTES("[]"),                             "application/json-patch+json",                   "\"data\":[]"                 },
    {52,              BYTES("{}"),                             "application/merge-patch+json",                  "\"data\":{}"                 },
    {60,              BYTES("\xA0"),                           "application/cbor",                              "\"data_base64\":\"oA==\""    },
    {110,             BYTES("[{\"n\":\"a\"}]"),                "application/senml+json",                        "\"data\":[{\"n\":\"a\"}]"    },
    {112,             BYTES("\x80"),                           "application/senml+cbor",                        "\"data_base64\":\"gA==\""    },
    {17,              BYTES("x"),                              "application/cose; cose-type=\\\"cose-mac0\\\"", "\"data_base64\":\"eA==\""    },
    {271,             BYTES("x"),                              "application/dots+cbor",                         "\"data_base64\":\"eA==\""    },
    {257,             BYTES("x"),                              "application/concise-problem-details+cbor",      "\"data_base64\":\"eA==\""    },
    {11542,           BYTES("x"),                              "application/vnd.oma.lwm2m+tlv",                 "\"data_base64\":\"eA==\""    },
    {11543,           BYTES("{}"),                             "application/vnd.oma.lwm2m+json",                "\"data\":{}"                 },
    {30000,           BYTES("{}"),                             "image/svg+xml",                                 "\"data_base64\":\"e30=\""    },
 /* not registered: as if it were absent */
    {1,               BYTES("{}"),                             "application/json",                              "\"data\":{}"                 },
    {43,              BYTES("x"),                              "application/octet-stream",                      "\"data_base64\":\"eA==\""    },
    {65535,           BYTES("1"),                              "application/json",                              "\"data\":1"                  },
 /* compressed: never taken for the type that it will be once unpacked */
    {11050,           BYTES("{}"),                             "application/octet-stream",                      "\"data_base64\":\"e30=\""    },
    {11060,           BYTES("1"),                              "application/octet-stream",                      "\"data_base64\":\"MQ==\""    },
};

static void chooses_type_and_data_by_content_format(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(data_cases); i++) {
        const struct data_case *c = &data_cases[i];
        struct event e = example();
        char mem[2048], type[128], data[128];

        e.content_format = c->format;
        e.payload = c->payload;
        struct str line = encode(&e, mem, sizeof mem);

        (void)snprintf(type, sizeof type, "\"datacontenttype\":\"%s\",", c->content_type);
        (void)snprintf(data, sizeof data, "\"drogue\",%s}", c->data);
        if (memmem(line.ptr, line.len, type, strlen(type)) == NULL)
            fail_msg("case %zu: no %s in %.*s", i, type, (int)line.len, line.ptr);
        if (line.len < strlen(data) ||
            memcmp(line.ptr + line.len - strlen(data), data, strlen(data)) != 0)
            fail_msg("case %zu: no %s at the end of %.*s", i, data, (int)line.len, line.ptr);
    }
}

static void refuses_declared_json_that_is_not(void **state)
{
    static const int json_formats[] = {50, 51, 52, 110, 111, 256, 291, 320, 432, 433, 11543};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(json_formats); i++) {
        struct event e = example();

        e.content_format = json_formats[i];
        assert_int_equal(event_classify(&e), EVENT_OK);
        e.payload = STR("{\"temp\":");
        assert_int_equal(event_classify(&e), EVENT_NOT_JSON);
        e.payload = STR("");
        assert_int_equal(event_classify(&e), EVENT_NOT_JSON);
    }
}

static void base64_keeps_every_byte(void **state)
{
    uint8_t bytes[512];

    UNUSED(state);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t len = 0; len < sizeof bytes; len++) {
        struct event e = example();
        char mem[4096];

        e.content_format = 42;
        e.payload = (struct str){(const char *)bytes, len};
        struct str line = encode(&e, mem, sizeof mem);
        const char *at = memmem(line.ptr, line.len, "_base64\":\"", 10);
        uint8_t back[512];
        size_t n = 0;
        uint32_t bits = 0;
        int have = 0;

        assert_non_null(at);
        for (at += 10; *at != '"' && *at != '='; at++) {
            static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

            bits = bits << 6 | (uint32_t)(strchr(digits, *at) - digits);
            have += 6;
            if (have >= 8)
                back[n++] = (uint8_t)(bits >> (have -= 8));
        }
        assert_int_equal(n, len);
        assert_memory_equal(back, bytes, len);
        assert_int_equal(line.len - (size_t)(at - line.ptr) - 2, (3 - len % 3) % 3);
    }
}

static void writes_times_as_rfc_3339(void **state)
{
    static const struct {
        int64_t time_us;
        const char *text;
    } times[] = {
        {0,                           "1970-01-01T00:00:00Z"       },
        {1,                           "1970-01-01T00:00:00.000001Z"},
        {INT64_C(951782399999999),    "2000-02-28T23:59:59.999999Z"},
        {INT64_C(951782400000000),    "2000-02-29T00:00:00Z"       },
        {INT64_C(951868800000000),    "2000-03-01T00:00:00Z"       },
        {INT64_C(1709164800000000),   "2024-02-29T00:00:00Z"       },
        {INT64_C(1735689599000000),   "2024-12-31T23:59:59Z"       },
        {INT64_C(1735689600000000),   "2025-01-01T00:00:00Z"       },
        {INT64_C(4107542400000000),   "2100-03-01T00:00:00Z"       },
        {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(times); i++) {
        struct event e = example();

        e.time_us = times[i].time_us;
        json_t *tree = encode_tree(&e);

        expect(tree, "time", times[i].text);
        json_decref(tree);
    }
}

static void allows_subjects_without_control_characters(void **state)
{
    static const struct {
        struct str subject;
        bool allowed;
    } subjects[] = {
        {BYTES("foo"),          true },
        {BYTES(""),             false},
        {BYTES("a b%/..\"\\"),  true },
        {BYTES("\xC3\xA4"),     true },
        {BYTES("a\nb"),         false},
        {BYTES("a\0b"),         false},
        {BYTES("\x1F"),         false},
        {BYTES(" "),            true },
        {BYTES("~"),            true },
        {BYTES("\x7F"),         false},
        {BYTES("\xC2\x80"),     false},
        {BYTES("\xC2\x9F"),     false},
        {BYTES("\xC2\xA0"),     true },
        {BYTES("\xC3\x9F"),     true },
        {BYTES("\xFF"),         false},
        {BYTES("a\xC2"),        false},
        {BYTES("\xE2\x82\x80"), true },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(subjects); i++) {
        if (event_subject_allowed(subjects[i].subject) != subjects[i].allowed)
            fail_msg("case %zu", i);
    }
}

static void allows_extension_names_of_cloudevents(void **state)
{
    static const struct {
        struct str name;
        bool allowed;
    } names[] = {
        {BYTES("a"),               true },
        {BYTES("z9"),              true },
        {BYTES("0"),               true },
        {BYTES("partitionkey"),    true },
        {BYTES(""),                false},
        {BYTES("Az"),              false},
        {BYTES("a_b"),             false},
        {BYTES("a\0"),             false},
        {BYTES("\xC3\xA4"),        false},
        {BYTES("id"),              false},
        {BYTES("idx"),             true },
        {BYTES("specversion"),     false},
        {BYTES("source"),          false},
        {BYTES("type"),            false},
        {BYTES("subject"),         false},
        {BYTES("time"),            false},
        {BYTES("datacontenttype"), false},
        {BYTES("dataschema"),      false},
        {BYTES("data"),            false},
        {BYTES("data_base64"),     false},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(names); i++)
        if (event_extension_allowed(names[i].name) != names[i].allowed)
            fail_msg("'%s'", names[i].name.ptr);
}

static void says_overflow_when_the_event_does_not_fit(void **state)
{
    struct event e = example();
    char mem[1024];
    size_t len = encode(&e, mem, sizeof mem).len;

    UNUSED(state);
    for (size_t cap = 0; cap <= len; cap++) {
        char *exact = xmalloc(cap + 1);
        struct buf out = buf_over(exact, cap);

        event_encode(&e, &out);
        assert_int_equal(out.overflow, cap < len);
        free(exact);
    }
}

static void new_ids_are_version_4_and_differ(void **state)
{
    static struct event_ids ids;
    static char seen[600][EVENT_ID_LEN + 1];

    UNUSED(state);
    for (size_t i = 0; i < COUNT(seen); i++) {
        event_new_id(&ids, seen[i]);
        assert_int_equal(strlen(seen[i]), EVENT_ID_LEN);
        assert_int_equal(strspn(seen[i], "0123456789abcdef-"), EVENT_ID_LEN);
        assert_true(seen[i][8] == '-' && seen[i][13] == '-' && seen[i][18] == '-' &&
                    seen[i][23] == '-' && seen[i][14] == '4');
        assert_non_null(strchr("89ab", seen[i][19]));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
}

static void does_not_allocate(void **state)
{
    static struct event_ids ids;
    char mem[2048];
    long before = alloc_count();

    UNUSED(state);
    free(xmalloc(1));
    assert_int_equal(alloc_count(), before + 1); /* the counter is alive */
    before = alloc_count();
    for (int i = 0; i < 1000; i++) {
        struct event e = example();
        struct buf out = buf_over(mem, sizeof mem);

        event_new_id(&ids, e.id);
        assert_true(event_is_absolute_uri(e.data_schema));
        assert_int_equal(event_classify(&e), EVENT_OK);
        event_encode(&e, &out);
    }
    assert_int_equal(alloc_count(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_every_attribute_of_the_profile),
        cmocka_unit_test(leaves_out_empty_attributes),
        cmocka_unit_test(escapes_names_and_keeps_source_a_uri),
        cmocka_unit_test(chooses_type_and_data_by_content_format),
        cmocka_unit_test(refuses_declared_json_that_is_not),
        cmocka_unit_test(base64_keeps_every_byte),
        cmocka_unit_test(writes_times_as_rfc_3339),
        cmocka_unit_test(allows_subjects_without_control_characters),
        cmocka_unit_test(allows_extension_names_of_cloudevents),
        cmocka_unit_test(says_overflow_when_the_event_does_not_fit),
        cmocka_unit_test(new_ids_are_version_4_and_differ),
        cmocka_unit_test(does_not_allocate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
