#include "reference/authn_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reference/publish_rules.h"

static json_t *parse(const char *text)
{
    json_t *v = json_loads(text, 0, NULL);

    assert_non_null(v);
    return v;
}

static const char app_text[] = "{\"metadata\":{\"name\":\"app1\",\"uid\":\"u1\","
                               "\"creationTimestamp\":\"2020-01-01T00:00:00Z\"},"
                               "\"spec\":{\"publish\":{\"rules\":[{\"then\":[\"drop\"]}]}}}";
static const char device_text[] =
    "{\"metadata\":{\"application\":\"app1\",\"name\":\"dev1\",\"uid\":\"u2\"},"
    "\"spec\":{\"authentication\":{\"credentials\":[{\"pass\":\"pw\"}]},\"credentials\":{},"
    "\"gatewaySelector\":{\"matchNames\":[\"gw\"]}}}";
static const char bare_text[] =
    "{\"metadata\":{\"application\":\"app1\",\"name\":\"dev2\",\"uid\":\"u3\"},"
    "\"spec\":{\"authentication\":{\"credentials\":[]}}}";

#define TOLD_APP                                                                                   \
    "{\"metadata\":{\"name\":\"app1\",\"uid\":\"u1\",\"creationTimestamp\":"                       \
    "\"2020-01-01T00:00:00Z\"},\"spec\":{\"publish\":{\"rules\":[{\"then\":[\"drop\"]}]}},"        \
    "\"status\":{\"conditions\":["                                                                 \
    "{\"type\":\"KafkaReady\",\"status\":\"True\",\"lastTransitionTime\":"                         \
    "\"2020-01-01T00:00:00Z\"}]}}"
#define TOLD_DEVICE                                                                                \
    "{\"metadata\":{\"application\":\"app1\",\"name\":\"dev1\",\"uid\":\"u2\"},\"spec\":"          \
    "{\"gatewaySelector\":{\"matchNames\":[\"gw\"]}}}"
#define TOLD_BARE "{\"metadata\":{\"application\":\"app1\",\"name\":\"dev2\",\"uid\":\"u3\"}}"

static void check_answer(json_t *got, const char *want)
{
    char *text = json_dumps(got, JSON_COMPACT);

    assert_string_equal(text, want);
    free(text);
    json_decref(got);
}

/* Letter for letter, capitals included (facts 7.3). */
static void writes_what_drogue_cloud_reads(void **state)
{
    const struct registry_psk undated = {STR("secret"), INT64_MIN, INT64_MAX};
    const struct registry_psk dated = {STR("secret"), 1577836800 * US_PER_S, 1609459199 * US_PER_S};
    struct authn_documents documents;

    UNUSED(state);
    documents = (struct authn_documents){parse(app_text), parse(device_text), NULL};
    check_answer(authn_answer_pass(AUTH_CALL_PROVE, &documents, NULL),
                 "{\"outcome\":{\"pass\":{\"application\":" TOLD_APP ",\"device\":" TOLD_DEVICE
                 "}}}");
    documents = (struct authn_documents){parse(app_text), parse(device_text), parse(bare_text)};
    check_answer(authn_answer_pass(AUTH_CALL_PROVE, &documents, NULL),
                 "{\"outcome\":{\"pass\":{\"application\":" TOLD_APP ",\"device\":" TOLD_DEVICE
                 ",\"as\":" TOLD_BARE "}}}");
    documents = (struct authn_documents){parse(app_text), parse(bare_text), NULL};
    check_answer(authn_answer_pass(AUTH_CALL_KEY, &documents, &undated),
                 "{\"outcome\":{\"Found\":{\"app\":" TOLD_APP ",\"device\":" TOLD_BARE
                 ",\"key\":{\"key\":\"c2VjcmV0\"}}}}");
    documents = (struct authn_documents){parse(app_text), parse(bare_text), NULL};
    check_answer(authn_answer_pass(AUTH_CALL_KEY, &documents, &dated),
                 "{\"outcome\":{\"Found\":{\"app\":" TOLD_APP ",\"device\":" TOLD_BARE
                 ",\"key\":{\"key\":\"c2VjcmV0\",\"validity\":{\"notBefore\":"
                 "\"2020-01-01T00:00:00Z\",\"notAfter\":\"2020-12-31T23:59:59Z\"}}}}}");
    documents = (struct authn_documents){parse(app_text), parse(device_text), parse(bare_text)};
    check_answer(authn_answer_pass(AUTH_CALL_GATEWAY, &documents, NULL),
                 "{\"outcome\":{\"pass\":{\"as\":" TOLD_BARE "}}}");
    check_answer(authn_answer_fail(AUTH_CALL_PROVE), "{\"outcome\":\"fail\"}");
    check_answer(authn_answer_fail(AUTH_CALL_KEY), "{\"outcome\":\"NotFound\"}");
    check_answer(authn_answer_fail(AUTH_CALL_GATEWAY), "{\"outcome\":\"fail\"}");
}

