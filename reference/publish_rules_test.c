#include "reference/publish_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/alloc_count.h"
#include "reference/json_scan.h"

/* One publish: its event, and the memory that it and the rules live in. */
struct run {
    struct arena memory;
    const struct publish_rules *rules;
    struct event event;
    struct event_extension extensions[EVENT_MAX_EXTENSIONS];
    struct str reason;
    char line[8192];
};

static json_t *json_of(const char *text)
{
    json_error_t error;
    json_t *v = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);

    if (v == NULL)
        fail_msg("%s: %s", text, error.text);
    return v;
}

static const struct publish_rules *compile(const char *section, struct arena *memory)
{
    json_t *v = json_of(section);
    const struct publish_rules *rules = publish_rules_compile(v, memory);

    json_decref(v);
    return rules;
}

/* A publish to channel `state` by a device behind a gateway. */
static void make_event(struct run *r, int format, struct str payload)
{
    r->event = (struct event){
        .id = "6e8bc430-9c3a-41d9-9669-0800200c9a66",
        .application = STR("app"),
        .application_uid = STR("a1"),
        .device = STR("dev"),
        .device_uid = STR("d1"),
        .sender = STR("gate"),
        .sender_uid = STR("g1"),
        .instance = STR("drogue"),
        .subject = STR("state"),
        .data_schema = STR("urn:x:y"),
        .content_format = format,
        .payload = payload,
        .extensions = r->extensions,
    };
    assert_int_equal(event_classify(&r->event), EVENT_OK);
}

static struct run *run_new(const char *rules, int format, struct str payload)
{
    struct run *r = xcalloc(1, sizeof *r);
    struct buf section = buf_growing();

    buf_add_format(&section, "{\"rules\":%s}", rules);
    buf_add_char(&section, '\0');
    r->rules = compile(section.ptr, &r->memory);
    buf_fini(&section);
    if (publish_rules_fault(r->rules).len > 0)
        fail_msg("%s", publish_rules_fault(r->rules).ptr);
    make_event(r, format, payload);
    return r;
}

static void run_free(struct run *r)
{
    arena_fini(&r->memory);
    free(r);
}

static enum publish_verdict run(struct run *r)
{
    return r->rules == NULL ? PUBLISH_ACCEPT : publish_rules_run(r->rules, &r->event, &r->reason);
}

/* The event's JSON, NUL-terminated. */
static const char *encode(struct run *r)
{
    struct buf out = buf_over(r->line, sizeof r->line);

    event_encode(&r->event, &out);
    assert_false(out.overflow);
    assert_true(out.len <= event_encoded_max(&r->event));
    assert_true(json_scan_valid(buf_str(&out)));
    buf_add_char(&out, '\0');
    return r->line;
}

/* --- conditions ----------------------------------------------------------------------------------
 */

static const struct {
    const char *when;
    bool holds;
} conditions[] = {
    {"\"always\"",                                                true },
    {"{\"isChannel\":\"state\"}",                                 true },
    {"{\"isChannel\":\"State\"}",                                 false},
    {"{\"isChannel\":\"stat\"}",                                  false},
    {"{\"isChannel\":\"\"}",                                      false},
    {"{\"not\":\"always\"}",                                      false},
    {"{\"not\":{\"isChannel\":\"other\"}}",                       true },
    {"{\"not\":{\"not\":\"always\"}}",                            true },
    {"{\"and\":[]}",                                              false},
    {"{\"or\":[]}",                                               false},
    {"{\"not\":{\"and\":[]}}",                                    true },
    {"{\"not\":{\"or\":[]}}",                                     true },
    {"{\"and\":[\"always\",{\"isChannel\":\"state\"}]}",          true },
    {"{\"and\":[\"always\",{\"isChannel\":\"other\"}]}",          false},
    {"{\"and\":[{\"isChannel\":\"other\"},\"always\"]}",          false},
    {"{\"or\":[{\"isChannel\":\"other\"},\"always\"]}",           true },
    {"{\"or\":[\"always\",{\"isChannel\":\"other\"}]}",           true },
    {"{\"or\":[{\"isChannel\":\"x\"},{\"isChannel\":\"y\"}]}",    false},
    {"{\"and\":[{\"isChannel\":\"state\"},{\"not\":{\"or\":["
     "{\"isChannel\":\"x\"},{\"isChannel\":\"y\"}]}}]}",     true },
    {"{\"and\":[{\"isChannel\":\"state\"},{\"not\":{\"or\":["
     "{\"isChannel\":\"x\"},{\"isChannel\":\"state\"}]}}]}", false},
};

