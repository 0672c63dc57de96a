#include "reference/sink_attempt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void tells_each_end_once_and_in_order(void **state)
{
    struct sink_attempt all[2] = {{.arg = NULL}};
    struct sink_attempts a;
    struct sink_answer answer;
    int first, second;

    UNUSED(state);
    sink_attempts_init(&a);
    assert_null(sink_attempts_take(&a));
    for (size_t i = 0; i < COUNT(all); i++)
        sink_attempts_give(&a, &all[i]);
    for (int round = 0; round < 2; round++) {
        struct sink_attempt *x = sink_attempts_take(&a), *y = sink_attempts_take(&a);

        assert_null(sink_attempts_take(&a));
        x->arg = &first;
        y->arg = &second;
        assert_null(sink_attempts_next(&a, &answer));
        sink_attempts_end(&a, y, (struct sink_answer){.status = 2});
        sink_attempts_end(&a, x, (struct sink_answer){.status = 1});
        assert_ptr_equal(sink_attempts_next(&a, &answer), &second);
        assert_int_equal(answer.status, 2);
        assert_ptr_equal(sink_attempts_next(&a, &answer), &first);
        assert_int_equal(answer.status, 1);
        assert_null(sink_attempts_next(&a, &answer));
    }
}

static void reads_texts_in_turn(void **state)
{
    static const char texts[] = "topic\0\0name";
    const char *at = texts;

    UNUSED(state);
    assert_string_equal(sink_letter_next(&at), "topic");
    assert_string_equal(sink_letter_next(&at), "");
    assert_string_equal(sink_letter_next(&at), "name");
    assert_ptr_equal(at, texts + sizeof texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_each_end_once_and_in_order),
        cmocka_unit_test(reads_texts_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
