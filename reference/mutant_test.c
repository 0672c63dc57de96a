#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "reference/mutant.h"

static void without_a_choice_there_is_none(void **state)
{
    UNUSED(state);
    assert_false(mutant_choose("no-such-mutant"));
#define X(id, name, text) assert_false(mutant_is(MUTANT_##id));
    MUTANT_TABLE(X)
#undef X
}

static void each_can_be_chosen_by_its_name(void **state)
{
    UNUSED(state);
#define X(id, name, text)                                                                          \
    assert_true(mutant_choose(name));                                                              \
    assert_true(mutant_is(MUTANT_##id));
    MUTANT_TABLE(X)
#undef X
}

static void a_bundle_chooses_its_own_and_no_other(void **state)
{
    UNUSED(state);
    assert_true(mutant_choose("ping-ignored"));
    assert_true(mutant_choose("drogue-0.11"));
    assert_true(mutant_is(MUTANT_PING_ANSWERED));
    assert_true(mutant_is(MUTANT_AS_IGNORED));
    assert_false(mutant_is(MUTANT_PING_IGNORED));
    mutant_clear();
    assert_false(mutant_is(MUTANT_PING_ANSWERED));
}

static void the_list_has_a_line_for_each(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    size_t lines = 0;

    UNUSED(state);
    mutant_list(out);
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    assert_true(lines >= 90);
    free(text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_choice_there_is_none),
        cmocka_unit_test(the_list_has_a_line_for_each),
        cmocka_unit_test(each_can_be_chosen_by_its_name),
        cmocka_unit_test(a_bundle_chooses_its_own_and_no_other),
    };

    return SEATRIAL_MUTANTS ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
