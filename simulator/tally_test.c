#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/tally.h"

static void every_row_has_a_name_of_its_own_and_a_text(void **state)
{
    const struct tally_row *rows[TALLY_COUNTER_COUNT + TALLY_HIST_COUNT + TALLY_GAUGE_COUNT];
    size_t count = 0;

    UNUSED(state);
    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++)
        rows[count++] = &tally_counter_rows[i];
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++)
        rows[count++] = &tally_hist_rows[i];
    for (size_t i = 0; i < TALLY_GAUGE_COUNT; i++)
        rows[count++] = &tally_gauge_rows[i];
    for (size_t i = 0; i < count; i++) {
        assert_non_null(rows[i]->name);
        assert_true(rows[i]->text[0] != '\0');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rows[i]->name, rows[j]->name);
    }
    assert_string_equal(tally_counter_rows[TALLY_EVENT_LOST].name, "event.lost");
    assert_string_equal(tally_hist_rows[TALLY_HIST_CT_ERROR].name, "ct_error");
    assert_string_equal(tally_gauge_rows[TALLY_GAUGE_IN_FLIGHT].name, "in_flight");
}

static void tallies_merge_by_addition_but_for_what_is_now(void **state)
{
    struct tally a;
    struct tally b;

    UNUSED(state);
    tally_init(&a);
    tally_init(&b);
    tally_count(&a, TALLY_PUBLISH_SENT);
    tally_count(&b, TALLY_PUBLISH_SENT);
    tally_count(&b, TALLY_IMPAIR_CORRUPTED);
    tally_time(&a, TALLY_HIST_PUBLISH, 100);
    tally_time(&b, TALLY_HIST_PUBLISH, 300);
    tally_time(&b, TALLY_HIST_SCHEDULE_LAG, 7);
    a.gauge[TALLY_GAUGE_CONNECTED] = 5;
    b.gauge[TALLY_GAUGE_CONNECTED] = 6;
    tally_add(&a, &b);
    assert_int_equal(a.counter[TALLY_PUBLISH_SENT], 2);
    assert_int_equal(a.counter[TALLY_IMPAIR_CORRUPTED], 1);
    assert_int_equal(hist_count(a.hist[TALLY_HIST_PUBLISH]), 2);
    assert_int_equal(hist_max_us(a.hist[TALLY_HIST_PUBLISH]), 300);
    assert_int_equal(hist_max_us(a.hist[TALLY_HIST_SCHEDULE_LAG]), 7);
    assert_int_equal(a.gauge[TALLY_GAUGE_CONNECTED], 5);
    tally_fini(&b);
    tally_fini(&a);
}

static void a_cleared_tally_is_an_empty_one(void **state)
{
    struct tally t;

    UNUSED(state);
    tally_init(&t);
    tally_count(&t, TALLY_EVENT_LOST);
    tally_time(&t, TALLY_HIST_EVENT, 1000);
    t.gauge[TALLY_GAUGE_WAITING] = 3;
    tally_clear(&t);
    assert_int_equal(t.counter[TALLY_EVENT_LOST], 0);
    assert_int_equal(hist_count(t.hist[TALLY_HIST_EVENT]), 0);
    assert_int_equal(t.gauge[TALLY_GAUGE_WAITING], 0);
    tally_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_name_of_its_own_and_a_text),
        cmocka_unit_test(tallies_merge_by_addition_but_for_what_is_now),
        cmocka_unit_test(a_cleared_tally_is_an_empty_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
