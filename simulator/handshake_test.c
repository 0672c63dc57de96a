#include "simulator/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulator/handshake_testrun.h"

/* What a device with a certificate proves itself with. */
struct holder {
    struct forged cert;
    uint8_t *der;
    uint8_t *key;
    struct handshake_wish wish;
};

static struct holder holder_of(struct world *w, struct forge_wish wish)
{
    struct holder h = {0};
    int len;
    int key_len;

    if (wish.subject.len == 0)
        wish.subject = STR("O=app, CN=dev1");
    wish.issuer = &w->ca;
    h.cert = world_forge(w, &wish);
    len = i2d_X509(h.cert.certificate, &h.der);
    key_len = i2d_PrivateKey(h.cert.key, &h.key);
    assert_true(len > 0 && key_len > 0);
    h.wish.certificate_der = (struct str){(const char *)h.der, (size_t)len};
    h.wish.key_der = (struct str){(const char *)h.key, (size_t)key_len};
    return h;
}

static void holder_fini(struct holder *h)
{
    forged_fini(&h->cert);
    OPENSSL_free(h->der);
    OPENSSL_free(h->key);
}

static void want_certificates(struct world *w)
{
    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

static void must_be_done(const struct lab_device *d)
{
    assert_int_equal(d->result.outcome, HANDSHAKE_DONE);
    assert_int_equal(d->result.alert, -1);
    assert_int_equal(handshakes_in_flight(d->lab->handshakes), 0);
}

static const struct {
    const char *psk;
    const char *ecdhe;
    enum record_suite suite;
} suites[] = {
    {NULL,                              NULL,                                      RECORD_CCM_8},
    {"TLS_PSK_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", RECORD_GCM  },
};

static void proves_itself_with_a_psk(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(suites); i++) {
        struct lab *lab =
            lab_new(1, (struct handshake_options){.cap = 1, .psk_suites = suites[i].psk});
        struct handshake_wish wish = lab_psk();
        struct lab_device *d = lab_try(lab, 0, &wish);

        must_be_done(d);
        assert_false(d->result.resumed);
        assert_int_equal(d->keys.top_read >> 56, suites[i].suite);
        assert_int_equal(d->keys.window, 1); /* the server's Finished */
        assert_int_equal(d->ticket.len, 0);
        assert_true(lab_talks(d));
        assert_true(lab_talks(d));
        lab_free(lab);
    }
}

static void proves_itself_with_a_certificate(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(suites); i++) {
        struct lab *lab =
            lab_new(1, (struct handshake_options){.cap = 1, .ecdhe_suites = suites[i].ecdhe});
        struct holder h = holder_of(lab->devices[0].world, (struct forge_wish){0});
        struct lab_device *d = &lab->devices[0];

        want_certificates(d->world);
        lab_meet(d);
        (void)lab_try(lab, 0, &h.wish);
        must_be_done(d);
        assert_int_equal(d->keys.top_read >> 56, suites[i].suite);
        assert_int_equal(X509_cmp(SSL_get0_peer_certificate(d->world->server), h.cert.certificate),
                         0);
        assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(d->world->server)), 0);
        assert_true(lab_talks(d));
        holder_fini(&h);
        lab_free(lab);
    }
}

static void proves_nothing_where_the_server_does(void **state)
{
    static const struct {
        bool own; /* the CA that the server's certificate ends at */
        enum handshake_outcome outcome;
        int alert;
    } cases[] = {
        {true,  HANDSHAKE_DONE,    -1},
        {false, HANDSHAKE_REFUSED, 51}, /* decrypt_error: another CA of that name */
    };
    struct world *other = world_new();

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1});
        struct lab_device *d = &lab->devices[0];
        struct handshake_options options = {
            .cap = 1,
            .ca_pem = buf_str(cases[i].own ? &d->world->ca_pem : &other->ca_pem),
            .send = lab_send,
            .done = lab_done,
            .arg = lab,
        };
        char why[HANDSHAKE_WHY_LEN];

        handshakes_free(&lab->handshakes);
        lab->handshakes = handshakes_new(&options, why);
        assert_non_null(lab->handshakes);
        (void)lab_try(lab, 0, &(struct handshake_wish){0});
        assert_int_equal(d->result.outcome, cases[i].outcome);
        assert_int_equal(d->result.alert, cases[i].alert);
        assert_int_equal(d->result.alert_is_ours, cases[i].alert >= 0);
        assert_true(!cases[i].own || lab_talks(d));
        lab_free(lab);
    }
    world_free(other);
}

