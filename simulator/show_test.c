#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "simulator/show.h"

static const struct {
    enum show_unit unit;
    double value;
    const char *text;
} rows[] = {
    {SHOW_TIME,  0,          "0us"           },
    {SHOW_TIME,  999,        "999us"         },
    {SHOW_TIME,  1000,       "1.00ms"        },
    {SHOW_TIME,  61234,      "61.2ms"        },
    {SHOW_TIME,  99960,      "100ms"         },
    {SHOW_TIME,  999600,     "1.00s"         },
    {SHOW_TIME,  -1500,      "-1.50ms"       },
    {SHOW_TIME,  3600000000, "3600s"         },
    {SHOW_TIME,  NAN,        "-"             },
    {SHOW_TIME,  INFINITY,   "endless"       },
    {SHOW_RATIO, 0,          "0.00%"         },
    {SHOW_RATIO, 0.0013,     "0.13%"         },
    {SHOW_RATIO, 0.0000012,  "0.00012%"      },
    {SHOW_RATIO, 1,          "100%"          },
    {SHOW_RATE,  12.34,      "12.3/s"        },
    {SHOW_RATE,  1234567.8,  "1 234 568/s"   },
    {SHOW_COUNT, 0,          "0"             },
    {SHOW_COUNT, 999,        "999"           },
    {SHOW_COUNT, 1000,       "1 000"         },
    {SHOW_COUNT, -1234567,   "-1 234 567"    },
    {SHOW_COUNT, 1e300,      "10 000 000 000"},
    {SHOW_PLAIN, 0.99875,    "0.99875"       },
    {SHOW_BYTES, 512,        "512B"          },
    {SHOW_BYTES, 1536,       "1.50KiB"       },
    {SHOW_BYTES, 1 << 30,    "1.00GiB"       },
};

static void numbers_are_short_and_have_a_unit(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[SHOW_LEN];

        assert_ptr_equal(show(text, rows[i].unit, rows[i].value), text);
        if (strncmp(text, rows[i].text, strlen(rows[i].text)) != 0 ||
            (rows[i].value < 1e100 && strlen(text) != strlen(rows[i].text)))
            fail_msg("%g: expected %s, got %s", rows[i].value, rows[i].text, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_short_and_have_a_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
