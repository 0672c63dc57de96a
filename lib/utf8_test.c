#include "lib/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct utf8_case {
    struct str bytes;
    bool valid;
} cases[] = {
    {{NULL, 0},                              true },
    {{"", 0},                                true },
    {{"\0", 1},                              true },
    {{"plain ascii longer than a word", 30}, true },
    {{"\x7F", 1},                            true },
    {{"\x80", 1},                            false},
    {{"\xBF", 1},                            false},
    {{"\xC0\x80", 2},                        false}, /* overlong NUL */
    {{"\xC1\xBF", 2},                        false},
    {{"\xC2\x80", 2},                        true },
    {{"\xC2", 1},                            false},
    {{"\xC2\x7F", 2},                        false},
    {{"\xC2\xC0", 2},                        false},
    {{"\xDF\xBF", 2},                        true },
    {{"\xE0\x9F\xBF", 3},                    false}, /* overlong */
    {{"\xE0\xA0\x80", 3},                    true },
    {{"\xE1\x80", 2},                        false},
    {{"\xE1\x80\x41", 3},                    false},
    {{"\xED\x9F\xBF", 3},                    true },
    {{"\xED\xA0\x80", 3},                    false}, /* U+D800 */
    {{"\xED\xBF\xBF", 3},                    false}, /* U+DFFF */
    {{"\xEE\x80\x80", 3},                    true },
    {{"\xEF\xBF\xBF", 3},                    true },
    {{"\xF0\x8F\xBF\xBF", 4},                false}, /* overlong */
    {{"\xF0\x90\x80\x80", 4},                true },
    {{"\xF0\x90\x80", 3},                    false},
    {{"\xF4\x8F\xBF\xBF", 4},                true },
    {{"\xF4\x90\x80\x80", 4},                false}, /* U+110000 */
    {{"\xF5\x80\x80\x80", 4},                false},
    {{"\xFF", 1},                            false},
    {{"12345678\xC3\xA4"
      "12345678",
      18},
     true                                         },
    {{"1234567\xC3\xA4"
      "12345678",
      17},
     true                                         }, /* a character across a word's end */
    {{"12345678\xFF"
      "12345678",
      17},
     false                                        },
};

static void knows_every_boundary_of_rfc_3629(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        /* an exact copy on the heap: reading beyond it is an error that ASan sees */
        char *copy = cases[i].bytes.len == 0 ? NULL : malloc(cases[i].bytes.len);

        if (copy != NULL)
            memcpy(copy, cases[i].bytes.ptr, cases[i].bytes.len);
        if (utf8_valid((struct str){copy, cases[i].bytes.len}) != cases[i].valid)
            fail_msg("case %zu", i);
        free(copy);
    }
}

static void measures_one_character(void **state)
{
    UNUSED(state);
    assert_int_equal(utf8_char_len(STR("")), 0);
    assert_int_equal(utf8_char_len(STR("ab")), 1);
    assert_int_equal(utf8_char_len(STR("\xC3\xA4z")), 2);
    assert_int_equal(utf8_char_len(STR("\xE2\x82\xAC")), 3);
    assert_int_equal(utf8_char_len(STR("\xF0\x9F\x98\x80")), 4);
    assert_int_equal(utf8_char_len(STR("\xF0\x9F\x98")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_boundary_of_rfc_3629),
        cmocka_unit_test(measures_one_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
