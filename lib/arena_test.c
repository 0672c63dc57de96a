#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/arena.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = {1, 16, 17, 0, 239, 240, 241, 5000, 3};
    struct arena a = {0};
    char *pieces[COUNT(sizes)];

    UNUSED(state);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        pieces[i] = arena_take(&a, sizes[i], 1);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], 0);
        if (sizes[i] > 0)
            memset(pieces[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], (int)i + 1);
    arena_fini(&a);
    arena_fini(&a);
}

static void strings_end_with_nul_and_may_hold_one(void **state)
{
    struct arena a = {0};
    struct str s = arena_str(&a, STR("a\0b"));

    UNUSED(state);
    assert_memory_equal(s.ptr, "a\0b", 4);
    assert_int_equal(s.len, 3);
    s = arena_str(&a, (struct str){NULL, 0});
    assert_string_equal(s.ptr, "");
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(strings_end_with_nul_and_may_hold_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
