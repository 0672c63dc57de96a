/* Devices against an ideal endpoint in virtual time. */
#include "simulator/fleet.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simulator/virtual.h"

enum { MS = 1000, SECOND = 1000000 };

struct world {
    struct profile profile;
    struct pace pace;
    struct fleet_options options;
    struct ideal_options endpoint;
    struct tally tally;
    struct notice_ring ring;
    struct virtual_world v;
    /* what was sent */
    uint64_t datagrams;
    uint64_t lose_every; /* the n-th datagram to the endpoint is lost; 0: none */
    uint64_t lose_first; /* of each device: how many */
    uint64_t moved;      /* datagrams from another address than the first */
    uint8_t seen[1000];
    int64_t sent_us[64]; /* of device 0 */
};

static bool passes(void *arg, const struct fleet_datagram *d, int64_t now_us)
{
    struct world *w = arg;
    uint64_t number = w->datagrams++;

    w->moved += d->binding > 0;

    if (d->device == 0 && w->seen[0] < COUNT(w->sent_us))
        w->sent_us[w->seen[0]] = now_us;
    if (d->device < COUNT(w->seen) && w->seen[d->device]++ < w->lose_first)
        return false;
    return w->lose_every == 0 || number % w->lose_every != 0;
}

/* Ten devices, each a publish a second, for ten seconds; changed by the test before begin. */
static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    w->profile = (struct profile){
        .name = "test",
        .class_count = 1,
        .classes = {{.name = "a",
                     .weight = 1,
                     .credential = PROFILE_BASIC,
                     .channel = "temp",
                     .payload_len = {120, 120},
                     .content_format = 50}},
        .arrival = ARRIVAL_CONSTANT,
        .period_s = 1,
        .stage_count = 1,
        .stages = {{.name = "hold", .duration_us = 10 * SECOND, .from = 1, .to = 1}},
    };
    w->options = (struct fleet_options){
        .profile = &w->profile,
        .pace = &w->pace,
        .seed = 7,
        .run = 0xabcdef,
        .count = 10,
        .ack_timeout_us = 2 * SECOND,
        .ack_random_factor = 1.5,
        .max_retransmit = 4,
        .answer_timeout_us = 60 * SECOND,
        .handshake = {.cap = 10, .limit_us = 30 * SECOND},
        .ring = &w->ring,
    };
    w->endpoint = (struct ideal_options){.latency_us = 5 * MS};
    w->v.passes = passes;
    w->v.arg = w;
    tally_init(&w->tally);
    notice_ring_init(&w->ring);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    virtual_end(&w->v);
    tally_fini(&w->tally);
    notice_ring_fini(&w->ring);
    free(w);
    return 0;
}

static void play(struct world *w)
{
    char why[FLEET_WHY_LEN];

    pace_init(&w->pace, &w->profile, NAN, w->options.count, 1);
    if (!virtual_begin(&w->v, &w->options, &w->endpoint, &w->tally, why))
        fail_msg("%s", why);
    virtual_run(&w->v, w->v.now_us + pace_end_us(&w->pace));
    virtual_drain(&w->v, 400 * (int64_t)SECOND);
    assert_int_equal(fleet_in_flight(w->v.fleet), 0);
}

static uint64_t count(const struct world *w, enum tally_counter c)
{
    return w->tally.counter[c];
}

static void every_intended_publish_is_sent_and_acknowledged_once(void **state)
{
    struct world *w = *state;

    play(w);
    assert_int_equal(count(w, TALLY_PUBLISH_INTENDED), 100);
    assert_int_equal(count(w, TALLY_PUBLISH_SENT), 100);
    assert_int_equal(count(w, TALLY_PUBLISH_ACKNOWLEDGED), 100);
    assert_int_equal(count(w, TALLY_RETRANSMISSION), 0);
    assert_int_equal(ideal_accepted(w->v.ideal), 100);
    /* latency and lag to the precision of a tick */
    int64_t p50_us = hist_value_us(w->tally.hist[TALLY_HIST_PUBLISH], 0.5);

    assert_true(p50_us >= 5 * MS && p50_us <= 5 * MS + 300);
    assert_true(hist_max_us(w->tally.hist[TALLY_HIST_SCHEDULE_LAG]) <= 257);
}

