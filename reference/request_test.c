/* Options in, a publish or a refusal out. Option numbers are typed in from RFC 7252 12.2 and the
 * documentation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/request.h"

enum { MAX_OPTIONS = 8, POST = 2 };

struct option {
    uint16_t number;
    const char *value;
};

#define PATH                                                                                       \
    {11, "v1"},                                                                                    \
    {                                                                                              \
        11, "foo"                                                                                  \
    }

struct refusal_case {
    const char *title;
    uint8_t code;
    struct option options[MAX_OPTIONS];
    enum outcome outcome;
};

static const struct refusal_case refusals[] = {
    {"a publish",                                      POST, {PATH},                                     OUTCOME_NONE               },
    {"with a sub-path (URL-14)",                       POST, {PATH, {11, "bar"}, {11, ""}},              OUTCOME_NONE               },
    {"no path (URL-02)",                               POST, {{0, NULL}},                                OUTCOME_BAD_PATH           },
    {"no channel",                                     POST, {{11, "v1"}},                               OUTCOME_BAD_PATH           },
    {"another version",                                POST, {{11, "v2"}, {11, "foo"}},                  OUTCOME_BAD_PATH           },
    {"upper case",                                     POST, {{11, "V1"}, {11, "foo"}},                  OUTCOME_BAD_PATH           },
    {"well-known (URL-12)",                            POST, {{11, ".well-known"}, {11, "core"}},        OUTCOME_BAD_PATH           },
    {"empty channel (URL-13)",                         POST, {{11, "v1"}, {11, ""}},                     OUTCOME_BAD_CHANNEL        },
    {"channel that is a dot segment",                  POST, {{11, "v1"}, {11, ".."}},                   OUTCOME_BAD_CHANNEL        },
    {"channel with a dot and a percent sign (URL-11)",
     POST,                                                   {{11, "v1"}, {11, "a.b%2"}},
     OUTCOME_NONE                                                                                                                   },
    {"channel that is no UTF-8",                       POST, {{11, "v1"}, {11, "\xff"}},                 OUTCOME_BAD_CHANNEL        },
    {"channel with a line break",                      POST, {{11, "v1"}, {11, "a\nb"}},                 OUTCOME_BAD_CHANNEL        },
    {"GET (URL-10)",                                   1,    {PATH},                                     OUTCOME_METHOD_NOT_ALLOWED },
    {"PUT",                                            3,    {PATH},                                     OUTCOME_METHOD_NOT_ALLOWED },
    {"an unassigned method (URL-09)",                  31,   {PATH},                                     OUTCOME_METHOD_NOT_ALLOWED },
    {"unknown critical option (OPT-01)",               POST, {PATH, {65001, "x"}},                       OUTCOME_BAD_OPTION         },
    {"unknown elective option",                        POST, {PATH, {65000, "x"}},                       OUTCOME_NONE               },
    {"option 4210 in a request (OPT-02)",              POST, {PATH, {4210, "x"}},                        OUTCOME_NONE               },
    {"authorization twice (AUTH-18)",                  POST, {PATH, {4209, "a"}, {4209, "b"}},           OUTCOME_BAD_OPTION         },
    {"a bad option outweighs a bad path",              POST, {{11, "x"}, {65001, "x"}},                  OUTCOME_BAD_OPTION         },
    {"Content-Format of 3 bytes is not seen (OPT-03)", POST, {PATH, {12, "abc"}},                        OUTCOME_NONE               },
    {"Uri-Port of 3 bytes",                            POST, {{7, "abc"}, PATH},                         OUTCOME_BAD_OPTION         },
    {"Accept of 3 bytes",                              POST, {PATH, {17, "abc"}},                        OUTCOME_BAD_OPTION         },
    {"Accept (OPT-05)",                                POST, {PATH, {17, "2"}},                          OUTCOME_NONE               },
    {"Observe on POST",                                POST, {{6, ""}, PATH},                            OUTCOME_NONE               },
    {"No-Response (OPT-06)",                           POST, {PATH, {258, "\x02"}},                      OUTCOME_NONE               },
    {"Uri-Host and Uri-Port (OPT-08)",
     POST,                                                   {{3, "localhost"}, {7, "\x16\x33"}, PATH},
     OUTCOME_NONE                                                                                                                   },
    {"empty Uri-Host",                                 POST, {{3, ""}, PATH},                            OUTCOME_BAD_OPTION         },
    {"Uri-Host twice",                                 POST, {{3, "a"}, {3, "b"}, PATH},                 OUTCOME_BAD_OPTION         },
    {"Proxy-Uri (OPT-04)",                             POST, {PATH, {35, "coap://other/v1/foo"}},        OUTCOME_NO_PROXY           },
    {"Proxy-Scheme",                                   POST, {{3, "other"}, PATH, {39, "coap"}},         OUTCOME_NO_PROXY           },
    {"GET by proxy",                                   1,    {PATH, {35, "coap://other/"}},              OUTCOME_NO_PROXY           },
    {"If-Match with an ETag (OPT-07)",                 POST, {{1, "etag"}, PATH},                        OUTCOME_PRECONDITION_FAILED},
    {"empty If-Match",                                 POST, {{1, ""}, PATH},                            OUTCOME_NONE               },
    {"If-None-Match",                                  POST, {{5, ""}, PATH},                            OUTCOME_PRECONDITION_FAILED},
    {"Block1",                                         POST, {PATH, {27, "\x0e"}},                       OUTCOME_NONE               },
    {"Block1 of the reserved size (BLK-02)",           POST, {PATH, {27, "\x0f"}},                       OUTCOME_BAD_BLOCK          },
    {"Block1 of 4 bytes",                              POST, {PATH, {27, "abcd"}},                       OUTCOME_BAD_OPTION         },
    {"Block2",                                         POST, {PATH, {23, "\x16"}},                       OUTCOME_NONE               },
    {"Block2 of the reserved size",                    POST, {PATH, {23, "\x17"}},                       OUTCOME_BAD_BLOCK          },
    {"ct",                                             POST, {PATH, {15, "ct=30"}},                      OUTCOME_NONE               },
    {"largest ct",                                     POST, {PATH, {15, "ct=18446744073709551615"}},    OUTCOME_NONE               },
    {"ct beyond 64 bits (URL-16)",                     POST, {PATH, {15, "ct=18446744073709551616"}},    OUTCOME_BAD_CT             },
    {"ct with a fraction",                             POST, {PATH, {15, "ct=1.5"}},                     OUTCOME_BAD_CT             },
    {"negative ct (URL-08)",                           POST, {PATH, {15, "ct=-1"}},                      OUTCOME_BAD_CT             },
    {"ct that is text",                                POST, {PATH, {15, "ct=soon"}},                    OUTCOME_BAD_CT             },
    {"empty ct",                                       POST, {PATH, {15, "ct="}},                        OUTCOME_BAD_CT             },
    {"ct without a value",                             POST, {PATH, {15, "ct"}},                         OUTCOME_BAD_CT             },
    {"ct that is no UTF-8",                            POST, {PATH, {15, "ct=\xff"}},                    OUTCOME_BAD_QUERY          },
    {"device that is no UTF-8",                        POST, {PATH, {15, "device=%ff"}},                 OUTCOME_BAD_QUERY          },
    {"ct twice",                                       POST, {PATH, {15, "ct=1"}, {15, "ct=2"}},         OUTCOME_PARAMETER_TWICE    },
    {"ct by both names",                               POST, {PATH, {15, "ct=1&commandTimeout=1"}},      OUTCOME_PARAMETER_TWICE    },
    {"device twice",                                   POST, {PATH, {15, "device=a"}, {15, "device=a"}}, OUTCOME_PARAMETER_TWICE    },
    {"unknown parameters (URL-07)",                    POST, {PATH, {15, "x=1&x=2&=&y"}},                OUTCOME_NONE               },
    {"empty query",                                    POST, {PATH, {15, ""}},                           OUTCOME_NONE               },
};

/* The message of a row, read. Borrowed strings live in static memory until the next call. */
static enum outcome read_message(uint8_t code, const struct option *options,
                                 const struct request_options *how, struct request *out)
{
    static char message[1024];
    static char decode[1024];
    struct buf b = buf_over(message, sizeof message);
    struct pdu_writer w = pdu_start(&b, PDU_CON, code, 1, STR("t"));
    struct pdu p;

    for (size_t i = 0; i < MAX_OPTIONS && options[i].value != NULL; i++)
        pdu_add_option(&w, options[i].number, str_from(options[i].value));
    pdu_add_payload(&w, STR("payload"));
    assert_int_equal(pdu_parse((const uint8_t *)b.ptr, b.len, &p), PDU_OK);
    return request_read(&p, how, decode, out);
}

