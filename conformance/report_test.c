#include "conformance/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance/diff.h"
#include "conformance/json.h"
#include "conformance/mutants.h"
#include "conformance/scenario_testfolder.h"
#include "conformance/standing.h"
#include "conformance/stream.h"
#include "conformance/waiver.h"

#define RESULT(id, verdict, rest)                                                                  \
    "{\"type\":\"result\",\"case\":\"" id "\",\"rev\":1,\"binding\":\"coap\",\"level\":\"MUST\","  \
    "\"title\":\"a < b & c #1\",\"family\":\"opt\",\"refs\":[\"OPT-01\"],\"file\":\"x.lua\","      \
    "\"line\":3,\"round\":0,\"attempt\":0,\"seed\":\"7f\",\"duration_us\":1500000,"                \
    "\"verdict\":\"" verdict "\"" rest "}"

#define FAILED(got)                                                                                \
    ",\"findings\":[{\"verdict\":\"FAIL\",\"step\":\"number=99\",\"field\":\"code\","              \
    "\"expected\":\"4.02\",\"got\":\"" got "\",\"file\":\"x.lua\",\"line\":12}],"                  \
    "\"detail\":\"sent\\n  received\",\"timeline\":[{\"at_us\":4000,\"kind\":\"sent\","            \
    "\"text\":\"CON POST\"},{\"at_us\":6000,\"kind\":\"received\",\"text\":\"ACK 2.04\"},"         \
    "{\"at_us\":7000,\"kind\":\"note\",\"text\":\"<note>\"}]"

#define REASON(verdict, text)                                                                      \
    ",\"findings\":[{\"verdict\":\"" verdict "\",\"reason\":\"" text "\"}]"

/* A stream with these results, as a document; the file of the stream is in folder f. */
static json_t *document_of(const struct testfolder *f, const char *results, struct tally *tally)
{
    json_t *list = json_loads(results, 0, NULL);
    json_t *document;
    struct stream s;
    char path[128];
    char why[512];

    assert_non_null(list);
    (void)snprintf(path, sizeof path, "%s/results.jsonl", f->path);
    assert_true(stream_open(&s, path,
                            json_pack("{s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:s,s:s}]}", "target", "acme",
                                      "target_argument", "acme.lua", "seed", "7f", "started",
                                      "2026-11-23T07:00:00Z", "suite", "0.1.0", "requirements",
                                      "id", "OPT-01", "level", "MUST", "text", "refuse | it"),
                            why));
    for (size_t i = 0; i < json_array_size(list); i++)
        stream_take(&s, json_incref(json_array_get(list, i)));
    assert_true(stream_close(&s));
    json_decref(list);
    if (tally != NULL)
        *tally = s.tally;
    document = json_incref(s.document);
    stream_fini(&s);
    return document;
}

static const char several[] =
    "[" RESULT("OPT-001", "PASS", "") "," RESULT("OPT-002", "FAIL", FAILED("2.04")) "," RESULT(
        "OPT-003", "ERROR", REASON("ERROR", "no sense")) "," RESULT("OPT-004", "N/A",
                                                                    REASON("N/A", "refused")) "]";

static void assert_holds(const struct buf *text, const char *part)
{
    if (memmem(text->ptr, text->len, part, strlen(part)) == NULL)
        fail_msg("\"%s\" is not in:\n%.*s", part, (int)text->len, text->ptr);
}

