#include "reference/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "lib/metrics_testformat.h"

/* Returns the rendered text, checked; to be freed. */
static char *render(void)
{
    struct buf out = buf_growing();

    metrics_render(&out);
    assert_non_null(out.ptr);
    assert_true(testformat_read(buf_str(&out)) >= METRIC_COUNT + 5);
    buf_add_char(&out, '\0');
    return out.ptr;
}

static double value_of(const char *text, const char *series)
{
    char needle[200];

    (void)snprintf(needle, sizeof needle, "\n%s ", series);
    const char *at = strstr(text, needle);

    if (at == NULL)
        fail_msg("no %s", series);
    return strtod(at + strlen(needle), NULL);
}

static void renders_well_formed_text(void **state)
{
    UNUSED(state);
    free(render());
}

static void adds_up_all_slots(void **state)
{
    UNUSED(state);
    struct metrics *a = metrics_new();
    struct metrics *b = metrics_new();

    metrics_add(a, METRIC_RESPONSES_4, 3);
    metrics_add(b, METRIC_RESPONSES_4, 4);
    metrics_add(b, METRIC_WAITS, 2);
    metrics_add(a, METRIC_WAITS, -2);
    assert_int_equal(metrics_total(METRIC_RESPONSES_4), 7);
    char *text = render();

    assert_true(value_of(text, "seatrial_responses_total{class=\"4\"}") == 7);
    assert_true(value_of(text, "seatrial_responses_total{class=\"2\"}") == 0);
    assert_true(value_of(text, "seatrial_waits") == 0);
    free(text);
}

static void tells_about_the_process(void **state)
{
    UNUSED(state);
    char *text = render();
    double now_s = (double)time(NULL);
    double start_s = value_of(text, "process_start_time_seconds");

    /* btime is whole seconds, and a slow test may take minutes */
    assert_true(start_s > now_s - 600 && start_s < now_s + 2);
    assert_true(value_of(text, "process_resident_memory_bytes") > 100e3);
    assert_true(value_of(text, "process_virtual_memory_bytes") >=
                value_of(text, "process_resident_memory_bytes"));
    assert_true(value_of(text, "process_open_fds") >= 3);
    assert_true(value_of(text, "process_max_fds") >= value_of(text, "process_open_fds"));
    assert_true(value_of(text, "process_cpu_seconds_total") >= 0);
    assert_non_null(strstr(text, "\nseatrial_build_info{version=\""));
    free(text);
}

static void counts_an_opened_file(void **state)
{
    UNUSED(state);
    char *before = render();
    FILE *file = fopen("/dev/null", "r");
    char *with = render();

    assert_non_null(file);
    (void)fclose(file);
    assert_true(value_of(with, "process_open_fds") == value_of(before, "process_open_fds") + 1);
    free(before);
    free(with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renders_well_formed_text),
        cmocka_unit_test(adds_up_all_slots),
        cmocka_unit_test(tells_about_the_process),
        cmocka_unit_test(counts_an_opened_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
