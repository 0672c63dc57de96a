#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/label_selector.h"

/* Against the labels a=1, b=2, x/y.z=v_1-2. */
static const struct {
    const char *text;
    bool matches;
} cases[] = {
    {"",                 true },
    {"   ",              true },
    {"a",                true },
    {"c",                false},
    {"!a",               false},
    {"!c",               true },
    {"a=1",              true },
    {"a==1",             true },
    {"a = 1",            true },
    {"a=2",              false},
    {"a!=2",             true },
    {"a != 1",           false},
    {"c!=1",             true },
    {"c=1",              false},
    {"a in (1)",         true },
    {"a in (2,1)",       true },
    {"a in ( 2 , 3 )",   false},
    {"a notin (2,3)",    true },
    {"a notin(1)",       false},
    {"c notin (1)",      true },
    {"c in (1)",         false},
    {"a=1,b=2",          true },
    {"a=1, b=2 , !c",    true },
    {"a=1,b=3",          false},
    {"x/y.z = v_1-2",    true },
    {"x/y.z in (v_1-2)", true },
    {"a,b,c",            false},
};

static const char *const bad[] = {
    ",",     "a,",      ",a",      "a=",        "=1",     "a==",  "a===1",      "!",        "!a=1",
    "a in",  "a in ()", "a in (1", "a in (1,)", "a in 1", "a b",  "a!1",        "/a",       "a/",
    "a/b/c", "a=1;b=2", "a=b/c",   "a\n",       "-a",     "a=-1", "a in (1) b", "\xc3\xa4",
};

static void holds_when_all_terms_hold(void **state)
{
    json_t *labels = json_pack("{s:s,s:s,s:s}", "a", "1", "b", "2", "x/y.z", "v_1-2");

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct label_selector *s = label_selector_parse(str_from(cases[i].text));

        if (s == NULL)
            fail_msg("refused `%s`", cases[i].text);
        if (label_selector_matches(s, labels) != cases[i].matches)
            fail_msg("`%s` should be %d", cases[i].text, cases[i].matches);
        label_selector_free(&s);
    }
    json_decref(labels);
}

static void refuses_what_is_no_selector(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (label_selector_parse(str_from(bad[i])) != NULL)
            fail_msg("accepted `%s`", bad[i]);
}

static void without_labels_only_negations_hold(void **state)
{
    struct label_selector *s = label_selector_parse(STR("!a,b!=1,c notin (x)"));

    UNUSED(state);
    assert_true(label_selector_matches(s, NULL));
    label_selector_free(&s);
    s = label_selector_parse(STR("a"));
    assert_false(label_selector_matches(s, NULL));
    label_selector_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_when_all_terms_hold),
        cmocka_unit_test(refuses_what_is_no_selector),
        cmocka_unit_test(without_labels_only_negations_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