static void writes_every_form(void **state)
{
    static const struct {
        void (*make)(const json_t *document, struct buf *out);
        const char *parts[6];
    } rows[] = {
        {report_junit,
         {"<testsuites name=\"seatrial\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\"",
          "name=\"OPT-002 a &lt; b &amp; c #1\" time=\"1.500\"",
          "<failure message=\"code: expected 4.02, got 2.04\" type=\"FAIL\">sent\n  received",
          "<error message=\"no sense\"", "<skipped message=\"refused\"/>",
          "again: seatrial run -t acme.lua OPT-002 --seed 7f</failure>"}                    },
        {report_tap,
         {"TAP version 14\n1..4\nok 1 - OPT-001 coap: a < b & c \\#1\nnot ok 2 - OPT-002",
          "  ---\n  verdict: \"FAIL\"\n", "  wanted: \"4.02\"\n  found: \"2.04\"\n", "not ok 3",
          "ok 4 - OPT-004 coap: a < b & c \\#1 # SKIP not applicable: refused\n", "  ...\n"}},
        {report_md,
         {"| FAIL | 1 |",
          "| FAIL | OPT-002 | coap | a \\< b & c #1 | code: expected 4.02, got 2.04 |",
          "| OPT-01 | MUST | ERROR |  |  | refuse \\| it |"}                                },
        {report_html,
         {"<!DOCTYPE html>", "<b>OPT-002</b> coap a &lt; b &amp; c #1", "<svg class=\"ladder\"",
          "marker-end=\"url(#tip)\"", "&lt;note&gt;", "href=\"#OPT-002.coap.0.0\""}         },
        {report_badge, {"aria-label=\"Drogue CoAP: suite error\""}                          },
        {report_json,  {"\"schema\": \"seatrial-report/1\"", "\"exit_code\": 4"}            },
    };
    struct testfolder f;
    json_t *document;

    UNUSED(state);
    testfolder_make(&f);
    document = document_of(&f, several, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf text = buf_growing();

        rows[i].make(document, &text);
        for (size_t k = 0; k < COUNT(rows[i].parts) && rows[i].parts[k] != NULL; k++)
            assert_holds(&text, rows[i].parts[k]);
        buf_fini(&text);
    }
    json_decref(document);
    testfolder_remove(&f);
}

static void keeps_the_stream_on_disk(void **state)
{
    struct testfolder f;
    json_t *document;
    char *text;
    size_t lines = 0;

    UNUSED(state);
    testfolder_make(&f);
    document = document_of(&f, several, NULL);
    text = testfolder_read(&f, "results.jsonl");
    for (const char *p = text; *p != '\0'; p++)
        lines += *p == '\n';
    assert_int_equal(lines, 6);
    free(text);
    json_decref(document);
    testfolder_remove(&f);
}

static void counts_the_last_attempt_only(void **state)
{
    static const char again[] = "[" RESULT("OPT-001", "FAIL", ",\"retried\":true") "," RESULT(
        "OPT-001", "PASS", ",\"attempt\":1") "]";
    struct testfolder f;
    struct tally tally;
    json_t *document;
    enum verdict v;

    UNUSED(state);
    testfolder_make(&f);
    document = document_of(&f, again, &tally);
    assert_int_equal(tally.count[VERDICT_FAIL], 0);
    assert_int_equal(tally.count[VERDICT_PASS], 1);
    assert_int_equal(tally.flaky, 1);
    assert_true(standing_of(document, "OPT-01", BINDING_COAP, &v));
    assert_int_equal(v, VERDICT_PASS);
    assert_false(standing_of(document, "OPT-01", BINDING_COAPS_PSK, &v));
    assert_false(standing_of(document, "OPT-1", BINDING_COAP, &v));
    json_decref(document);
    testfolder_remove(&f);
}

static void checks_what_is_asked_for(void **state)
{
    static const struct {
        const char *spec;
        const char *why; /* NULL: it is good */
    } rows[] = {
        {"junit=a.xml,tap=-", NULL                                                  },
        {"html=x",            NULL                                                  },
        {"juint=a.xml",       "--report: unknown kind \"juint\", did you mean junit"},
        {"json",              "--report: expected json=FILE"                        },
        {"json=",             "--report: expected json=FILE"                        },
    };
    char why[REPORT_WHY_LEN];

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(report_check(rows[i].spec, why), rows[i].why == NULL);
        if (rows[i].why != NULL)
            assert_string_equal(why, rows[i].why);
    }
}

/* --- waivers -------------------------------------------------------------------------------------
 */