/* The key in other forms than the fast one, and what is no pair. */
static void reads_certificates_and_keys_in_der(void **state)
{
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1});
    struct lab_device *d = &lab->devices[0];
    struct holder h = holder_of(d->world, (struct forge_wish){0});
    struct holder other = holder_of(d->world, (struct forge_wish){0});
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(h.cert.key);
    uint8_t *pkcs8 = NULL;
    struct handshake_wish wish = h.wish;
    int len = i2d_PKCS8_PRIV_KEY_INFO(info, &pkcs8);

    UNUSED(state);
    want_certificates(d->world);
    lab_meet(d);
    wish.key_der = (struct str){(const char *)pkcs8, (size_t)len};
    (void)lab_try(lab, 0, &wish);
    must_be_done(d);
    assert_true(lab_talks(d));
    lab_meet(d);
    wish.key_der = other.wish.key_der;
    (void)lab_try(lab, 0, &wish);
    assert_int_equal(d->result.outcome, HANDSHAKE_REFUSED);
    assert_int_equal(d->result.alert, 51); /* decrypt_error: it found out */
    lab_meet(d);
    wish.key_der = STR("no key");
    (void)lab_try(lab, 0, &wish);
    assert_int_equal(d->result.outcome, HANDSHAKE_REFUSED);
    assert_int_equal(d->result.alert, 80); /* internal_error */
    assert_true(d->result.alert_is_ours);
    OPENSSL_free(pkcs8);
    PKCS8_PRIV_KEY_INFO_free(info);
    holder_fini(&h);
    holder_fini(&other);
    lab_free(lab);
}

/* --- how it does not work --- */

static void tells_the_alert_of_a_server_that_refuses(void **state)
{
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1});
    struct lab_device *d = &lab->devices[0];
    struct holder expired =
        holder_of(d->world, (struct forge_wish){.from_s = -7200, .to_s = -3600});
    struct handshake_wish stranger = lab_psk();
    struct handshake_wish nobody = {0};
    const struct {
        const struct handshake_wish *wish;
        int alert;
    } cases[] = {
        {&expired.wish, 45 }, /* certificate_expired */
        {&stranger,     115}, /* unknown_psk_identity */
        {&nobody,       40 }, /* handshake_failure: it wants a certificate */
    };

    UNUSED(state);
    stranger.psk_identity = STR("dev2@app");
    want_certificates(d->world);
    for (size_t i = 0; i < COUNT(cases); i++) {
        lab_meet(d);
        (void)lab_try(lab, 0, cases[i].wish);
        assert_int_equal(d->result.outcome, HANDSHAKE_REFUSED);
        assert_int_equal(d->result.alert, cases[i].alert);
        assert_false(d->result.alert_is_ours);
        assert_null(d->result.keys);
        assert_int_equal(handshakes_in_flight(lab->handshakes), 0);
    }
    holder_fini(&expired);
    lab_free(lab);
}

/* OpenSSL's server drops the Finished that it cannot read, without a word. */
static void times_out_with_a_wrong_psk(void **state)
{
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1, .limit_us = 10 * US_PER_S});
    struct handshake_wish wish = lab_psk();
    int64_t start_us = world_now_us;

    UNUSED(state);
    wish.psk_key = STR("wrong key");
    (void)lab_try(lab, 0, &wish);
    assert_int_equal(lab->devices[0].result.outcome, HANDSHAKE_TIMED_OUT);
    assert_int_equal(world_now_us - start_us, 10 * US_PER_S);
    assert_true(lab->devices[0].result.repeats > 0);
    lab_free(lab);
}

/* RFC 6347 4.2.4.1: 1 s, doubled each time; all by the caller's time. */
static void repeats_in_the_callers_time_until_the_limit(void **state)
{
    static const int64_t expected_s[] = {0, 1, 3, 7, 15, 31, 63};
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1, .limit_us = 100 * US_PER_S});
    struct lab_device *d = &lab->devices[0];
    struct handshake_wish wish = lab_psk();
    int64_t start_us = world_now_us;

    UNUSED(state);
    lab->is_deaf = true;
    assert_int_equal(handshakes_deadline_us(lab->handshakes), INT64_MAX);
    assert_true(handshake_start(lab->handshakes, 0, &wish, world_now_us));
    assert_in_range(handshakes_deadline_us(lab->handshakes), start_us, start_us + US_PER_S);
    lab_wait(lab, 99 * US_PER_S);
    assert_int_equal(d->datagrams, COUNT(expected_s));
    for (size_t i = 0; i < COUNT(expected_s); i++)
        assert_in_range(d->sent_us[i], start_us + expected_s[i] * US_PER_S - 16 * US_PER_MS,
                        start_us + expected_s[i] * US_PER_S + 16 * US_PER_MS);
    assert_int_equal(d->results, 0);
    assert_int_equal(handshakes_in_flight(lab->handshakes), 1);
    lab_wait(lab, 2 * US_PER_S);
    assert_int_equal(d->results, 1);
    assert_int_equal(d->result.outcome, HANDSHAKE_TIMED_OUT);
    assert_int_equal(d->result.repeats, COUNT(expected_s) - 1);
    assert_int_equal(handshakes_deadline_us(lab->handshakes), INT64_MAX);
    lab_free(lab);
}

