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
    assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(w->server)), 0); /* nothing behind it */
    assert_int_equal(X509_cmp(dtls_server_certificate(w->client), w->server_cert.certificate), 0);
    assert_true(world_says(w, "hello"));
    assert_true(str_equal(buf_str(&w->server_got), STR("hello")));
    forge_certificate_pem(w->ca.certificate, &d.pem);
    d.config.certificate_pem = buf_str(&d.pem);
    assert_int_equal(world_handshake(w, &d.config), DTLS_ESTABLISHED);
    assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(w->server)), 1);
    SSL_CTX_set_verify(w->context, SSL_VERIFY_NONE, NULL);
    device_fini(&d);
}

static void shows_certificates_that_others_refuse(void **state)
{
    struct world *w = *state;
    struct forge_wish wishes[] = {
        {.issuer = &w->ca, .key_kind = "RSA-1024"},
        {.issuer = &w->ca,                .to_s = -10},
        {.issuer = &w->ca,.bad_signature = true},
        {.issuer = &w->ca, .extended_usage = "serverAuth"},
        {.issuer = NULL               },
    };

    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER, NULL);
    for (size_t i = 0; i < COUNT(wishes); i++) {
        struct device d = device_of(w, wishes[i]);

        assert_int_equal(world_handshake(w, &d.config), DTLS_FAILED);
        assert_true(has(&w->records, "flight 5 message 3 CertificateVerify"));
        assert_true(world_info(w).alert.fatal);
        assert_false(world_info(w).alert.sent);
        device_fini(&d);
    }
    SSL_CTX_set_verify(w->context, SSL_VERIFY_NONE, NULL);
}

static void a_fragment_is_no_repetition(void **state)
{
    struct world *w = *state;
    struct device d = device_of(w, (struct forge_wish){.issuer = &w->ca});

    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER, NULL);
    d.config.mtu = 228;
    assert_int_equal(world_handshake(w, &d.config), DTLS_ESTABLISHED);
    assert_true(has(&w->records, "Certificate bytes 0 to "));
    assert_false(has(&w->records, " again"));
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

/* Each message of the handshake, under each action: it goes on. Returns how many there were. */
static int survives_each_message(struct world *w, const struct dtls_config *config, int flight,
                                 enum dtls_action action)
{
    struct dtls_rule rule = {.action = action,
                             .to = flight % 2 == 1 ? DTLS_TO_TARGET : DTLS_TO_DEVICE,
                             .flight = flight,
                             .by_us = 300 * US_PER_MS};

    for (rule.number = 1;; rule.number++) {
        world_meet(w, config);
        dtls_add_rule(w->client, &rule);
        dtls_start(w->client, world_now_us);
        world_run(w);
        if (!has(&w->records, dtls_action_name(action)))
            return rule.number - 1;
        world_wait(w, 10 * US_PER_S);
        assert_int_equal(world_info(w).state, DTLS_ESTABLISHED);
        assert_true(world_says(w, "hello"));
        assert_true(str_equal(buf_str(&w->server_got), STR("hello")));
    }
}

static void survives_what_the_link_does_to_any_message(void **state)
{
    static const enum dtls_action actions[] = {DTLS_DROP, DTLS_DUPLICATE, DTLS_DELAY, DTLS_REORDER};
    /* Messages by flight, ChangeCipherSpec among them: with a PSK, with both certificates. */
    static const int with_psk[] = {0, 1, 1, 1, 2, 3, 3};
    static const int with_both[] = {0, 1, 1, 1, 5, 5, 3};
    struct world *w = *state;
    struct device d = device_of(w, (struct forge_wish){.issuer = &w->ca});
    struct dtls_config small = d.config;
    struct dtls_config psk = world_psk_config();

    small.mtu = 256;
    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER, NULL);
    for (size_t i = 0; i < COUNT(actions); i++)
        for (int flight = 1; flight <= 6; flight++) {
            assert_int_equal(survives_each_message(w, &psk, flight, actions[i]), with_psk[flight]);
            assert_int_equal(survives_each_message(w, &d.config, flight, actions[i]),
                             with_both[flight]);
            assert_int_equal(survives_each_message(w, &small, flight, actions[i]),
                             with_both[flight]);
        }
    assert_true(has(&w->records, "Certificate bytes 0 to "));
    SSL_CTX_set_verify(w->context, SSL_VERIFY_NONE, NULL);
    device_fini(&d);
}

