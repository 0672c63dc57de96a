#include "conformance/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "conformance/scenario_testfolder.h"
#include "conformance/selector.h"

static const struct case_engine no_engine = {.install = NULL};

static const char ledger[] =
    "return {\n"
    "  { id = \"CMD-02\", level = \"MUST\", text = \"at once\", source = \"DOC, 7252 5.9.1.5, "
    "6.4\" },\n"
    "  { id = \"ROB-01\", level = \"SHOULD\", text = \"lives\", source = \"practice\" },\n"
    "}\n";

static const char cases[] =
    "local function nothing() end\n"
    "case { id = 'CMD-002', rev = 1, level = 'MUST', title = 'x', refs = { 'CMD-02' },\n"
    "  needs = 'commands', kills = { { mutant = 'slow', field = 'within' } }, run = nothing }\n"
    "case { id = 'ROB-001', rev = 2, level = 'SHOULD', title = 'y', refs = 'ROB-01', timeout = '2 "
    "min',\n"
    "  bindings = { 'coap', 'coaps-x509' }, impact = 'flood', run = nothing }\n";

/* Loads and takes the problems as text, to be freed. */
static char *load(struct catalogue *c, const struct testfolder *f)
{
    static const struct texts none = {NULL, 0};
    struct problems problems;
    char *text;

    problems_init(&problems);
    assert_true(catalogue_load(c, f->path, &none, &no_engine, &problems) == (problems.count == 0));
    text = xstrdup(buf_str(&problems.text));
    problems_fini(&problems);
    return text;
}

static void reads_cases_and_ledger(void **state)
{
    struct testfolder f;
    struct catalogue c;
    char *problems;

    UNUSED(state);
    testfolder_make(&f);
    testfolder_write(&f, "requirements/all.lua", ledger);
    testfolder_write(&f, "commands/x.lua", cases);
    problems = load(&c, &f);
    assert_string_equal(problems, "");
    free(problems);
    assert_int_equal(c.case_count, 2);
    assert_string_equal(c.cases[0].id, "CMD-002");
    assert_string_equal(c.cases[0].family, "commands");
    assert_int_equal(c.cases[0].line, 2);
    assert_int_equal(c.cases[0].timeout_us, 60 * US_PER_S);
    assert_int_equal(c.cases[0].bindings, 7);
    assert_string_equal(c.cases[0].kills[0].mutant, "slow");
    assert_string_equal(c.cases[0].kills[0].field, "within");
    assert_int_equal(c.cases[1].timeout_us, 120 * US_PER_S);
    assert_int_equal(c.cases[1].bindings, 5);
    assert_int_equal(c.cases[1].impact, CASE_FLOOD);
    assert_int_equal(c.ledger.count, 2);
    assert_int_equal(c.ledger.rows[1].line, 3);
    assert_int_equal(c.ledger.rows[0].refs.count, 3);
    assert_string_equal(c.ledger.rows[0].refs.item[2], "rfc7252/6.4");
    catalogue_fini(&c);
    testfolder_remove(&f);
}

static void says_all_that_is_wrong_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *wrong; /* after `FOLDER/x/x.lua:` */
    } rows[] = {
        {"case { id = 'A-1', rev = 1, level = 'MUST', titel = 'x', title = 'x', refs = 'A', run = "
         "function() end }",                                                                 "1: case: unknown field \"titel\", did you mean \"title\"?\n"                          },
        {"\ncase { id = 'A-1', rev = 1, level = 'must', title = 'x', refs = 'A', run = function() "
         "end }",                                                                            "2: case: \"level\": expected one of MUST|SHOULD|MAY|INFO\n"                           },
        {"case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A' }",
         "1: case: \"run\" is missing\n"                                                                                                                                                     },
        {"case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A', run = 3 }",
         "1: case: \"run\": expected a function\n"                                                                                                                                           },
        {"case { id = 'a b', rev = 1, level = 'MUST', title = 'x', refs = 'A', run = function() "
         "end }",                                                                            "1: case: \"id\": expected capitals, digits and hyphens such as CMD-002, got \"a b\"\n"},
        {"case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A', bindings = 'udp', "
         "run = "
         "function() end }",                                                                 "1: case: \"bindings\": expected \"all\", or a list of \"coap\", \"coaps-psk\", "
         "\"coaps-x509\"\n"                                                                                                                             },
        {"case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A', kills = { { mutnt = "
         "'x' } "
         "}, run = function() end }",                                                        "1: case: kills: unknown field \"mutnt\", did you mean \"mutant\"?\n"                  },
        {"case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A', timeout = 5, run = "
         "function() end }",                                                                 "1: case: \"timeout\": expected a time with a unit (\"250 ms\", \"2 s\", \"10 min\")\n"},
        {"case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A', impact = 'restart', "
         "run = function() end }",                                                           "1: case: impact = \"restart\" needs exclusive = true: others would lose the target\n" },
        {"local function f() end\n"
         "case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A', run = f }\n"
         "case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A', run = f }\n", "3: case: \"A-1\" is taken: "                                                          },
        {"case { id = 'A-1' ",                                                                        "1: '}' expected near <eof>\n"                                                         },
        {"case { id = 'A-1', rev = 1, level = 'MUST', title = 'x', refs = 'A', kills = { mutant = "
         "'x' "
         "}, run = function() end }",                                                        "1: case: \"kills\": expected a list of { mutant = \"...\", field = \"...\" }\n"       },
        {"local x = 1",                                                                               " holds no case: none is made by case { ... }\n"                                       },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct testfolder f;
        struct catalogue c;
        char *problems;

        testfolder_make(&f);
        testfolder_write(&f, "x/x.lua", rows[i].text);
        problems = load(&c, &f);
        assert_non_null(strstr(problems, rows[i].wrong));
        assert_non_null(strstr(problems, "/x/x.lua:"));
        free(problems);
        catalogue_fini(&c);
        testfolder_remove(&f);
    }
}

