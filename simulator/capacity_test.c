/* The search against synthetic endpoints whose capacity is known: a queue with one server, latency
 * with noise that a longer trial averages out. */
#include "simulator/capacity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulator/rng.h"

struct endpoint {
    uint64_t seed;
    double service_per_s;   /* what it can do at all */
    double noise;           /* of latency in a trial of 10 s: deviation of its logarithm */
    double hiccup_part;     /* of trials that something else spoils */
    double generator_per_s; /* beyond it trials are invalid; 0: no bound */
    uint32_t stolen_from;   /* trials from here on are invalid, stolen_trials of them */
    uint32_t stolen_trials;
    double lenient;      /* a short trial sees so much more capacity */
    int64_t overhead_us; /* of each trial */
    uint32_t trials;
};

static const struct capacity_options usual = {
    .first = 100,
    .least = 1,
    .most = 1e6,
    .growth = 2,
    .precision = 0.03,
    .noise = 0.15,
    .short_us = 10 * US_PER_S,
    .long_us = 60 * US_PER_S,
    .budget_us = 600 * US_PER_S,
};

/* p99 = 2 ms x (1 + 4.6 u / (1 - u)) crosses 50 ms at this utilisation u. */
#define EDGE (24 / 28.6)

static double gauss(uint64_t seed, uint32_t trial)
{
    double sum = -6;

    for (uint32_t i = 0; i < 12; i++)
        sum += rng_part(rng_at(seed, trial, i));
    return sum;
}

static struct capacity_outcome try_load(struct endpoint *e, const struct capacity_trial *t)
{
    double seconds = (double)t->duration_us / 1e6;
    double service = e->service_per_s * (seconds < 30 && e->lenient > 0 ? e->lenient : 1);
    double use = t->load / service;
    double p99_us = use < 0.999 ? 2000 * (1 + 4.6 * use / (1 - use)) : 1e7 * use * seconds;
    struct capacity_outcome o = {.achieved = fmin(t->load, service)};

    e->trials++;
    p99_us *= exp(e->noise * sqrt(10 / seconds) * gauss(e->seed, e->trials));
    if (rng_part(rng_at(e->seed, e->trials, 99)) < e->hiccup_part)
        p99_us *= 40;
    o.latency_us = p99_us / 4.6;
    o.margin = p99_us / 50000;
    o.elapsed_us = e->overhead_us > 0 ? t->duration_us + e->overhead_us : 0;
    o.verdict = o.margin < 1 ? CAPACITY_HELD : CAPACITY_BROKEN;
    if (e->generator_per_s > 0 && t->load > e->generator_per_s)
        o.verdict = CAPACITY_INVALID;
    if (e->trials >= e->stolen_from && e->trials - e->stolen_from < e->stolen_trials)
        o.verdict = CAPACITY_INVALID;
    return o;
}

static void search(struct capacity *c, const struct capacity_options *options, struct endpoint *e)
{
    struct capacity_trial t;
    int64_t spent_us = 0;

    capacity_init(c, options);
    while (capacity_next(c, &t)) {
        assert_true(t.load >= options->least && t.load <= options->most);
        assert_int_equal(t.duration_us,
                         t.phase == CAPACITY_CONFIRM ? options->long_us : options->short_us);
        spent_us += t.duration_us + e->overhead_us;
        const struct capacity_outcome o = try_load(e, &t);

        capacity_report(c, &o);
    }
    assert_true(spent_us <= options->budget_us);
    assert_int_equal(spent_us, c->spent_us);
    assert_int_equal(c->phase, CAPACITY_FINISHED);
}

static void assert_within(double value, double expected, double part)
{
    if (!(fabs(value / expected - 1) <= part))
        fail_msg("%g instead of %g", value, expected);
}

static void finds_known_capacities_within_five_percent(void **state)
{
    static const double services[] = {3, 137, 5000, 90000};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(services); i++) {
        for (uint64_t seed = 1; seed <= 25; seed++) {
            struct endpoint e = {.seed = seed, .service_per_s = services[i], .noise = 0.1};
            struct capacity c;
            struct capacity_answer a;

            search(&c, &usual, &e);
            capacity_answer(&c, &a);
            assert_within(a.capacity, EDGE * services[i], 0.05);
            assert_true(a.low <= a.capacity && a.capacity <= a.high);
            assert_false(a.is_lower_bound);
            assert_null(a.why);
            assert_true(c.confirmed);
        }
    }
}

