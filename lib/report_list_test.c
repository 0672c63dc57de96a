#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/report_list.h"

static const char names[] = "junit|json|html";

static void takes_kinds_and_paths_one_by_one(void **state)
{
    static const char all[] = "json=/tmp/b=c,html=-,junit=x";
    const char *list = all;
    char why[REPORT_LIST_WHY_LEN];
    struct str path;
    int kind;

    UNUSED(state);
    assert_true(report_list_next(&list, names, &kind, &path, why));
    assert_int_equal(kind, 1);
    assert_true(str_equal(path, STR("/tmp/b=c")));
    assert_true(report_list_next(&list, names, &kind, &path, why));
    assert_int_equal(kind, 2);
    assert_true(str_equal(path, STR("-")));
    assert_true(report_list_next(&list, names, &kind, &path, why));
    assert_int_equal(kind, 0);
    assert_true(str_equal(path, STR("x")));
    assert_int_equal(*list, '\0');
    assert_true(report_list_check(all, names, why));
    assert_true(report_list_check("", names, why));
}

static void a_file_that_cannot_be_written_is_told_before_the_run(void **state)
{
    char why[REPORT_LIST_WHY_LEN] = "";

    UNUSED(state);
    assert_false(report_list_check("html=-,json=/nosuch/x", names, why));
    assert_string_equal(why, "--report: /nosuch/x: /nosuch: No such file or directory");
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *list;
        const char *why;
    } rows[] = {
        {"hmtl=x", "--report: unknown kind \"hmtl\", did you mean html"     },
        {"q=x",    "--report: unknown kind \"q\"; there are junit|json|html"},
        {"json",   "--report: expected json=FILE"                           },
        {"json=",  "--report: expected json=FILE"                           },
        {",",      "--report: unknown kind \"\"; there are junit|json|html" },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *list = rows[i].list;
        char why[REPORT_LIST_WHY_LEN] = "";
        struct str path;
        int kind;

        assert_false(report_list_next(&list, names, &kind, &path, why));
        assert_string_equal(why, rows[i].why);
        assert_false(report_list_check(rows[i].list, names, why));
    }
}

static void writes_files_and_names_those_it_cannot_write(void **state)
{
    char path[] = "/tmp/report_list_test.XXXXXX";
    char why[REPORT_LIST_WHY_LEN] = "";
    char read[16] = "";
    int descriptor = mkstemp(path);
    struct buf text = buf_growing();

    UNUSED(state);
    assert_true(descriptor >= 0);
    buf_add_str(&text, STR("hello"));
    assert_true(report_list_write(str_from(path), &text, why));
    assert_int_equal(pread(descriptor, read, sizeof read, 0), 5);
    assert_string_equal(read, "hello");
    assert_false(report_list_write(STR("/nowhere/at/all"), &text, why));
    assert_string_equal(why, "/nowhere/at/all: No such file or directory");
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(unlink(path), 0);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_kinds_and_paths_one_by_one),
        cmocka_unit_test(a_file_that_cannot_be_written_is_told_before_the_run),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(writes_files_and_names_those_it_cannot_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
