#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "simulator/validity.h"

/* A good run of a minute: 1000 devices, 60 000 publishes, two workers half idle. */
static int setup(void **state)
{
    struct result *r = xcalloc(1, sizeof *r);

    result_init(r);
    r->devices = 1000;
    r->workers = 2;
    r->duration_us = 60 * US_PER_S;
    r->total.counter[TALLY_PUBLISH_INTENDED] = 60000;
    r->total.counter[TALLY_PUBLISH_SENT] = 59990;
    r->total.counter[TALLY_DATAGRAM_SENT] = 60000;
    r->total.counter[TALLY_DATAGRAM_RECEIVED] = 60000;
    hist_record_many(r->total.hist[TALLY_HIST_PUBLISH], 2000, 59990);
    hist_record_many(r->total.hist[TALLY_HIST_SCHEDULE_LAG], 100, 59990);
    for (int i = 0; i < 60; i++) {
        struct result_second *s = result_add_second(r);

        s->gauge[TALLY_GAUGE_CONNECTED] = 1000;
        s->own_cpu_cores = 1;
        s->steal_part = 0.01;
        s->lag_p99_us = 100;
    }
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct result *r = *state;

    result_fini(r);
    free(r);
    return 0;
}

static void judge(struct result *r)
{
    static const struct validity_options none = {0};

    r->invalid_count = 0;
    validity_judge(r, &none);
}

static void is_valid(struct result *r)
{
    judge(r);
    if (r->invalid_count != 0)
        fail_msg("invalid: %s", r->invalid[0]);
}

/* Invalid for one reason, whose sentence begins so. */
static void is_invalid(struct result *r, const char *begin)
{
    judge(r);
    assert_int_equal(r->invalid_count, 1);
    if (strncmp(r->invalid[0], begin, strlen(begin)) != 0)
        fail_msg("expected %s, got %s", begin, r->invalid[0]);
}

static void a_good_run_is_valid(void **state)
{
    is_valid(*state);
}

static void late_sends_make_a_run_invalid(void **state)
{
    struct result *r = *state;
    struct hist *lag = r->total.hist[TALLY_HIST_SCHEDULE_LAG];
    const struct validity_options strict = {.lag_us = 50};

    validity_judge(r, &strict);
    assert_int_equal(r->invalid_count, 1);
    hist_clear(lag);
    hist_record_many(lag, 9990, 100);
    is_valid(r);
    hist_record_many(lag, 11000, 100);
    is_invalid(r, "Sends came late: schedule_lag.p99 is 11.0ms, allowed are 10.0ms.");
    /* when latencies are long, a fifth of them is allowed */
    hist_record_many(r->total.hist[TALLY_HIST_PUBLISH], 60000, 10000);
    is_valid(r);
}

static void a_broken_objective_that_lag_may_have_decided_says_nothing(void **state)
{
    struct result *r = *state;
    struct hist *sent = r->total.hist[TALLY_HIST_PUBLISH_UNCORRECTED];

    hist_record_many(sent, 600, 59990);
    r->slo[r->slo_count++] = (struct result_slo){.text = "publish.p99 < 1ms", .held = false};
    is_valid(r); /* the lag is far smaller */
    hist_record_many(r->total.hist[TALLY_HIST_SCHEDULE_LAG], 1500, 60000);
    is_invalid(r, "`publish.p99 < 1ms` is broken, but 1.50ms of the p99 of 2.00ms may be");
    r->slo[0].held = true;
    is_valid(r);
    r->slo[0] = (struct result_slo){.text = "handshake.p99 < 1ms", .held = false};
    is_valid(r);
    r->slo[0] = (struct result_slo){.text = "publish.p99 < 500us", .held = false};
    is_valid(r); /* broken whatever the lag */
}