static void a_rule_runs_when_its_condition_holds(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(conditions); i++) {
        char rules[512];

        (void)snprintf(rules, sizeof rules, "[{\"when\":%s,\"then\":[\"drop\"]}]",
                       conditions[i].when);
        struct run *r = run_new(rules, EVENT_NO_FORMAT, STR("{}"));

        if (run(r) != (conditions[i].holds ? PUBLISH_DROP : PUBLISH_ACCEPT))
            fail_msg("%s", conditions[i].when);
        run_free(r);
    }
}

/* --- steps and their order -----------------------------------------------------------------------
 */

#define SET_EXT(name, value) "{\"setExtension\":{\"name\":\"" name "\",\"value\":\"" value "\"}}"
#define SET_ATTR(name, value) "{\"setAttribute\":{\"name\":\"" name "\",\"value\":\"" value "\"}}"
#define REMOVE_EXT(name) "{\"removeExtension\":\"" name "\"}"
#define REMOVE_ATTR(name) "{\"removeAttribute\":\"" name "\"}"
#define THEN(steps) "[{\"then\":[" steps "]}]"

static const struct {
    const char *title;
    const char *rules;
    enum publish_verdict verdict;
    const char *reason;
    const char *holds; /* part of the event, when it is accepted; or NULL */
    const char *lacks;
} runs[] = {
    {"no rules",                     "[]",                                                      PUBLISH_ACCEPT,                             NULL,                                                                                                                                                           NULL,                                                                                                                                                                                                                                                          NULL},
    {"an empty rule",                "[{}]",                                                    PUBLISH_ACCEPT,                             NULL,                                                                                                                                                           NULL,                                                                                                                                                                                                                                                          NULL},
    {"then without when",            THEN("\"drop\""),                                          PUBLISH_DROP,                               NULL,                                                                                                                                                           NULL,                                                                                                                                                                                                                                                          NULL},
    {"reject",                       THEN("{\"reject\":\"too hot\"}"),                          PUBLISH_REJECT,                             "too hot",                                                                                                                                                      NULL,                                                                                                                                                                                                                                                          NULL},
    {"reject without a reason",      THEN("{\"reject\":\"\"}"),                                 PUBLISH_REJECT,                             "",                                                                                                                                                             NULL,                                                                                                                                                                                                                                                          NULL},
    {"the first end counts",         THEN("\"break\",\"drop\""),                                PUBLISH_ACCEPT,                             NULL,                                                                                                                                                           NULL,                                                                                                                                                                                                                                                          NULL},
    {"drop before reject",           "[{\"then\":[\"drop\"]},{\"then\":[{\"reject\":\"x\"}]}]", PUBLISH_DROP,
     NULL,                                                                                                                                                                                                                                                                                                  NULL,                                                                                                                                                                                                                                                          NULL},
    {"reject before drop",           "[{\"then\":[{\"reject\":\"x\"}]},{\"then\":[\"drop\"]}]",
     PUBLISH_REJECT,                                                                                                                        "x",                                                                                                                                                            NULL,                                                                                                                                                                                                                                                          NULL},
    {"break ends later rules too",
     "[{\"then\":[" SET_EXT("a",                                                                "1") ",\"break\"]},{\"then\":[\"drop\"]}]", PUBLISH_ACCEPT,                                                                                                                                                 NULL,
     ",\"a\":\"1\"",NULL},
    {"a condition sees earlier rules",
     "[{\"then\":[" SET_ATTR(
         "subject",                                                        "new") "]},"
                           "{\"when\":{\"isChannel\":\"new\"},\"then\":[{\"reject\":\"seen\"}]}]",                                                                                                                         PUBLISH_REJECT,                                                                                                                                                                                       "seen",                                                                                                                                                                                                                                                                                                              NULL,NULL},
    {"no subject is no channel",
     "[{\"then\":[" REMOVE_ATTR("subject") "]},"
                                           "{\"when\":{\"isChannel\":\"\"},\"then\":[\"drop\"]}]",                                                                                   PUBLISH_ACCEPT,                                                                                                    NULL,                                                                                                                                                                                                          NULL,                                                                                                                                                                                                                                                                                                                                                                       "\"subject\""},
    {"subject",                 THEN(SET_ATTR("subject",                                                                          "neu/\\u00e4")),                                                                                                            PUBLISH_ACCEPT,                                                                                                                                                                                                                                   NULL,
     "\"subject\":\"neu/\xC3\xA4\"","state"},
    {"type", THEN(SET_ATTR("type",                                                   "my.type")),                                                                                             PUBLISH_ACCEPT,                                                                                                                                                                                                                                                      NULL,
     "{\"specversion\":\"1.0\",\"type\":\"my.type\",",                                                                                                                                    "io.drogue"},
    {"dataschema",                          THEN(SET_ATTR("dataschema",                                          "http://a/b")),                                                                         PUBLISH_ACCEPT,                                                                                                                                                                                                                                       NULL,
     "\"dataschema\":\"http://a/b\"","urn:x:y"},
    {"dataschema removed",                THEN(REMOVE_ATTR("dataschema")),                                                                     PUBLISH_ACCEPT,                                                                                                       NULL,                                                                                                                                                                                                                                                            NULL,
     "dataschema"                                                                                                                                                                                                   },
    {"a new extension comes last",                THEN(SET_EXT("zone", "a\\\"b")),PUBLISH_ACCEPT,                                                                                                                                                                                                                                                                                          NULL,
     "\"instance\":\"drogue\",\"zone\":\"a\\\"b\",\"data\"",NULL},
    {"extensions keep their order",
     THEN(SET_EXT("b",                                                               "1") "," SET_EXT("a",                                                                                                                                                                     "2") "," SET_EXT("b",                                                                                                                                                                                                                                                "3")),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         PUBLISH_ACCEPT,                                                                                                                                                                                 NULL,
     ",\"b\":\"3\",\"a\":\"2\",\"data\"", "\"1\""},
    {"an empty extension",               THEN(SET_EXT("a","")),PUBLISH_ACCEPT,NULL,",\"a\":\"\",\"data\"",
     NULL},
    {"an own extension replaced",                       THEN(SET_EXT("device",                                                                                "other")),                                                                                                       PUBLISH_ACCEPT,                                                                                                                                                                                                                                       NULL,
     "\"drogue\",\"device\":\"other\",", "\"device\":\"dev\""},
    {"source stays",        THEN(SET_EXT("device",                                                                                      "other") "," REMOVE_EXT("application")),                                                                                                                                PUBLISH_ACCEPT,
     NULL,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      "\"source\":\"drogue://app/dev\"","\"application\":"},
    {"an own extension removed",                          THEN(REMOVE_EXT("device")),                                                        PUBLISH_ACCEPT,                                                                              NULL,
     "\"deviceuid\":\"d1\"",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "\"device\":"},
    {"the partition key removed",                THEN(REMOVE_EXT("partitionkey")),                                                                                      PUBLISH_ACCEPT,                                                                                               NULL,                                                                                                                                                                                                                                           NULL,
     "partitionkey"},
    {"the partition key replaced",                THEN(SET_EXT("partitionkey",              "k")),                                                                                                                PUBLISH_ACCEPT,                                                                                                                                                                                                                                                                 NULL,
     "\"partitionkey\":\"k\"","app/gate"},
    {"set and removed",                THEN(SET_EXT("device","x") "," SET_EXT("b","y") "," REMOVE_EXT("device")),
     PUBLISH_ACCEPT,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     NULL,                                                                                                                                                                                                                                                                         "\"drogue\",\"b\":\"y\",\"data\"", "\"device\":"},
    {"removed and set",                         THEN(REMOVE_EXT("sender") "," SET_EXT("sender",                                                       "x")),PUBLISH_ACCEPT,                                                                                                                                                                                                                                                                              NULL,
     "\"sender\":\"x\"",                                                                                                                                                                                                                                                                                                                                   "\"sender\":\"gate\""},
    {"an unknown one removed",THEN(REMOVE_EXT("nothing")),                                                PUBLISH_ACCEPT,                                                                                                                                     NULL,
     "\"instance\":\"drogue\",\"data\"",NULL},
};

