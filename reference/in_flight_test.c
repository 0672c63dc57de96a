#include "reference/in_flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct verdict_key device(uint64_t number)
{
    return (struct verdict_key){
        {7 + number * IN_FLIGHT_BUCKETS, number}
    };
}

/* All devices here fall into one bucket. */
static void tells_devices_apart_and_gives_their_tickets_back(void **state)
{
    struct in_flight f = {.ready = NULL};
    struct in_flight_work work[3];
    uint64_t tickets[8];

    UNUSED(state);
    assert_null(in_flight_find(&f, device(0)));
    for (uint64_t i = 0; i < COUNT(work); i++)
        in_flight_add(&f, &work[i], device(i), 10 * i);
    assert_ptr_equal(in_flight_find(&f, device(1)), &work[1]);
    assert_true(in_flight_join(&work[1], 11) && in_flight_join(&work[1], 11));
    in_flight_done(&f, &work[1]);
    assert_null(in_flight_find(&f, device(1)));
    assert_ptr_equal(in_flight_find(&f, device(0)), &work[0]);
    assert_int_equal(in_flight_take(&f, tickets, 1), 1);
    assert_int_equal(tickets[0], 10);
    in_flight_done(&f, &work[2]);
    assert_int_equal(in_flight_take(&f, tickets, COUNT(tickets)), 2);
    assert_true(tickets[0] == 11 && tickets[1] == 20);
    assert_int_equal(in_flight_take(&f, tickets, COUNT(tickets)), 0);
    assert_ptr_equal(in_flight_remove_any(&f), &work[0]);
    assert_null(in_flight_remove_any(&f));
    in_flight_fini(&f);
}

static void a_few_may_wait_for_one(void **state)
{
    struct in_flight f = {.ready = NULL};
    struct in_flight_work work;
    uint64_t tickets[IN_FLIGHT_MAX_TICKETS];

    UNUSED(state);
    in_flight_add(&f, &work, device(0), 0);
    for (uint64_t i = 1; i < IN_FLIGHT_MAX_TICKETS; i++)
        assert_true(in_flight_join(&work, i));
    assert_false(in_flight_join(&work, 99));
    assert_true(in_flight_join(&work, 3)); /* is there already */
    in_flight_done(&f, &work);
    assert_int_equal(in_flight_take(&f, tickets, COUNT(tickets)), IN_FLIGHT_MAX_TICKETS);
    in_flight_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_devices_apart_and_gives_their_tickets_back),
        cmocka_unit_test(a_few_may_wait_for_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
