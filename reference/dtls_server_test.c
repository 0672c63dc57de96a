/* labels: slow */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/dtls_testclient.h"

static const struct world_client psk_client = {
    .suites = "PSK-AES128-CCM8", .psk_identity = "device1@app", .psk_len = 16, .psk_byte = 'k'};
static const struct world_client certificate_client = {.suites = "ECDHE-ECDSA-AES128-CCM8",
                                                       .certificate = true};
static const struct world_client nameless_client = {.suites = "ECDHE-ECDSA-AES128-CCM8"};

/* Runs the client's handshake while the network delivers everything. */
static struct link_client *connect_client(struct world *w, size_t number,
                                          const struct world_client *kind)
{
    struct link_client *c = world_client(w, number, kind);

    link_client_run(c, NULL, 0);
    link_run(&w->link);
    return c;
}

static void assert_serves(struct world *w, struct link_client *c, const char *text)
{
    size_t before = w->received;

    world_say(c, text);
    link_run(&w->link);
    assert_int_equal(w->received, before + 1);
    assert_string_equal(w->got, text);
    assert_int_equal(c->got_len, strlen(text));
    assert_memory_equal(c->got, text, c->got_len);
}

static void connects_with_each_suite(void **state)
{
    static const struct {
        const char *suite;
        bool psk;
        bool rsa;
    } rows[] = {
        {"PSK-AES128-CCM8",               true,  false},
        {"PSK-AES128-CCM",                true,  false},
        {"PSK-AES256-CCM8",               true,  false},
        {"PSK-AES256-CCM",                true,  false},
        {"PSK-AES128-GCM-SHA256",         true,  false},
        {"PSK-AES256-GCM-SHA384",         true,  false},
        {"ECDHE-PSK-CHACHA20-POLY1305",   true,  false},
        {"ECDHE-ECDSA-AES128-CCM8",       false, false},
        {"ECDHE-ECDSA-AES128-CCM",        false, false},
        {"ECDHE-ECDSA-AES128-GCM-SHA256", false, false},
        {"ECDHE-ECDSA-AES256-GCM-SHA384", false, false},
        {"ECDHE-RSA-AES128-GCM-SHA256",   false, true },
        {"ECDHE-RSA-AES256-GCM-SHA384",   false, true },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world *w = world_new(rows[i].rsa, 0);
        struct world_client kind = rows[i].psk ? psk_client : certificate_client;
        struct link_client *c;

        kind.suites = rows[i].suite;
        c = connect_client(w, 0, &kind);
        assert_true(c->connected);
        assert_string_equal(SSL_get_cipher_name(c->ssl), rows[i].suite);
        assert_int_equal(SSL_version(c->ssl), DTLS1_2_VERSION);
        assert_int_equal(SSL_get_extms_support(c->ssl), 1);
        assert_serves(w, c, "hello");
        assert_int_equal(dtls_session_identity(w->session)->kind,
                         rows[i].psk ? IDENTITY_PSK : IDENTITY_CERTIFICATE);
        assert_true(dtls_session_id(w->session) != 0);
        assert_true(udp_path_equal(dtls_session_path(w->session), &c->path));
        assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OK), 1);
        world_free(w);
    }
}

static void prefers_psk_to_a_certificate_suite_that_proves_nobody(void **state)
{
    struct world *w = world_new(false, 0);
    struct world_client kind = psk_client;
    struct link_client *c;

    UNUSED(state);
    kind.suites = NULL;
    c = connect_client(w, 0, &kind);
    assert_serves(w, c, "x");
    assert_int_equal(dtls_session_identity(w->session)->kind, IDENTITY_PSK);
    world_free(w);
}

static void gives_a_client_without_certificate_a_nameless_session(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0, &nameless_client);

    UNUSED(state);
    assert_serves(w, c, "x");
    assert_int_equal(dtls_session_identity(w->session)->kind, IDENTITY_NONE);
    world_free(w);
}