static void a_wrong_key_gives_no_session(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    config.psk_key = STR("kkkkkkkkkkkkkkkx");
    assert_int_equal(world_handshake(w, &config), DTLS_HANDSHAKING);
    assert_int_equal(world_info(w).flight, 5);
    config.psk_identity = STR("dev2@app");
    assert_int_equal(world_handshake(w, &config), DTLS_FAILED);
    assert_int_equal(world_info(w).alert.number, 115);
    assert_true(world_info(w).alert.fatal);
    assert_false(world_info(w).alert.sent);
    assert_int_equal(w->alerts[0], dtls_alert_from_name(STR("unknown_psk_identity")));
    assert_non_null(strstr(world_info(w).why, "unknown_psk_identity (115) received"));
    assert_int_equal(w->states[0], DTLS_HANDSHAKING);
    assert_int_equal(w->states[1], DTLS_FAILED);
    assert_int_equal(w->state_count, 2);
}

static void gives_up_after_twelve_repetitions(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    world_meet(w, &config);
    dtls_add_rule(w->client, &(struct dtls_rule){.action = DTLS_DROP, .count = -1});
    dtls_start(w->client, world_now_us);
    world_wait(w, 300 * US_PER_S);
    assert_int_equal(world_info(w).state, DTLS_HANDSHAKING);
    world_wait(w, 600 * US_PER_S);
    assert_int_equal(world_info(w).state, DTLS_FAILED);
    assert_non_null(strstr(world_info(w).why, "no answer"));
    assert_int_equal(dtls_deadline_us(w->client, world_now_us), INT64_MAX);
}

static void refuses_a_server_of_another_authority(void **state)
{
    static const struct {
        const char *name;
        bool other_ca;
        enum dtls_state state;
    } cases[] = {
        {"127.0.0.1",       false, DTLS_ESTABLISHED},
        {"test.example",    false, DTLS_ESTABLISHED},
        {NULL,              false, DTLS_ESTABLISHED},
        {"127.0.0.2",       false, DTLS_FAILED     },
        {"another.example", false, DTLS_FAILED     },
        {"127.0.0.1",       true,  DTLS_FAILED     },
    };
    struct world *w = *state;
    struct buf pinned = buf_growing();
    struct device d =
        device_of(w, (struct forge_wish){.subject = STR("O=Test, CN=ca"), .is_ca = true});

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dtls_config config = {
            .ca_pem = cases[i].other_ca ? buf_str(&d.pem) : buf_str(&w->ca_pem),
            .server_name = cases[i].name,
        };

        assert_int_equal(world_handshake(w, &config), cases[i].state);
        if (cases[i].state == DTLS_ESTABLISHED)
            continue;
        assert_true(world_info(w).alert.sent);
        assert_true(w->server_failed);
        assert_non_null(strstr(world_info(w).why, cases[i].other_ca ? "certificate" : "mismatch"));
    }
    forge_certificate_pem(w->server_cert.certificate, &pinned);
    assert_int_equal(world_handshake(w, &(struct dtls_config){.ca_pem = buf_str(&pinned)}),
                     DTLS_ESTABLISHED);
    buf_fini(&pinned);
    device_fini(&d);
}

static void what_the_link_keeps_has_its_time(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();
    int64_t start_us = world_now_us;

    world_meet(w, &config);
    dtls_add_rule(w->client, &(struct dtls_rule){.action = DTLS_DELAY, .by_us = 300});
    dtls_add_rule(w->client, &(struct dtls_rule){.action = DTLS_DROP});
    dtls_start(w->client, start_us);
    assert_int_equal(dtls_deadline_us(w->client, start_us), start_us + 300);
    dtls_clear_rules(w->client);
    world_wait(w, 400);
    assert_int_equal(world_info(w).state, DTLS_ESTABLISHED);
}

