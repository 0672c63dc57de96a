#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/peer_rate.h"

static const int64_t start_us = 5000 * US_PER_S;

static struct addr address(const char *text)
{
    struct addr a;

    assert_true(addr_parse(str_from(text), 0, &a));
    return a;
}

/* How many of `tries` datagrams at one moment pass. */
static unsigned passed(struct peer_rate *p, const struct addr *peer, unsigned tries, int64_t now_us)
{
    unsigned n = 0;

    for (unsigned i = 0; i < tries; i++)
        n += peer_rate_allows(p, peer, now_us);
    return n;
}

static void a_peer_has_its_rate_and_a_second_of_it_at_once(void **state)
{
    struct peer_rate *p = peer_rate_new(100);
    struct addr peer = address("127.0.0.1:4000");

    UNUSED(state);
    assert_int_equal(passed(p, &peer, 1000, start_us), 100);
    assert_int_equal(passed(p, &peer, 1000, start_us + 9 * US_PER_MS), 0);
    assert_int_equal(passed(p, &peer, 1000, start_us + 10 * US_PER_MS), 1);
    assert_int_equal(passed(p, &peer, 1000, start_us + 510 * US_PER_MS), 50);
    assert_int_equal(passed(p, &peer, 1000, start_us + 100 * US_PER_S), 100);
    peer_rate_free(&p);
}

static void others_are_not_held_back(void **state)
{
    static const char *const others[] = {"127.0.0.1:4001", "127.0.0.2:4000", "[::1]:4000",
                                         "[::2]:4000"};
    struct peer_rate *p = peer_rate_new(10);
    struct addr flood = address("127.0.0.1:4000");

    UNUSED(state);
    assert_int_equal(passed(p, &flood, 1000, start_us), 10);
    for (size_t i = 0; i < COUNT(others); i++) {
        struct addr other = address(others[i]);

        assert_int_equal(passed(p, &other, 1, start_us), 1);
    }
    peer_rate_free(&p);
}

static void zero_is_no_limit(void **state)
{
    struct peer_rate *p = peer_rate_new(0);
    struct addr peer = address("127.0.0.1:4000");

    UNUSED(state);
    assert_int_equal(passed(p, &peer, 100000, start_us), 100000);
    peer_rate_free(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_has_its_rate_and_a_second_of_it_at_once),
        cmocka_unit_test(others_are_not_held_back),
        cmocka_unit_test(zero_is_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