static void rules_run_in_their_order(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(runs); i++) {
        struct run *r = run_new(runs[i].rules, EVENT_NO_FORMAT, STR("{}"));

        if (run(r) != runs[i].verdict)
            fail_msg("%s: another verdict", runs[i].title);
        if (runs[i].reason != NULL && !str_equal(r->reason, str_from(runs[i].reason)))
            fail_msg("%s: '%.*s'", runs[i].title, (int)r->reason.len, r->reason.ptr);
        if ((runs[i].holds != NULL && strstr(encode(r), runs[i].holds) == NULL) ||
            (runs[i].lacks != NULL && strstr(encode(r), runs[i].lacks) != NULL))
            fail_msg("%s: %s", runs[i].title, encode(r));
        run_free(r);
    }
}

static const struct {
    const char *title;
    int format; /* of the publish */
    struct str payload;
    const char *steps;
    const char *end; /* of the event's JSON */
} types[] = {
    {"JSON under a JSON type",
     50,                              {"{\"a\":1}", 7},
     SET_ATTR("datacontenttype",                                                                               "application/x+json"),
     "\"data\":{\"a\":1}}"                                                                                                                                         },
    {"with parameters",
     0,                               {"[1]", 3},
     SET_ATTR("datacontenttype",                                                                               "Application/JSON; v=1"),
     "\"data\":[1]}"                                                                                                                                               },
    {"text/json",                 0,  {"[1]", 3},                              SET_ATTR("datacontenttype",     "text/json"),             "\"data\":[1]}"           },
    {"no JSON under a JSON type",
     0,                               {"hello", 5},
     SET_ATTR("datacontenttype",                                                                               "application/json"),
     "\"data_base64\":\"aGVsbG8=\"}"                                                                                                                               },
    {"binary under a JSON type",
     42,                              {"\xff", 1},
     SET_ATTR("datacontenttype",                                                                               "application/json"),
     "\"data_base64\":\"/w==\"}"                                                                                                                                   },
    {"JSON under a text type",
     50,                              {"[\"a\"]", 5},
     SET_ATTR("datacontenttype",                                                                               "text/plain"),
     "\"data\":\"[\\\"a\\\"]\"}"                                                                                                                                   },
    {"JSON under a binary type",
     50,                              {"1", 1},
     SET_ATTR("datacontenttype",                                                                               "image/png"),
     "\"data_base64\":\"MQ==\"}"                                                                                                                                   },
    {"binary under a text type",
     42,                              {"\xff", 1},
     SET_ATTR("datacontenttype",                                                                               "text/plain"),
     "\"data_base64\":\"/w==\"}"                                                                                                                                   },
    {"JSON without a type",       50, {"1", 1},                                REMOVE_ATTR("datacontenttype"), "\"data\":1}"           },
    {"text without a type",
     0,                     {"a", 1},
     REMOVE_ATTR("datacontenttype"),
     "\"data_base64\":\"YQ==\"}"                                                                                                     },
    {"only the last type counts",
     50,      {"1", 1},
     SET_ATTR("datacontenttype",            "text/plain") "," SET_ATTR("datacontenttype",                                                                                                                      "application/json"),
     "\"data\":1}"},
    {"the type that it had",
     0,                     {"1", 1},
     SET_ATTR("datacontenttype",                                                 "text/plain; charset=utf-8"),
     "\"data\":\"1\"}"},
};