static void refuses_a_certificate_that_the_worker_refuses(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c;

    UNUSED(state);
    w->certificate_verdict = X509_V_ERR_CERT_HAS_EXPIRED;
    c = connect_client(w, 0, &certificate_client);
    assert_false(c->connected);
    assert_true(c->failed);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_FAILED), 1);
    w->certificate_verdict = X509_V_OK;
    assert_serves(w, connect_client(w, 1, &certificate_client), "x");
    world_free(w);
}

static void works_with_long_identities_and_keys(void **state)
{
    static const struct {
        size_t identity_len;
        size_t key_len;
    } rows[] = {
        {1,   1  },
        {128, 64 },
        {128, 16 },
        {255, 512}
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world *w = world_new(false, 0);
        struct world_client kind = psk_client;
        char identity[256] = {0};

        memset(identity, 'i', rows[i].identity_len);
        kind.psk_identity = identity;
        kind.psk_len = rows[i].key_len;
        assert_serves(w, connect_client(w, 0, &kind), "x");
        assert_string_equal(dtls_session_identity(w->session)->device, identity);
        world_free(w);
    }
}

static void never_gives_a_session_to_a_wrong_key_or_an_unknown_identity(void **state)
{
    static const struct {
        const char *identity;
        uint8_t key_byte;
    } rows[] = {
        {"device1@app", 'x'},
        {"nobody@app",  'k'},
        {"nobody@app",  'x'}
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world *w = world_new(false, 0);
        struct world_client kind = psk_client;
        struct link_client *c;

        kind.psk_identity = rows[i].identity;
        kind.psk_byte = rows[i].key_byte;
        c = connect_client(w, 0, &kind);
        assert_false(c->connected);
        assert_false(c->failed); /* silence at first: it may have been damaged */
        assert_serves(w, connect_client(w, 1, &psk_client), "other");
        link_pass(&w->link, 3 * US_PER_S, w->client, 1);
        assert_false(c->connected);
        assert_true(c->failed); /* the alert */
        assert_int_equal(world_metric(w, METRIC_HANDSHAKES_FAILED), 1);
        assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 0);
        assert_int_equal(w->closed, 0);
        world_free(w);
    }
}

static enum link_fate lose_one(struct link *l, const struct link_datagram *d)
{
    UNUSED(d);
    return l->count == l->victim ? LINK_LOSE : LINK_PASS;
}

static enum link_fate copy_one(struct link *l, const struct link_datagram *d)
{
    UNUSED(d);
    return l->count == l->victim ? LINK_TWICE : LINK_PASS;
}

static enum link_fate delay_one(struct link *l, const struct link_datagram *d)
{
    UNUSED(d);
    return l->count == l->victim ? LINK_LATER : LINK_PASS;
}

static enum link_fate copy_all(struct link *l, const struct link_datagram *d)
{
    UNUSED(l);
    UNUSED(d);
    return LINK_TWICE;
}

/* The victim and the one behind it are lost. */
static enum link_fate lose_two(struct link *l, const struct link_datagram *d)
{
    UNUSED(d);
    return l->count == l->victim || l->count == l->victim + 1 ? LINK_LOSE : LINK_PASS;
}

static void connects_whatever_happens_to_one_datagram(void **state)
{
    static enum link_fate (*const fates[])(struct link *, const struct link_datagram *) = {
        lose_one, copy_one, delay_one, lose_two, copy_all};
    static const struct world_client *const kinds[] = {&psk_client, &certificate_client};

    UNUSED(state);
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t f = 0; f < COUNT(fates); f++) {
            unsigned datagrams = 1;

            for (unsigned victim = 0; victim < datagrams; victim++) {
                struct world *w = world_new(false, 1500);
                struct link_client *c;

                w->link.fate = fates[f];
                w->link.victim = victim;
                c = connect_client(w, 0, kinds[k]);
                link_pass(&w->link, 10 * US_PER_S, w->client, 1);
                assert_true(c->connected);
                w->link.fate = NULL;
                assert_serves(w, c, "x");
                assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OK), 1);
                if (victim == 0 && fates[f] != copy_all)
                    datagrams = w->link.count;
                world_free(w);
            }
            assert_true(datagrams >= 6 || fates[f] == copy_all);
        }
    }
}

