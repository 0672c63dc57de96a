/* labels: slow */
/* What a case does here stands in its title; the engine is the test's own. */
#include "conformance/runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/json.h"
#include "conformance/stream.h"
#include "lib/clock.h"

/* Shared by all processes of a test. */
struct shared {
    _Atomic int running;
    _Atomic int most;
    _Atomic int timing;
    _Atomic int most_timing;
    _Atomic int beside_exclusive;
    _Atomic bool exclusive;
    _Atomic bool target_dead;
    _Atomic bool adapter_dead; /* it was a part of the target */
    _Atomic int deaths;
    uint8_t seeds[64][32];
    _Atomic int seed_count;
};

static struct shared *shared;

static void raise_to(_Atomic int *most, int value)
{
    int old = *most;

    while (value > old && !atomic_compare_exchange_strong(most, &old, value))
        continue;
}

static void find(struct case_report *out, enum verdict verdict, const char *reason)
{
    struct case_finding f = {.verdict = verdict};

    (void)snprintf(f.reason, sizeof f.reason, "%s", reason);
    (void)snprintf(f.step, sizeof f.step, "post:expect");
    (void)snprintf(f.field, sizeof f.field, "code");
    case_add_finding(out, &f);
}

/* Long enough that processes overlap when they may. */
static void linger(void)
{
    int64_t end_us = clock_mono_us() + 30 * US_PER_MS;

    while (clock_mono_us() < end_us)
        continue;
}

static void act(const char *what, const struct case_env *env, struct case_report *out)
{
    if (strcmp(what, "fail") == 0 || (strcmp(what, "flaky") == 0 && env->attempt == 0))
        find(out, VERDICT_FAIL, "it failed");
    else if (strcmp(what, "warn") == 0)
        find(out, VERDICT_WARN, "it warned");
    else if (strcmp(what, "inconclusive") == 0)
        find(out, VERDICT_INCONCLUSIVE, "not met");
    else if (strcmp(what, "kills target") == 0 || strcmp(what, "kills adapter, too") == 0) {
        shared->target_dead = true;
        shared->adapter_dead = strcmp(what, "kills adapter, too") == 0;
        shared->deaths++;
        find(out, VERDICT_FAIL, "no answer");
    } else if (strncmp(what, "beside", strlen("beside")) == 0) {
        while (shared->deaths == 0) /* the test's limit of time ends it */
            continue;
        if (shared->target_dead && strcmp(what, "beside, in vain") == 0)
            find(out, VERDICT_ERROR, "no adapter");
        else if (shared->target_dead)
            find(out, VERDICT_FAIL, "no answer");
    } else if (strcmp(what, "kills target once") == 0) {
        if (shared->deaths++ == 0) {
            shared->target_dead = true;
            find(out, VERDICT_FAIL, "no answer");
        }
    } else if (strcmp(what, "sanity") == 0 && shared->adapter_dead)
        find(out, VERDICT_ERROR, "no adapter");
    else if (strcmp(what, "sanity") == 0 && shared->target_dead)
        find(out, VERDICT_FAIL, "it does not answer");
    else if (strcmp(what, "crash") == 0)
        (void)raise(SIGKILL);
    else if (strcmp(what, "leave") == 0)
        _exit(3);
    else if (strcmp(what, "hang") == 0)
        for (;;)
            (void)pause();
    out->expectations = strcmp(what, "nothing") != 0;
}

static void execute(lua_State *L, const struct case_def *def, const struct case_env *env,
                    struct case_report *out)
{
    static const char line[] = "{\"at_us\":5,\"kind\":\"note\",\"text\":\"here\"}\n";

    UNUSED(L);
    memcpy(shared->seeds[shared->seed_count++ % 64], env->seed, sizeof env->seed);
    raise_to(&shared->most, ++shared->running);
    if (shared->exclusive || (def->exclusive && shared->running > 1))
        shared->beside_exclusive++;
    if (def->exclusive)
        shared->exclusive = true;
    if (def->timing)
        raise_to(&shared->most_timing, ++shared->timing);
    assert_true(write(env->log_fd, line, sizeof line - 1) == (ssize_t)sizeof line - 1);
    linger();
    act(def->title, env, out);
    if (def->timing)
        shared->timing--;
    if (def->exclusive)
        shared->exclusive = false;
    shared->running--;
    out->done = true;
}

