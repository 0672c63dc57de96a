#include "lib/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void decodes_pairs_of_hex_digits_only(void **state)
{
    static const struct {
        struct str in;
        struct str out;
    } cases[] = {
        {{NULL, 0},        {"", 0}         },
        {{"plain", 5},     {"plain", 5}    },
        {{"x%40y", 5},     {"x@y", 3}      },
        {{"%c3%A4", 6},    {"\xc3\xa4", 2} },
        {{"%00", 3},       {"\0", 1}       },
        {{"%2540", 5},     {"%40", 3}      }, /* once */
        {{"%%40", 4},      {"%@", 2}       },
        {{"%", 1},         {"%", 1}        },
        {{"a%4", 3},       {"a%4", 3}      },
        {{"%4g%g4%/0", 9}, {"%4g%g4%/0", 9}},
        {{"%FF", 3},       {"\xff", 1}     },
    };
    char out[16];

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(str_equal(percent_decode(cases[i].in, out), cases[i].out));
}

static void takes_one_byte_at_the_start(void **state)
{
    char byte = 'x';

    UNUSED(state);
    assert_true(percent_byte(STR("%41 and more"), &byte));
    assert_int_equal(byte, 'A');
    assert_false(percent_byte(STR("a%41"), &byte));
    assert_false(percent_byte((struct str){"%41", 2}, &byte));
    assert_false(percent_byte((struct str){NULL, 0}, &byte));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_pairs_of_hex_digits_only),
        cmocka_unit_test(takes_one_byte_at_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
