#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/hist_log.h"

static void what_is_written_is_read(void **state)
{
    static const char head[] = "#[Logged with a test; values are microseconds]\n"
                               "#[Histogram log format version 1.3]\n"
                               "#[StartTime: 1795822620.123 (seconds since epoch), "
                               "2026-11-27T23:37:00.123456Z]\n";
    struct buf out = buf_growing();
    struct hist *h = hist_new();
    struct hist_log_line line;

    UNUSED(state);
    hist_record_many(h, 1500, 10);
    hist_log_begin(&out, "a test", INT64_C(1795822620123456));
    hist_log_add(&out, "publish", 1000000, 2000000, h);
    hist_log_add(&out, NULL, 2000000, 3500000, h);
    assert_true(out.len > sizeof head);
    assert_memory_equal(out.ptr, head, sizeof head - 1);

    struct str text = buf_str(&out);

    assert_true(hist_log_next(&text, &line));
    assert_true(str_equal(line.tag, STR("publish")));
    assert_int_equal(line.from_us, 1000000);
    assert_int_equal(line.to_us, 2000000);
    hist_clear(h);
    assert_true(hist_decode(h, line.histogram));
    assert_int_equal(hist_count(h), 10);
    assert_true(hist_log_next(&text, &line));
    assert_int_equal(line.tag.len, 0);
    assert_int_equal(line.to_us, 3500000);
    assert_false(hist_log_next(&text, &line));
    assert_int_equal(text.len, 0);
    hist_free(&h);
    buf_fini(&out);
}

/* Of the tests of HdrHistogram's own log readers. */
static void reads_logs_of_other_writers(void **state)
{
    struct str text =
        STR("#[Fake log chunk]\r\n#[Histogram log format version 1.2]\r\n"
            "#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 08:24:39 PDT 2015]\r\n"
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
            "\"Interval_Compressed_Histogram\"\r\n"
            "Tag=A,0.127,1.007,2.769,HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuA"
            "TEZMQ4uASkhIR4nrxg9v2lMaxhvMekILGZkKmcCAEf2CsI=\r\n");
    struct hist *h = hist_new();
    struct hist_log_line line;

    UNUSED(state);
    assert_true(hist_log_next(&text, &line));
    assert_true(str_equal(line.tag, STR("A")));
    assert_int_equal(line.from_us, 127000);
    assert_int_equal(line.to_us, 1134000);
    assert_true(hist_decode(h, line.histogram));
    assert_int_equal(hist_count(h), 741);
    assert_false(hist_log_next(&text, &line));
    hist_free(&h);
}

static void stops_at_a_line_that_is_no_interval(void **state)
{
    static const char *const bad[] = {
        "Tag=x",          "Tag=x,1.0,1.0,2.0",    "1.0,1.0,2.0,", "a,1.0,2.0,HISTF",
        "-1,1.0,2,HISTF", "1,inf,2,HISTF",        "1,1e300,2,H",  ",,,",
        "1,2,x,HISTF",    "1,2,3000000000000,HI",
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct str text = str_from(bad[i]);
        struct hist_log_line line;

        assert_false(hist_log_next(&text, &line));
        assert_int_equal(text.len, strlen(bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(reads_logs_of_other_writers),
        cmocka_unit_test(stops_at_a_line_that_is_no_interval),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
