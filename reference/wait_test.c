#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/wait.h"

static size_t count_of(const struct wait_table *t, const char *application, const char *device)
{
    struct wait_key key = wait_key(t, str_from(application), str_from(device));
    size_t n = 0;

    for (struct wait *w = wait_first(t, &key); w != NULL; w = wait_next(w))
        n++;
    return n;
}

static void add(struct wait_table *t, struct wait *w, const char *application, const char *device)
{
    struct wait_key key = wait_key(t, str_from(application), str_from(device));

    wait_add(t, w, &key);
}

static void finds_the_waits_of_one_device_only(void **state)
{
    struct wait_table *t = wait_table_new(8);
    struct wait w[5] = {{.next = NULL}};

    UNUSED(state);
    add(t, &w[0], "app", "dev");
    add(t, &w[1], "app", "dev");
    add(t, &w[2], "app2", "dev");
    add(t, &w[3], "app", "dev2");
    add(t, &w[4], "appd", "ev"); /* the same bytes joined */
    assert_int_equal(count_of(t, "app", "dev"), 2);
    assert_int_equal(count_of(t, "app2", "dev"), 1);
    assert_int_equal(count_of(t, "appd", "ev"), 1);
    assert_int_equal(count_of(t, "ap", "pdev"), 0);
    assert_int_equal(wait_count(t), 5);
    for (size_t i = 0; i < COUNT(w); i++)
        wait_remove(t, &w[i]);
    wait_table_free(&t);
}

static void a_removed_wait_is_not_found(void **state)
{
    struct wait_table *t = wait_table_new(1);
    struct wait w[3] = {{.next = NULL}};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(w); i++)
        add(t, &w[i], "app", "dev");
    wait_remove(t, &w[1]);
    wait_remove(t, &w[1]);
    assert_int_equal(count_of(t, "app", "dev"), 2);
    wait_remove(t, &w[2]);
    wait_remove(t, &w[0]);
    assert_int_equal(count_of(t, "app", "dev"), 0);
    assert_int_equal(wait_count(t), 0);
    add(t, &w[1], "app", "dev");
    assert_int_equal(count_of(t, "app", "dev"), 1);
    wait_table_free(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_waits_of_one_device_only),
        cmocka_unit_test(a_removed_wait_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