static void publishes_left_out_make_a_run_invalid_unless_their_devices_were_busy(void **state)
{
    struct result *r = *state;

    r->total.counter[TALLY_PUBLISH_SENT] = 50000;
    is_invalid(r, "10 000 of 60 000 intended publishes were not sent");
    for (size_t i = 0; i < r->second_count; i++)
        r->seconds[i].gauge[TALLY_GAUGE_WAITING] = 170;
    is_valid(r);
    for (size_t i = 0; i < r->second_count; i++) {
        r->seconds[i].gauge[TALLY_GAUGE_WAITING] = 0;
        r->seconds[i].gauge[TALLY_GAUGE_CONNECTED] = 830;
    }
    is_valid(r);
    r->total.counter[TALLY_PUBLISH_SENT] = 40000;
    r->window = 64; /* a closed loop intends nothing */
    is_valid(r);
}

static void a_run_that_intended_nothing_is_invalid(void **state)
{
    struct result *r = *state;

    memset(r->total.counter, 0, sizeof r->total.counter);
    is_invalid(r, "Nothing was sent");
}

static void message_ids_in_use_make_a_run_invalid(void **state)
{
    struct result *r = *state;

    r->total.counter[TALLY_OWN_MID_HELD] = 600;
    is_valid(r);
    r->total.counter[TALLY_OWN_MID_HELD] = 601;
    is_invalid(r, "601 publishes were held back because every message ID");
}

static void datagrams_lost_on_this_machine_make_a_run_invalid(void **state)
{
    struct result *r = *state;

    r->total.counter[TALLY_OWN_RECEIVE_DROPPED] = 6;
    r->total.counter[TALLY_OWN_SEND_FAILED] = 6;
    is_valid(r);
    r->total.counter[TALLY_OWN_RECEIVE_DROPPED] = 7;
    is_invalid(r, "This machine dropped 7 answers");
    r->total.counter[TALLY_OWN_RECEIVE_DROPPED] = 0;
    r->total.counter[TALLY_OWN_SEND_FAILED] = 7;
    is_invalid(r, "This machine could not send 7 datagrams");
}

static void busy_workers_make_a_run_invalid_when_sends_are_late(void **state)
{
    struct result *r = *state;

    for (size_t i = 0; i < 20; i++)
        r->seconds[i].own_cpu_cores = 1.95;
    is_valid(r); /* at work, and in time */
    for (size_t i = 0; i < 4; i++)
        r->seconds[i].lag_p99_us = 6000;
    is_invalid(r, "The generator's 2 workers had no idle time in 4 of 60 seconds and sent late.");
    r->seconds[3].own_cpu_cores = NAN;
    is_valid(r);
    r->second_count = 2; /* of a short run, two seconds are no habit */
    is_valid(r);
}

static void a_closed_loop_that_is_all_at_work_has_found_its_own_limit(void **state)
{
    struct result *r = *state;

    r->window = 64;
    for (size_t i = 0; i < 30; i++)
        r->seconds[i].own_cpu_cores = 1.95;
    is_valid(r);
    r->seconds[30].own_cpu_cores = 1.95;
    is_invalid(r, "The generator's 2 workers had no idle time in 31 of 60 seconds: the rate found");
}

static void stolen_time_makes_a_run_invalid(void **state)
{
    struct result *r = *state;

    for (size_t i = 0; i < r->second_count; i++)
        r->seconds[i].steal_part = i % 2 == 0 ? NAN : 0.11;
    is_invalid(r, "11.0% of the processors' time was taken by other virtual machines.");

    const struct validity_options lenient = {.steal_part = 0.12};

    r->invalid_count = 0;
    validity_judge(r, &lenient);
    assert_int_equal(r->invalid_count, 0);
}

#define VALIDITY_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VALIDITY_TEST(a_good_run_is_valid),
        VALIDITY_TEST(late_sends_make_a_run_invalid),
        VALIDITY_TEST(a_broken_objective_that_lag_may_have_decided_says_nothing),
        VALIDITY_TEST(publishes_left_out_make_a_run_invalid_unless_their_devices_were_busy),
        VALIDITY_TEST(a_run_that_intended_nothing_is_invalid),
        VALIDITY_TEST(message_ids_in_use_make_a_run_invalid),
        VALIDITY_TEST(datagrams_lost_on_this_machine_make_a_run_invalid),
        VALIDITY_TEST(busy_workers_make_a_run_invalid_when_sends_are_late),
        VALIDITY_TEST(a_closed_loop_that_is_all_at_work_has_found_its_own_limit),
        VALIDITY_TEST(stolen_time_makes_a_run_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