static void stops_half_way_and_goes_on(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    for (int flight = 1; flight <= 5; flight += 2) {
        struct buf want = buf_growing();

        world_meet(w, &config);
        dtls_stop_after(w->client, flight);
        dtls_start(w->client, world_now_us);
        world_wait(w, 100 * US_PER_MS);
        assert_int_equal(world_info(w).state, DTLS_STOPPED);
        assert_int_equal(w->to_server.count, (flight + 1) / 2);
        assert_int_equal(dtls_deadline_us(w->client, world_now_us), INT64_MAX);
        buf_add_format(&want, "> flight %d message 1", flight);
        buf_add_char(&want, 0);
        assert_true(has(&w->records, want.ptr));
        buf_clear(&want);
        buf_add_format(&want, "> flight %d", flight + 2);
        buf_add_char(&want, 0);
        assert_false(has(&w->records, want.ptr));
        buf_fini(&want);
        dtls_stop_after(w->client, 0);
        world_wait(w, 5 * US_PER_S);
        assert_int_equal(world_info(w).state, DTLS_ESTABLISHED);
    }
}

static void stops_before_a_flight_that_would_come_next(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    SSL_CTX_clear_options(w->context, SSL_OP_COOKIE_EXCHANGE);
    world_meet(w, &config);
    dtls_stop_after(w->client, 3);
    dtls_start(w->client, world_now_us);
    world_run(w);
    assert_int_equal(world_info(w).state, DTLS_STOPPED);
    assert_int_equal(w->to_server.count, 1); /* the ClientHello */
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_false(world_info(w).saw_cookie);
    SSL_CTX_set_options(w->context, SSL_OP_COOKIE_EXCHANGE);
}

static void resumes_a_session(void **state)
{
    struct world *w = *state;

    for (int turn = 0; turn < 2; turn++) {
        struct dtls_config config = world_psk_config();
        SSL_SESSION *session;

        config.no_tickets = turn == 1;
        assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
        assert_int_equal(has(&w->records, "NewSessionTicket"), turn == 0);
        session = dtls_session(w->client);
        assert_non_null(session);
        assert_false(world_info(w).is_resumed);
        config.resume = session;
        dtls_close(w->client, world_now_us);
        world_run(w);
        assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
        assert_true(world_info(w).is_resumed);
        assert_true(has(&w->records, "< flight 4 message 3 Finished"));
        assert_true(has(&w->records, "> flight 5 message 2 Finished"));
        assert_true(world_says(w, "hello"));
        assert_true(str_equal(buf_str(&w->server_got), STR("hello")));
        SSL_SESSION_free(session);
    }
}

