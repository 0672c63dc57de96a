#include "conformance/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct requirement rows[] = {
    {.id = "CMD-01", .level = CASE_MUST,   .testable = true, .file = "cmd.lua", .line = 4 },
    {.id = "CMD-02", .level = CASE_SHOULD, .testable = true, .file = "cmd.lua", .line = 9 },
    {.id = "CMD-03", .level = CASE_INFO,   .testable = true, .file = "cmd.lua", .line = 14},
};

static const char *refs_both[] = {"CMD-01", "CMD-02", "rfc7252/5.2.2"};
static struct case_kill kill_slow[] = {
    {"slow", "within", NULL}
};

/* In order with the rows above. */
static struct case_def good_case(void)
{
    return (struct case_def){
        .id = "CMD-001",
        .rev = 1,
        .level = CASE_MUST,
        .refs = {refs_both, 3},
        .kills = kill_slow,
        .kill_count = 1,
        .file = "x.lua",
        .line = 2
    };
}

/* What lint says, to be freed. */
static char *lint_with(struct case_def *def, const char *lock, const char *mutants,
                       const struct gaps *gaps)
{
    struct catalogue c = {
        .cases = def, .case_count = 1, .ledger = {.rows = rows, .count = COUNT(rows)}
    };
    struct problems problems;
    char *text;

    problems_init(&problems);
    lint_check(&(struct lint){&c, gaps, lock, mutants}, &problems);
    text = xstrdup(buf_str(&problems.text));
    problems_fini(&problems);
    return text;
}

static char *lint(struct case_def *def, const char *lock, const char *mutants)
{
    static const struct gaps none;

    return lint_with(def, lock, mutants, &none);
}

/* NOLINTNEXTLINE(readability-function-size): a table in it, or parameters that are one thing */
static void finds_what_does_not_belong_together(void **state)
{
    static const char *only_first[] = {"CMD-01"};
    static const char *unknown[] = {"CMD-01", "CMD-02", "CMD-2"};
    static const char *sections[] = {"rfc7252/5"};
    static const struct {
        struct texts refs;
        enum case_level level;
        size_t kills;
        const char *lock;
        const char *mutants;
        const char *wrong;
    } tests[] = {
        {{refs_both, 3},  CASE_MUST, 1, NULL,                                   NULL,         ""},
        {{refs_both, 3},
         CASE_MUST,                  1,
         "CMD-001 1 MUST CMD-01 CMD-02 rfc7252/5.2.2\n",                        "slow  x\n",
         ""                                                                                     },
        {{only_first, 1},
         CASE_MUST,                  1,
         NULL,                                                                  NULL,
         "cmd.lua:9: CMD-02: no case (write one, or say testable = false and why)\n"            },
        {{unknown, 3},
         CASE_MUST,                  1,
         NULL,                                                                  NULL,
         "x.lua:2: CMD-001: \"CMD-2\" is no row of the ledger, did you mean CMD-02?\n"          },
        {{refs_both, 3},
         CASE_INFO,                  1,
         NULL,                                                                  NULL,
         "x.lua:2: CMD-001: no row that it stands for has the level INFO\n"                     },
        {{sections, 1},
         CASE_MUST,                  1,
         NULL,                                                                  NULL,
         "cmd.lua:4: CMD-01: no case (write one, or say testable = false and why)\n"
         "cmd.lua:9: CMD-02: no case (write one, or say testable = false and why)\n"
         "cmd.lua:4: CMD-01: no case of it kills a mutant (claim one, or say why in gaps.lua)\n"
         "x.lua:2: CMD-001: stands for no row of the ledger\n"                                  },
        {{refs_both, 3},
         CASE_MUST,                  0,
         NULL,                                                                  NULL,
         "cmd.lua:4: CMD-01: no case of it kills a mutant (claim one, or say why in gaps.lua)\n"},
        {{refs_both, 3},
         CASE_MUST,                  1,
         NULL,                                                                  "slower x\n",
         "x.lua:2: CMD-001: there is no mutant \"slow\"\nmutant slower: no case claims to kill "
         "it\n"                                                                                 },
        {{refs_both, 3},
         CASE_MUST,                  1,
         "CMD-001 2 MUST CMD-01 CMD-02 rfc7252/5.2.2\n",                        NULL,
         "x.lua:2: CMD-001: rev 1 is less than the 2 of catalogue.lock\n"                       },
        {{refs_both, 3},
         CASE_MUST,                  1,
         "CMD-001 1 SHOULD CMD-01 CMD-02 rfc7252/5.2.2\n",                      NULL,
         "x.lua:2: CMD-001: level or references differ from catalogue.lock: a new rev is due\n" },
        {{refs_both, 3},
         CASE_MUST,                  1,
         "CMD-001 0 MUST CMD-01\n",                                             NULL,
         "x.lua:2: CMD-001: catalogue.lock has rev 0: run lint --update\n"                      },
        {{refs_both, 3},
         CASE_MUST,                  1,
         "",                                                                    NULL,
         "x.lua:2: CMD-001: not in catalogue.lock: run lint --update\n"                         },
        {{refs_both, 3},
         CASE_MUST,                  1,
         "CMD-000 1 MUST CMD-01\nCMD-001 1 MUST CMD-01 CMD-02 rfc7252/5.2.2\n", NULL,
         "CMD-000: in catalogue.lock, and gone; ids are permanent\n"                            },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(tests); i++) {
        struct case_def def = good_case();
        char *said;

        def.refs = tests[i].refs;
        def.level = tests[i].level;
        def.kill_count = tests[i].kills;
        said = lint(&def, tests[i].lock, tests[i].mutants);
        assert_string_equal(said, tests[i].wrong);
        free(said);
    }
}

