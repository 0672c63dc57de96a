#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/dtls_testworld.h"

static bool has(const struct buf *b, const char *text)
{
    return b->len > 0 && memmem(b->ptr, b->len, text, strlen(text)) != NULL;
}

static void talks_with_a_psk(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_string_equal(world_info(w).suite, "TLS_PSK_WITH_AES_128_CCM_8");
    assert_true(world_info(w).saw_cookie);
    assert_true(world_info(w).is_extended_master_secret);
    assert_int_equal(world_info(w).handshakes, 1);
    assert_true(world_says(w, "hello"));
    assert_true(str_equal(buf_str(&w->server_got), STR("hello")));
    assert_int_equal(world_info(w).sent.epoch, 1);
    assert_int_equal(world_info(w).sent.sequence, 1);
    world_answers(w, "welcome");
    assert_true(str_equal(buf_str(&w->got), STR("welcome")));
    assert_int_equal(w->message_record.head.epoch, 1);
    assert_int_equal(w->message_record.head.content, DTLS_APPLICATION_DATA);
}

/* What a device with this certificate is configured with. */
struct device {
    struct forged cert;
    struct buf pem, key;
    struct dtls_config config;
};

static struct device device_of(struct world *w, struct forge_wish wish)
{
    struct device d = {.pem = buf_growing(), .key = buf_growing()};

    if (wish.subject.len == 0)
        wish.subject = STR("O=app, CN=dev1");
    d.cert = world_forge(w, &wish);
    forge_certificate_pem(d.cert.certificate, &d.pem);
    forge_key_pem(d.cert.key, &d.key);
    d.config = (struct dtls_config){.certificate_pem = buf_str(&d.pem),
                                    .key_pem = buf_str(&d.key),
                                    .ca_pem = buf_str(&w->ca_pem),
                                    .server_name = "127.0.0.1"};
    return d;
}

static void device_fini(struct device *d)
{
    forged_fini(&d->cert);
    buf_fini(&d->pem);
    buf_fini(&d->key);
}

static void talks_with_a_certificate(void **state)
{
    struct world *w = *state;
    struct device d = device_of(w, (struct forge_wish){.issuer = &w->ca});

    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    assert_int_equal(world_handshake(w, &d.config), DTLS_ESTABLISHED);
    assert_string_equal(world_info(w).suite, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8");
    assert_true(world_info(w).saw_certificate_request);
    assert_int_equal(X509_cmp(SSL_get0_peer_certificate(w->server), d.cert.certificate), 0);
    assert_int_equal(X509_cmp(dtls_server_certificate(w->client), w->server_cert.certificate), 0);
    assert_true(world_says(w, "hello"));
    assert_true(str_equal(buf_str(&w->server_got), STR("hello")));
    SSL_CTX_set_verify(w->context, SSL_VERIFY_NONE, NULL);
    device_fini(&d);
}

static void talks_without_a_certificate(void **state)
{
    struct world *w = *state;
    struct dtls_config config = {0};

    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER, NULL);
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_null(SSL_get0_peer_certificate(w->server));
    assert_true(world_info(w).saw_certificate_request);
    SSL_CTX_set_verify(w->context, SSL_VERIFY_NONE, NULL);
}

static void closes_with_close_notify(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    dtls_close(w->client, world_now_us);
    world_run(w);
    assert_int_equal(world_info(w).state, DTLS_CLOSED);
    assert_int_equal(SSL_get_shutdown(w->server), SSL_RECEIVED_SHUTDOWN);
    assert_false(world_says(w, "x"));
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    SSL_shutdown(w->server);
    world_run(w);
    assert_int_equal(world_info(w).state, DTLS_CLOSED);
    assert_int_equal(world_info(w).alert.number, 0);
    assert_false(world_info(w).alert.sent);
    assert_string_equal(world_info(w).why, "");
}

static void repeats_a_lost_flight(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    for (int flight = 1; flight <= 6; flight++) {
        struct dtls_rule rule = {.action = DTLS_DROP,
                                 .to = flight % 2 == 1 ? DTLS_TO_TARGET : DTLS_TO_DEVICE,
                                 .flight = flight};
        int64_t before_us = world_now_us;

        world_meet(w, &config);
        dtls_add_rule(w->client, &rule);
        dtls_start(w->client, world_now_us);
        world_run(w);
        assert_int_equal(world_info(w).state, DTLS_HANDSHAKING);
        assert_int_equal(dtls_deadline_us(w->client, world_now_us), before_us + US_PER_S);
        world_wait(w, US_PER_S - 20 * US_PER_MS);
        assert_int_equal(world_info(w).state, DTLS_HANDSHAKING);
        world_wait(w, 20 * US_PER_MS);
        assert_int_equal(world_info(w).state, DTLS_ESTABLISHED);
        assert_true(has(&w->records, " again (1)"));
    }
}

static int set_up(void **state)
{
    *state = world_new();
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(talks_with_a_psk),
        cmocka_unit_test(talks_with_a_certificate),
        cmocka_unit_test(talks_without_a_certificate),
        cmocka_unit_test(closes_with_close_notify),
        cmocka_unit_test(repeats_a_lost_flight),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
