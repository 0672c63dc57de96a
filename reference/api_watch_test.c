#include "reference/api_watch.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_US = 50000, LONG_MS = 20000 };

static bool ends_within(int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, timeout_ms) == 1;
}

static void ends_only_what_is_late(void **state)
{
    UNUSED(state);
    int late[2];
    int resting[2];
    struct api_watch *watch = api_watch_new(LIMIT_US);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, late), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, resting), 0);
    struct api_watched *a = api_watch_enter(watch, resting[0]);
    struct api_watched *b = api_watch_enter(watch, late[0]);

    api_watch_rest(watch, a);
    assert_true(ends_within(late[1], LONG_MS));
    assert_false(ends_within(resting[1], LIMIT_US / 1000 * 2));
    api_watch_again(watch, a);
    assert_true(ends_within(resting[1], LONG_MS));
    api_watch_leave(watch, &a);
    api_watch_leave(watch, &b);
    assert_null(b);
    api_watch_free(&watch);
    for (size_t i = 0; i < 2; i++) {
        (void)close(late[i]);
        (void)close(resting[i]);
    }
}

static void forgets_in_any_order(void **state)
{
    UNUSED(state);
    struct api_watch *watch = api_watch_new(3600 * US_PER_S);
    struct api_watched *a = api_watch_enter(watch, -1);
    struct api_watched *b = api_watch_enter(watch, -1);
    struct api_watched *c = api_watch_enter(watch, -1);

    api_watch_leave(watch, &b);
    api_watch_leave(watch, &c);
    api_watch_leave(watch, &a);
    api_watch_leave(watch, &a); /* nothing to do */
    api_watch_free(&watch);     /* asserts that none is left, and does not wait an hour */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_only_what_is_late),
        cmocka_unit_test(forgets_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