static void lets_one_case_claim_a_mutant(void **state)
{
    static const struct gaps none;
    struct case_def defs[] = {good_case(), good_case()};
    struct catalogue c = {
        .cases = defs, .case_count = 2, .ledger = {.rows = rows, .count = COUNT(rows)}
    };
    struct problems problems;

    UNUSED(state);
    defs[1].id = "CMD-002";
    problems_init(&problems);
    lint_check(&(struct lint){&c, &none, NULL, NULL}, &problems);
    buf_add_char(&problems.text, '\0');
    assert_string_equal(problems.text.ptr,
                        "x.lua:2: CMD-002: mutant \"slow\" is claimed by CMD-001\n");
    problems_fini(&problems);
}

static void refuses_cases_of_untestable_rows(void **state)
{
    struct case_def def = good_case();
    char *said;

    UNUSED(state);
    rows[0].testable = false;
    said = lint(&def, NULL, NULL);
    rows[0].testable = true;
    assert_string_equal(said, "cmd.lua:4: CMD-01: has a case, but says testable = false\n");
    free(said);
}

static void gaps_with_a_reason_are_left_out_and_must_be_true(void **state)
{
    static struct gap gap[] = {
        {.mutant = "slow",        .by = "a_test", .why = "so"},
        {.requirement = "CMD-01", .why = "so"   },
        {.requirement = "CMD-9",            .why = "so"              },
        {.mutant = "none",            .by = "a_test",                          .why = "so"           },
    };
    struct case_def def = good_case();
    char *said;

    UNUSED(state);
    def.kill_count = 0;
    said = lint_with(&def, NULL, "slow x\n", &(struct gaps){.rows = gap, .count = 2});
    assert_string_equal(said, "");
    free(said);
    def.kill_count = 1;
    said = lint_with(&def, NULL, "slow x\n", &(struct gaps){.rows = gap, .count = 4});
    assert_string_equal(said, "cmd.lua:4: CMD-01: is in gaps.lua, and a case kills a mutant\n"
                              "gaps.lua: there is no requirement CMD-9\n"
                              "mutant slow: is in gaps.lua, and a case claims to kill it\n"
                              "gaps.lua: there is no mutant \"none\"\n");
    free(said);
}

static void writes_the_lock_that_it_reads(void **state)
{
    struct case_def def = good_case();
    struct catalogue c = {.cases = &def, .case_count = 1};
    struct buf text = buf_growing();
    char *said;

    UNUSED(state);
    lint_lock(&c, &text);
    buf_add_char(&text, '\0');
    assert_string_equal(text.ptr, "CMD-001 1 MUST CMD-01 CMD-02 rfc7252/5.2.2\n");
    said = lint(&def, text.ptr, NULL);
    assert_string_equal(said, "");
    free(said);
    buf_fini(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_does_not_belong_together),
        cmocka_unit_test(lets_one_case_claim_a_mutant),
        cmocka_unit_test(refuses_cases_of_untestable_rows),
        cmocka_unit_test(gaps_with_a_reason_are_left_out_and_must_be_true),
        cmocka_unit_test(writes_the_lock_that_it_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
