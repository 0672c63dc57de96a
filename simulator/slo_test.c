#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "simulator/figure.h"
#include "simulator/slo.h"

static void one_rule(const char *text, struct slo *s)
{
    char why[SLO_WHY_LEN] = "";

    if (!slo_parse(s, str_from(text), why) || s->count != 1)
        fail_msg("`%s` is not read: %s", text, why);
}

static void names_are_those_of_the_tables_and_their_plurals(void **state)
{
    static const struct {
        const char *text;
        enum slo_subject subject;
        size_t index;
        double bound;
    } rows[] = {
        {"event.lost == 0",            SLO_COUNTER, TALLY_EVENT_LOST,               0        },
        {"events.lost==0",             SLO_COUNTER, TALLY_EVENT_LOST,               0        },
        {"commands.misdelivered < 1",  SLO_COUNTER, TALLY_COMMAND_MISDELIVERED,     1        },
        {"dup_events == 0",            SLO_COUNTER, TALLY_EVENT_DUPLICATED,         0        },
        {"retransmissions <= 10",      SLO_COUNTER, TALLY_RETRANSMISSION,           10       },
        {"error_rate < 0.1%",          SLO_FIGURE,  FIGURE_ERROR_RATE,              0.001    },
        {"error_rate < 0.001",         SLO_FIGURE,  FIGURE_ERROR_RATE,              0.001    },
        {"rate >= 1000/s",             SLO_FIGURE,  FIGURE_RATE,                    1000     },
        {"rate >= 1000",               SLO_FIGURE,  FIGURE_RATE,                    1000     },
        {"server_memory < 1GiB",       SLO_FIGURE,  FIGURE_SERVER_MEMORY,           1 << 30  },
        {"publish.p99 < 50ms",         SLO_HIST,    TALLY_HIST_PUBLISH,             50000    },
        {"publish_uncorrected.p50<1s", SLO_HIST,    TALLY_HIST_PUBLISH_UNCORRECTED, 1000000  },
        {"cmd.p99 < 1.5s",             SLO_HIST,    TALLY_HIST_COMMAND,             1500000  },
        {"ct_error.p99 <= 100ms",      SLO_HIST,    TALLY_HIST_CT_ERROR,            100000   },
        {"lag.max < 2min",             SLO_HIST,    TALLY_HIST_SCHEDULE_LAG,        120000000},
        {"handshakes.count >= 5",      SLO_HIST,    TALLY_HIST_HANDSHAKE,           5        },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slo s;

        one_rule(rows[i].text, &s);
        assert_int_equal(s.rule[0].subject, rows[i].subject);
        assert_int_equal(s.rule[0].index, rows[i].index);
        assert_true(fabs(s.rule[0].bound - rows[i].bound) < 1e-12);
        assert_string_equal(s.rule[0].text, rows[i].text);
        slo_fini(&s);
    }
}

static void every_name_of_the_tables_can_be_used(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < TALLY_COUNTER_COUNT; i++) {
        struct slo s;
        char text[100];

        (void)snprintf(text, sizeof text, "%s < 7", tally_counter_rows[i].name);
        one_rule(text, &s);
        assert_int_equal(s.rule[0].index, i);
        assert_int_equal(s.rule[0].subject, SLO_COUNTER);
        slo_fini(&s);
    }
    for (size_t i = 0; i < TALLY_HIST_COUNT; i++) {
        struct slo s;
        char text[100];

        (void)snprintf(text, sizeof text, "%s.p99.99 < 7ms", tally_hist_rows[i].name);
        one_rule(text, &s);
        assert_int_equal(s.rule[0].index, i);
        assert_true(fabs(s.rule[0].part - 0.9999) < 1e-12);
        slo_fini(&s);
    }
}

static void rules_are_separated_by_semicolons_and_lines(void **state)
{
    struct slo s;
    char why[SLO_WHY_LEN];

    UNUSED(state);
    assert_true(
        slo_parse(&s, STR(" publish.p99 < 50ms ;\n; error_rate<1% \n event.lost == 0;"), why));
    assert_int_equal(s.count, 3);
    assert_string_equal(s.rule[0].text, "publish.p99 < 50ms");
    assert_string_equal(s.rule[1].text, "error_rate<1%");
    slo_fini(&s);
    assert_true(slo_parse(&s, STR(""), why));
    assert_int_equal(s.count, 0);
}

static void what_is_wrong_is_shown_with_a_caret(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"event.lost == 0; publsh.p99 < 50ms",
         "unknown name \"publsh.p99\", did you mean publish.p99\n  publsh.p99 < 50ms\n  ^"                          },
        {"event.los == 0",                     "unknown name \"event.los\", did you mean event.lost\n"
                           "  event.los == 0\n  ^"                                        },
        {"eror_rate < 1%",
         "unknown name \"eror_rate\", did you mean error_rate\n  eror_rate < 1%\n  ^"                               },
        {"zzz < 1",                            "unknown name \"zzz\"\n  zzz < 1\n  ^"                               },
        {"publish.p100.1 < 1s",                "expected a statistic of these times: a percentile (p50, p99, "
                                "p99.9), min, max, mean, deviation or count\n"
                                "  publish.p100.1 < 1s\n          ^"                 },
        {"publish < 1s",                       "expected a statistic of these times: a percentile (p50, p99, p99.9), "
                         "min, max, mean, deviation or count\n  publish < 1s\n         ^"   },
        {"publish.p99 50ms",
         "expected one of < <= > >= == !=\n  publish.p99 50ms\n              ^"                                     },
        {"publish.p99 < 50",                   "expected a time with a unit, such as 50ms or 1.5s\n"
                             "  publish.p99 < 50\n                ^"                    },
        {"publish.p99 <",
         "expected a time with a unit, such as 50ms or 1.5s\n  publish.p99 <\n               ^"                     },
        {"error_rate < lots",
         "expected a part, such as 0.1% or 0.001\n  error_rate < lots\n               ^"                            },
        {"rate > 5%",                          "expected a rate, such as 1000/s\n  rate > 5%\n         ^"           },
        {"event.lost == -1",                   "expected a number, such as 0\n  event.lost == -1\n                ^"},
        {"< 5",                                "expected a name, such as publish.p99\n  < 5\n  ^"                   },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slo s;
        char why[SLO_WHY_LEN] = "";

        assert_false(slo_parse(&s, str_from(rows[i].text), why));
        assert_string_equal(why, rows[i].why);
        assert_int_equal(s.count, 0);
    }
}