static void waives_only_what_it_names(void **state)
{
    static const char file[] = "return { { case = 'OPT-*', step = 'number=99', expect = { field = "
                               "'code', got = '2.04' },\n"
                               "  reason = 'known', expires = '2026-12-31' },\n"
                               "{ case = 'ROB-*', expect = { field = 'code' }, chance = true,\n"
                               "  reason = 'by chance', expires = '2026-12-31' } }";
    static const struct {
        const char *result;
        int64_t now_s;
        const char *verdict;
    } rows[] = {
        {RESULT("OPT-001", "FAIL",         FAILED("2.04")),       1796000000,          "STALE-WAIVER"          }, /* 2026-11-30 */
        {RESULT("OPT-001", "FAIL",         FAILED("2.04")),       1795000000,          "WAIVED"                },
        {RESULT("OPT-001", "FAIL",         FAILED("2.05")),       1795000000,          "STALE-WAIVER"          },
        {RESULT("OPT-001", "PASS",         ",\"findings\":[]"),   1795000000,          "STALE-WAIVER"          },
        {RESULT("OPT-001", "INCONCLUSIVE", REASON("INCONCLUSIVE", "x")),               1795000000,
         "INCONCLUSIVE"},
        {RESULT("ROB-001",                "PASS",               ",\"findings\":[]"),               1795000000, "PASS"},
        {RESULT("ROB-001",                "FAIL",               FAILED("2.04")),               1795000000,     "WAIVED"    },
        {RESULT("URL-001",                "FAIL",               FAILED("2.04")),               1795000000,     "FAIL"},
    };
    struct testfolder f;
    struct problems problems;
    struct waivers w;
    char path[128];

    UNUSED(state);
    testfolder_make(&f);
    testfolder_write(&f, "w.lua", file);
    (void)snprintf(path, sizeof path, "%s/w.lua", f.path);
    problems_init(&problems);
    assert_true(waivers_load(&w, path, &problems));
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *result = json_loads(rows[i].result, 0, NULL);
        /* the first row is judged a day after the waiver's last */
        int64_t now_us = i == 0 ? w.rows[0].expires_us : rows[i].now_s * US_PER_S;

        assert_non_null(result);
        waivers_apply(&w, result, "1.0", now_us);
        assert_string_equal(json_text(result, "verdict"), rows[i].verdict);
        json_decref(result);
    }
    waivers_fini(&w);
    problems_fini(&problems);
    testfolder_remove(&f);
}

static void refuses_waivers_without_an_end(void **state)
{
    struct testfolder f;
    struct problems problems;
    struct waivers w;
    char path[128];

    UNUSED(state);
    testfolder_make(&f);
    testfolder_write(
        &f, "w.lua",
        "return { { case = 'A-1', reason = 'x' },\n"
        "{ case = 'A-1', reason = 'x', expires = '2026-02-30' },\n"
        "{ case = 'A-1', reason = 'x', expires = '2026-02-01', expect = { filed = 'x' } } }");
    (void)snprintf(path, sizeof path, "%s/w.lua", f.path);
    problems_init(&problems);
    assert_false(waivers_load(&w, path, &problems));
    assert_holds(&problems.text, "waiver 1: \"expires\" is missing\n");
    assert_holds(&problems.text, "waiver 2: \"expires\": expected a day");
    assert_holds(&problems.text, "waiver 3: unknown field \"filed\", did you mean \"field\"?");
    waivers_fini(&w);
    problems_fini(&problems);
    testfolder_remove(&f);
}

static void refuses_a_waiver_that_is_in_no_list(void **state)
{
    struct testfolder f;
    struct problems problems;
    struct waivers w;
    char path[128];

    UNUSED(state);
    testfolder_make(&f);
    testfolder_write(&f, "w.lua", "return { case = 'A-1', reason = 'x', expires = '2026-02-01' }");
    (void)snprintf(path, sizeof path, "%s/w.lua", f.path);
    problems_init(&problems);
    assert_false(waivers_load(&w, path, &problems));
    assert_holds(&problems.text, "expected a list of waivers, { { case = ... } }, got a field");
    assert_int_equal(problems.count, 1);
    waivers_fini(&w);
    problems_fini(&problems);
    testfolder_remove(&f);
}

