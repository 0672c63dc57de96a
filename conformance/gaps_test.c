#include "conformance/gaps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conformance/scenario_testfolder.h"

static void check(const char *text, bool good, const char *said, struct gaps *g)
{
    struct testfolder f;
    struct problems problems;

    testfolder_make(&f);
    testfolder_write(&f, "gaps.lua", text);
    problems_init(&problems);
    assert_int_equal(gaps_load(g, f.path, &problems), good);
    if (said != NULL)
        assert_non_null(memmem(problems.text.ptr, problems.text.len, said, strlen(said)));
    problems_fini(&problems);
    testfolder_remove(&f);
}

static void reads_mutants_and_requirements_with_their_reasons(void **state)
{
    struct gaps g;

    UNUSED(state);
    check("return { { mutant = 'm', by = 'a_test', why = 'so' }, { requirement = 'R-1', why = 'no' "
          "} }",
          true, NULL, &g);
    assert_string_equal(gaps_of_mutant(&g, "m")->by, "a_test");
    assert_null(gaps_of_mutant(&g, "R-1"));
    assert_string_equal(gaps_of_requirement(&g, "R-1")->why, "no");
    assert_null(gaps_of_requirement(&g, "m"));
    gaps_fini(&g);
}

static void refuses_rows_without_a_reason_or_a_test(void **state)
{
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        {"return { { mutant = 'm', by = 'x' } }",                     "row 1: \"why\" is missing"},
        {"return { { mutant = 'm', why = 'x' } }",                    "row 1: expected a mutant" },
        {"return { { requirement = 'R', by = 'x', why = 'x' } }",     "row 1: expected a mutant" },
        {"return { { mutant = 'm', requirement = 'R', why = 'x' } }", "row 1: expected a mutant" },
        {"return { { mutent = 'm', by = 'x', why = 'x' } }",          "did you mean \"mutant\"?" },
        {"return 3",                                                  "returns a list"           },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct gaps g;

        check(rows[i].text, false, rows[i].said, &g);
        gaps_fini(&g);
    }
}

static void a_folder_without_the_file_has_none(void **state)
{
    struct gaps g;
    struct problems problems;

    UNUSED(state);
    problems_init(&problems);
    assert_true(gaps_load(&g, "/nonexistent", &problems));
    assert_int_equal(g.count, 0);
    gaps_fini(&g);
    problems_fini(&problems);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_mutants_and_requirements_with_their_reasons),
        cmocka_unit_test(refuses_rows_without_a_reason_or_a_test),
        cmocka_unit_test(a_folder_without_the_file_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
