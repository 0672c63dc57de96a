#include "lib/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct listen_words words = {"The thing", "--thing"};

static int listen_at(const char *text, struct addr *bound, char *why)
{
    struct addr want;

    assert_true(addr_parse(str_from(text), 0, &want));
    return listen_open(&want, &words, bound, why);
}

static void names_the_port_that_it_got(void **state)
{
    UNUSED(state);
    char why[LISTEN_WHY_LEN];
    struct addr bound;
    int fd = listen_at("127.0.0.1:0", &bound, why);

    assert_true(fd >= 0);
    assert_int_not_equal(addr_port(&bound), 0);
    (void)close(fd);
}

static void says_that_the_port_is_in_use(void **state)
{
    UNUSED(state);
    char why[LISTEN_WHY_LEN], text[ADDR_TEXT_LEN];
    struct addr bound, again;
    int fd = listen_at("127.0.0.1:0", &bound, why);

    assert_true(fd >= 0);
    assert_int_equal(listen_open(&bound, &words, &again, why), -1);
    assert_non_null(strstr(why, addr_format(&bound, text)));
    assert_non_null(strstr(why, "The thing: "));
    assert_non_null(strstr(why, "in use; stop the program"));
    assert_non_null(strstr(why, "choose another with --thing ADDR"));
    (void)close(fd);
}

static const struct listen_case {
    const char *addr;
    const char *why;
} listens[] = {
    {"192.0.2.1:0",     "no interface"}, /* RFC 5737: for documentation, nobody has it */
    {"[2001:db8::1]:0", "2001:db8::1" },
};

static void says_what_an_address_lacks(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(listens); i++) {
        char why[LISTEN_WHY_LEN] = "";
        struct addr bound;

        assert_int_equal(listen_at(listens[i].addr, &bound, why), -1);
        assert_non_null(strstr(why, listens[i].why));
        assert_non_null(strstr(why, "--thing"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_port_that_it_got),
        cmocka_unit_test(says_that_the_port_is_in_use),
        cmocka_unit_test(says_what_an_address_lacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
