#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "simulator/figure.h"

static void an_empty_run_has_no_figures(void **state)
{
    struct result r;

    UNUSED(state);
    result_init(&r);
    for (int f = 0; f < FIGURE_COUNT; f++)
        assert_true(isnan(figure_of(&r, (enum figure)f)));
    result_fini(&r);
}

static void is(const struct result *r, enum figure f, double value)
{
    if (!(fabs(figure_of(r, f) - value) < 1e-9))
        fail_msg("%s: expected %g, got %g", figure_rows[f].name, value, figure_of(r, f));
}

static void figures_follow_from_the_counts(void **state)
{
    static const struct {
        enum tally_counter counter;
        uint64_t value;
    } counts[] = {
        {TALLY_PUBLISH_INTENDED,     1010},
        {TALLY_PUBLISH_SENT,         1000},
        {TALLY_PUBLISH_ACKNOWLEDGED, 900 },
        {TALLY_PUBLISH_REFUSED,      10  },
        {TALLY_PUBLISH_FAILED,       20  },
        {TALLY_PUBLISH_RESET,        30  },
        {TALLY_PUBLISH_TIMEOUT,      40  },
        {TALLY_RETRANSMISSION,       50  },
        {TALLY_EVENT_DELIVERED,      894 },
        {TALLY_EVENT_DUPLICATED,     4   },
        {TALLY_EVENT_LOST,           2   },
        {TALLY_COMMAND_DELIVERED,    60  },
        {TALLY_COMMAND_LATE,         30  },
        {TALLY_COMMAND_LOST,         10  },
        {TALLY_HANDSHAKE_COMPLETED,  95  },
        {TALLY_HANDSHAKE_FAILED,     2   },
        {TALLY_HANDSHAKE_TIMEOUT,    3   },
    };
    struct result r;

    UNUSED(state);
    result_init(&r);
    r.duration_us = 20 * US_PER_S;
    r.events_checked = true;
    for (size_t i = 0; i < COUNT(counts); i++)
        r.total.counter[counts[i].counter] = counts[i].value;
    is(&r, FIGURE_RATE, 45);
    is(&r, FIGURE_INTENDED_RATE, 50.5);
    is(&r, FIGURE_ERROR_RATE, 0.1);
    is(&r, FIGURE_TIMEOUT_RATE, 0.04);
    is(&r, FIGURE_RETRANSMISSION_RATE, 0.05);
    is(&r, FIGURE_EVENTS_PER_ACK, 902.0 / 900);
    is(&r, FIGURE_COMMAND_LOSS, 0.1);
    is(&r, FIGURE_HANDSHAKE_ERROR_RATE, 0.05);
    r.events_checked = false;
    assert_true(isnan(figure_of(&r, FIGURE_EVENTS_PER_ACK)));
    result_fini(&r);
}

static void figures_of_the_server_leave_unknown_seconds_out(void **state)
{
    struct result r;

    UNUSED(state);
    result_init(&r);
    (void)result_add_second(&r);
    result_add_second(&r)->server = (struct result_server){0.5, 100, NAN, 3};
    result_add_second(&r)->server = (struct result_server){0.7, 80, NAN, 4};
    is(&r, FIGURE_SERVER_CPU, 0.6);
    is(&r, FIGURE_SERVER_MEMORY, 100);
    is(&r, FIGURE_SERVER_DROPS, 7);
    result_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_run_has_no_figures),
        cmocka_unit_test(figures_follow_from_the_counts),
        cmocka_unit_test(figures_of_the_server_leave_unknown_seconds_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