/* One datagram in eight is lost, one comes twice, one comes late; victim is the state of the dice.
 */
static enum link_fate bad_network(struct link *l, const struct link_datagram *d)
{
    static const enum link_fate fates[8] = {LINK_LOSE, LINK_TWICE, LINK_LATER};

    UNUSED(d);
    l->victim = l->victim * 1664525 + 1013904223;
    return fates[l->victim >> 29];
}

static void connects_over_a_bad_network(void **state)
{
    static const struct world_client *const kinds[] = {&psk_client, &certificate_client};

    UNUSED(state);
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct world *w = world_new(false, 1500);

        w->link.victim = 1;
        for (size_t i = 0; i < 40; i++) {
            struct link_client *c;

            w->link.fate = bad_network;
            c = connect_client(w, i, kinds[k]);
            for (int second = 0; second < 110 && !c->connected; second++)
                link_pass(&w->link, US_PER_S, c, 1);
            assert_true(c->connected);
            w->link.fate = NULL;
            assert_serves(w, c, "x");
        }
        world_free(w);
    }
}

static void keeps_handshake_datagrams_within_the_mtu(void **state)
{
    struct world *w = world_new(false, 3000);

    UNUSED(state);
    assert_true(connect_client(w, 0, &nameless_client)->connected);
    assert_true(w->link.longest <= 600);
    assert_true(w->link.to_client_bytes > 3000);
    world_free(w);
}

/* Counts in victim the fragments of a ClientHello behind the first. */
static enum link_fate count_fragments(struct link *l, const struct link_datagram *d)
{
    l->victim += d->to_server && d->bytes[0] == 22 && d->bytes[13] == 1 &&
                 (d->bytes[19] | d->bytes[20] | d->bytes[21]) != 0;
    return LINK_PASS;
}

static void reads_a_client_hello_in_fragments(void **state)
{
    struct world *w = world_new(false, 0);
    struct world_client kind = certificate_client;
    struct link_client *c;

    UNUSED(state);
    kind.suites = "ALL:@SECLEVEL=0"; /* a long list */
    kind.mtu = 256;
    w->link.fate = count_fragments;
    c = connect_client(w, 0, &kind);
    link_pass(&w->link, 5 * US_PER_S, w->client, 1);
    assert_true(w->link.victim >= 2);
    assert_serves(w, c, "x");
    world_free(w);
}

static void answers_a_hello_without_cookie_statelessly_and_briefly(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = world_client(w, 0, &psk_client);

    UNUSED(state);
    w->link.fate = lose_one; /* the client never sees the answer */
    w->link.victim = 1;
    link_client_run(c, NULL, 0);
    link_run(&w->link);
    assert_int_equal(w->link.count, 2);
    assert_true(w->link.to_client_bytes <= w->link.to_server_bytes);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 0);
    assert_int_equal(dtls_server_deadline_us(w->link.server), INT64_MAX);
    world_free(w);
}

/* Damages the cookie of the second ClientHello, and when victim is set of the third. */
static enum link_fate spoil_cookies(struct link *l, const struct link_datagram *d)
{
    enum { COOKIE_AT = 13 + 12 + 2 + 32 + 1 + 1 };

    if (l->count == 2 || (l->count == 4 && l->victim))
        ((struct link_datagram *)(uintptr_t)d)->bytes[COOKIE_AT] ^= 1;
    return LINK_PASS;
}

