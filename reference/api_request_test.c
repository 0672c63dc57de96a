#include "reference/api_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct type_case {
    const char *content_type;
    bool json;
} types[] = {
    {"application/json",                  true },
    {"Application/JSON",                  true },
    {"application/json; charset=utf-8",   true },
    {"application/json;x",                true },
    {" application/json\t; x",            true },
    {"text/json",                         true },
    {"application/senml+json",            true },
    {"a/b+JSON",                          true },
    {"",                                  false},
    {"+json",                             false},
    {"json",                              false},
    {"application/jsonx",                 false},
    {"application/json-seq",              false},
    {"text/plain",                        false},
    {"text/plain; x=application/json",    false},
    {"application/x-www-form-urlencoded", false},
};

static void knows_json_by_its_type(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(types); i++) {
        struct api_request request = {.fields.content_type = str_from(types[i].content_type)};

        if (api_declares_json(&request) != types[i].json)
            fail_msg("type '%s'", types[i].content_type);
    }
}

static const struct body_case {
    const char *content_type; /* NULL: none */
    const char *body;
    enum api_json_err err;
    const char *why; /* a part of the text */
} bodies[] = {
    {NULL,                                "{}",                API_JSON_OK,         ""                },
    {"application/json",                  " {\"a\":[1]}\n",    API_JSON_OK,         ""                },
    {"application/x-www-form-urlencoded", "{}",                API_JSON_MEDIA_TYPE, "application/json"},
    {"text/plain",                        "",                  API_JSON_MEDIA_TYPE, "application/json"},
    {"",                                  "{}",                API_JSON_MEDIA_TYPE, "application/json"},
    {NULL,                                "",                  API_JSON_EMPTY,      "empty"           },
    {NULL,                                "{",                 API_JSON_SYNTAX,     "line 1 column 1" },
    {NULL,                                "{\"a\":1,\n\n  x}", API_JSON_SYNTAX,     "line 3 column 3" },
    {NULL,                                "{} {}",             API_JSON_SYNTAX,     "line 1 column 4" },
    {NULL,                                "{\"a\":1,\"a\":2}", API_JSON_SYNTAX,     "duplicate"       },
    {NULL,                                "{\"a\":\"\xFF\"}",  API_JSON_SYNTAX,     "line 1"          },
    {NULL,                                "[]",                API_JSON_SYNTAX,     "object"          },
    {NULL,                                "1",                 API_JSON_SYNTAX,     "line 1"          },
};

static void says_what_is_wrong_with_a_body(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(bodies); i++) {
        const struct body_case *c = &bodies[i];
        struct api_request request = {.body = str_from(c->body)};
        char why[API_JSON_WHY_LEN] = "";
        json_t *doc;

        if (c->content_type != NULL) {
            request.fields.content_type_count = 1;
            request.fields.content_type = str_from(c->content_type);
        }
        if (api_body_json(&request, &doc, why) != c->err)
            fail_msg("case %zu: %s", i, why);
        if (strstr(why, c->why) == NULL)
            fail_msg("case %zu: %s", i, why);
        assert_true((doc != NULL) == (c->err == API_JSON_OK));
        json_decref(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_json_by_its_type),
        cmocka_unit_test(says_what_is_wrong_with_a_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
