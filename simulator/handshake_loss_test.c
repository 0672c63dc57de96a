/* Handshakes on bad ways: each message lost, doubled, overtaken; resumption; devices that are slow
 * or go away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulator/handshake_testrun.h"

enum kind { FULL_PSK, FULL_X509, RESUMED_PSK, KINDS };

/* A lab with one device, its certificate, and a session of each kind to be resumed. */
struct setting {
    struct lab *lab;
    struct forged cert;
    uint8_t *der;
    uint8_t *key;
    struct handshake_wish wish[KINDS];
    struct buf ticket;
};

static int set_up(void **state)
{
    struct setting *s = xcalloc(1, sizeof *s);
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 4, .resumption = true});
    struct lab_device *d = &lab->devices[0];
    int len;
    int key_len;

    s->lab = lab;
    s->cert = world_forge(
        d->world, &(struct forge_wish){.subject = STR("O=app, CN=dev1"), .issuer = &d->world->ca});
    len = i2d_X509(s->cert.certificate, &s->der);
    key_len = i2d_PrivateKey(s->cert.key, &s->key);
    SSL_CTX_set_verify(d->world->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    lab_meet(d);
    s->wish[FULL_PSK] = s->wish[RESUMED_PSK] = lab_psk();
    s->wish[FULL_X509].certificate_der = (struct str){(const char *)s->der, (size_t)len};
    s->wish[FULL_X509].key_der = (struct str){(const char *)s->key, (size_t)key_len};
    s->ticket = buf_growing();
    (void)lab_try(lab, 0, &s->wish[FULL_PSK]);
    buf_add_str(&s->ticket, buf_str(&d->ticket));
    s->wish[RESUMED_PSK].resume = buf_str(&s->ticket);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *s = *state;

    forged_fini(&s->cert);
    OPENSSL_free(s->der);
    OPENSSL_free(s->key);
    buf_fini(&s->ticket);
    lab_free(s->lab);
    free(s);
    return 0;
}

static void must_work(struct lab_device *d, bool resumed)
{
    assert_int_equal(d->result.outcome, HANDSHAKE_DONE);
    assert_int_equal(d->result.resumed, resumed);
    if (resumed) /* the server may not know yet */
        lab_wait(d->lab, 20 * US_PER_S);
    assert_true(lab_talks(d));
    assert_true(lab_talks(d));
    lab_wait(d->lab, 20 * US_PER_S); /* what was late comes */
    assert_true(lab_talks(d));
}

static void resumes_its_session(void **state)
{
    struct setting *s = *state;
    struct lab_device *d = &s->lab->devices[0];
    struct buf further = buf_growing();

    assert_in_range(s->ticket.len, 100, 400);
    lab_meet(d);
    must_work(lab_try(s->lab, 0, &s->wish[RESUMED_PSK]), true);
    assert_true(d->ticket.len > 0);
    buf_add_str(&further, buf_str(&d->ticket));
    s->wish[RESUMED_PSK].resume = buf_str(&further);
    lab_meet(d);
    must_work(lab_try(s->lab, 0, &s->wish[RESUMED_PSK]), true);
    buf_fini(&further);
}

/* The server's certificate is not kept; the device's is the server's business. */
static void resumes_a_session_of_certificates(void **state)
{
    struct setting *s = *state;
    struct lab_device *d = &s->lab->devices[0];
    struct handshake_wish again = s->wish[FULL_X509];
    struct buf ticket = buf_growing();

    lab_meet(d);
    must_work(lab_try(s->lab, 0, &s->wish[FULL_X509]), false);
    buf_add_str(&ticket, buf_str(&d->ticket));
    assert_in_range(ticket.len, 100, 1200); /* the ticket has the device's certificate */
    assert_null(memmem(ticket.ptr, ticket.len, "test.example", 12));
    again.resume = buf_str(&ticket);
    lab_meet(d);
    must_work(lab_try(s->lab, 0, &again), true);
    assert_non_null(SSL_get0_peer_certificate(d->world->server));
    buf_fini(&ticket);
}