static void there_are_not_more_rules_than_a_result_holds(void **state)
{
    struct buf text = buf_growing();
    char why[SLO_WHY_LEN];
    struct slo s;

    UNUSED(state);
    for (size_t i = 0; i < RESULT_SLO_MAX; i++)
        buf_add_str(&text, STR("event.lost == 0;"));
    assert_true(slo_parse(&s, buf_str(&text), why));
    slo_fini(&s);
    buf_add_str(&text, STR("event.lost == 0;"));
    assert_false(slo_parse(&s, buf_str(&text), why));
    buf_fini(&text);
}

/* --- judging -------------------------------------------------------------------------------------
 */

/* 10 s, 1000 publishes of which 990 are acknowledged, within 1..990 ms. */
static void make(struct result *r)
{
    result_init(r);
    r->duration_us = 10 * US_PER_S;
    r->total.counter[TALLY_PUBLISH_INTENDED] = 1000;
    r->total.counter[TALLY_PUBLISH_SENT] = 1000;
    r->total.counter[TALLY_PUBLISH_ACKNOWLEDGED] = 990;
    r->total.counter[TALLY_PUBLISH_TIMEOUT] = 6;
    r->total.counter[TALLY_PUBLISH_FAILED] = 4;
    r->total.counter[TALLY_COMMAND_SENT] = 5;
    for (int64_t i = 1; i <= 990; i++)
        tally_time(&r->total, TALLY_HIST_PUBLISH, i * 1000);
}

static const struct {
    const char *rule;
    const char *measured;
    bool held;
    bool unknown;
    double margin;
} judged[] = {
    {"publish.p50 < 600ms",       "495ms",                true,  false, 0.825167  },
    {"publish.p50 < 495ms",       "495ms",                false, false, 1.000206  },
    {"publish.max > 1h",          "990ms",                false, false, 3632.79859},
    {"publish.count == 990",      "990",                  true,  false, 0         },
    {"publish.count != 990",      "990",                  false, false, INFINITY  },
    {"rate >= 99/s",              "99.0/s",               true,  false, 1         },
    {"rate > 99/s",               "99.0/s",               false, false, 1         },
    {"error_rate <= 1%",          "1.00%",                true,  false, 1         },
    {"error_rate < 0.5%",         "1.00%",                false, false, 2         },
    {"timeout_rate < 1%",         "0.60%",                true,  false, 0.6       },
    {"publish.timeout <= 3",      "6",                    false, false, 2         },
    {"command.lost <= 0",         "0",                    true,  false, 0         },
    {"command.failed == 1",       "0",                    false, false, INFINITY  },
    {"handshake.p99 < 1s",        "not measured",         true,  true,  0         },
    {"event.lost == 0",           "not measured",         true,  true,  0         },
    {"events_per_ack == 1",       "not measured",         true,  true,  0         },
    {"command.p99 < 1s",          "none came to its end", false, false, INFINITY  },
    {"command.p99 > 1s",          "none came to its end", false, false, INFINITY  },
    {"publish_uncorrected.p9<1h", "none came to its end", false, false, INFINITY  },
};

static void a_rule_holds_or_not_and_says_what_was_measured(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(judged); i++) {
        struct result r;
        struct slo s;

        make(&r);
        one_rule(judged[i].rule, &s);
        slo_judge(&s, &r);
        assert_int_equal(r.slo_count, 1);
        assert_string_equal(r.slo[0].text, judged[i].rule);
        assert_string_equal(r.slo[0].measured, judged[i].measured);
        assert_int_equal(r.slo[0].held, judged[i].held);
        assert_int_equal(r.slo[0].unknown, judged[i].unknown);
        if (!(fabs(slo_margin(&s, &r) / judged[i].margin - 1) < 1e-3) &&
            slo_margin(&s, &r) != judged[i].margin)
            fail_msg("%s: margin %g", judged[i].rule, slo_margin(&s, &r));
        slo_fini(&s);
        result_fini(&r);
    }
}

static void the_margin_is_that_of_the_nearest_rule(void **state)
{
    struct result r;
    struct slo s;
    char why[SLO_WHY_LEN];

    UNUSED(state);
    make(&r);
    assert_true(
        slo_parse(&s, STR("publish.p99 < 10s; timeout_rate < 0.8%; handshake.p50 < 1s"), why));
    assert_true(fabs(slo_margin(&s, &r) - 0.75) < 1e-9);
    slo_fini(&s);
    result_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_tables_and_their_plurals),
        cmocka_unit_test(every_name_of_the_tables_can_be_used),
        cmocka_unit_test(rules_are_separated_by_semicolons_and_lines),
        cmocka_unit_test(what_is_wrong_is_shown_with_a_caret),
        cmocka_unit_test(there_are_not_more_rules_than_a_result_holds),
        cmocka_unit_test(a_rule_holds_or_not_and_says_what_was_measured),
        cmocka_unit_test(the_margin_is_that_of_the_nearest_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
