#include "simulator/trace_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "simulator/pace.h"

enum { WORKERS = 3, EACH = 40, SEED = 9 };

static const struct profile profile = {
    .arrival = ARRIVAL_POISSON,
    .period_s = 1,
    .connect_us = 5 * US_PER_S,
    .stage_count = 1,
    .stages = {{.duration_us = 20 * US_PER_S, .from = 0, .to = 1}},
};

struct folder {
    char path[64];
};

static int make_folder(void **state)
{
    struct folder *f = xcalloc(1, sizeof *f);

    (void)snprintf(f->path, sizeof f->path, "/tmp/trace_file_test.XXXXXX");
    *state = f;
    return mkdtemp(f->path) == NULL;
}

static int remove_folder(void **state)
{
    struct folder *f = *state;
    char name[128];

    for (int i = 0; i < WORKERS; i++) {
        (void)snprintf(name, sizeof name, "%s/worker-%d.trace.gz", f->path, i);
        (void)unlink(name);
    }
    int failed = rmdir(f->path);

    free(f);
    return failed;
}

/* What a worker with EACH devices would record of the schedule. */
static void record(const char *dir, int worker, uint64_t seed)
{
    const struct trace_header head = {
        .seed = seed,
        .first_device = (uint32_t)worker * EACH,
        .device_count = EACH,
        .rate_per_s = 3,
        .compress = 1,
        .profile = {"p",         1},
        .profile_text = {"return {}", 9},
    };
    char why[TRACE_FILE_WHY_LEN] = "";
    struct trace_file *f = trace_file_new(dir, worker, &head, why);
    struct pace p;

    if (f == NULL)
        fail_msg("%s", why);
    pace_init(&p, &profile, 3 * EACH * WORKERS, EACH * WORKERS, 1);
    for (uint32_t d = head.first_device; d < head.first_device + EACH; d++) {
        struct trace_event e = {.kind = TRACE_CONNECT, .device = d};
        double load = 0;

        e.at_us = pace_connect_us(&p, seed, d);
        trace_file_write(f, &e);
        e = (struct trace_event){.kind = TRACE_PUBLISH, .device = d, .ct_s = 4};
        for (uint32_t n = 1; (e.at_us = pace_next_us(&p, seed, d, n, &load)) != INT64_MAX; n++) {
            e.payload_len = 100 + n;
            trace_file_write(f, &e);
        }
        e = (struct trace_event){.kind = TRACE_OUTCOME, .device = d, .at_us = 7, .code = 0x44};
        trace_file_write(f, &e);
    }
    assert_true(trace_file_free(&f, why));
}

static void replays_the_schedule_of_a_recorded_run(void **state)
{
    const struct folder *f = *state;
    char why[TRACE_FILE_WHY_LEN] = "";
    struct trace_plan plan;
    struct pace original;
    struct pace again;
    size_t sends = 0;

    for (int i = 0; i < WORKERS; i++)
        record(f->path, i, SEED);
    if (!trace_plan_load(&plan, f->path, why))
        fail_msg("%s", why);
    assert_false(plan.is_cut);
    assert_int_equal(plan.head.first_device, 0);
    assert_int_equal(plan.head.device_count, EACH * WORKERS);
    assert_int_equal(plan.head.seed, SEED);
    assert_true(str_equal(plan.head.profile_text, STR("return {}")));
    pace_init(&original, &profile, 3 * EACH * WORKERS, EACH * WORKERS, 1);
    pace_init(&again, &profile, 1, EACH * WORKERS, 1); /* another load, which does not matter */
    pace_replay(&again, &plan);
    for (uint32_t d = 0; d < EACH * WORKERS; d++) {
        double load = 0;
        double other = 0;
        int64_t at_us;
        uint32_t n = 0;

        assert_int_equal(pace_connect_us(&again, 1, d), pace_connect_us(&original, SEED, d));
        do {
            n++;
            at_us = pace_next_us(&original, SEED, d, n, &load);
            assert_int_equal(pace_next_us(&again, 1, d, n, &other), at_us);
            if (at_us == INT64_MAX)
                continue;
            assert_int_equal(trace_plan_send(&plan, d, n)->payload_len, 100 + n);
            assert_int_equal(trace_plan_send(&plan, d, n)->ct_s, 4);
            sends++;
        } while (at_us != INT64_MAX);
    }
    assert_int_equal(plan.send_count, sends);
    assert_null(trace_plan_send(&plan, EACH * WORKERS, 1));
    assert_null(trace_plan_send(&plan, 0, 0));
    trace_plan_free(&plan);
}

static void refuses_logs_of_two_runs(void **state)
{
    const struct folder *f = *state;
    char why[TRACE_FILE_WHY_LEN] = "";
    struct trace_plan plan;

    record(f->path, 0, SEED);
    record(f->path, 1, SEED + 1);
    assert_false(trace_plan_load(&plan, f->path, why));
    assert_non_null(strstr(why, "worker-1.trace.gz: of another run than the other logs"));
}

static void goes_as_far_as_a_log_that_was_cut(void **state)
{
    const struct folder *f = *state;
    char why[TRACE_FILE_WHY_LEN] = "";
    struct trace_plan plan;
    char name[128];

    record(f->path, 0, SEED);
    (void)snprintf(name, sizeof name, "%s/worker-0.trace.gz", f->path);
    assert_int_equal(truncate(name, 2500), 0);
    if (!trace_plan_load(&plan, f->path, why))
        fail_msg("%s", why);
    assert_true(plan.is_cut);
    assert_non_null(trace_plan_send(&plan, 0, 1));
    trace_plan_free(&plan);
}

static void says_what_it_cannot_read_or_write(void **state)
{
    const struct folder *f = *state;
    const struct trace_header head = {.device_count = 1};
    char why[TRACE_FILE_WHY_LEN] = "";
    struct trace_plan plan;
    char name[128];

    assert_false(trace_plan_load(&plan, f->path, why));
    assert_non_null(strstr(why, "no log of a run there"));
    assert_false(trace_plan_load(&plan, "/nowhere", why));
    assert_string_equal(why, "/nowhere: No such file or directory");
    assert_null(trace_file_new("/nowhere/deep", 0, &head, why));
    assert_string_equal(why, "/nowhere/deep: No such file or directory");
    (void)snprintf(name, sizeof name, "%s/worker-0.trace.gz", f->path);
    FILE *garbage = fopen(name, "wb");

    assert_non_null(garbage);
    (void)fputs("no gzip", garbage);
    assert_int_equal(fclose(garbage), 0);
    assert_false(trace_plan_load(&plan, f->path, why));
    assert_non_null(strstr(why, "not a log of seatrial-swarm --record, or damaged"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replays_the_schedule_of_a_recorded_run, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(refuses_logs_of_two_runs, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(goes_as_far_as_a_log_that_was_cut, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(says_what_it_cannot_read_or_write, make_folder,
                                        remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
