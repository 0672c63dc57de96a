#include "simulator/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Events in a row lead to a state. */
static enum device_state run(enum device_state state, const enum device_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        state = device_step(state, events[i]).to;
    return state;
}
#define RUN(from, ...)                                                                             \
    run(from, (enum device_event[]){__VA_ARGS__}, COUNT(((enum device_event[]){__VA_ARGS__})))

static void a_publish_ends_by_an_answer_of_any_form(void **state)
{
    UNUSED(state);
    assert_int_equal(RUN(DEVICE_READY, DEVICE_DUE, DEVICE_SENT_CON, DEVICE_ANSWER), DEVICE_READY);
    assert_int_equal(RUN(DEVICE_READY, DEVICE_SENT_CON, DEVICE_EMPTY_ACK), DEVICE_WAIT_ANSWER);
    assert_int_equal(RUN(DEVICE_WAIT_ANSWER, DEVICE_ANSWER), DEVICE_READY);
    assert_int_equal(RUN(DEVICE_READY, DEVICE_SENT_NON, DEVICE_RESET), DEVICE_READY);
}

static void an_acknowledged_request_is_not_repeated(void **state)
{
    UNUSED(state);
    assert_int_equal(device_step(DEVICE_WAIT_ACK, DEVICE_REPEAT).action, DEVICE_RETRANSMIT);
    assert_int_equal(device_step(DEVICE_WAIT_ANSWER, DEVICE_REPEAT).action, DEVICE_IGNORE);
    assert_int_equal(device_step(DEVICE_READY, DEVICE_REPEAT).action, DEVICE_IGNORE);
}

static void a_session_comes_before_a_publish(void **state)
{
    UNUSED(state);
    assert_int_equal(device_step(DEVICE_OFFLINE, DEVICE_DUE).action, DEVICE_CONNECT);
    assert_int_equal(RUN(DEVICE_OFFLINE, DEVICE_DUE, DEVICE_HELD), DEVICE_QUEUED);
    assert_int_equal(RUN(DEVICE_QUEUED, DEVICE_TURN, DEVICE_CONNECTED), DEVICE_READY);
    assert_int_equal(RUN(DEVICE_CONNECTING, DEVICE_REFUSED), DEVICE_OFFLINE);
}

static void what_comes_too_late_is_ignored(void **state)
{
    static const enum device_event late[] = {DEVICE_ANSWER,  DEVICE_EMPTY_ACK, DEVICE_RESET,
                                             DEVICE_EXPIRED, DEVICE_CONTINUE,  DEVICE_TURN};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(late); i++) {
        struct device_step s = device_step(DEVICE_READY, late[i]);

        assert_int_equal(s.action, DEVICE_IGNORE);
        assert_int_equal(s.to, DEVICE_READY);
    }
}

static void a_device_that_is_busy_does_not_begin_another_publish(void **state)
{
    UNUSED(state);
    assert_int_equal(device_step(DEVICE_WAIT_ACK, DEVICE_DUE).action, DEVICE_IGNORE);
    assert_int_equal(device_step(DEVICE_WAIT_ANSWER, DEVICE_DUE).action, DEVICE_IGNORE);
    assert_int_equal(device_step(DEVICE_CONNECTING, DEVICE_DUE).action, DEVICE_IGNORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_publish_ends_by_an_answer_of_any_form),
        cmocka_unit_test(an_acknowledged_request_is_not_repeated),
        cmocka_unit_test(a_session_comes_before_a_publish),
        cmocka_unit_test(what_comes_too_late_is_ignored),
        cmocka_unit_test(a_device_that_is_busy_does_not_begin_another_publish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
