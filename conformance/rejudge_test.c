#include "conformance/rejudge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

static void only_what_depends_on_time_is_judged_again(void **state)
{
    static const struct {
        const char *result;
        double speed;
        bool due;
    } rows[] = {
        {"{'verdict':'FAIL','findings':[{'verdict':'FAIL','field':'within'}]}",                  20, true },
        {"{'verdict':'WARN','findings':[{'verdict':'WARN','field':'between'}]}",                 20, true },
        {"{'verdict':'FAIL','findings':[{'verdict':'FAIL','field':'within'}]}",                  4,  false},
        {"{'verdict':'FAIL','findings':[{'verdict':'FAIL','field':'code'}]}",                    20, false},
        {"{'verdict':'PASS','findings':[{'verdict':'PASS','field':'within'}]}",                  20, false},
        {"{'verdict':'ERROR','findings':[{'verdict':'ERROR','field':'within'}]}",                20, false},
        {"{'verdict':'FAIL','findings':[{'verdict':'FAIL','field':'response'}],'retried':true}", 20,
         false                                                                                            },
        {"{'verdict':'FAIL','findings':[{'verdict':'PASS','field':'within'},"
         "{'verdict':'FAIL','field':'code'}]}",                                         20, false},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = xstrdup(str_from(rows[i].result));
        json_t *result;

        for (char *p = text; *p != '\0'; p++) {
            if (*p == '\'')
                *p = '"';
        }
        result = json_loads(text, 0, NULL);
        assert_non_null(result);
        if (rejudge_is_due(result, rows[i].speed) != rows[i].due)
            fail_msg("%s at speed %g", rows[i].result, rows[i].speed);
        json_decref(result);
        free(text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_depends_on_time_is_judged_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