static void data_follows_a_changed_content_type(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(types); i++) {
        char rules[512];

        (void)snprintf(rules, sizeof rules, "[{\"then\":[%s]}]", types[i].steps);
        struct run *r = run_new(rules, types[i].format, types[i].payload);

        assert_int_equal(run(r), PUBLISH_ACCEPT);
        const char *line = encode(r);

        if (strcmp(line + strlen(line) - strlen(types[i].end), types[i].end) != 0)
            fail_msg("%s: %s", types[i].title, line);
        if (r->event.content_type.len == 0)
            assert_null(strstr(line, "datacontenttype"));
        run_free(r);
    }
}

/* --- what cannot be decoded ----------------------------------------------------------------------
 */

#define RULES "spec.publish.rules"
#define EXPECTED_STEP                                                                              \
    ": expected \"drop\", \"break\", or an object with one member: reject, setAttribute, "         \
    "removeAttribute, setExtension, removeExtension"
#define EXPECTED_CONDITION                                                                         \
    ": expected \"always\", or an object with one member: isChannel, not, and, or"
#define EXPECTED_NAME                                                                              \
    ": expected 1 to 64 lower-case letters and digits that name no attribute of CloudEvents "      \
    "itself"
#define SECTION(rules) "{\"rules\":[" rules "]}"
#define WHEN(when) SECTION("{\"when\":" when "}")
#define STEP(step) SECTION("{\"then\":[" step "]}")