static void reads_sections_out_of_sources(void **state)
{
    static const struct {
        const char *source;
        const char *refs; /* joined by spaces */
    } rows[] = {
        {"DOC",                    "DOC"                                                      },
        {"DOC (reason), DRG",      "DOC DRG"                                                  },
        {"7252 3, 3.1, 4.1\xe2\x80\x93"
         "4.3",           "rfc7252/3 rfc7252/3.1 rfc7252/4.1 rfc7252/4.2 rfc7252/4.3"},
        {"8996, 7925 8, 16",       "rfc8996 rfc7925/8 rfc7925/16"                             },
        {"5246 7.4.6, 5280 6.1.3", "rfc5246/7.4.6 rfc5280/6.1.3"                              },
        {"DRG (its RFC 0021)",     "DRG"                                                      },
        {"CE HTTP 3.1.3",          "CE HTTP 3.1.3"                                            },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {NULL, NULL, 0};
        struct texts refs = ledger_refs(rows[i].source, &arena);
        char joined[256] = "";

        for (size_t k = 0; k < refs.count; k++) {
            (void)strcat(joined, k == 0 ? "" : " ");
            (void)strcat(joined, refs.item[k]);
        }
        assert_string_equal(joined, rows[i].refs);
        arena_fini(&arena);
    }
}

static void selects_by_every_form(void **state)
{
    static const struct {
        const char *selectors[3];
        const char *taken; /* one letter a case, `-`: not */
    } rows[] = {
        {{NULL},               "CR"},
        {{"CMD-002"},          "C-"},
        {{"CMD-02"},           "C-"},
        {{"ROB-*"},            "-R"},
        {{"@commands"},        "CR"},
        {{"level:SHOULD"},     "-R"},
        {{"impact:safe"},      "C-"},
        {{"feature:commands"}, "C-"},
        {{"rfc7252/5.9"},      "C-"},
        {{"rfc7252/5.9.1.5"},  "C-"},
        {{"rfc7252/5.9.1.50"}, "--"},
        {{"rfc7252/6"},        "C-"},
        {{"!ROB-001"},         "C-"},
        {{"*", "!CMD-*"},      "-R"},
        {{"level:MAY"},        "--"},
        {{"XYZ-*"},            "--"},
    };
    struct testfolder f;
    struct catalogue c;

    UNUSED(state);
    testfolder_make(&f);
    testfolder_write(&f, "requirements/all.lua", ledger);
    testfolder_write(&f, "commands/x.lua", cases);
    free(load(&c, &f));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *items[3];
        struct texts selectors = {items, 0};
        struct problems problems;
        bool selected[2];

        for (size_t k = 0; k < 3 && rows[i].selectors[k] != NULL; k++)
            items[selectors.count++] = rows[i].selectors[k];
        problems_init(&problems);
        assert_true(selector_apply(&c, &selectors, selected, &problems));
        assert_int_equal(selected[0], rows[i].taken[0] == 'C');
        assert_int_equal(selected[1], rows[i].taken[1] == 'R');
        problems_fini(&problems);
    }
    catalogue_fini(&c);
    testfolder_remove(&f);
}

static void names_the_id_that_was_meant(void **state)
{
    static const struct {
        const char *selector;
        const char *wrong;
    } rows[] = {
        {"CMD-02x",   "no case is selected by \"CMD-02x\", did you mean \"CMD-02\"?\n"    },
        {"@comands",  "no case is selected by \"@comands\", did you mean \"@commands\"?\n"},
        {"XXXXXXXXX", "no case is selected by \"XXXXXXXXX\" (`seatrial list` shows all)\n"},
    };
    struct testfolder f;
    struct catalogue c;

    UNUSED(state);
    testfolder_make(&f);
    testfolder_write(&f, "commands/x.lua", cases);
    testfolder_write(&f, "requirements/all.lua", ledger);
    free(load(&c, &f));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *item = rows[i].selector;
        struct texts selectors = {&item, 1};
        struct problems problems;
        bool selected[2];

        problems_init(&problems);
        assert_false(selector_apply(&c, &selectors, selected, &problems));
        buf_add_char(&problems.text, '\0');
        assert_string_equal(problems.text.ptr, rows[i].wrong);
        problems_fini(&problems);
    }
    catalogue_fini(&c);
    testfolder_remove(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_cases_and_ledger),
        cmocka_unit_test(says_all_that_is_wrong_with_its_place),
        cmocka_unit_test(reads_sections_out_of_sources),
        cmocka_unit_test(selects_by_every_form),
        cmocka_unit_test(names_the_id_that_was_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
