#include "lib/opt_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { REFUSED = -77 };

static const struct row {
    const char *text;
    int64_t value;
} integers[] = {
    {"0",                   0        },
    {"42",                  42       },
    {"-1",                  -1       },
    {"9223372036854775807", INT64_MAX},
    {"9223372036854775808", REFUSED  },
    {"-",                   REFUSED  },
    {"",                    REFUSED  },
    {"1 ",                  REFUSED  },
    {"+1",                  REFUSED  },
    {"0x10",                REFUSED  },
};

static const struct row durations[] = {
    {"0",                  0           },
    {"250us",              250         },
    {"1500ms",             1500000     },
    {"2s",                 2000000     },
    {"1.5s",               1500000     },
    {"0.000001s",          1           },
    {"0.0000001s",         REFUSED     },
    {"10min",              600000000   },
    {"1h",                 3600000000  },
    {"7d",                 604800000000},
    {"30",                 REFUSED     },
    {"s",                  REFUSED     },
    {"1.s",                REFUSED     },
    {".5s",                REFUSED     },
    {"-1s",                REFUSED     },
    {"1m",                 REFUSED     },
    {"1 s",                REFUSED     },
    {"2s ",                REFUSED     },
    {"99999999999999999h", REFUSED     },
    {"1.1234567891s",      REFUSED     },
};

static const struct row sizes[] = {
    {"0",          0                     },
    {"512",        512                   },
    {"512B",       512                   },
    {"64KiB",      65536                 },
    {"1.5KiB",     1536                  },
    {"1GiB",       1073741824            },
    {"2TiB",       2199023255552         },
    {"0.5",        REFUSED               },
    {"64K",        REFUSED               },
    {"64kB",       REFUSED               },
    {"8388608TiB", REFUSED               },
    {"8388607TiB", INT64_C(8388607) << 40},
};

static void check(const struct row *rows, size_t count, bool (*parse)(struct str, int64_t *))
{
    for (size_t i = 0; i < count; i++) {
        int64_t got = REFUSED;
        bool ok = parse(str_from(rows[i].text), &got);

        if (got != rows[i].value || ok != (rows[i].value != REFUSED))
            fail_msg("\"%s\": got %lld, ok %d", rows[i].text, (long long)got, ok);
    }
}

static void reads_whole_numbers(void **state)
{
    UNUSED(state);
    check(integers, COUNT(integers), opt_value_integer);
}

static void reads_times_with_a_unit_only(void **state)
{
    UNUSED(state);
    check(durations, COUNT(durations), opt_value_duration);
}

static void reads_sizes(void **state)
{
    UNUSED(state);
    check(sizes, COUNT(sizes), opt_value_size);
}

static void reads_decimals(void **state)
{
    double got = -1;

    UNUSED(state);
    assert_true(opt_value_decimal(STR("1.5"), &got) && got == 1.5);
    assert_true(opt_value_decimal(STR("2"), &got) && got == 2);
    assert_false(opt_value_decimal(STR("1e3"), &got));
    assert_false(opt_value_decimal(STR("-1"), &got));
    assert_false(opt_value_decimal(STR("nan"), &got));
    assert_false(opt_value_decimal(STR(""), &got));
    assert_true(got == 2);
}

static void reads_yes_and_no(void **state)
{
    bool flag = false;

    UNUSED(state);
    assert_true(opt_value_flag(STR("yes"), &flag) && flag);
    assert_true(opt_value_flag(STR("off"), &flag) && !flag);
    assert_true(opt_value_flag(STR("true"), &flag) && flag);
    assert_false(opt_value_flag(STR("1"), &flag));
    assert_false(opt_value_flag(STR("YES"), &flag));
    assert_true(flag);
}

static void finds_a_name_among_names(void **state)
{
    UNUSED(state);
    assert_int_equal(opt_value_name(STR("warn"), "error|warn|info"), 1);
    assert_int_equal(opt_value_name(STR("info"), "error|warn|info"), 2);
    assert_int_equal(opt_value_name(STR("inf"), "error|warn|info"), -1);
    assert_int_equal(opt_value_name(STR("error|warn"), "error|warn|info"), -1);
    assert_int_equal(opt_value_name(STR(""), "error|warn|info"), -1);
}

static void takes_a_blank_before_the_unit_where_files_have_one(void **state)
{
    int64_t out = 0;

    UNUSED(state);
    assert_true(opt_value_spaced(STR("1.5 s"), opt_value_duration, &out));
    assert_int_equal(out, 1500000);
    assert_true(opt_value_spaced(STR("64KiB"), opt_value_size, &out));
    assert_int_equal(out, 65536);
    assert_false(opt_value_spaced(STR("30"), opt_value_duration, &out));
    assert_false(
        opt_value_spaced(STR("0000000000000000000000000000000000001 s"), opt_value_duration, &out));
    assert_int_equal(out, 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_blank_before_the_unit_where_files_have_one),
        cmocka_unit_test(reads_whole_numbers),
        cmocka_unit_test(reads_times_with_a_unit_only),
        cmocka_unit_test(reads_sizes),
        cmocka_unit_test(reads_decimals),
        cmocka_unit_test(reads_yes_and_no),
        cmocka_unit_test(finds_a_name_among_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