static const struct {
    const char *section;
    const char *fault;
} faults[] = {
    {"null",                                                                           "spec.publish: expected an object with the one member rules"        },
    {"[]",                                                                             "spec.publish: expected an object with the one member rules"        },
    {"{\"rule\":[]}",                                                                  "spec.publish: expected an object with the one member rules"        },
    {"{\"rules\":[],\"x\":1}",                                                         "spec.publish: expected an object with the one member rules"        },
    {"{\"rules\":null}",                                                               RULES ": expected an array of rules"                                },
    {"{\"rules\":{}}",                                                                 RULES ": expected an array of rules"                                },
    {SECTION("\"drop\""),                                                              RULES "[0]: expected an object with when and then, and nothing else"},
    {SECTION("{},{\"wen\":\"always\"}"),
     RULES "[1]: expected an object with when and then, and nothing else"                                                                                  },
    {SECTION("{\"then\":\"drop\"}"),                                                   RULES "[0].then: expected an array of steps"                        },
    {SECTION("{\"then\":null}"),                                                       RULES "[0].then: expected an array of steps"                        },
    {WHEN("null"),                                                                     RULES "[0].when" EXPECTED_CONDITION                                 },
    {WHEN("true"),                                                                     RULES "[0].when" EXPECTED_CONDITION                                 },
    {WHEN("\"never\""),                                                                RULES "[0].when" EXPECTED_CONDITION                                 },
    {WHEN("\"and\""),                                                                  RULES "[0].when" EXPECTED_CONDITION                                 },
    {WHEN("{}"),                                                                       RULES "[0].when" EXPECTED_CONDITION                                 },
    {WHEN("{\"always\":true}"),                                                        RULES "[0].when" EXPECTED_CONDITION                                 },
    {WHEN("{\"and\":[],\"or\":[]}"),                                                   RULES "[0].when" EXPECTED_CONDITION                                 },
    {WHEN("{\"isChannel\":1}"),                                                        RULES "[0].when.isChannel: expected a string"                       },
    {WHEN("{\"and\":{}}"),                                                             RULES "[0].when.and: expected an array of conditions"               },
    {WHEN("{\"or\":\"always\"}"),                                                      RULES "[0].when.or: expected an array of conditions"                },
    {WHEN("{\"or\":[\"always\",{\"not\":{\"and\":[1]}}]}"),
     RULES "[0].when.or[1].not.and[0]" EXPECTED_CONDITION                                                                                                  },
    {STEP("1"),                                                                        RULES "[0].then[0]" EXPECTED_STEP                                   },
    {STEP("\"drop\",\"dorp\""),                                                        RULES "[0].then[1]" EXPECTED_STEP                                   },
    {STEP("\"reject\""),                                                               RULES "[0].then[0]" EXPECTED_STEP                                   },
    {STEP("{\"drop\":true}"),                                                          RULES "[0].then[0]" EXPECTED_STEP                                   },
    {STEP("{\"reject\":\"a\",\"drop\":1}"),                                            RULES "[0].then[0]" EXPECTED_STEP                                   },
    {STEP("{\"reject\":null}"),                                                        RULES "[0].then[0].reject: expected a string"                       },
    {STEP("{\"validate\":{}}"),                                                        RULES
     "[0].then[0].validate: not supported: this endpoint asks no other service about an event"                              },
    {STEP("{\"enrich\":{}}"),
     RULES "[0].then[0].enrich: not supported: this endpoint asks no other service about an event"                                                         },
    {STEP("{\"setAttribute\":{\"name\":\"type\"}}"),
     RULES "[0].then[0].setAttribute: expected an object with name and value"                                                                              },
    {STEP("{\"setAttribute\":{\"name\":\"type\",\"value\":\"a\",\"x\":1}}"),
     RULES "[0].then[0].setAttribute: expected an object with name and value"                                                                              },
    {STEP("{\"setAttribute\":{\"name\":\"type\",\"value\":1}}"),
     RULES "[0].then[0].setAttribute.value: expected a string"                                                                                             },
    {STEP(SET_ATTR("time",                                                             "x")),
     RULES "[0].then[0].setAttribute.name: expected datacontenttype, dataschema, subject or type"},
    {STEP(SET_ATTR("dataschema",                                                                                "a/b")),
     RULES "[0].then[0].setAttribute.value: expected an absolute URI"},
    {STEP(SET_ATTR("dataschema",                 "")),
     RULES "[0].then[0].setAttribute.value: expected an absolute URI"},
    {STEP(SET_ATTR("datacontenttype",                                                            "json")),
     RULES "[0].then[0].setAttribute.value: expected a media type such as text/plain"},
    {STEP(SET_ATTR("subject",                                                  "")),
     RULES "[0].then[0].setAttribute.value: expected text without control characters"},
    {STEP(SET_ATTR("type",                                                                                "a\\n")),
     RULES "[0].then[0].setAttribute.value: expected text without control characters"},
    {STEP(REMOVE_ATTR("type")), RULES "[0].then[0].removeAttribute: every event needs a type"                                                                    },
    {STEP(REMOVE_ATTR("id")),
     RULES "[0].then[0].removeAttribute: expected datacontenttype, dataschema, subject or type"                                                                      },
    {STEP(SET_EXT("Zone",                                                        "x")),                                                               RULES "[0].then[0].setExtension.name" EXPECTED_NAME},
    {STEP(SET_EXT("my-ext",                                                          "x")),                                                             RULES "[0].then[0].setExtension.name" EXPECTED_NAME},
    {STEP(SET_EXT("",                                                              "x")),                                                                      RULES "[0].then[0].setExtension.name" EXPECTED_NAME},
    {STEP(SET_EXT("data",                                                                                "x")),                                                                                                                                RULES "[0].then[0].setExtension.name" EXPECTED_NAME},
    {STEP(SET_EXT("data_base64",                             "x")),                                     RULES "[0].then[0].setExtension.name" EXPECTED_NAME},
    {STEP(SET_EXT("specversion",              "x")),RULES "[0].then[0].setExtension.name" EXPECTED_NAME},
    {STEP(SET_EXT("source",                                                              "x")),                                              RULES "[0].then[0].setExtension.name" EXPECTED_NAME},
    {STEP(SET_EXT("dataschema",                                                                                "urn:x:y")),                                                                                                                           RULES "[0].then[0].setExtension.name" EXPECTED_NAME},
    {STEP(SET_EXT("zone",                             "a\\u0000")),
     RULES "[0].then[0].setExtension.value: expected text without control characters"},
    {STEP(REMOVE_EXT("subject")),                                                              RULES "[0].then[0].removeExtension" EXPECTED_NAME                                                                                                                     },
    {STEP("{\"removeExtension\":[]}"),                                                            RULES "[0].then[0].removeExtension: expected a string"                                                             },
};