static void reports_waivers_of_no_case(void **state)
{
    struct catalogue none = {.case_count = 0};
    struct waiver row = {.case_glob = "A-1", .reason = "x", .number = 1};
    struct waivers w = {.rows = &row, .count = 1, .file = "w.lua"};
    json_t *list = json_array();

    UNUSED(state);
    waivers_add_unknown(&w, &none, list);
    assert_int_equal(json_array_size(list), 1);
    assert_int_equal(stream_verdict(json_array_get(list, 0)), VERDICT_STALE_WAIVER);
    json_decref(list);
}

/* --- comparing -----------------------------------------------------------------------------------
 */

static void finds_what_differs(void **state)
{
    static const char before[] =
        "[" RESULT("OPT-001", "PASS", "") "," RESULT("OPT-002", "FAIL", FAILED("2.04")) "," RESULT(
            "OPT-003", "PASS", "") "," RESULT("OPT-004", "PASS", "") "]";
    static const char now[] = "[" RESULT("OPT-001", "FAIL", FAILED("2.04")) "," RESULT(
        "OPT-002", "FAIL", FAILED("2.05")) "," RESULT("OPT-004", "PASS",
                                                      "") "," RESULT("OPT-005", "PASS", "") "]";
    static const struct {
        const char *id;
        const char *kind;
    } rows[] = {
        {"OPT-001", "verdict"  },
        {"OPT-002", "signature"},
        {"OPT-005", "new"      },
        {"OPT-003", "gone"     }
    };
    struct testfolder f;
    json_t *a;
    json_t *b;
    json_t *list;

    UNUSED(state);
    testfolder_make(&f);
    a = document_of(&f, before, NULL);
    b = document_of(&f, now, NULL);
    list = diff_make(a, b);
    assert_int_equal(json_array_size(list), COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(json_text(json_array_get(list, i), "case"), rows[i].id);
        assert_string_equal(json_text(json_array_get(list, i), "kind"), rows[i].kind);
    }
    json_decref(list);
    list = diff_make(a, a);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    json_decref(a);
    json_decref(b);
    testfolder_remove(&f);
}

static void believes_a_kill_only_at_the_field_claimed(void **state)
{
    struct testfolder f;
    json_t *document;

    UNUSED(state);
    testfolder_make(&f);
    document = document_of(&f, several, NULL);
    assert_int_equal(mutants_judge(document, "OPT-002", "code"), MUTANTS_KILLED);
    assert_int_equal(mutants_judge(document, "OPT-002", NULL), MUTANTS_KILLED);
    assert_int_equal(mutants_judge(document, "OPT-002", "payload"), MUTANTS_ELSEWHERE);
    assert_int_equal(mutants_judge(document, "OPT-001", "code"), MUTANTS_SURVIVED);
    assert_int_equal(mutants_judge(document, "OPT-003", "code"), MUTANTS_NOT_JUDGED);
    assert_int_equal(mutants_judge(document, "OPT-009", "code"), MUTANTS_NOT_JUDGED);
    json_decref(document);
    testfolder_remove(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_every_form),
        cmocka_unit_test(keeps_the_stream_on_disk),
        cmocka_unit_test(counts_the_last_attempt_only),
        cmocka_unit_test(checks_what_is_asked_for),
        cmocka_unit_test(waives_only_what_it_names),
        cmocka_unit_test(refuses_waivers_without_an_end),
        cmocka_unit_test(refuses_a_waiver_that_is_in_no_list),
        cmocka_unit_test(reports_waivers_of_no_case),
        cmocka_unit_test(finds_what_differs),
        cmocka_unit_test(believes_a_kill_only_at_the_field_claimed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
