#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "lib/rfc3339.h"

static void formats_in_utc_with_as_many_digits_as_needed(void **state)
{
    static const struct {
        int64_t unix_us;
        const char *text;
    } cases[] = {
        {0,                               "1970-01-01T00:00:00Z"       },
        {-1,                              "1969-12-31T23:59:59.999999Z"},
        {INT64_C(1795412325123456),       "2026-11-23T05:38:45.123456Z"},
        {INT64_C(1795412325120000),       "2026-11-23T05:38:45.120Z"   },
        {INT64_C(951782400000000),        "2000-02-29T00:00:00Z"       },
        {INT64_C(253402300799000000),     "9999-12-31T23:59:59Z"       },
        {INT64_C(-62167219200) * 1000000, "0000-01-01T00:00:00Z"       },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = buf_growing();
        int64_t back;

        rfc3339_format(cases[i].unix_us, &b);
        buf_add_char(&b, '\0');
        assert_string_equal(b.ptr, cases[i].text);
        assert_true(rfc3339_parse(str_from(cases[i].text), &back));
        assert_true(back == cases[i].unix_us);
        buf_fini(&b);
    }
}

static void parses_offsets_fractions_and_leap_seconds(void **state)
{
    static const struct {
        const char *text;
        int64_t unix_us;
    } cases[] = {
        {"1985-04-12T23:20:50.52Z",        INT64_C(482196050520000)},
        {"1996-12-19T16:39:57-08:00",      INT64_C(851042397000000)},
        {"1990-12-31T23:59:60Z",           INT64_C(662687999000000)},
        {"1990-12-31T15:59:60-08:00",      INT64_C(662687999000000)},
        {"1970-01-01t00:00:00z",           0                       },
        {"1970-01-01T00:00:00.0000009Z",   0                       },
        {"1970-01-01T00:00:00.123456789Z", 123456                  },
        {"1970-01-01T00:30:00+00:30",      0                       },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = 77;

        assert_true(rfc3339_parse(str_from(cases[i].text), &got));
        assert_true(got == cases[i].unix_us);
    }
}

static void refuses_what_is_no_time(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-23",
        "2026-11-23T05:38:45",
        "2026-11-23T05:38Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-04-00T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T23:60:00Z",
        "2026-11-23T23:00:61Z",
        "2026-11-23T05:38:45.Z",
        "2026-11-23T05:38:45Z ",
        " 2026-11-23T05:38:45Z",
        "2026-11-23T05:38:45+0100",
        "2026-11-23T05:38:45+24:00",
        "2026-11-23T05:38:45+01:60",
        "2026-11-23T05:38:45ZZ",
        "26-11-23T05:38:45Z",
        "+2026-11-23T05:38:45Z",
        "2026-11-23X05:38:45Z",
        "2026-11-23 05:38:45Z",
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t got;

        if (rfc3339_parse(str_from(bad[i]), &got))
            fail_msg("accepted `%s`", bad[i]);
    }
}

static void agrees_with_the_c_library_on_every_day_of_eight_centuries(void **state)
{
    UNUSED(state);
    for (int64_t day = -135140; day < 157000; day++) {
        const time_t at = (time_t)(day * 86400);
        struct tm tm;
        char want[64];
        char got[64];
        struct buf b = buf_over(got, sizeof got);

        assert_non_null(gmtime_r(&at, &tm));
        assert_true(strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
        rfc3339_format((int64_t)at * US_PER_S, &b);
        buf_add_char(&b, '\0');
        assert_string_equal(got, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_in_utc_with_as_many_digits_as_needed),
        cmocka_unit_test(parses_offsets_fractions_and_leap_seconds),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(agrees_with_the_c_library_on_every_day_of_eight_centuries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