static int connect_nowhere(void *context, const char *name)
{
    UNUSED(context);
    UNUSED(name);
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void take(void *context, json_t *result)
{
    (void)json_array_append_new(context, result);
}

static const struct case_engine engine = {.execute = execute};

static const struct case_def sanity = {.id = "SANITY-0",
                                       .title = "sanity",
                                       .family = "f",
                                       .file = "s.lua",
                                       .timeout_us = 10 * US_PER_S};

static struct runner_options options_for(json_t *results)
{
    return (struct runner_options){
        .world = {.engine = &engine,
                  .seed = 7,
                  .out_dir = "/nowhere",
                  .time_slack = 1,
                  .connect = connect_nowhere},
        .jobs = 8,
        .timing_lanes = 1,
        .end_us = clock_mono_us() + 60 * US_PER_S,
        .take = take,
        .context = results,
    };
}

static struct job job_of(struct case_def *def, const char *id, const char *what)
{
    *def = (struct case_def){.id = id,
                             .rev = 1,
                             .title = what,
                             .family = "f",
                             .file = "x.lua",
                             .line = 3,
                             .timeout_us = 10 * US_PER_S};
    return (struct job){.def = def};
}

static int begin(void **state)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    *state = json_array();
    return 0;
}

static int end(void **state)
{
    json_decref(*state);
    return munmap(shared, sizeof *shared);
}

static const json_t *result_of(const json_t *results, const char *id)
{
    for (size_t i = 0; i < json_array_size(results); i++) {
        if (strcmp(json_text(json_array_get(results, i), "case"), id) == 0)
            return json_array_get(results, i);
    }
    fail_msg("no result of %s", id);
    return NULL;
}

static void gives_a_verdict_whatever_ends_the_process(void **state)
{
    static const struct {
        const char *what;
        enum verdict verdict;
        const char *reason; /* of the first of the worst findings */
    } rows[] = {
        {"pass",         VERDICT_PASS,         ""                                                     },
        {"fail",         VERDICT_FAIL,         "it failed"                                            },
        {"warn",         VERDICT_WARN,         "it warned"                                            },
        {"inconclusive", VERDICT_INCONCLUSIVE, "not met"                                              },
        {"crash",        VERDICT_ERROR,        "the process of the case was ended by signal 9"        },
        {"leave",        VERDICT_ERROR,        "the process of the case ended early, with exit code 3"},
        {"nothing",      VERDICT_ERROR,        "the case judged nothing: it has no expectation"       },
        {"hang",         VERDICT_ERROR,        "the case did not end within 1 s and was killed"       },
    };
    struct case_def defs[COUNT(rows)];
    struct job jobs[COUNT(rows)];
    char ids[COUNT(rows)][8];
    struct runner_options o = options_for(*state);
    struct runner_end run_end;

    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)snprintf(ids[i], sizeof ids[i], "T-%zu", i);
        jobs[i] = job_of(&defs[i], ids[i], rows[i].what);
        if (strcmp(rows[i].what, "hang") == 0)
            defs[i].timeout_us = US_PER_S;
    }
    run_end = runner_run(&o, jobs, COUNT(rows));
    assert_false(run_end.interrupted || run_end.suite_error || run_end.target_lost);
    assert_int_equal(json_array_size(*state), COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const json_t *result = result_of(*state, ids[i]);

        assert_int_equal(stream_verdict(result), rows[i].verdict);
        if (rows[i].reason[0] != '\0')
            assert_string_equal(json_text(stream_signature(result), "reason"), rows[i].reason);
        /* the log outlives the process */
        if (rows[i].verdict > VERDICT_NA)
            assert_int_equal(json_array_size(json_object_get(result, "timeline")), 1);
    }
}