static void tells_where_a_set_cannot_be_decoded(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct run *r = xcalloc(1, sizeof *r);

        r->rules = compile(faults[i].section, &r->memory);
        const struct str fault = publish_rules_fault(r->rules);

        if (!str_equal(fault, str_from(faults[i].fault)))
            fail_msg("%s\n gave     '%.*s'\n expected '%s'", faults[i].section, (int)fault.len,
                     fault.ptr, faults[i].fault);
        make_event(r, EVENT_NO_FORMAT, STR("{}"));
        assert_int_equal(run(r), PUBLISH_UNDECODABLE);
        run_free(r);
    }
}

/* --- limits --------------------------------------------------------------------------------------
 */

/* before, count times each, after; the last of them without its comma. */
static char *repeated(const char *before, size_t count, const char *each, const char *after)
{
    struct buf out = buf_growing();

    buf_add_str(&out, str_from(before));
    for (size_t i = 0; i < count; i++)
        buf_add_str(&out, str_from(each));
    if (out.len > 0 && out.ptr[out.len - 1] == ',')
        out.len--;
    buf_add_str(&out, str_from(after));
    char *text = xstrdup(buf_str(&out));

    buf_fini(&out);
    return text;
}

/* Takes text. */
static void expect_fault(char *text, const char *end)
{
    struct arena memory = {0};
    const struct str fault = publish_rules_fault(compile(text, &memory));

    const struct str tail = str_from(end);

    if ((tail.len == 0) != (fault.len == 0) || fault.len < tail.len ||
        !str_equal((struct str){fault.ptr + (fault.len - tail.len), tail.len}, tail))
        fail_msg("%.200s: '%.*s', expected '%s'", text, (int)fault.len, fault.ptr, end);
    arena_fini(&memory);
    free(text);
}