static void tells_publishes_from_refusals(void **state)
{
    static const struct request_options how = {.allow_put = false};
    struct request r;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        enum outcome got = read_message(refusals[i].code, refusals[i].options, &how, &r);

        if (got != refusals[i].outcome)
            fail_msg("%s: got %.*s", refusals[i].title, (int)outcome_text(got).len,
                     outcome_text(got).ptr);
    }
}

static void put_publishes_where_it_is_allowed(void **state)
{
    static const struct option path[MAX_OPTIONS] = {PATH};
    static const struct request_options how = {.allow_put = true};
    struct request r;

    UNUSED(state);
    assert_int_equal(read_message(3, path, &how, &r), OUTCOME_NONE);
    assert_int_equal(read_message(4, path, &how, &r), OUTCOME_METHOD_NOT_ALLOWED);
}

static void assert_documented_values(const struct request *r)
{
    assert_true(str_equal(r->channel, STR("foo")));
    assert_true(str_equal(r->params[REQUEST_APPLICATION].value, STR("example-app")));
    assert_true(str_equal(r->params[REQUEST_DEVICE].value, STR("device1")));
    assert_true(str_equal(r->params[REQUEST_DATA_SCHEMA].value, STR("application/octet-stream")));
    assert_true(str_equal(r->params[REQUEST_AS].value, STR("device#2")));
    assert_int_equal(r->ct_s, 30);
    assert_true(str_equal(r->payload, STR("payload")));
}