static void runs_exclusive_cases_alone_and_timing_in_lanes(void **state)
{
    struct case_def defs[12];
    struct job jobs[12];
    struct runner_options o = options_for(*state);

    for (size_t i = 0; i < COUNT(jobs); i++) {
        jobs[i] = job_of(&defs[i], "T-1", "pass");
        defs[i].exclusive = i == 4 || i == 7;
        defs[i].timing = i < 3;
    }
    (void)runner_run(&o, jobs, COUNT(jobs));
    assert_int_equal(json_array_size(*state), COUNT(jobs));
    assert_int_equal(shared->beside_exclusive, 0);
    assert_int_equal(shared->most_timing, 1);
    assert_in_range(shared->most, 2, 8);
}

static void gives_a_case_the_same_seed_in_any_company(void **state)
{
    struct case_def a;
    struct case_def b;
    struct job both[2] = {job_of(&b, "B-1", "pass"), job_of(&a, "A-1", "pass")};
    struct job alone = job_of(&a, "A-1", "pass");
    struct runner_options o = options_for(*state);
    uint8_t seed[32];

    o.jobs = 1;
    (void)runner_run(&o, both, 2);
    (void)runner_run(&o, &alone, 1);
    assert_memory_equal(shared->seeds[1], shared->seeds[2], 32);
    assert_memory_not_equal(shared->seeds[0], shared->seeds[1], 32);
    job_seed(7, "A-1", BINDING_COAP, seed);
    assert_memory_equal(shared->seeds[1], seed, 32);
    job_seed(7, "A-1", BINDING_COAPS_PSK, seed);
    assert_memory_not_equal(shared->seeds[1], seed, 32);
}

static void runs_failed_cases_again(void **state)
{
    struct case_def defs[2];
    struct job jobs[2] = {job_of(&defs[0], "T-0", "flaky"), job_of(&defs[1], "T-1", "fail")};
    struct runner_options o = options_for(*state);
    int retried = 0;

    o.retries = 2;
    (void)runner_run(&o, jobs, 2);
    assert_int_equal(json_array_size(*state), 5);
    for (size_t i = 0; i < 5; i++)
        retried += stream_is_retried(json_array_get(*state, i));
    assert_int_equal(retried, 3);
}

static void stops_when_the_target_stops_answering(void **state)
{
    struct case_def defs[3];
    struct job jobs[3] = {job_of(&defs[0], "T-0", "pass"), job_of(&defs[1], "T-1", "kills target"),
                          job_of(&defs[2], "T-2", "pass")};
    struct runner_options o = options_for(*state);
    struct runner_end run_end;

    o.jobs = 1;
    o.sanity = &sanity;
    run_end = runner_run(&o, jobs, 3);
    assert_true(run_end.target_lost);
    assert_int_equal(stream_verdict(result_of(*state, "T-0")), VERDICT_PASS);
    assert_int_equal(stream_verdict(result_of(*state, "T-2")), VERDICT_INCONCLUSIVE);
    assert_string_equal(json_text(stream_signature(result_of(*state, "T-2")), "reason"),
                        "the target stopped answering during T-1.coap");
}

static bool recover(void *context)
{
    UNUSED(context);
    shared->target_dead = shared->adapter_dead = false;
    return true;
}

static void goes_on_when_the_target_comes_back(void **state)
{
    struct case_def defs[3];
    struct job jobs[3] = {job_of(&defs[0], "T-0", "kills target"),
                          job_of(&defs[1], "T-1", "kills adapter, too"),
                          job_of(&defs[2], "T-2", "pass")};
    struct runner_options o = options_for(*state);

    o.jobs = 1;
    o.sanity = &sanity;
    o.recover = recover;
    assert_false(runner_run(&o, jobs, 3).target_lost);
    assert_false(shared->target_dead);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stream_verdict(result_of(*state, defs[i].id)),
                         i < 2 ? VERDICT_FAIL : VERDICT_PASS);
}