static void renegotiates_where_the_server_does(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    SSL_CTX_set_options(w->context, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_true(dtls_renegotiate(w->client, world_now_us));
    world_run(w);
    world_wait(w, 2 * US_PER_S);
    assert_int_equal(world_info(w).handshakes, 2);
    assert_int_equal(world_info(w).sent.epoch, 2);
    SSL_CTX_clear_options(w->context, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    /* refused; OpenSSL's client then ends the session */
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_true(dtls_renegotiate(w->client, world_now_us));
    world_run(w);
    assert_int_equal(world_info(w).handshakes, 1);
    assert_int_equal(w->alerts[0], 100);
    assert_int_equal(world_info(w).state, DTLS_FAILED);
    assert_non_null(strstr(world_info(w).why, "no renegotiation"));
}

static void corrupt_records_are_noticed(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();
    struct dtls_rule rule = {.action = DTLS_CORRUPT, .content = DTLS_APPLICATION_DATA};
    struct device d = device_of(w, (struct forge_wish){.issuer = &w->ca});

    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    dtls_add_rule(w->client, &rule);
    assert_true(world_says(w, "lost"));
    assert_true(world_says(w, "kept"));
    assert_true(str_equal(buf_str(&w->server_got), STR("kept")));
    rule.to = DTLS_TO_DEVICE;
    rule.skip = 1;
    dtls_add_rule(w->client, &rule);
    world_answers(w, "1");
    world_answers(w, "2");
    world_answers(w, "3");
    assert_true(str_equal(buf_str(&w->got), STR("13")));
    assert_int_equal(w->message_record.head.sequence, 3);
    assert_int_equal(world_info(w).message.sequence, 3);

    /* the proof of possession: RFC 5246 7.4.8 */
    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER, NULL);
    world_meet(w, &d.config);
    rule = (struct dtls_rule){.action = DTLS_CORRUPT, .message = DTLS_CERTIFICATE_VERIFY};
    dtls_add_rule(w->client, &rule);
    dtls_start(w->client, world_now_us);
    world_run(w);
    assert_int_equal(world_info(w).state, DTLS_FAILED);
    assert_string_equal(dtls_alert_name(w->alerts[0]), "decrypt_error");
    SSL_CTX_set_verify(w->context, SSL_VERIFY_NONE, NULL);
    device_fini(&d);
}

static int answer_connection_id(SSL *ssl, unsigned type, const unsigned char **out, size_t *len,
                                int *alert, void *arg)
{
    UNUSED(ssl);
    UNUSED(type);
    UNUSED(alert);
    UNUSED(arg);
    *out = (const uint8_t *)"";
    *len = 1;
    return 1;
}

static void offers_extensions_and_sees_the_answer(void **state)
{
    struct world *w = *state;
    struct dtls_extension extensions[] = {
        {54,     {"\0", 1}    },
        {0xfa6b, STR("grease")}
    };
    struct dtls_config config = world_psk_config();

    config.extensions = extensions;
    config.extension_count = COUNT(extensions);
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_int_equal(world_info(w).answered_extension, -1);
    SSL_CTX_add_server_custom_ext(w->context, 54, answer_connection_id, NULL, NULL, NULL, NULL);
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_int_equal(world_info(w).answered_extension, 54);
}

static void leaves_out_what_it_is_told_to(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    config.no_extended_master_secret = true;
    config.suites = "PSK-AES128-GCM-SHA256";
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_false(world_info(w).is_extended_master_secret);
    assert_string_equal(world_info(w).suite, "TLS_PSK_WITH_AES_128_GCM_SHA256");
    config.version = DTLS1_VERSION;
    config.suites = "PSK-AES128-CBC-SHA";
    assert_int_equal(world_handshake(w, &config), DTLS_FAILED);
    assert_string_equal(dtls_alert_name(w->alerts[0]), "protocol_version");
}

static void never_repeats_when_told_so(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    config.retransmit_us = DTLS_NEVER;
    world_meet(w, &config);
    dtls_start(w->client, world_now_us);
    assert_int_equal(dtls_deadline_us(w->client, world_now_us), INT64_MAX);
    dtls_tick(w->client, world_now_us + 100 * US_PER_S);
    world_now_us += 100 * US_PER_S;
    dtls_tick(w->client, world_now_us);
    assert_int_equal(w->to_server.count, 1);
    config.retransmit_us = 4 * US_PER_S;
    world_meet(w, &config);
    dtls_start(w->client, world_now_us);
    world_drop_all(w);
    assert_int_equal(dtls_deadline_us(w->client, world_now_us), world_now_us + 4 * US_PER_S);
    world_wait(w, 4 * US_PER_S);
    assert_int_equal(w->to_server.count, 2 + 2); /* the server has answered the second one */
    assert_int_equal(world_info(w).state, DTLS_ESTABLISHED);
}

static void writes_the_secret_that_opens_a_capture(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    /* label, 32 bytes of random, 48 of master secret */
    assert_int_equal(w->secrets.len, strlen("CLIENT_RANDOM ") + 64 + 1 + 96 + 1);
    assert_memory_equal(w->secrets.ptr, "CLIENT_RANDOM ", strlen("CLIENT_RANDOM "));
}

static void says_which_wish_cannot_be(void **state)
{
    static const struct dtls_hooks hooks = {.send = world_send};
    static const char long_identity[PSK_MAX_IDENTITY_LEN + 1] = {'x'};
    static const uint8_t long_key[DTLS_MAX_KEY + 1] = {1};
    struct dtls_extension known = {.type = 23};
    const struct {
        struct dtls_config config;
        const char *why;
    } cases[] = {
        {{.suites = "TLS_PSK_WITH_AES_128_CCM_8:TLS_FOO"},                             "TLS_FOO"          },
        {{.suites = ""},                                                               "no cipher suite"  },
        {{.groups = "P-25"},                                                           "groups"           },
        {{.version = 7},                                                               "DTLS version"     },
        {{.mtu = 227},                                                                 "MTU of 227 bytes" },
        {{.certificate_pem = STR("x"), .key_pem = STR("y")},                           "client key"       },
        {{.ca_pem = STR("nothing")},                                                   "server's CA"      },
        {{.psk_key = {(const char *)long_key, sizeof long_key}},                       "a key up to 256"  },
        {{.psk_key = STR("k"), .psk_identity = {long_identity, sizeof long_identity}}, "identity"         },
        {{.psk_key = STR("k"), .psk_identity = {"a\0b", 3}},                           "none of them zero"},
        {{.extensions = &known, .extension_count = 1},                                 "extension 23"     },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char why[DTLS_WHY_LEN] = "";

        assert_null(dtls_new(&cases[i].config, &hooks, NULL, why));
        assert_non_null(strstr(why, cases[i].why));
    }
}

static void shrugs_off_what_is_no_dtls(void **state)
{
    static const char *const junk[] = {"", "x", "\x16\xfe\xfd", "\x40\x01\x00\x01 a CoAP message"};
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    world_meet(w, &config);
    dtls_start(w->client, world_now_us);
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < COUNT(junk); i++)
            dtls_receive(w->client, (const uint8_t *)junk[i], strlen(junk[i]), world_now_us);
        world_run(w);
        assert_int_equal(world_info(w).state, DTLS_ESTABLISHED);
    }
    assert_true(world_says(w, "hello"));
}

