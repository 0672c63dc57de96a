/* The forms that programs read: CSV, HdrHistogram log, JUnit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/hist_log.h"
#include "simulator/report.h"
#include "simulator/report_testmarkup.h"
#include "simulator/result_field.h"
#include "simulator/result_testrun.h"

static char *text_of(void (*make)(const struct result *r, struct buf *out), const struct result *r)
{
    struct buf out = buf_growing();

    make(r, &out);
    buf_add_char(&out, '\0');
    return out.ptr;
}

static void contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no `%s` in\n%s", part, text);
}

static size_t count_of(const char *text, char c)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == c;
    return count;
}

static void csv_has_a_row_a_second_and_a_cell_a_column(void **state)
{
    struct result r;
    char *csv;
    size_t commas = result_second_fields.count - 1;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    csv = text_of(report_csv, &r);
    assert_true(strncmp(csv, "at_us,publish.p50_us,publish.p90_us,", 36) == 0);
    assert_int_equal(count_of(csv, '\n'), r.second_count + 1);
    assert_int_equal(count_of(csv, ','), commas * (r.second_count + 1));
    assert_null(strstr(csv, "nan"));
    free(csv);
    r.second_count = 1;
    r.seconds[0].own_cpu_cores = NAN;
    r.seconds[0].steal_part = NAN;
    csv = text_of(report_csv, &r);
    contains(csv, "0,,,0."); /* not known: an empty cell */
    assert_null(strstr(csv, "null"));
    free(csv);
    result_fini(&r);
}

static void the_histogram_log_has_each_histogram_under_its_name(void **state)
{
    struct hist_log_line line;
    struct result r;
    struct str text;
    char *log;
    size_t lines = 0;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    log = text_of(report_hdr, &r);
    text = str_from(log);
    for (; hist_log_next(&text, &line); lines++) {
        struct hist *h = hist_new();

        assert_true(str_equal(line.tag, str_from(tally_hist_rows[lines].name)));
        assert_true(hist_decode(h, line.histogram));
        assert_int_equal(hist_count(h), hist_count(r.total.hist[lines]));
        assert_int_equal(line.to_us, r.duration_us);
        hist_free(&h);
    }
    assert_int_equal(lines, TALLY_HIST_COUNT);
    assert_int_equal(text.len, 0);
    free(log);
    result_fini(&r);
}

/* What the log's lines of that tag hold, all together. */
static size_t read_log(const struct result *r, const char *tag, struct hist *sum)
{
    char *log = text_of(report_hdr, r);
    struct str text = str_from(log);
    struct hist_log_line line;
    int64_t last_us = 0;
    size_t lines = 0;

    while (hist_log_next(&text, &line)) {
        assert_true(line.from_us >= last_us);
        last_us = line.from_us;
        if (!str_equal(line.tag, str_from(tag)))
            continue;
        assert_true(hist_decode(sum, line.histogram));
        lines++;
    }
    assert_int_equal(text.len, 0);
    free(log);
    return lines;
}

static void the_seconds_of_the_histogram_log_add_up_to_the_run(void **state)
{
    struct hist *sum = hist_new();
    struct tally t;
    struct result r;

    UNUSED(state);
    result_init(&r);
    tally_init(&t);
    for (int64_t second = 0; second < 3; second++) {
        tally_clear(&t);
        hist_record_many(t.hist[TALLY_HIST_PUBLISH], 1000 * (second + 1), 10);
        if (second != 1)
            hist_record(t.hist[TALLY_HIST_COMMAND], 5000);
        result_keep_times(&r, &t, second * US_PER_S, (second + 1) * US_PER_S);
        tally_add(&r.total, &t);
    }
    assert_int_equal(read_log(&r, "publish", sum), 3);
    assert_int_equal(hist_count(sum), 30);
    assert_int_equal(hist_value_us(sum, 0.5), hist_value_us(r.total.hist[TALLY_HIST_PUBLISH], 0.5));
    hist_clear(sum);
    assert_int_equal(read_log(&r, "command", sum), 2); /* a second without any has no line */
    assert_int_equal(hist_count(sum), 2);
    hist_free(&sum);
    tally_fini(&t);
    result_fini(&r);
}