static void tells_the_case_that_ends_the_target_from_its_neighbours(void **state)
{
    struct case_def defs[4];
    struct job jobs[4] = {
        job_of(&defs[0], "T-0", "beside"), job_of(&defs[1], "T-1", "kills target"),
        job_of(&defs[2], "T-2", "beside, in vain"), job_of(&defs[3], "T-3", "beside")};
    struct runner_options o = options_for(*state);

    o.sanity = &sanity;
    o.recover = recover;
    assert_false(runner_run(&o, jobs, 4).target_lost);
    assert_int_equal(shared->deaths, 2);
    assert_int_equal(json_array_size(*state), 4);
    for (int i = 0; i < 4; i++) {
        const json_t *result = result_of(*state, defs[i].id);

        assert_int_equal(stream_verdict(result), i == 1 ? VERDICT_FAIL : VERDICT_PASS);
        assert_string_equal(json_text(result, "detail"),
                            i == 1 ? "the target stopped answering during T-1.coap\n" : "");
    }
}

static void blames_the_suspect_for_an_end_that_does_not_happen_again(void **state)
{
    struct case_def defs[2];
    struct job jobs[2] = {job_of(&defs[0], "T-0", "kills target once"),
                          job_of(&defs[1], "T-1", "beside")};
    struct runner_options o = options_for(*state);
    int fails = 0;

    o.sanity = &sanity;
    o.recover = recover;
    assert_false(runner_run(&o, jobs, 2).target_lost);
    assert_int_equal(json_array_size(*state), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *result = json_array_get(*state, i);

        if (stream_verdict(result) == VERDICT_PASS)
            continue;
        fails++;
        assert_string_equal(json_text(stream_signature(result), "field"), "target");
    }
    assert_int_equal(fails, 1);
}

static void reports_everything_when_interrupted(void **state)
{
    struct case_def defs[3];
    struct job jobs[3] = {job_of(&defs[0], "T-0", "hang"), job_of(&defs[1], "T-1", "hang"),
                          job_of(&defs[2], "T-2", "pass")};
    struct runner_options o = options_for(*state);
    sigset_t set;

    o.jobs = 2;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    assert_int_equal(raise(SIGINT), 0); /* waits for the runner */
    assert_true(runner_run(&o, jobs, 3).interrupted);
    assert_int_equal(json_array_size(*state), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(stream_verdict(json_array_get(*state, i)), VERDICT_SKIPPED);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no process is left */
}

static const char *is_broken(void *context)
{
    UNUSED(context);
    return "the broker has died";
}

static void blames_the_suite_for_a_dead_broker(void **state)
{
    struct case_def def;
    struct job job = job_of(&def, "T-0", "hang");
    struct runner_options o = options_for(*state);

    o.broken = is_broken;
    assert_true(runner_run(&o, &job, 1).suite_error);
    assert_int_equal(stream_verdict(result_of(*state, "T-0")), VERDICT_ERROR);
}

static void ends_with_the_time_of_the_run(void **state)
{
    struct case_def def;
    struct job job = job_of(&def, "T-0", "hang");
    struct runner_options o = options_for(*state);

    o.end_us = clock_mono_us();
    assert_true(runner_run(&o, &job, 1).suite_error);
    assert_int_equal(stream_verdict(result_of(*state, "T-0")), VERDICT_ERROR);
}

static void says_why_a_case_does_not_run(void **state)
{
    struct case_def def;
    struct job job = job_of(&def, "T-0", "crash");
    struct runner_options o = options_for(*state);

    job.preset = "not allowed";
    job.preset_verdict = VERDICT_SKIPPED;
    (void)runner_run(&o, &job, 1);
    assert_int_equal(stream_verdict(result_of(*state, "T-0")), VERDICT_SKIPPED);
    assert_string_equal(json_text(stream_signature(result_of(*state, "T-0")), "reason"),
                        "not allowed");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    static const struct CMUnitTest tests[] = {
        TEST(gives_a_verdict_whatever_ends_the_process),
        TEST(runs_exclusive_cases_alone_and_timing_in_lanes),
        TEST(gives_a_case_the_same_seed_in_any_company),
        TEST(runs_failed_cases_again),
        TEST(stops_when_the_target_stops_answering),
        TEST(goes_on_when_the_target_comes_back),
        TEST(tells_the_case_that_ends_the_target_from_its_neighbours),
        TEST(blames_the_suspect_for_an_end_that_does_not_happen_again),
        TEST(reports_everything_when_interrupted),
        TEST(blames_the_suite_for_a_dead_broker),
        TEST(ends_with_the_time_of_the_run),
        TEST(says_why_a_case_does_not_run),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
