#include "simulator/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct addr target(const char *text)
{
    struct addr a;

    assert_true(addr_parse(str_from(text), 5683, &a));
    return a;
}

static void reads_what_is_lawful_and_says_what_is_not(void **state)
{
    static const struct {
        const char *text;
        const char *wrong; /* part of the message; NULL: fine */
    } cases[] = {
        {"anyip:127.16.0.0/12",  NULL                },
        {"anyip:127.1.2.0/24",   NULL                },
        {"sockets:100",          NULL                },
        {"gateway",              NULL                },
        {"anyip:127.16.0.0",     "anyip:ADDRESS/BITS"},
        {"anyip:127.16.0.0/7",   "anyip:ADDRESS/BITS"},
        {"anyip:127.16.0.0/12x", "anyip:ADDRESS/BITS"},
        {"anyip:192.0.2.0/24",   "ip route add local"},
        {"anyip:2001:db8::/64",  "target's kind"     },
        {"sockets:0",            "sockets:N"         },
        {"sockets:1e3",          "sockets:N"         },
        {"gateways",             "gateway"           },
    };
    struct addr to = target("127.0.0.1");

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct source s;
        char why[SOURCE_WHY_LEN] = "";
        bool ok = source_read(&s, cases[i].text, &to, why);

        assert_int_equal(ok, cases[i].wrong == NULL);
        if (!ok && strstr(why, cases[i].wrong) == NULL)
            fail_msg("%s: %s", cases[i].text, why);
    }
}

static void a_device_has_an_address_of_its_own_and_is_found_by_it(void **state)
{
    struct addr to = target("127.0.0.1");
    struct source s;
    struct udp_path path = {.peer = to};
    char why[SOURCE_WHY_LEN];
    char text[ADDR_TEXT_LEN];

    UNUSED(state);
    assert_true(source_read(&s, "anyip:127.16.0.0/12", &to, why));
    source_path(&s, 0x10203, 7, 5, &path);
    assert_string_equal(addr_format(&path.local, text), "127.17.2.3:0");
    assert_int_equal(path.socket, 1); /* the fifth binding of four */
    assert_int_equal(source_device(&s, &path), 0x10203);
    assert_true(source_fits(&s, 1 << 20, 2, why));
    assert_false(source_fits(&s, (1 << 20) + 1, 2, why));
}

static void shared_sockets_are_taken_in_turn(void **state)
{
    struct addr to = target("127.0.0.1");
    struct source s;
    struct udp_path path = {.peer = to};
    char why[SOURCE_WHY_LEN];

    UNUSED(state);
    assert_true(source_read(&s, "sockets:10", &to, why));
    source_path(&s, 1000, 23, 0, &path);
    assert_int_equal(path.socket, 3);
    assert_int_equal(path.local.len, 0);
    assert_true(source_shares(&s, 11));
    assert_false(source_shares(&s, 10));
}

static void a_gateway_is_one_socket(void **state)
{
    struct addr to = target("127.0.0.1");
    struct source s;
    char why[SOURCE_WHY_LEN];

    UNUSED(state);
    assert_true(source_read(&s, "gateway", &to, why));
    assert_false(source_fits(&s, 10, 2, why));
    assert_non_null(strstr(why, "--workers 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_lawful_and_says_what_is_not),
        cmocka_unit_test(a_device_has_an_address_of_its_own_and_is_found_by_it),
        cmocka_unit_test(shared_sockets_are_taken_in_turn),
        cmocka_unit_test(a_gateway_is_one_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