static void gives_intervals_that_hold_the_answers_of_other_runs(void **state)
{
    size_t outside = 0;
    size_t missed = 0;
    size_t pairs = 0;

    UNUSED(state);
    for (uint64_t first = 1; first <= 60; first += 3) {
        struct capacity_answer a[3];

        for (uint64_t i = 0; i < 3; i++) {
            struct endpoint e = {.seed = first + i, .service_per_s = 5000, .noise = 0.2};
            struct capacity c;

            search(&c, &usual, &e);
            capacity_answer(&c, &a[i]);
            missed += EDGE * 5000 < a[i].low || EDGE * 5000 > a[i].high;
            assert_true(a[i].high / a[i].low < 1.35);
        }
        for (size_t i = 0; i < 9; i++) {
            pairs += i / 3 != i % 3;
            outside += a[i / 3].capacity < a[i % 3].low || a[i / 3].capacity > a[i % 3].high;
        }
    }
    assert_true(outside * 20 <= pairs);
    assert_true(missed * 10 <= 60);
}

static void survives_trials_that_something_else_spoils(void **state)
{
    UNUSED(state);
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct endpoint e = {
            .seed = seed, .service_per_s = 5000, .noise = 0.05, .hiccup_part = 0.05};
        struct capacity c;
        struct capacity_answer a;

        search(&c, &usual, &e);
        capacity_answer(&c, &a);
        if (!a.is_lower_bound)
            assert_within(a.capacity, EDGE * 5000, 0.08);
        assert_true(a.capacity > 0 && a.capacity < EDGE * 5000 * 1.08);
    }
}

static void goes_back_when_the_long_trial_breaks(void **state)
{
    struct endpoint e = {.seed = 1, .service_per_s = 5000, .noise = 0.02, .lenient = 1.2};
    struct capacity_options options = usual;
    struct capacity_answer a;
    struct capacity c;

    UNUSED(state);
    options.budget_us = 1200 * US_PER_S;
    search(&c, &options, &e);
    capacity_answer(&c, &a);
    assert_within(a.capacity, EDGE * 5000, 0.05);
    assert_true(c.confirmed);
}

static void calls_a_limit_of_the_generator_a_lower_bound(void **state)
{
    struct endpoint e = {.seed = 3, .service_per_s = 5000, .noise = 0.05, .generator_per_s = 2000};
    struct capacity_answer a;
    struct capacity c;

    UNUSED(state);
    search(&c, &usual, &e);
    capacity_answer(&c, &a);
    assert_true(a.is_lower_bound);
    assert_non_null(strstr(a.why, "generator"));
    assert_within(a.capacity, 2000, 0.04);
    assert_true(a.capacity <= 2000 && isinf(a.high));
}

static void forgives_one_invalid_trial(void **state)
{
    struct capacity c;
    struct capacity_trial t;
    struct capacity_trial again;

    UNUSED(state);
    capacity_init(&c, &usual);
    assert_true(capacity_next(&c, &t));
    capacity_report(&c, &(struct capacity_outcome){.verdict = CAPACITY_INVALID});
    assert_true(capacity_next(&c, &again));
    assert_true(again.load == t.load);
    capacity_report(&c, &(struct capacity_outcome){.verdict = CAPACITY_HELD, .margin = 0.1});
    assert_true(capacity_next(&c, &again));
    assert_true(again.load == 2 * t.load);
}

/* Another virtual machine took the processor for a while: that is no limit. */
static void outlives_a_bad_minute_of_the_generator(void **state)
{
    UNUSED(state);
    for (uint32_t from = 1; from <= 12; from++) {
        struct endpoint e = {.seed = from,
                             .service_per_s = 5000,
                             .noise = 0.05,
                             .stolen_from = from,
                             .stolen_trials = 4};
        struct capacity_answer a;
        struct capacity c;

        search(&c, &usual, &e);
        capacity_answer(&c, &a);
        assert_within(a.capacity, EDGE * 5000, 0.08);
        assert_false(a.is_lower_bound);
    }
}

