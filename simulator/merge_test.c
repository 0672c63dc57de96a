#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "simulator/merge.h"
#include "simulator/report.h"
#include "simulator/report_read.h"
#include "simulator/result_testrun.h"

/* Three slices of 5000 devices, the second 700 ms late. */
static void make(struct result *parts)
{
    for (int i = 0; i < 3; i++) {
        struct testrun t = testrun_plain;

        t.seed = (uint64_t)i + 1;
        t.devices = 5000;
        t.first_device = 5000 * (2 - i);
        t.rate_per_s = 100;
        t.slo = "publish.p99 < 50ms; rate >= 250/s; event.lost == 0";
        testrun_make(&parts[i], &t);
        parts[i].window = 64;
    }
    parts[1].started_wall_us += 700000;
}

static void end(struct result *parts)
{
    for (int i = 0; i < 3; i++)
        result_fini(&parts[i]);
}

static void slices_add_up(void **state)
{
    struct result parts[3];
    struct result all;
    char why[MERGE_WHY_LEN] = "";
    uint64_t sum = 0;
    uint64_t values = 0;

    UNUSED(state);
    make(parts);
    result_init(&all);
    if (!merge_results(&all, parts, 3, why))
        fail_msg("%s", why);
    assert_int_equal(all.devices, 15000);
    assert_int_equal(all.first_device, 0);
    assert_int_equal(all.workers, 3);
    assert_int_equal(all.window, 192);
    assert_true(fabs(all.rate_per_s - 300) < 1e-9);
    assert_true(fabs(all.stages[2].rate_to - 600) < 1e-9);
    assert_true(fabs(all.bytes_per_device - 121.5) < 1e-9);
    assert_int_equal(all.duration_us, parts[0].duration_us + 700000);
    assert_int_equal(all.started_wall_us, parts[0].started_wall_us);
    for (int i = 0; i < 3; i++) {
        sum += parts[i].total.counter[TALLY_PUBLISH_ACKNOWLEDGED];
        values += hist_count(parts[i].total.hist[TALLY_HIST_PUBLISH]);
    }
    assert_int_equal(all.total.counter[TALLY_PUBLISH_ACKNOWLEDGED], sum);
    assert_int_equal(hist_count(all.total.hist[TALLY_HIST_PUBLISH]), values);
    result_fini(&all);
    end(parts);
}

static void seconds_are_laid_over_each_other_by_the_wall_clock(void **state)
{
    struct result parts[3];
    struct result all;
    char why[MERGE_WHY_LEN] = "";

    UNUSED(state);
    make(parts);
    result_init(&all);
    assert_true(merge_results(&all, parts, 3, why));
    assert_int_equal(all.second_count, 201); /* 700 ms are nearly a second */
    for (size_t s = 1; s < 200; s++) {
        assert_int_equal(all.seconds[s].at_us, (s + 1) * US_PER_S);
        assert_int_equal(all.seconds[s].counter[TALLY_PUBLISH_SENT],
                         parts[0].seconds[s].counter[TALLY_PUBLISH_SENT] +
                             parts[1].seconds[s - 1].counter[TALLY_PUBLISH_SENT] +
                             parts[2].seconds[s].counter[TALLY_PUBLISH_SENT]);
        assert_true(all.seconds[s].publish_us[2] >= parts[0].seconds[s].publish_us[2] &&
                    all.seconds[s].publish_us[2] >= parts[1].seconds[s - 1].publish_us[2]);
        assert_true(all.seconds[s].server.cpu_cores < 1);
    }
    result_fini(&all);
    end(parts);
}