/* The documentation's example URI, in the three ways in which clients send it. */
static void reads_the_documented_example(void **state)
{
    static const struct request_options how = {.allow_put = false};
    static const struct option forms[][MAX_OPTIONS] = {
        {PATH,
         {15, "application=example-app"},
         {15, "device=device1"},
         {15, "data_schema=application/octet-stream"},
         {15, "as=device#2"},
         {15, "ct=30"}},
        {PATH,
         {15, "ct=30&as=device%232&data_schema=application%2Foctet-stream&device=device1&"
              "application=example-app"}                },
        {PATH,
         {15, "as=device%232"},
         {15, "application=example-app&device=device1"},
         {15, "data_schema=application%2foctet-stream&commandTimeout=30"}             },
    };
    struct request r;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(forms); i++) {
        assert_int_equal(read_message(POST, forms[i], &how, &r), OUTCOME_NONE);
        assert_documented_values(&r);
    }
}

static void a_percent_sign_without_hex_digits_stays(void **state)
{
    static const struct option options[MAX_OPTIONS] = {
        PATH, {15, "device=100%"       },
         {15, "as=%4"             },
         {15, "application=%zz%41"}
    };
    static const struct request_options how = {.allow_put = false};
    struct request r;

    UNUSED(state);
    assert_int_equal(read_message(POST, options, &how, &r), OUTCOME_NONE);
    assert_true(str_equal(r.params[REQUEST_DEVICE].value, STR("100%")));
    assert_true(str_equal(r.params[REQUEST_AS].value, STR("%4")));
    assert_true(str_equal(r.params[REQUEST_APPLICATION].value, STR("%zzA")));
}

static void empty_values_count_as_given(void **state)
{
    static const struct option options[MAX_OPTIONS] = {
        PATH, {15,   "application="},
         {4209, ""            }
    };
    static const struct request_options how = {.allow_put = false};
    struct request r;

    UNUSED(state);
    assert_int_equal(read_message(POST, options, &how, &r), OUTCOME_NONE);
    assert_true(r.params[REQUEST_APPLICATION].given);
    assert_true(r.authorization.given);
    assert_false(r.params[REQUEST_DEVICE].given);
    assert_int_equal(r.content_format, REQUEST_NO_FORMAT);
}

static void reads_the_content_format(void **state)
{
    static const struct option options[MAX_OPTIONS] = {
        PATH, {12, "\x2d\x16"}
    };
    static const struct request_options how = {.allow_put = false};
    struct request r;

    UNUSED(state);
    assert_int_equal(read_message(POST, options, &how, &r), OUTCOME_NONE);
    assert_int_equal(r.content_format, 11542);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_publishes_from_refusals),
        cmocka_unit_test(put_publishes_where_it_is_allowed),
        cmocka_unit_test(reads_the_documented_example),
        cmocka_unit_test(a_percent_sign_without_hex_digits_stays),
        cmocka_unit_test(empty_values_count_as_given),
        cmocka_unit_test(reads_the_content_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