static void repeats_a_trial_near_the_edge_until_two_agree(void **state)
{
    static const struct {
        enum capacity_verdict verdict;
        double margin;
        double next;
    } rows[] = {
        {CAPACITY_HELD,   0.95, 100                     }, /* near: again */
        {CAPACITY_BROKEN, 1.05, 100                     }, /* one against one: again */
        {CAPACITY_HELD,   0.9,  200                     }, /* two of three */
        {CAPACITY_BROKEN, 8,    100 * 1.4142135623730951},
    };
    struct capacity_trial t;
    struct capacity c;

    UNUSED(state);
    capacity_init(&c, &usual);
    for (size_t i = 0; i < COUNT(rows); i++) {
        capacity_report(
            &c, &(struct capacity_outcome){.verdict = rows[i].verdict, .margin = rows[i].margin});
        assert_true(capacity_next(&c, &t));
        assert_within(t.load, rows[i].next, 1e-9);
    }
    assert_true(c.good == 100 && c.broken == 200);
}

static void says_when_nothing_breaks_it_or_everything_does(void **state)
{
    struct endpoint strong = {.service_per_s = 1e9};
    struct endpoint weak = {.service_per_s = 0.5};
    struct capacity_options options = usual;
    struct capacity_answer a;
    struct capacity c;

    UNUSED(state);
    options.most = 3000;
    search(&c, &options, &strong);
    capacity_answer(&c, &a);
    assert_true(a.capacity == 3000 && a.is_lower_bound && c.confirmed && isinf(a.high));
    assert_non_null(strstr(a.why, "most"));
    assert_int_equal(c.point_count, 7); /* 100 200 ... 1600 3000, and 3000 for long */
    search(&c, &options, &weak);
    capacity_answer(&c, &a);
    assert_true(a.capacity == 0 && a.high == 1);
    assert_non_null(strstr(a.why, "least load"));
}

static void counts_what_trials_take_on_top(void **state)
{
    struct endpoint e = {.service_per_s = 5000, .overhead_us = 7 * US_PER_S};
    struct capacity_options options = usual;
    struct capacity_answer a;
    struct capacity c;

    UNUSED(state);
    options.budget_us = 200 * US_PER_S;
    search(&c, &options, &e); /* holds the budget, which is too small now */
    capacity_answer(&c, &a);
    assert_true(c.confirmed && a.is_lower_bound);
    assert_true(c.spent_us > 200 * US_PER_S - 2 * 17 * US_PER_S);
}

static void ends_with_its_budget_and_says_so(void **state)
{
    struct endpoint patient = {.service_per_s = 5000};
    struct capacity whole;

    UNUSED(state);
    search(&whole, &usual, &patient);
    for (int64_t budget_s = 60; budget_s <= 300; budget_s += 10) {
        struct endpoint e = {.service_per_s = 5000}; /* no noise: what held short holds long */
        struct capacity_options options = usual;
        struct capacity_answer a;
        struct capacity c;

        options.budget_us = budget_s * US_PER_S;
        search(&c, &options, &e);
        capacity_answer(&c, &a);
        assert_true(a.capacity >= 100 && a.capacity <= EDGE * 5000);
        assert_true(a.is_lower_bound == (a.why != NULL));
        assert_true(a.is_lower_bound == (options.budget_us < whole.spent_us));
        assert_true(c.confirmed == (budget_s >= 70));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_known_capacities_within_five_percent),
        cmocka_unit_test(gives_intervals_that_hold_the_answers_of_other_runs),
        cmocka_unit_test(survives_trials_that_something_else_spoils),
        cmocka_unit_test(goes_back_when_the_long_trial_breaks),
        cmocka_unit_test(calls_a_limit_of_the_generator_a_lower_bound),
        cmocka_unit_test(outlives_a_bad_minute_of_the_generator),
        cmocka_unit_test(forgives_one_invalid_trial),
        cmocka_unit_test(repeats_a_trial_near_the_edge_until_two_agree),
        cmocka_unit_test(says_when_nothing_breaks_it_or_everything_does),
        cmocka_unit_test(counts_what_trials_take_on_top),
        cmocka_unit_test(ends_with_its_budget_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