static void sends_one_record_of_any_lawful_length(void **state)
{
    static uint8_t bytes[DTLS_MAX_PLAIN + 1];
    struct world *w = *state;
    struct dtls_config config = world_psk_config();

    world_meet(w, &config);
    assert_false(dtls_send(w->client, bytes, 1, world_now_us));
    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    assert_false(dtls_send(w->client, bytes, 0, world_now_us));
    assert_false(dtls_send(w->client, bytes, sizeof bytes, world_now_us));
    assert_true(dtls_send(w->client, bytes, DTLS_MAX_PLAIN, world_now_us));
    world_run(w);
    assert_int_equal(w->server_got.len, DTLS_MAX_PLAIN);
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
        cmocka_unit_test(shows_certificates_that_others_refuse),
        cmocka_unit_test(a_fragment_is_no_repetition),
        cmocka_unit_test(talks_without_a_certificate),
        cmocka_unit_test(closes_with_close_notify),
        cmocka_unit_test(repeats_a_lost_flight),
        cmocka_unit_test(survives_what_the_link_does_to_any_message),
        cmocka_unit_test(a_wrong_key_gives_no_session),
        cmocka_unit_test(gives_up_after_twelve_repetitions),
        cmocka_unit_test(refuses_a_server_of_another_authority),
        cmocka_unit_test(what_the_link_keeps_has_its_time),
        cmocka_unit_test(stops_half_way_and_goes_on),
        cmocka_unit_test(stops_before_a_flight_that_would_come_next),
        cmocka_unit_test(resumes_a_session),
        cmocka_unit_test(renegotiates_where_the_server_does),
        cmocka_unit_test(corrupt_records_are_noticed),
        cmocka_unit_test(offers_extensions_and_sees_the_answer),
        cmocka_unit_test(leaves_out_what_it_is_told_to),
        cmocka_unit_test(never_repeats_when_told_so),
        cmocka_unit_test(writes_the_secret_that_opens_a_capture),
        cmocka_unit_test(says_which_wish_cannot_be),
        cmocka_unit_test(shrugs_off_what_is_no_dtls),
        cmocka_unit_test(sends_one_record_of_any_lawful_length),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