static void limits_hold_at_their_edges(void **state)
{
    static const char too_many[] = "at most 1024 rules, conditions and steps in all";
    char *nest = repeated("", 15, "{\"not\":", "\"always\"");
    char *deeper = repeated("", 16, "{\"not\":", "\"always\"");
    char *nest_end = repeated("", 15, "}", "}]}");
    char *deeper_end = repeated("", 16, "}", "}]}");

    UNUSED(state);
    expect_fault(repeated("{\"rules\":[", 1024, "{},", "]}"), "");
    expect_fault(repeated("{\"rules\":[", 1025, "{},", "]}"), too_many);
    expect_fault(repeated("{\"rules\":[{\"then\":[", 1023, "\"drop\",", "]}]}"), "");
    expect_fault(repeated("{\"rules\":[{\"then\":[", 1024, "\"drop\",", "]}]}"), too_many);
    expect_fault(repeated("{\"rules\":[{\"then\":[", 5000, "\"drop\",", "]}]}"), too_many);
    expect_fault(repeated("{\"rules\":[{\"when\":{\"or\":[", 1022, "\"always\",", "]}}]}"), "");
    expect_fault(repeated("{\"rules\":[{\"when\":{\"or\":[", 1023, "\"always\",", "]}}]}"),
                 too_many);
    expect_fault(repeated("{\"rules\":[{\"when\":{\"or\":[", 5000, "\"always\",", "]}}]}"),
                 too_many);
    expect_fault(repeated("{\"rules\":[{\"then\":[{\"reject\":\"", 1024, "x", "\"}]}]}"), "");
    expect_fault(repeated("{\"rules\":[{\"then\":[{\"reject\":\"", 1025, "x", "\"}]}]}"),
                 ".reject: expected at most 1024 bytes");
    expect_fault(repeated("{\"rules\":[{\"then\":[{\"removeExtension\":\"", 64, "x", "\"}]}]}"),
                 "");
    expect_fault(repeated("{\"rules\":[{\"then\":[{\"removeExtension\":\"", 65, "x", "\"}]}]}"),
                 "[0].removeExtension" EXPECTED_NAME);
    expect_fault(repeated("{\"rules\":[{\"when\":", 1, nest, nest_end), "");
    expect_fault(repeated("{\"rules\":[{\"when\":", 1, deeper, deeper_end),
                 "conditions stand in each other at most 16 deep");
    free(nest);
    free(deeper);
    free(nest_end);
    free(deeper_end);
}

