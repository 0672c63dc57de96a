#include "lib/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void finds_the_name_that_was_meant(void **state)
{
    static const char *const known[] = {"title", "timeout", "bindings", "level", "refs"};
    static const struct {
        const char *typed;
        const char *meant; /* NULL: nothing is near */
    } rows[] = {
        {"titel",     "title"   },
        {"binding",   "bindings"},
        {"time",      "timeout" },
        {"ref",       "refs"    },
        {"exclusive", NULL      },
        {"",          NULL      },
        {"x",         NULL      },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct nearest n = nearest_to(str_from(rows[i].typed));

        for (size_t k = 0; k < COUNT(known); k++)
            nearest_offer(&n, known[k]);
        if (rows[i].meant == NULL)
            assert_null(n.found);
        else
            assert_string_equal(n.found, rows[i].meant);
    }
}

static void refuses_names_longer_than_its_bound(void **state)
{
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    struct nearest n = nearest_to(STR("0123"));

    UNUSED(state);
    assert_int_equal(sizeof longest - 1, 64);
    nearest_offer(&n, longest);
    assert_null(n.found);
    nearest_offer(&n, longest + 1);
    assert_null(n.found); /* far */
    n = nearest_to(str_from(longest));
    nearest_offer(&n, "0123");
    assert_null(n.found);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_name_that_was_meant),
        cmocka_unit_test(refuses_names_longer_than_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
