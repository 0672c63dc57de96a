#include "simulator/metrics_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char text[] = "# HELP a_total What it is.\n"
                           "# TYPE a_total counter\n"
                           "a_total 12\n"
                           "a_total_more 99\n"
                           "b{x=\"}\\\"{\",y=\"2\"} 1.5 1700000000000\n"
                           "b {x=\"1\"}\t-0.25\r\n"
                           "c NaN\n"
                           "d{x=\"1\" 7\n"
                           "e 7x\n"
                           "f\n"
                           "g 1e3";

static const struct {
    const char *name;
    bool found;
    double sum;
} rows[] = {
    {"a_total",      true,  12  },
    {"a_total_more", true,  99  },
    {"b",            true,  1.25},
    {"c",            false, 0   },
    {"d",            false, 0   },
    {"e",            false, 0   },
    {"f",            false, 0   },
    {"g",            true,  1000},
    {"a",            false, 0   },
};

static void sums_the_samples_of_a_name(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        double sum = 0;

        assert_int_equal(metrics_text_sum(str_from(text), rows[i].name, &sum), rows[i].found);
        assert_true(sum >= rows[i].sum && sum <= rows[i].sum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_the_samples_of_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