static void begins_in_full_where_the_ticket_is_none(void **state)
{
    struct setting *s = *state;
    struct handshake_wish wish = s->wish[RESUMED_PSK];

    s->ticket.ptr[s->ticket.len - 30] ^= 1; /* or so: in the ticket, or the key */
    wish.resume = buf_str(&s->ticket);
    lab_meet(&s->lab->devices[0]);
    (void)lab_try(s->lab, 0, &wish);
    wish.resume = STR("nonsense");
    lab_meet(&s->lab->devices[0]);
    must_work(lab_try(s->lab, 0, &wish), false);
}

static const enum dtls_action actions[] = {DTLS_DROP, DTLS_DUPLICATE, DTLS_REORDER, DTLS_DELAY};

/* Every message of every flight, each way. Nonces are checked by the lab. */
static void outlives_each_message_lost_doubled_or_late(void **state)
{
    struct setting *s = *state;
    struct lab_device *d = &s->lab->devices[0];
    size_t fitting = 0;

    for (int kind = 0; kind < KINDS; kind++)
        for (size_t action = 0; action < COUNT(actions); action++)
            for (int flight = 1; flight <= 6; flight++)
                for (int number = 1; number <= 5; number++) {
                    struct dtls_rule rule = {.action = actions[action],
                                             .to = flight % 2 ? DTLS_TO_TARGET : DTLS_TO_DEVICE,
                                             .flight = flight,
                                             .number = number,
                                             .by_us = 1500 * US_PER_MS};

                    lab_meet(d);
                    s->lab->record_count = 0;
                    dtls_link_add(&d->link, &rule);
                    (void)lab_try(s->lab, 0, &s->wish[kind]);
                    must_work(d, kind == RESUMED_PSK);
                    fitting += d->spoiled > 0;
                }
    /* Full with a PSK 1, 1, 1, 2, 3, 3 messages a flight; X.509 1, 1, 1, 5, 5, 3; resumed 1, 1, 1,
     * 3, 2: none was missed. */
    assert_int_equal(fitting, COUNT(actions) * (11 + 16 + 8));
}

/* Losing the client's last flight of a resumption, though it was told that it is done. */
static void sends_the_last_flight_of_a_resumption_again(void **state)
{
    struct setting *s = *state;
    struct lab_device *d = &s->lab->devices[0];

    lab_meet(d);
    dtls_link_add(&d->link, &(struct dtls_rule){.action = DTLS_DROP,
                                                .to = DTLS_TO_TARGET,
                                                .message = DTLS_FINISHED,
                                                .count = 2});
    (void)lab_try(s->lab, 0, &s->wish[RESUMED_PSK]);
    assert_true(d->result.resumed);
    assert_int_equal(handshakes_in_flight(s->lab->handshakes), 0);
    assert_false(SSL_is_init_finished(d->world->server));
    lab_wait(s->lab, 10 * US_PER_S);
    assert_true(SSL_is_init_finished(d->world->server));
    assert_true(lab_talks(d));
    assert_true(lab_talks(d));
}

static void forgets_the_last_flight_when_time_is_over(void **state)
{
    struct setting *s = *state;
    struct lab_device *d = &s->lab->devices[0];
    static const uint8_t late_finished[13] = {22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 0};
    size_t sent;

    lab_meet(d);
    (void)lab_try(s->lab, 0, &s->wish[RESUMED_PSK]);
    sent = d->datagrams;
    assert_true(handshake_receive(s->lab->handshakes, 0, late_finished, 13, world_now_us));
    assert_int_equal(d->datagrams, sent + 1);
    lab_wait(s->lab, 61 * US_PER_S);
    assert_false(handshake_receive(s->lab->handshakes, 0, late_finished, 13, world_now_us));
    assert_int_equal(d->datagrams, sent + 1);
}