/* EVENT_MAX_EXTENSIONS different names; the same one again takes no room. */
static void an_event_has_room_for_every_extension_of_its_rules(void **state)
{
    UNUSED(state);
    for (int count = EVENT_MAX_EXTENSIONS; count <= EVENT_MAX_EXTENSIONS + 1; count++) {
        struct run *r = xcalloc(1, sizeof *r);
        struct buf text = buf_growing();

        buf_add_str(&text, STR("{\"rules\":[{\"then\":["));
        for (int i = 0; i < count; i++)
            buf_add_format(&text, SET_EXT("e%d", "x") ",", i);
        buf_add_str(&text, STR(SET_EXT("e1", "y") "]}]}"));
        buf_add_char(&text, '\0');
        r->rules = compile(text.ptr, &r->memory);
        make_event(r, EVENT_NO_FORMAT, STR("1"));
        assert_int_equal(run(r),
                         count == EVENT_MAX_EXTENSIONS ? PUBLISH_ACCEPT : PUBLISH_UNDECODABLE);
        if (count == EVENT_MAX_EXTENSIONS)
            assert_non_null(strstr(encode(r), "\"e1\":\"y\",\"e2\":\"x\""));
        else
            assert_string_equal(publish_rules_fault(r->rules).ptr,
                                RULES "[0].then[32].setExtension.name: rules set at most 32 "
                                      "different extensions");
        buf_fini(&text);
        run_free(r);
    }
}

/* --- the rest ------------------------------------------------------------------------------------
 */

static void reports_on_a_section(void **state)
{
    static const struct {
        const char *section;
        const char *status;
    } cases[] = {
        {"{}",                             "{\"valid\":{\"rules\":0}}"                       },
        {"{\"rules\":[{},{}]}",            "{\"valid\":{\"rules\":2}}"                       },
        {"{\"rules\":[{\"when\":\"x\"}]}",
         "{\"invalid\":{\"error\":\"Undecodable\",\"message\":\"spec.publish.rules[0].when: "
         "expected \\\"always\\\", or an object with one member: isChannel, not, and, or\"}}"},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *section = json_of(cases[i].section);
        json_t *status = publish_rules_status(section);
        char *text = json_dumps(status, JSON_COMPACT);

        assert_string_equal(text, cases[i].status);
        free(text);
        json_decref(status);
        json_decref(section);
    }
    assert_null(publish_rules_compile(NULL, NULL));
    assert_int_equal(publish_rules_fault(NULL).len, 0);
}

static void does_not_allocate(void **state)
{
    struct run *r =
        run_new(THEN(SET_EXT("device", "x") "," SET_EXT("a", "b") "," REMOVE_EXT("a") "," SET_ATTR(
                    "datacontenttype", "application/json") "," REMOVE_ATTR("subject")),
                0, STR("[1]"));
    const long before = alloc_count();

    UNUSED(state);
    for (int i = 0; i < 1000; i++) {
        make_event(r, 0, STR("[1]"));
        assert_int_equal(run(r), PUBLISH_ACCEPT);
        assert_string_equal(encode(r) + strlen(r->line) - 11, "\"data\":[1]}");
    }
    assert_int_equal(alloc_count(), before);
    run_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_runs_when_its_condition_holds),
        cmocka_unit_test(rules_run_in_their_order),
        cmocka_unit_test(data_follows_a_changed_content_type),
        cmocka_unit_test(tells_where_a_set_cannot_be_decoded),
        cmocka_unit_test(limits_hold_at_their_edges),
        cmocka_unit_test(an_event_has_room_for_every_extension_of_its_rules),
        cmocka_unit_test(reports_on_a_section),
        cmocka_unit_test(does_not_allocate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