static void conditions_of_the_application_are_handed_through(void **state)
{
    static const char not_ready[] =
        "{\"metadata\":{\"name\":\"app1\"},\"status\":{\"conditions\":[{\"type\":\"KafkaReady\","
        "\"status\":\"False\",\"lastTransitionTime\":\"2021-01-01T00:00:00Z\"}]}}";
    static const char other[] =
        "{\"metadata\":{\"name\":\"app1\",\"creationTimestamp\":\"2020-01-01T00:00:00Z\"},"
        "\"status\":{\"conditions\":[{\"type\":\"Other\",\"status\":\"True\"}]}}";
    struct authn_documents documents = {parse(not_ready), parse(bare_text), NULL};
    json_t *got = authn_answer_pass(AUTH_CALL_PROVE, &documents, NULL);
    char *text = json_dumps(got, JSON_COMPACT);

    UNUSED(state);
    assert_non_null(strstr(text, not_ready));
    free(text);
    json_decref(got);
    documents = (struct authn_documents){parse(other), parse(bare_text), NULL};
    got = authn_answer_pass(AUTH_CALL_PROVE, &documents, NULL);
    text = json_dumps(got, JSON_COMPACT);
    assert_non_null(
        strstr(text, "[{\"type\":\"Other\",\"status\":\"True\"},{\"type\":\"KafkaReady\","
                     "\"status\":\"True\",\"lastTransitionTime\":\"2020-01-01T00:00:00Z\"}]"));
    free(text);
    json_decref(got);
}

/* The examples of facts 7.3 as they stand. */
static void reads_what_drogue_cloud_writes(void **state)
{
    struct authn_answer *a = authn_answer_read(
        AUTH_CALL_PROVE,
        STR("{\"outcome\":{\"pass\":{\"application\":{\"metadata\":{\"name\":\"app1\",\"uid\":"
            "\"u1\"},\"spec\":{},\"status\":{}},\"device\":{\"metadata\":{\"application\":"
            "\"app1\",\"name\":\"dev1\",\"uid\":\"u2\"}}}}}"));

    UNUSED(state);
    assert_true(a->pass && a->app->app.rules == NULL);
    assert_true(str_equal(a->app->app.name, STR("app1")) && str_equal(a->app->app.uid, STR("u1")));
    assert_true(str_equal(a->device->device.name, STR("dev1")));
    assert_true(str_equal(a->device->device.uid, STR("u2")));
    authn_answer_free(&a);
    assert_null(a);
    a = authn_answer_read(
        AUTH_CALL_KEY,
        STR("{\"outcome\":{\"Found\":{\"app\":{\"metadata\":{\"name\":\"app1\"}},\"device\":"
            "{\"metadata\":{\"application\":\"app1\",\"name\":\"dev1\"}},\"key\":{\"key\":"
            "\"c2VjcmV0\"}}}}"));
    assert_true(a->pass && str_equal(a->psk.key, STR("secret")));
    assert_true(a->psk.not_before_us == INT64_MIN && a->psk.not_after_us == INT64_MAX);
    authn_answer_free(&a);
    a = authn_answer_read(AUTH_CALL_GATEWAY,
                          STR("{\"outcome\":{\"pass\":{\"as\":{\"metadata\":{\"application\":"
                              "\"app1\",\"name\":\"dev2\"}}}}}"));
    assert_true(a->pass && a->app == NULL && str_equal(a->device->device.name, STR("dev2")));
    authn_answer_free(&a);
    a = authn_answer_read(AUTH_CALL_PROVE, STR("{\"outcome\":\"fail\"}"));
    assert_true(a != NULL && !a->pass);
    authn_answer_free(&a);
    a = authn_answer_read(AUTH_CALL_KEY, STR("{\"outcome\":\"NotFound\"}"));
    assert_true(a != NULL && !a->pass);
    authn_answer_free(&a);
}

