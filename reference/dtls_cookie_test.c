#include "reference/dtls_cookie.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FIRST_PORT = 1000 };

struct fixture {
    struct dtls_cookies cookies;
    struct udp_path path;
    uint8_t version[2], random[DTLS_RANDOM_LEN], cookie[DTLS_COOKIE_LEN];
    struct dtls_hello hello;
};

static void set_up(struct fixture *f, int family)
{
    *f = (struct fixture){
        .version = {0xfe, 0xfd}
    };
    dtls_cookie_init(&f->cookies, 0);
    f->path.peer.sa.sa_family = (sa_family_t)family;
    f->path.peer.len = sizeof f->path.peer.in6;
    f->path.peer.in.sin_port = FIRST_PORT; /* the same place in both families */
    f->hello = (struct dtls_hello){.version = f->version, .random = f->random};
    f->hello.cookie = (struct str){(char *)f->cookie, sizeof f->cookie};
    dtls_cookie_make(&f->cookies, &f->path, &f->hello, 0, f->cookie);
}

static bool good(struct fixture *f, int64_t now_us)
{
    return dtls_cookie_good(&f->cookies, &f->path, &f->hello, now_us);
}

static void knows_its_own_cookie(void **state)
{
    static const int families[] = {AF_INET, AF_INET6};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(families); i++) {
        struct fixture f;

        set_up(&f, families[i]);
        assert_true(good(&f, 0));
        assert_true(good(&f, 59 * US_PER_S));
        dtls_cookie_fini(&f.cookies);
    }
}

static void refuses_the_cookie_of_another_address_or_hello(void **state)
{
    static const int families[] = {AF_INET, AF_INET6};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(families); i++) {
        struct fixture f;

        set_up(&f, families[i]);
        f.path.peer.in.sin_port++;
        assert_false(good(&f, 0));
        f.path.peer.in.sin_port--;
        if (families[i] == AF_INET)
            f.path.peer.in.sin_addr.s_addr ^= 1;
        else
            f.path.peer.in6.sin6_addr.s6_addr[15] ^= 1;
        assert_false(good(&f, 0));
        dtls_cookie_fini(&f.cookies);
        set_up(&f, families[i]);
        f.random[31] ^= 1;
        assert_false(good(&f, 0));
        f.random[31] ^= 1;
        f.version[1] = 0xff;
        assert_false(good(&f, 0));
        f.version[1] = 0xfd;
        f.hello.session_id = STR("s");
        assert_false(good(&f, 0));
        f.hello.session_id = STR("");
        assert_true(good(&f, 0));
        dtls_cookie_fini(&f.cookies);
    }
}

static void refuses_a_cookie_with_any_other_byte_or_length(void **state)
{
    struct fixture f;

    UNUSED(state);
    set_up(&f, AF_INET);
    for (size_t i = 0; i < sizeof f.cookie; i++) {
        f.cookie[i] ^= 0x80;
        assert_false(good(&f, 0));
        f.cookie[i] ^= 0x80;
        f.hello.cookie.len = i;
        assert_false(good(&f, 0));
        f.hello.cookie.len = sizeof f.cookie;
    }
    dtls_cookie_fini(&f.cookies);
}

static void forgets_a_cookie_after_two_lifetimes(void **state)
{
    static const struct {
        int64_t step_s;
        int64_t until_s;
        bool good;
    } rows[] = {
        {1,    119,  true },
        {1,    121,  false},
        {61,   122,  false},
        {1000, 1000, false}
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        bool verdict = false;

        set_up(&f, AF_INET);
        for (int64_t s = 0; s <= rows[i].until_s; s += rows[i].step_s)
            verdict = good(&f, s * US_PER_S);
        assert_int_equal(verdict, rows[i].good);
        dtls_cookie_fini(&f.cookies);
    }
}

static void makes_cookies_that_differ_between_two_servers(void **state)
{
    struct fixture a;
    struct fixture b;

    UNUSED(state);
    set_up(&a, AF_INET);
    set_up(&b, AF_INET);
    assert_memory_not_equal(a.cookie, b.cookie, sizeof a.cookie);
    dtls_cookie_fini(&a.cookies);
    dtls_cookie_fini(&b.cookies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_own_cookie),
        cmocka_unit_test(refuses_the_cookie_of_another_address_or_hello),
        cmocka_unit_test(refuses_a_cookie_with_any_other_byte_or_length),
        cmocka_unit_test(forgets_a_cookie_after_two_lifetimes),
        cmocka_unit_test(makes_cookies_that_differ_between_two_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