static void begins_with_the_interval_that_is_asked_for(void **state)
{
    struct lab *lab =
        lab_new(1, (struct handshake_options){
                       .cap = 1, .retransmit_us = 200 * US_PER_MS, .limit_us = US_PER_S});
    struct handshake_wish wish = lab_psk();

    UNUSED(state);
    lab->is_deaf = true;
    (void)lab_try(lab, 0, &wish);
    assert_int_equal(lab->devices[0].datagrams, 3); /* 0, 0.2, 0.6 s */
    lab_free(lab);
}

static void stops_at_a_server_that_wants_other_suites(void **state)
{
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1});
    struct handshake_wish wish = lab_psk();
    struct lab_device *d = &lab->devices[0];

    UNUSED(state);
    SSL_CTX_set_cipher_list(d->world->context, "ECDHE-ECDSA-AES128-CCM8");
    lab_meet(d);
    (void)lab_try(lab, 0, &wish);
    assert_int_equal(d->result.outcome, HANDSHAKE_REFUSED);
    assert_int_equal(d->result.alert, 40);
    lab_free(lab);
}

static void says_which_options_cannot_be(void **state)
{
    static const struct {
        struct handshake_options options;
        const char *what;
    } cases[] = {
        {{.cap = 1, .psk_suites = "PSK-AES256-GCM-SHA384"}, "PSK-AES256-GCM-SHA384"},
        {{.cap = 1, .ecdhe_suites = "TLS_NONSENSE"},        "TLS_NONSENSE"         },
        {{.cap = 1, .mtu = 100},                            "228"                  },
        {{.cap = 1, .ca_pem = {"no PEM", 6}},               "CA"                   },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char why[HANDSHAKE_WHY_LEN];

        assert_null(handshakes_new(&cases[i].options, why));
        assert_non_null(strstr(why, cases[i].what));
    }
}

/* --- many --- */

static void holds_the_cap(void **state)
{
    struct lab *lab = lab_new(3, (struct handshake_options){.cap = 2});
    struct handshake_wish wish = lab_psk();

    UNUSED(state);
    assert_true(handshake_start(lab->handshakes, 0, &wish, world_now_us));
    assert_true(handshake_start(lab->handshakes, 1, &wish, world_now_us));
    assert_false(handshake_start(lab->handshakes, 2, &wish, world_now_us));
    assert_int_equal(handshakes_in_flight(lab->handshakes), 2);
    assert_true(handshake_start(lab->handshakes, 1, &wish, world_now_us)); /* anew */
    assert_int_equal(handshakes_in_flight(lab->handshakes), 2);
    handshake_cancel(lab->handshakes, 0);
    handshake_cancel(lab->handshakes, 0);
    assert_int_equal(handshakes_in_flight(lab->handshakes), 1);
    assert_true(handshake_start(lab->handshakes, 2, &wish, world_now_us));
    lab_wait(lab, US_PER_S);
    assert_int_equal(lab->devices[0].results, 0); /* not a word */
    assert_int_equal(lab->devices[1].results, 1);
    assert_int_equal(lab->devices[2].results, 1);
    must_be_done(&lab->devices[2]);
    assert_true(lab_talks(&lab->devices[1]));
    assert_true(lab_talks(&lab->devices[2]));
    assert_false(handshake_receive(lab->handshakes, 2, (const uint8_t *)"x", 1, world_now_us));
    assert_false(handshake_receive(lab->handshakes, 7, (const uint8_t *)"x", 1, world_now_us));
    lab_free(lab);
}

