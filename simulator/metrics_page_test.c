#include "simulator/metrics_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/metrics_testformat.h"
#include "simulator/metrics_text.h"
#include "simulator/result_testrun.h"

static double value_of(const struct buf *page, const char *name)
{
    double value = -1;

    if (!metrics_text_sum(buf_str(page), name, &value))
        fail_msg("no %s", name);
    return value;
}

static bool has(const struct buf *page, const char *text)
{
    return memmem(page->ptr, page->len, text, strlen(text)) != NULL;
}

static void says_what_a_run_has_counted(void **state)
{
    UNUSED(state);
    struct buf page = buf_growing();
    struct result r;
    const uint64_t *count = r.total.counter;

    testrun_make(&r, &testrun_plain);
    metrics_page_render(&r, &page);
    assert_true(testformat_read(buf_str(&page)) > TALLY_COUNTER_COUNT + 6 * TALLY_HIST_COUNT);
    assert_true(value_of(&page, "seatrial_swarm_devices") == 10000);
    assert_true(value_of(&page, "seatrial_swarm_publish_sent_total") ==
                (double)count[TALLY_PUBLISH_SENT]);
    assert_true(value_of(&page, "seatrial_swarm_retransmission_total") ==
                (double)count[TALLY_RETRANSMISSION]);
    assert_true(value_of(&page, "seatrial_swarm_answers_total") ==
                (double)(count[TALLY_PUBLISH_ACKNOWLEDGED] + count[TALLY_PUBLISH_REFUSED] +
                         count[TALLY_PUBLISH_FAILED] + count[TALLY_PUBLISH_RESET] +
                         count[TALLY_PUBLISH_TIMEOUT]));
    assert_true(value_of(&page, "seatrial_swarm_publish_seconds_count") ==
                (double)hist_count(r.total.hist[TALLY_HIST_PUBLISH]));
    assert_true(value_of(&page, "seatrial_swarm_elapsed_seconds") ==
                (double)r.duration_us / (double)US_PER_S);
    assert_false(has(&page, "NaN"));
    buf_fini(&page);
    result_fini(&r);
}

static void speaks_in_seconds_and_of_the_last_second(void **state)
{
    UNUSED(state);
    struct buf page = buf_growing();
    struct result r;

    result_init(&r);
    hist_record_many(r.total.hist[TALLY_HIST_COMMAND], 250000, 4);
    result_add_second(&r)->gauge[TALLY_GAUGE_WAITING] = 7;
    result_add_second(&r)->gauge[TALLY_GAUGE_WAITING] = 5;
    metrics_page_render(&r, &page);
    assert_true(has(&page, "\nseatrial_swarm_device_states{state=\"waiting\"} 5\n"));
    assert_true(has(&page, "\nseatrial_swarm_command_seconds_count 4\n"));
    assert_true(has(&page, "\nseatrial_swarm_command_seconds{quantile=\"0.99\"} 0.25"));
    assert_true(value_of(&page, "seatrial_swarm_command_seconds_sum") > 0.99);
    assert_true(value_of(&page, "seatrial_swarm_command_seconds_sum") < 1.01);
    buf_fini(&page);
    result_fini(&r);
}

static void is_whole_before_the_first_second(void **state)
{
    UNUSED(state);
    struct buf page = buf_growing();
    struct result r;

    result_init(&r);
    r.target = "a \"quoted\"\\\nname";
    metrics_page_render(&r, &page);
    assert_true(testformat_read(buf_str(&page)) > TALLY_COUNTER_COUNT);
    assert_true(has(&page, "target=\"a \\\"quoted\\\"\\\\\\nname\""));
    assert_true(has(&page, "\nseatrial_swarm_publish_seconds{quantile=\"0.5\"} NaN\n"));
    assert_true(value_of(&page, "seatrial_swarm_publish_seconds_sum") == 0);
    buf_fini(&page);
    result_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_a_run_has_counted),
        cmocka_unit_test(speaks_in_seconds_and_of_the_last_second),
        cmocka_unit_test(is_whole_before_the_first_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