static void objectives_are_judged_anew(void **state)
{
    struct result parts[3];
    struct result all;
    char why[MERGE_WHY_LEN] = "";

    UNUSED(state);
    make(parts);
    assert_false(parts[0].slo[1].held); /* a slice alone is too slow */
    result_init(&all);
    assert_true(merge_results(&all, parts, 3, why));
    assert_int_equal(all.slo_count, 3);
    assert_true(all.slo[1].held);
    assert_int_equal(all.verdict, RESULT_GOOD);
    result_fini(&all);
    parts[2].total.counter[TALLY_EVENT_LOST] = 1;
    result_init(&all);
    assert_true(merge_results(&all, parts, 3, why));
    assert_int_equal(all.verdict, RESULT_BROKEN);
    result_fini(&all);
    parts[2].total.counter[TALLY_EVENT_LOST] = 0;
    result_add_invalid(&parts[1], "Sends came late.");
    result_init(&all);
    assert_true(merge_results(&all, parts, 3, why));
    assert_int_equal(all.verdict, RESULT_INVALID);
    assert_string_equal(all.invalid[0], "Slice from device 5000: Sends came late.");
    result_fini(&all);
    end(parts);
}

static void refused(struct result *parts, const char *begin)
{
    struct result all;
    char why[MERGE_WHY_LEN] = "";

    result_init(&all);
    assert_false(merge_results(&all, parts, 3, why));
    if (strncmp(why, begin, strlen(begin)) != 0)
        fail_msg("expected %s, got %s", begin, why);
    result_fini(&all);
}

static void what_is_not_of_one_run_is_refused(void **state)
{
    struct result parts[3];

    UNUSED(state);
    make(parts);
    parts[2].first_device = 1;
    refused(parts, "slices have devices in common: 5000 from 5000 on, and 5000 from 1 on");
    parts[2].first_device = 0;
    parts[2].seed = 5;
    refused(parts, "no slices of one run: their seed is 18446744073709551615 and 5");
    parts[2].seed = parts[0].seed;
    parts[1].profile = "soak";
    refused(parts, "no slices of one run: their profile is `steady` and `soak`");
    parts[1].profile = parts[0].profile;
    parts[1].compress = 2;
    refused(parts, "no slices of one run: their compress is 1 and 2");
    end(parts);
}

static void the_command_reads_and_writes_reports(void **state)
{
    char paths[3][40];
    const char *files[3] = {paths[0], paths[1], paths[2]};
    struct result parts[3];
    struct result all;
    char why[REPORT_READ_WHY_LEN];
    char *text = NULL;
    char *errors = NULL;
    size_t len;
    size_t error_len;
    FILE *out = open_memstream(&text, &len);
    FILE *err = open_memstream(&errors, &error_len);

    UNUSED(state);
    make(parts);
    for (int i = 0; i < 3; i++) {
        char spec[160];

        (void)snprintf(paths[i], sizeof paths[i], "/tmp/merge_test.XXXXXX");
        assert_int_equal(close(mkstemp(paths[i])), 0);
        (void)snprintf(spec, sizeof spec, "json=%s", paths[i]);
        assert_true(report_write(spec, &parts[i], why));
    }
    assert_int_equal(merge_command(files, 3, out, err), SWARM_HELD);
    files[1] = "/nowhere.json";
    assert_int_equal(merge_command(files, 3, out, err), SWARM_USAGE);
    assert_int_equal(fclose(out) | fclose(err), 0);
    assert_string_equal(errors, "seatrial-swarm: /nowhere.json: No such file or directory\n");
    result_init(&all);
    assert_true(report_read(&all, (struct str){text, len}, why));
    assert_int_equal(all.devices, 15000);
    result_fini(&all);
    for (int i = 0; i < 3; i++)
        assert_int_equal(unlink(paths[i]), 0);
    free(text);
    free(errors);
    end(parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_add_up),
        cmocka_unit_test(seconds_are_laid_over_each_other_by_the_wall_clock),
        cmocka_unit_test(objectives_are_judged_anew),
        cmocka_unit_test(what_is_not_of_one_run_is_refused),
        cmocka_unit_test(the_command_reads_and_writes_reports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
