#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "simulator/report.h"
#include "simulator/report_read.h"
#include "simulator/result_testrun.h"

static void json_of(const struct testrun *t, struct buf *out)
{
    struct result r;

    testrun_make(&r, t);
    report_json(&r, out);
    result_fini(&r);
}

static void read_again(struct str text, struct result *r)
{
    char why[REPORT_READ_WHY_LEN];

    result_init(r);
    if (!report_read(r, text, why))
        fail_msg("%s", why);
}

static void a_result_is_read_back_without_loss(void **state)
{
    struct buf first = buf_growing();
    struct buf second = buf_growing();
    struct result made;
    struct result r;

    UNUSED(state);
    testrun_make(&made, &testrun_plain);
    made.invalid[made.invalid_count++] = "late \"by\" \x01 \xc3\xa9";
    made.slo[1].unknown = true;
    made.verdict = RESULT_INVALID;
    made.compress = 1.0 / 3;
    made.stages[0].rate_from = NAN;
    made.seconds[3].steal_part = NAN;
    report_json(&made, &first);
    read_again(buf_str(&first), &r);
    report_json(&r, &second);
    assert_true(str_equal(buf_str(&first), buf_str(&second)));
    assert_true(r.seed == UINT64_MAX && r.compress == 1.0 / 3);
    assert_string_equal(r.invalid[0], made.invalid[0]);
    assert_int_equal(r.verdict, RESULT_INVALID);
    assert_int_equal(r.second_count, made.second_count);
    for (size_t i = 0; i < r.second_count; i++) {
        assert_memory_equal(r.seconds[i].counter, made.seconds[i].counter,
                            sizeof r.seconds[i].counter);
        assert_memory_equal(r.seconds[i].publish_us, made.seconds[i].publish_us,
                            sizeof r.seconds[i].publish_us);
        assert_true(r.seconds[i].server.memory_bytes == made.seconds[i].server.memory_bytes);
    }
    assert_true(isnan(r.seconds[3].steal_part) && isnan(r.stages[0].rate_from));
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++) {
        assert_int_equal(hist_count(r.total.hist[i]), hist_count(made.total.hist[i]));
        assert_true(hist_mean_us(r.total.hist[i]) == hist_mean_us(made.total.hist[i]));
    }
    result_fini(&r);
    result_fini(&made);
    buf_fini(&second);
    buf_fini(&first);
}

static void an_empty_result_is_read_back_too(void **state)
{
    struct buf first = buf_growing();
    struct buf second = buf_growing();
    struct result r;

    UNUSED(state);
    result_init(&r);
    report_json(&r, &first);
    result_fini(&r);
    read_again(buf_str(&first), &r);
    report_json(&r, &second);
    assert_true(str_equal(buf_str(&first), buf_str(&second)));
    result_fini(&r);
    buf_fini(&second);
    buf_fini(&first);
}

/* --- the schema ----------------------------------------------------------------------------------
 */

static const json_t *resolve(const json_t *root, const json_t *schema)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));

    if (ref == NULL)
        return schema;
    assert_true(strncmp(ref, "#/$defs/", 8) == 0);
    schema = json_object_get(json_object_get(root, "$defs"), ref + 8);
    assert_non_null(schema);
    return schema;
}

static bool is_type(const json_t *value, const char *type)
{
    return (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(type, "number") == 0 && json_is_number(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "null") == 0 && json_is_null(value));
}

static void check_type(const json_t *value, const json_t *types, const char *name)
{
    bool ok = json_is_string(types) && is_type(value, json_string_value(types));

    for (size_t i = 0; i < json_array_size(types); i++)
        ok = ok || is_type(value, json_string_value(json_array_get(types, i)));
    if (!ok)
        fail_msg("%s is of another type than the schema says", name);
}

/* The part of JSON Schema that ours uses: every member described, every described one there. */
static void check(const json_t *root, const json_t *schema, json_t *value, const char *name)
{
    const json_t *properties;
    const char *key;
    json_t *member;

    schema = resolve(root, schema);
    check_type(value, json_object_get(schema, "type"), name);
    properties = json_object_get(schema, "properties");
    json_object_foreach(value, key, member)
    {
        if (json_object_get(properties, key) == NULL)
            fail_msg("the schema does not describe %s of %s", key, name);
        check(root, json_object_get(properties, key), member, key);
    }
    json_object_foreach((json_t *)properties, key, member)
    {
        if (json_object_get(value, key) == NULL)
            fail_msg("%s has no %s, which the schema describes", name, key);
    }
    assert_int_equal(json_array_size(json_object_get(schema, "required")),
                     json_object_size(properties));
    for (size_t i = 0; i < json_array_size(value); i++)
        check(root, json_object_get(schema, "items"), json_array_get(value, i), name);
}

static void the_schema_describes_all_of_it_and_nothing_else(void **state)
{
    json_error_t error;
    json_t *schema = json_load_file("simulator/schema/result.json", 0, &error);
    struct buf text = buf_growing();

    UNUSED(state);
    if (schema == NULL)
        fail_msg("%s:%d: %s", error.source, error.line, error.text);
    json_of(&testrun_plain, &text);

    json_t *document = json_loadb(text.ptr, text.len, 0, &error);

    if (document == NULL)
        fail_msg("%d: %s", error.line, error.text);
    check(schema, schema, document, "result");
    json_decref(document);
    json_decref(schema);
    buf_fini(&text);
}