static void notices_tell_the_course_of_each_publish(void **state)
{
    struct world *w = *state;
    struct notice n;
    size_t sent = 0;
    size_t acknowledged = 0;

    play(w);
    while (notice_take(&w->ring, &n)) {
        sent += n.kind == NOTICE_SENT;
        acknowledged += n.kind == NOTICE_ACKNOWLEDGED;
        assert_true(n.device < 10 && n.sequence >= 1 && n.sequence <= 10);
    }
    assert_int_equal(sent, 100);
    assert_int_equal(acknowledged, 100);
}

static void a_lost_request_is_repeated_with_growing_intervals(void **state)
{
    struct world *w = *state;

    w->options.count = 1;
    w->lose_first = 3;
    w->profile.stages[0].duration_us = 1 * SECOND;
    play(w);
    assert_int_equal(count(w, TALLY_RETRANSMISSION), 3);
    assert_int_equal(count(w, TALLY_PUBLISH_ACKNOWLEDGED), 1);
    int64_t first_us = w->sent_us[1] - w->sent_us[0];

    /* ACK_TIMEOUT to ACK_TIMEOUT * ACK_RANDOM_FACTOR, then doubled: RFC 7252 4.2 */
    assert_true(first_us >= 2 * SECOND && first_us <= 3 * SECOND + MS);
    assert_in_range(w->sent_us[2] - w->sent_us[1], 2 * first_us - MS, 2 * first_us + MS);
    assert_in_range(w->sent_us[3] - w->sent_us[2], 4 * first_us - 2 * MS, 4 * first_us + 2 * MS);
}

static void a_device_gives_up_after_four_repetitions(void **state)
{
    struct world *w = *state;
    struct notice n;
    bool undecided = false;

    w->options.count = 1;
    w->lose_first = 200;
    w->profile.stages[0].duration_us = 1 * SECOND;
    play(w);
    assert_int_equal(count(w, TALLY_RETRANSMISSION), 4);
    assert_int_equal(count(w, TALLY_PUBLISH_TIMEOUT), 1);
    while (notice_take(&w->ring, &n))
        undecided |= n.kind == NOTICE_UNDECIDED;
    assert_true(undecided);
}

/* What came due while the device was busy is sent late, and its latency counts from when it was
 * due: coordinated omission. */
static void latency_counts_from_the_intended_time(void **state)
{
    struct world *w = *state;

    w->profile.period_s = 0.01;
    w->endpoint.stall_from_us = 3 * SECOND;
    w->endpoint.stall_to_us = 4 * SECOND;
    play(w);
    assert_int_equal(count(w, TALLY_PUBLISH_INTENDED), count(w, TALLY_PUBLISH_SENT));
    assert_int_equal(count(w, TALLY_PUBLISH_ACKNOWLEDGED), 10000);
    assert_true(hist_value_us(w->tally.hist[TALLY_HIST_PUBLISH], 0.95) > 500 * MS);
    assert_true(hist_value_us(w->tally.hist[TALLY_HIST_PUBLISH_UNCORRECTED], 0.99) < 50 * MS);
}

static void what_never_had_its_turn_is_counted_as_intended(void **state)
{
    struct world *w = *state;

    w->endpoint.capacity_per_s = 4;
    play(w);
    assert_int_equal(count(w, TALLY_PUBLISH_INTENDED), 100);
    assert_true(count(w, TALLY_PUBLISH_SENT) < 60);
}

