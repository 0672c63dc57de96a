#include "reference/dtls_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 10000 };

static struct udp_path path_of(size_t number)
{
    struct udp_path path = {.socket = (int)(number % 2)};

    path.peer.len = sizeof path.peer.in;
    path.peer.in.sin_family = AF_INET;
    path.peer.in.sin_port = (uint16_t)(number / 2);
    return path;
}

static void finds_each_of_many(void **state)
{
    struct dtls_session *sessions = xcalloc(MANY, sizeof *sessions);
    struct dtls_table t;

    UNUSED(state);
    dtls_table_init(&t, MANY);
    for (size_t i = 0; i < MANY; i++) {
        sessions[i].path = path_of(i);
        sessions[i].state = DTLS_ESTABLISHED;
        dtls_table_add(&t, &sessions[i]);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(dtls_table_find(&t, &sessions[i].path).established, &sessions[i]);
        assert_null(dtls_table_find(&t, &sessions[i].path).handshaking);
    }
    for (size_t i = 0; i < MANY; i += 2)
        dtls_table_remove(&t, &sessions[i]);
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(dtls_table_find(&t, &sessions[i].path).established,
                         i % 2 == 0 ? NULL : &sessions[i]);
    dtls_table_fini(&t);
    free(sessions);
}

static void keeps_chains_short_when_it_is_full(void **state)
{
    struct dtls_session *sessions = xcalloc(MANY, sizeof *sessions);
    struct dtls_table t;
    size_t longest = 0;

    UNUSED(state);
    dtls_table_init(&t, MANY);
    for (size_t i = 0; i < MANY; i++) {
        sessions[i].path = path_of(i);
        dtls_table_add(&t, &sessions[i]);
    }
    for (size_t b = 0; b <= t.mask; b++) {
        size_t len = 0;

        for (struct dtls_session *s = t.bucket[b]; s != NULL; s = s->table_next)
            len++;
        longest = len > longest ? len : longest;
    }
    assert_true(longest <= 12);
    dtls_table_fini(&t);
    free(sessions);
}

static void tells_the_two_associations_of_a_path_apart(void **state)
{
    struct dtls_session old = {.path = path_of(1), .state = DTLS_ESTABLISHED};
    struct dtls_session new = {.path = path_of(1), .state = DTLS_HANDSHAKING};
    struct dtls_table t;
    struct dtls_pair pair;
    size_t bucket = 0;

    UNUSED(state);
    dtls_table_init(&t, 1);
    dtls_table_add(&t, &old);
    dtls_table_add(&t, &new);
    pair = dtls_table_find(&t, &old.path);
    assert_ptr_equal(pair.established, &old);
    assert_ptr_equal(pair.handshaking, &new);
    dtls_table_remove(&t, &old);
    assert_ptr_equal(dtls_table_any(&t, &bucket), &new);
    dtls_table_remove(&t, &new);
    assert_null(dtls_table_any(&t, &bucket));
    dtls_table_fini(&t);
}

static void tells_peers_apart_by_every_part_of_the_path(void **state)
{
    struct dtls_session s = {.state = DTLS_ESTABLISHED};
    struct dtls_table t;

    UNUSED(state);
    s.path.peer.len = sizeof s.path.peer.in6;
    s.path.peer.in6.sin6_family = AF_INET6;
    s.path.local = s.path.peer;
    dtls_table_init(&t, 1);
    dtls_table_add(&t, &s);
    for (int part = 0; part < 6; part++) {
        struct udp_path other = s.path;

        switch (part) {
        case 1:
            other.peer.in6.sin6_port = 1;
            break;
        case 2:
            other.peer.in6.sin6_addr.s6_addr[0] = 1;
            break;
        case 3:
            other.peer.in6.sin6_scope_id = 1;
            break;
        case 4:
            other.local.in6.sin6_addr.s6_addr[0] = 1;
            break;
        case 5:
            other.socket = 1;
            break;
        default:
            break;
        }
        assert_ptr_equal(dtls_table_find(&t, &other).established, part == 0 ? &s : NULL);
    }
    dtls_table_remove(&t, &s);
    dtls_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_of_many),
        cmocka_unit_test(keeps_chains_short_when_it_is_full),
        cmocka_unit_test(tells_the_two_associations_of_a_path_apart),
        cmocka_unit_test(tells_peers_apart_by_every_part_of_the_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