static void gives_a_client_with_a_bad_cookie_a_new_one(void **state)
{
    static const struct world_client *const kinds[] = {&psk_client, &certificate_client};

    UNUSED(state);
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (unsigned twice = 0; twice < 2; twice++) {
            struct world *w = world_new(false, 0);
            struct link_client *c;

            w->link.fate = spoil_cookies;
            w->link.victim = twice;
            c = connect_client(w, 0, kinds[k]);
            assert_true(c->connected);
            assert_serves(w, c, "x");
            assert_int_equal(world_metric(w, METRIC_HANDSHAKES_FAILED), 0);
            world_free(w);
        }
    }
}

static void tells_an_old_client_that_its_version_is_refused(void **state)
{
    struct world *w = world_new(false, 0);
    struct world_client kind = {.suites = "ALL:@SECLEVEL=0", .max_version = DTLS1_VERSION};
    struct link_client *c = connect_client(w, 0, &kind);

    UNUSED(state);
    assert_false(c->connected);
    assert_true(c->failed);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_FAILED), 1);
    world_free(w);
}

static void declines_resumption_by_a_full_handshake(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0, &certificate_client);
    struct world_client kind = nameless_client;

    UNUSED(state);
    assert_serves(w, c, "x");
    kind.resume = SSL_get1_session(c->ssl);
    assert_non_null(kind.resume);
    c = connect_client(w, 1, &kind);
    assert_true(c->connected);
    assert_false(SSL_session_reused(c->ssl));
    assert_serves(w, c, "x");
    assert_int_equal(dtls_session_identity(w->session)->kind, IDENTITY_NONE);
    SSL_SESSION_free(kind.resume);
    world_free(w);
}

/* A client whose handshake stands still after its ClientHello with the cookie. */
static void stall(struct world *w, size_t number)
{
    struct link_client *c = world_client(w, number, &psk_client);

    link_client_run(c, NULL, 0);
    w->link.fate = lose_one;
    w->link.count = 0;
    w->link.victim = 3;
    link_run(&w->link);
    w->link.fate = NULL;
}

static void lets_others_finish_while_handshakes_stall(void **state)
{
    struct world *w = world_new(false, 0);

    UNUSED(state);
    for (size_t i = 0; i < 30; i++)
        stall(w, i);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 30);
    assert_serves(w, connect_client(w, 30, &psk_client), "x");
    assert_serves(w, connect_client(w, 31, &certificate_client), "y");
    world_free(w);
}

static void refuses_new_handshakes_at_the_cap_until_old_ones_time_out(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *served;

    UNUSED(state);
    served = connect_client(w, 41, &psk_client);
    for (size_t i = 0; i < 40; i++)
        stall(w, i);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_CAPPED), 0);
    assert_false(connect_client(w, 40, &psk_client)->connected);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_CAPPED), 1);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 40);
    assert_serves(w, served, "x");
    link_pass(&w->link, 61 * US_PER_S, NULL, 0);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 0);
    assert_serves(w, connect_client(w, 42, &psk_client), "y");
    assert_serves(w, served, "z");
    world_free(w);
}

static enum link_fate lose_all(struct link *l, const struct link_datagram *d)
{
    UNUSED(l);
    UNUSED(d);
    return LINK_LOSE;
}

static void pass_half_a_second_in_silence(struct world *w)
{
    w->link.fate = lose_all;
    link_pass(&w->link, US_PER_S / 2, NULL, 0);
    w->link.fate = NULL;
}

static void lets_a_handshake_that_stands_still_give_way_at_the_cap(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *served;

    UNUSED(state);
    served = connect_client(w, 41, &psk_client);
    stall(w, 0);
    pass_half_a_second_in_silence(w);
    for (size_t i = 1; i < 40; i++)
        stall(w, i);
    assert_false(connect_client(w, 40, &psk_client)->connected);
    pass_half_a_second_in_silence(w);
    assert_serves(w, connect_client(w, 42, &psk_client), "in the place of the first one");
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 39);
    stall(w, 43);
    assert_false(connect_client(w, 44, &psk_client)->connected);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 40);
    assert_int_equal(world_metric(w, METRIC_SESSIONS), 2);
    assert_serves(w, served, "x");
    world_free(w);
}

