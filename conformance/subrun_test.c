#include "conformance/subrun.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_command_line_has_what_is_given_and_nothing_else(void **state)
{
    static const char *const wanted[] = {"seatrial", "run",      "--scenarios", "s",  "--seed",
                                         "7f",       "--redact", "--speed",     "2.5"};
    const struct options o = {.scenarios = "s", .seed = "7f"};
    struct subrun s;

    UNUSED(state);
    subrun_init(&s, &o);
    subrun_word(&s, "--redact");
    subrun_option(&s, "--mutant", NULL);
    subrun_speed(&s, 1);
    subrun_speed(&s, 2.5);
    assert_int_equal(s.count, COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_string_equal(s.words[i], wanted[i]);
    assert_null(s.words[s.count]);
    subrun_fini(&s);
}

static void words_may_be_many(void **state)
{
    const struct options o = {.scenarios = "s"};
    struct subrun s;

    UNUSED(state);
    subrun_init(&s, &o);
    for (int i = 0; i < 1000; i++)
        subrun_word(&s, "x");
    assert_int_equal(s.count, 1004);
    assert_string_equal(s.words[1003], "x");
    assert_null(s.words[1004]);
    subrun_fini(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command_line_has_what_is_given_and_nothing_else),
        cmocka_unit_test(words_may_be_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