static void reads_its_own_answers_with_rules_and_validity(void **state)
{
    const struct registry_psk dated = {STR("a\0b"), 1577836800 * US_PER_S, 1609459199 * US_PER_S};
    struct authn_documents documents = {parse(app_text), parse(device_text), NULL};
    json_t *written = authn_answer_pass(AUTH_CALL_KEY, &documents, &dated);
    char *text = json_dumps(written, JSON_COMPACT);
    struct authn_answer *a = authn_answer_read(AUTH_CALL_KEY, str_from(text));

    UNUSED(state);
    assert_true(a->pass && a->app->app.rules != NULL);
    assert_true(str_equal(a->psk.key, STR("a\0b")));
    assert_true(a->psk.not_before_us == dated.not_before_us);
    assert_true(a->psk.not_after_us == dated.not_after_us);
    authn_answer_free(&a);
    free(text);
    json_decref(written);
}

#define PASS(app, device) "{\"outcome\":{\"pass\":{\"application\":" app ",\"device\":" device "}}}"
#define FOUND(key)                                                                                 \
    "{\"outcome\":{\"Found\":{\"app\":{\"metadata\":{\"name\":\"a\"}},\"device\":{\"metadata\":{"  \
    "\"application\":\"a\",\"name\":\"d\"}},\"key\":" key "}}}"
#define APP_A "{\"metadata\":{\"name\":\"a\"}}"

static void takes_nothing_else_for_an_answer(void **state)
{
    /* clang-format off */
    static const struct {
        enum auth_call call;
        const char *text;
    } cases[] = {
        {AUTH_CALL_PROVE,   ""                                                                     },
        {AUTH_CALL_PROVE,   "fail"                                                                 },
        {AUTH_CALL_PROVE,   "[]"                                                                   },
        {AUTH_CALL_PROVE,   "{}"                                                                   },
        {AUTH_CALL_PROVE,   "{\"outcome\":\"Fail\"}"                                               },
        {AUTH_CALL_PROVE,   "{\"outcome\":\"NotFound\"}"                                           },
        {AUTH_CALL_PROVE,   "{\"outcome\":\"pass\"}"                                               },
        {AUTH_CALL_PROVE,   "{\"outcome\":{\"Pass\":{}}}"                                          },
        {AUTH_CALL_PROVE,   "{\"outcome\":{\"pass\":{}}}"                                          },
        {AUTH_CALL_PROVE,   PASS(APP_A, "{}")                                                      },
        {AUTH_CALL_PROVE,   PASS(APP_A, "{\"metadata\":{\"application\":\"b\",\"name\":\"d\"}}")   },
        {AUTH_CALL_PROVE,   PASS(APP_A, "{\"metadata\":{\"application\":\"a\",\"name\":\"\"}}")    },
        {AUTH_CALL_PROVE,   PASS("{\"metadata\":{\"name\":\"\"}}",
                               "{\"metadata\":{\"application\":\"\",\"name\":\"d\"}}")           },
        {AUTH_CALL_PROVE,   PASS(APP_A, "{\"metadata\":{\"application\":\"a\",\"name\":7}}")       },
        {AUTH_CALL_KEY,     "{\"outcome\":\"fail\"}"                                               },
        {AUTH_CALL_KEY,     FOUND("null")                                                          },
        {AUTH_CALL_KEY,     FOUND("{\"key\":\"\"}")                                                },
        {AUTH_CALL_KEY,     FOUND("{\"key\":\"%%\"}")                                              },
        {AUTH_CALL_KEY,     FOUND("{\"key\":\"YQ==\",\"validity\":{\"notBefore\":\"yesterday\"}}") },
        {AUTH_CALL_GATEWAY, "{\"outcome\":{\"pass\":{}}}"                                          },
        {AUTH_CALL_GATEWAY, PASS(APP_A, "{\"metadata\":{\"application\":\"a\",\"name\":\"d\"}}")   },
    };
    /* clang-format on */

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct authn_answer *a = authn_answer_read(cases[i].call, str_from(cases[i].text));

        if (a != NULL)
            fail_msg("taken: %s", cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_drogue_cloud_reads),
        cmocka_unit_test(conditions_of_the_application_are_handed_through),
        cmocka_unit_test(reads_what_drogue_cloud_writes),
        cmocka_unit_test(reads_its_own_answers_with_rules_and_validity),
        cmocka_unit_test(takes_nothing_else_for_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