static void junit_counts_a_broken_objective_as_a_failure(void **state)
{
    struct result r;
    char *xml;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    xml = text_of(report_junit, &r);
    testmarkup_is_closed(xml);
    contains(xml, "<testsuites name=\"seatrial-swarm\" tests=\"17\" failures=\"1\" errors=\"0\" "
                  "skipped=\"0\" time=\"200.000\">");
    contains(xml, "timestamp=\"2026-11-27T23:37:00\"");
    contains(xml, "<testcase classname=\"swarm.slo\" name=\"ct_error.p99 &lt;= 100ms\" "
                  "time=\"0\">\n      <failure message=\"measured 102ms\" type=\"slo\"/>");
    contains(xml, "<testcase classname=\"swarm.slo\" name=\"publish.p99 &lt; 50ms\" time=\"0\"/>");
    free(xml);
    result_fini(&r);
}

static void junit_says_what_is_wrong_and_what_was_not_seen(void **state)
{
    struct result r;
    char *xml;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    r.total.counter[TALLY_EVENT_DUPLICATED] = 2;
    xml = text_of(report_junit, &r);
    contains(xml, "<failure message=\"2 publishes made more than one event\" type=\"truth\"/>");
    free(xml);
    r.events_checked = false;
    r.slo[2].unknown = true;
    xml = text_of(report_junit, &r);
    contains(xml, "name=\"event.lost == 0\" time=\"0\">\n      <skipped message=\"the target does "
                  "not show its events\"/>");
    contains(xml, "name=\"events.lost == 0\" time=\"0\">\n      <skipped message=\"not measured in "
                  "this run\"/>");
    free(xml);
    result_fini(&r);
}

static void junit_of_an_invalid_run_blames_the_generator_only(void **state)
{
    struct result r;
    char *xml;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    r.verdict = RESULT_INVALID;
    result_add_invalid(&r, "Sends came <late>.");
    r.total.counter[TALLY_COMMAND_LOST] = 3; /* may be the generator's doing */
    xml = text_of(report_junit, &r);
    testmarkup_is_closed(xml);
    contains(xml, " failures=\"0\" errors=\"1\" skipped=\"9\"");
    contains(xml, "<error message=\"Sends came &lt;late&gt;.\" type=\"validity\"/>");
    free(xml);
    r.verdict = RESULT_INTERRUPTED;
    r.invalid_count = 0;
    xml = text_of(report_junit, &r);
    contains(xml, "<error message=\"it was interrupted\" type=\"validity\"/>");
    free(xml);
    result_fini(&r);
}

static void a_folder_gets_all_of_them(void **state)
{
    static const char *const names[] = {"result.json", "seconds.csv", "result.hdr", "junit.xml",
                                        "report.html"};
    char folder[] = "/tmp/report_forms_test.XXXXXX";
    char why[REPORT_WHY_LEN];
    struct result r;

    UNUSED(state);
    assert_non_null(mkdtemp(folder));
    testrun_make(&r, &testrun_plain);
    assert_true(report_write_all(folder, &r, why));
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[100];

        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    assert_false(report_write_all(folder, &r, why));
    assert_non_null(strstr(why, "/result.json: No such file or directory"));
    result_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_has_a_row_a_second_and_a_cell_a_column),
        cmocka_unit_test(the_histogram_log_has_each_histogram_under_its_name),
        cmocka_unit_test(the_seconds_of_the_histogram_log_add_up_to_the_run),
        cmocka_unit_test(junit_counts_a_broken_objective_as_a_failure),
        cmocka_unit_test(junit_says_what_is_wrong_and_what_was_not_seen),
        cmocka_unit_test(junit_of_an_invalid_run_blames_the_generator_only),
        cmocka_unit_test(a_folder_gets_all_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