/* More resumed ones than may fly: the oldest are forgotten, and nobody is kept from flying. */
static void lets_no_resumed_one_be_in_the_way(void **state)
{
    struct lab *lab = lab_new(12, (struct handshake_options){.cap = 3, .resumption = true});
    struct handshake_wish wish = lab_psk();

    UNUSED(state);
    for (int round = 0; round < 3; round++)
        for (uint32_t i = 0; i < 12; i++) {
            struct lab_device *d = &lab->devices[i];
            struct buf ticket = buf_growing();

            buf_add_str(&ticket, buf_str(&d->ticket));
            wish.resume = buf_str(&ticket);
            lab_meet(d);
            (void)lab_try(lab, i, &wish);
            assert_int_equal(d->result.resumed, round > 0);
            assert_int_equal(handshakes_in_flight(lab->handshakes), 0);
            assert_true(i % 2 || lab_talks(d));
            buf_fini(&ticket);
        }
    lab_free(lab);
}

static void goes_away_after_its_cookie(void **state)
{
    struct setting *s = *state;
    struct lab_device *d = &s->lab->devices[0];

    for (int kind = 0; kind < KINDS; kind++) {
        struct handshake_wish wish = s->wish[kind];

        wish.abandon = true;
        lab_meet(d);
        (void)lab_try(s->lab, 0, &wish);
        assert_int_equal(d->result.outcome, HANDSHAKE_ABANDONED);
        assert_int_equal(d->datagrams, 2);
        lab_wait(s->lab, 10 * US_PER_S);
        assert_int_equal(d->datagrams, 2);
        assert_int_equal(SSL_is_init_finished(d->world->server), 0);
        lab_meet(d);
        SSL_clear_options(d->world->server, SSL_OP_COOKIE_EXCHANGE); /* it asks for no cookie */
        (void)lab_try(s->lab, 0, &wish);
        assert_int_equal(d->result.outcome, HANDSHAKE_ABANDONED);
        assert_int_equal(d->datagrams, 1);
    }
}

/* It thinks a while before each flight, and then all of it leaves. */
static void takes_its_time(void **state)
{
    struct setting *s = *state;
    struct lab_device *d = &s->lab->devices[0];

    for (int kind = 0; kind < KINDS; kind++) {
        struct handshake_wish wish = s->wish[kind];
        int64_t start_us = world_now_us;

        wish.slow_us = 3 * US_PER_S;
        lab_meet(d);
        (void)lab_try(s->lab, 0, &wish);
        must_work(d, kind == RESUMED_PSK);
        assert_int_equal(d->sent_us[0], start_us + 3 * US_PER_S);
        assert_int_equal(d->sent_us[1], start_us + 6 * US_PER_S);
        assert_int_equal(d->sent_us[2], start_us + 9 * US_PER_S);
        assert_int_equal(d->result.repeats, 0);
    }
}

static void is_too_slow_for_its_limit(void **state)
{
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1, .limit_us = 10 * US_PER_S});
    struct handshake_wish wish = lab_psk();
    int64_t start_us = world_now_us;

    UNUSED(state);
    for (wish.slow_us = 4 * US_PER_S; wish.slow_us < 30 * US_PER_S; wish.slow_us *= 3) {
        start_us = world_now_us;
        lab_meet(&lab->devices[0]);
        (void)lab_try(lab, 0, &wish);
        assert_int_equal(lab->devices[0].result.outcome, HANDSHAKE_TIMED_OUT);
        assert_int_equal(world_now_us, start_us + 10 * US_PER_S);
    }
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(resumes_its_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resumes_a_session_of_certificates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(begins_in_full_where_the_ticket_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outlives_each_message_lost_doubled_or_late, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sends_the_last_flight_of_a_resumption_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(forgets_the_last_flight_when_time_is_over, set_up,
                                        tear_down),
        cmocka_unit_test(lets_no_resumed_one_be_in_the_way),
        cmocka_unit_test_setup_teardown(goes_away_after_its_cookie, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_its_time, set_up, tear_down),
        cmocka_unit_test(is_too_slow_for_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