static void refuses_new_sessions_at_the_cap_but_not_a_client_that_comes_again(void **state)
{
    struct world *w = world_new(false, 0);

    UNUSED(state);
    for (size_t i = 0; i < 44; i++)
        assert_true(connect_client(w, i, &psk_client)->connected);
    assert_false(connect_client(w, 44, &psk_client)->connected);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_CAPPED), 1);
    assert_serves(w, connect_client(w, 7, &psk_client), "again");
    assert_serves(w, &w->client[43], "x");
    assert_int_equal(world_metric(w, METRIC_SESSIONS), 44);
    world_free(w);
}

static void runs_one_handshake_when_its_budget_is_nothing(void **state)
{
    struct world *w = world_new(false, 0);

    UNUSED(state);
    for (size_t i = 0; i < 3; i++)
        link_client_run(world_client(w, i, &psk_client), NULL, 0);
    for (unsigned i = 0; i < 9; i++) { /* hellos, answers, hellos with a cookie */
        struct link_datagram *d = w->link.head;

        assert(d != NULL);
        w->link.head = d->next;
        if (w->link.head == NULL)
            w->link.tail = &w->link.head;
        link_deliver(&w->link, d);
        free(d);
    }
    assert_null(w->link.head);
    assert_true(dtls_server_work(w->link.server, 0, link_clock, link_now_us, link_now_us));
    assert_true(dtls_server_work(w->link.server, 0, link_clock, link_now_us, link_now_us));
    assert_false(dtls_server_work(w->link.server, 0, link_clock, link_now_us, link_now_us));
    world_free(w);
}

static void retransmits_its_flight_by_its_own_timer(void **state)
{
    struct world *w = world_new(false, 0);
    size_t before;

    UNUSED(state);
    stall(w, 0);
    before = w->link.to_client_bytes;
    link_pass(&w->link, 900 * US_PER_MS, NULL, 0);
    assert_int_equal(w->link.to_client_bytes, before);
    w->link.fate = copy_all; /* not to lose */
    link_pass(&w->link, 200 * US_PER_MS, NULL, 0);
    assert_true(w->link.to_client_bytes > before);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_with_each_suite),
        cmocka_unit_test(prefers_psk_to_a_certificate_suite_that_proves_nobody),
        cmocka_unit_test(gives_a_client_without_certificate_a_nameless_session),
        cmocka_unit_test(refuses_a_certificate_that_the_worker_refuses),
        cmocka_unit_test(works_with_long_identities_and_keys),
        cmocka_unit_test(never_gives_a_session_to_a_wrong_key_or_an_unknown_identity),
        cmocka_unit_test(connects_whatever_happens_to_one_datagram),
        cmocka_unit_test(connects_over_a_bad_network),
        cmocka_unit_test(keeps_handshake_datagrams_within_the_mtu),
        cmocka_unit_test(reads_a_client_hello_in_fragments),
        cmocka_unit_test(answers_a_hello_without_cookie_statelessly_and_briefly),
        cmocka_unit_test(gives_a_client_with_a_bad_cookie_a_new_one),
        cmocka_unit_test(tells_an_old_client_that_its_version_is_refused),
        cmocka_unit_test(declines_resumption_by_a_full_handshake),
        cmocka_unit_test(lets_others_finish_while_handshakes_stall),
        cmocka_unit_test(lets_a_handshake_that_stands_still_give_way_at_the_cap),
        cmocka_unit_test(refuses_new_handshakes_at_the_cap_until_old_ones_time_out),
        cmocka_unit_test(refuses_new_sessions_at_the_cap_but_not_a_client_that_comes_again),
        cmocka_unit_test(runs_one_handshake_when_its_budget_is_nothing),
        cmocka_unit_test(retransmits_its_flight_by_its_own_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