static void a_wait_ends_when_it_should(void **state)
{
    struct world *w = *state;

    w->profile.classes[0].ct_part = 1;
    w->profile.classes[0].ct_s = (struct profile_range){3, 5};
    w->profile.period_s = 10;
    play(w);
    assert_int_equal(count(w, TALLY_WAIT_STARTED), 10);
    assert_int_equal(count(w, TALLY_WAIT_EXPIRED), 10);
    assert_int_equal(count(w, TALLY_ANSWER_SEPARATE), 10);
    assert_in_range(hist_max_us(w->tally.hist[TALLY_HIST_CT_ERROR]), 4 * MS, 6 * MS);
    assert_int_equal(hist_count(w->tally.hist[TALLY_HIST_PUBLISH]), 0);
}

/* A device that waits for commands does not mean to publish meanwhile. */
static void its_own_wait_is_no_latency_of_the_next_publish(void **state)
{
    struct world *w = *state;

    w->profile.classes[0].ct_part = 0.5;
    w->profile.classes[0].ct_s = (struct profile_range){3, 3};
    w->profile.period_s = 2.5;
    w->profile.stages[0].duration_us = 20 * SECOND;
    play(w);
    assert_true(count(w, TALLY_WAIT_EXPIRED) > 5);
    assert_true(hist_count(w->tally.hist[TALLY_HIST_PUBLISH]) > 10);
    assert_true(hist_max_us(w->tally.hist[TALLY_HIST_PUBLISH]) < 100 * MS);
}

static void an_upload_goes_in_blocks(void **state)
{
    struct world *w = *state;

    w->options.count = 1;
    w->profile.classes[0].payload_len = (struct profile_range){1000, 1000};
    w->profile.classes[0].block_len = 64;
    w->profile.stages[0].duration_us = 1 * SECOND;
    play(w);
    assert_int_equal(count(w, TALLY_BLOCK_SENT), 16);
    assert_int_equal(count(w, TALLY_PUBLISH_ACKNOWLEDGED), 1);
    assert_int_equal(ideal_accepted(w->v.ideal), 1);
}

static void non_requests_wait_for_a_response_and_are_not_repeated(void **state)
{
    struct world *w = *state;

    w->profile.classes[0].non = true;
    w->lose_every = 10;
    play(w);
    assert_int_equal(count(w, TALLY_RETRANSMISSION), 0);
    assert_true(count(w, TALLY_PUBLISH_TIMEOUT) > 0);
    assert_int_equal(count(w, TALLY_PUBLISH_SENT),
                     count(w, TALLY_PUBLISH_ACKNOWLEDGED) + count(w, TALLY_PUBLISH_TIMEOUT));
}

static void a_closed_loop_keeps_its_window_full(void **state)
{
    struct world *w = *state;

    w->options.count = 100;
    w->options.window = 20;
    play(w);
    /* 20 under way, 5 ms each, 10 s */
    assert_in_range(count(w, TALLY_PUBLISH_ACKNOWLEDGED), 38000, 40020);
    assert_int_equal(count(w, TALLY_PUBLISH_SENT), count(w, TALLY_PUBLISH_ACKNOWLEDGED));
}

static void devices_that_share_sockets_are_told_apart(void **state)
{
    struct world *w = *state;

    w->options.count = 30;
    w->options.sockets = 4;
    w->profile.classes[0].ct_part = 0.5;
    w->profile.classes[0].ct_s = (struct profile_range){1, 2};
    w->profile.period_s = 5;
    play(w);
    assert_int_equal(count(w, TALLY_PUBLISH_ACKNOWLEDGED), 60);
    assert_int_equal(count(w, TALLY_DATAGRAM_UNEXPECTED), 0);
}

static void garbage_is_sent_and_expects_nothing(void **state)
{
    struct world *w = *state;

    w->profile.classes[0].credential = PROFILE_GARBAGE;
    play(w);
    assert_int_equal(count(w, TALLY_HOSTILE_REFUSED), 100);
    assert_int_equal(w->datagrams, 100);
    assert_int_equal(count(w, TALLY_PUBLISH_SENT), 0);
}

/* Before each but the first. */
static void devices_move_to_other_addresses_before_publishes(void **state)
{
    struct world *w = *state;

    w->profile.classes[0].rebind_part = 1;
    play(w);
    assert_int_equal(count(w, TALLY_PUBLISH_ACKNOWLEDGED), 100);
    assert_int_equal(count(w, TALLY_SESSION_REBOUND), 90);
    assert_int_equal(w->moved, 90);
}