/* --- what others wrote ---------------------------------------------------------------------------
 */

#define HEAD "{\"schema\": \"seatrial-swarm-result/1\""

static void what_is_new_is_passed_over_and_what_is_missing_stays_empty(void **state)
{
    struct result r;

    UNUSED(state);
    read_again(STR(HEAD ", \"new\": [1], \"counters\": {\"event.lost\": 3, \"event.new\": 1},"
                        "\"seconds\": {\"columns\": [\"x\", \"at_us\"], \"rows\": [[1, 7]]}}"),
               &r);
    assert_int_equal(r.total.counter[TALLY_EVENT_LOST], 3);
    assert_int_equal(r.second_count, 1);
    assert_int_equal(r.seconds[0].at_us, 7);
    assert_true(isnan(r.seconds[0].own_cpu_cores) && isnan(r.rate_per_s));
    assert_string_equal(r.target, "");
    result_fini(&r);
}

static void what_is_no_report_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"",                                                                     "no JSON report of a run (schema seatrial-swarm-result/1)"},
        {"[]",                                                                   "no JSON report of a run (schema seatrial-swarm-result/1)"},
        {"{\"schema\": \"seatrial-report/1\"}",
         "no JSON report of a run (schema seatrial-swarm-result/1)"                                                                        },
        {HEAD "} x",                                                             "no JSON report of a run (schema seatrial-swarm-result/1)"},
        {HEAD ", \"target\": 5}",                                                "of the wrong kind: \"target\""                           },
        {HEAD ", \"target\": \"a\\u0000b\"}",                                    "of the wrong kind: \"target\""                           },
        {HEAD ", \"devices\": 1.5}",                                             "of the wrong kind: \"devices\""                          },
        {HEAD ", \"devices\": 1e3}",                                             "of the wrong kind: \"devices\""                          },
        {HEAD ", \"seed\": 5}",                                                  "of the wrong kind: \"seed\""                             },
        {HEAD ", \"seed\": \"-5\"}",                                             "of the wrong kind: \"seed\""                             },
        {HEAD ", \"verdict\": \"FINE\"}",                                        "of the wrong kind: \"verdict\""                          },
        {HEAD ", \"compress\": \"1\"}",                                          "of the wrong kind: \"compress\""                         },
        {HEAD ", \"counters\": {\"event.lost\": -1}}",                           "of the wrong kind: \"event.lost\""                       },
        {HEAD ", \"counters\": []}",                                             "expected an object, got \"[]\""                          },
        {HEAD ", \"slo\": {}}",                                                  "expected an array: \"slo\""                              },
        {HEAD ", \"invalid\": [null]}",                                          "of the wrong kind: \"invalid\""                          },
        {HEAD ", \"histograms\": {\"publish\": {\"data\": \"HIST\"}}}",          "no histogram: \"HIST\""                                  },
        {HEAD ", \"seconds\": {\"columns\": [\"at_us\"], \"rows\": [[]]}}",
         "a row is as long as \"columns\""                                                                                                 },
        {HEAD ", \"seconds\": {\"columns\": [\"at_us\"], \"rows\": [[\"x\"]]}}",
         "of the wrong kind: \"at_us\""                                                                                                    },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[REPORT_READ_WHY_LEN] = "";
        struct result r;

        result_init(&r);
        assert_false(report_read(&r, str_from(rows[i].text), why));
        assert_string_equal(why, rows[i].why);
        result_fini(&r);
    }
}

static void files_are_read_and_named_when_they_cannot_be(void **state)
{
    char path[] = "/tmp/report_json_test.XXXXXX";
    char why[REPORT_READ_WHY_LEN] = "";
    struct result r;
    struct result again;

    UNUSED(state);
    assert_int_equal(close(mkstemp(path)), 0);
    testrun_make(&r, &testrun_plain);

    struct buf spec = buf_growing();

    buf_add_format(&spec, "json=%s", path);
    buf_add_char(&spec, '\0');
    assert_true(report_check(spec.ptr, why));
    assert_true(report_write(spec.ptr, &r, why));
    assert_true(report_read_file(&again, path, why));
    assert_string_equal(again.run_id, r.run_id);
    result_fini(&again);
    result_fini(&r);
    assert_int_equal(unlink(path), 0);
    assert_false(report_read_file(&again, "/nowhere/r.json", why));
    assert_string_equal(why, "/nowhere/r.json: No such file or directory");
    assert_false(report_read_file(&again, "README.md", why));
    assert_string_equal(why, "README.md: no JSON report of a run (schema "
                             "seatrial-swarm-result/1)");
    assert_false(report_check("jsn=x", why));
    assert_string_equal(why, "--report: unknown kind \"jsn\", did you mean json");
    buf_fini(&spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_read_back_without_loss),
        cmocka_unit_test(an_empty_result_is_read_back_too),
        cmocka_unit_test(the_schema_describes_all_of_it_and_nothing_else),
        cmocka_unit_test(what_is_new_is_passed_over_and_what_is_missing_stays_empty),
        cmocka_unit_test(what_is_no_report_is_refused_with_a_reason),
        cmocka_unit_test(files_are_read_and_named_when_they_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