/* Every tenth record is lost, each way, of 64 devices that all begin at once. */
static void brings_all_through_a_bad_net(void **state)
{
    struct lab *lab = lab_new(LAB_DEVICES, (struct handshake_options){.cap = LAB_DEVICES});
    struct handshake_wish wish = lab_psk();

    UNUSED(state);
    for (uint32_t i = 0; i < LAB_DEVICES; i++) {
        for (int n = 0; n < 20; n++) {
            struct dtls_rule rule = {.action = n % 2 ? DTLS_DROP : DTLS_REORDER,
                                     .to = n / 2 % 2 ? DTLS_TO_DEVICE : DTLS_TO_TARGET,
                                     .skip = (int)(i * 7 + (uint32_t)n * 3) % 20};

            dtls_link_add(&lab->devices[i].link, &rule);
        }
        assert_true(handshake_start(lab->handshakes, i, &wish, world_now_us));
    }
    lab_wait(lab, 59 * US_PER_S);
    for (uint32_t i = 0; i < LAB_DEVICES; i++) {
        assert_int_equal(lab->devices[i].results, 1);
        must_be_done(&lab->devices[i]);
        dtls_link_clear(&lab->devices[i].link);
        assert_true(lab_talks(&lab->devices[i]));
    }
    lab_free(lab);
}

/* A device may begin again as soon as it is told. */
static void restart(void *arg, uint32_t device, const struct handshake_result *result,
                    int64_t now_us)
{
    struct lab *lab = arg;
    struct handshake_wish wish = lab_psk();

    assert_int_equal(result->outcome, HANDSHAKE_TIMED_OUT);
    if (++lab->devices[device].results < 3)
        assert_true(handshake_start(lab->handshakes, device, &wish, now_us));
}

static void begins_anew_inside_of_done(void **state)
{
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1});
    struct handshake_options options = {.cap = 1, .limit_us = US_PER_S, .send = lab_send};
    struct handshake_wish wish = lab_psk();
    char why[HANDSHAKE_WHY_LEN];

    UNUSED(state);
    handshakes_free(&lab->handshakes);
    options.done = restart;
    options.arg = lab;
    lab->handshakes = handshakes_new(&options, why);
    assert_non_null(lab->handshakes);
    lab->is_deaf = true;
    assert_true(handshake_start(lab->handshakes, 0, &wish, world_now_us));
    lab_wait(lab, 10 * US_PER_S);
    assert_int_equal(lab->devices[0].results, 3);
    assert_int_equal(handshakes_in_flight(lab->handshakes), 0);
    lab_free(lab);
}

static void ignores_garbage(void **state)
{
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1});
    struct handshake_wish wish = lab_psk();
    uint8_t garbage[200];

    UNUSED(state);
    assert_true(handshake_start(lab->handshakes, 0, &wish, world_now_us));
    for (size_t len = 0; len <= sizeof garbage; len++) {
        for (size_t i = 0; i < len; i++)
            garbage[i] = (uint8_t)(i * 31 + len);
        assert_true(handshake_receive(lab->handshakes, 0, garbage, len, world_now_us));
    }
    lab_wait(lab, US_PER_S);
    must_be_done(&lab->devices[0]);
    assert_true(lab_talks(&lab->devices[0]));
    lab_free(lab);
}

static void keeps_to_the_mtu(void **state)
{
    struct lab *lab = lab_new(1, (struct handshake_options){.cap = 1, .mtu = 300});
    struct lab_device *d = &lab->devices[0];
    struct holder h = holder_of(d->world, (struct forge_wish){0});

    UNUSED(state);
    want_certificates(d->world);
    lab_meet(d);
    (void)lab_try(lab, 0, &h.wish);
    must_be_done(d);
    assert_in_range(d->longest, 250, 300);
    assert_true(lab_talks(d));
    holder_fini(&h);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proves_itself_with_a_psk),
        cmocka_unit_test(proves_itself_with_a_certificate),
        cmocka_unit_test(proves_nothing_where_the_server_does),
        cmocka_unit_test(reads_certificates_and_keys_in_der),
        cmocka_unit_test(tells_the_alert_of_a_server_that_refuses),
        cmocka_unit_test(times_out_with_a_wrong_psk),
        cmocka_unit_test(repeats_in_the_callers_time_until_the_limit),
        cmocka_unit_test(begins_with_the_interval_that_is_asked_for),
        cmocka_unit_test(stops_at_a_server_that_wants_other_suites),
        cmocka_unit_test(says_which_options_cannot_be),
        cmocka_unit_test(holds_the_cap),
        cmocka_unit_test(brings_all_through_a_bad_net),
        cmocka_unit_test(begins_anew_inside_of_done),
        cmocka_unit_test(ignores_garbage),
        cmocka_unit_test(keeps_to_the_mtu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