static void what_comes_to_an_address_that_was_left_is_lost(void **state)
{
    struct world *w = *state;
    struct fleet_arrival ping = {
        .bindings = 4, .bytes = (const uint8_t *)"\x40\x00\x12\x34", .len = 4};

    w->profile.classes[0].rebind_part = 1;
    play(w);
    uint64_t before = w->datagrams;

    for (ping.binding = 0; ping.binding < 4; ping.binding++) {
        fleet_receive(w->v.fleet, &ping, w->v.now_us);
        assert_int_equal(w->datagrams, before + (ping.binding >= 9 % 4)); /* moved nine times */
    }
}

/* 5 % of all datagrams are lost, 1 % doubled, either way: still each publish is sent and answered
 * once. */
static void a_bad_network_costs_time_and_no_publish(void **state)
{
    struct world *w = *state;

    w->profile.out = (struct profile_impairment){.loss = 0.05, .duplicate = 0.01};
    w->profile.in = w->profile.out;
    w->profile.period_s = 0.1;
    play(w);
    assert_true(count(w, TALLY_IMPAIR_LOST) > 20);
    assert_true(count(w, TALLY_RETRANSMISSION) > 10);
    assert_int_equal(count(w, TALLY_PUBLISH_SENT), count(w, TALLY_PUBLISH_ACKNOWLEDGED));
    assert_int_equal(count(w, TALLY_DATAGRAM_MALFORMED), 0);
}

/* --- single messages */

static void receive(struct world *w, const char *bytes, size_t len)
{
    struct fleet_arrival a = {.bytes = (const uint8_t *)bytes, .len = len};

    fleet_receive(w->v.fleet, &a, w->v.now_us);
}

static void messages_that_answer_nothing_are_refused_as_the_rfc_says(void **state)
{
    struct world *w = *state;

    w->options.count = 1;
    w->profile.stages[0].duration_us = 1 * SECOND;
    play(w);
    uint64_t before = w->datagrams;

    receive(w, "\x40\x00\x12\x34", 4); /* ping: RST */
    assert_int_equal(w->datagrams, before + 1);
    receive(w, "\x42\x44\x12\x34zz", 6); /* CON response to nothing: RST */
    assert_int_equal(w->datagrams, before + 2);
    receive(w, "\x52\x44\x12\x34zz", 6); /* NON: nothing */
    receive(w, "\x60\x00\x12\x34", 4);   /* an ACK of nothing */
    receive(w, "\x70\x00\x12\x34", 4);
    assert_int_equal(w->datagrams, before + 2);
    assert_int_equal(count(w, TALLY_DATAGRAM_UNEXPECTED), 5);
    receive(w, "\x4f\x44\x12", 3);
    assert_int_equal(count(w, TALLY_DATAGRAM_MALFORMED), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_intended_publish_is_sent_and_acknowledged_once),
        TEST(notices_tell_the_course_of_each_publish),
        TEST(a_lost_request_is_repeated_with_growing_intervals),
        TEST(a_device_gives_up_after_four_repetitions),
        TEST(latency_counts_from_the_intended_time),
        TEST(what_never_had_its_turn_is_counted_as_intended),
        TEST(a_wait_ends_when_it_should),
        TEST(its_own_wait_is_no_latency_of_the_next_publish),
        TEST(an_upload_goes_in_blocks),
        TEST(non_requests_wait_for_a_response_and_are_not_repeated),
        TEST(a_closed_loop_keeps_its_window_full),
        TEST(devices_that_share_sockets_are_told_apart),
        TEST(garbage_is_sent_and_expects_nothing),
        TEST(devices_move_to_other_addresses_before_publishes),
        TEST(what_comes_to_an_address_that_was_left_is_lost),
        TEST(a_bad_network_costs_time_and_no_publish),
        TEST(messages_that_answer_nothing_are_refused_as_the_rfc_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
