#include "reference/dtls_identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/dtls_testclient.h"

enum { RECORD = 13, MESSAGE = 12, CLIENT_KEY_EXCHANGE = 16 }; /* RFC 6347 4.1, 4.2.2 */

/* Appends a record with one fragment of a message whose body is whole. */
static void add_record(struct buf *out, uint8_t type, struct str whole, size_t from, size_t len)
{
    const uint8_t head[RECORD + MESSAGE] = {
        22,
        0xfe,
        0xfd,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
        (uint8_t)((len + MESSAGE) >> 8),
        (uint8_t)(len + MESSAGE),
        type,
        0,
        (uint8_t)(whole.len >> 8),
        (uint8_t)whole.len,
        0,
        2,
        0,
        (uint8_t)(from >> 8),
        (uint8_t)from,
        0,
        (uint8_t)(len >> 8),
        (uint8_t)len,
    };

    buf_add(out, head, sizeof head);
    buf_add(out, whole.ptr + from, len);
}

static void finds_an_identity_in_fragments_of_any_order(void **state)
{
    const struct str body = STR("\0\11dev@a-app\4rest"); /* RFC 5489 2: a point may follow */
    char bytes[1024];
    struct str got;

    UNUSED(state);
    for (size_t part = 1; part <= body.len; part++) {
        struct dtls_identity forward = {.bytes = {0}};
        struct dtls_identity backward = {.bytes = {0}};
        bool found = false;

        for (size_t at = 0; at < body.len; at += part) {
            struct buf datagram = buf_over(bytes, sizeof bytes);

            add_record(&datagram, CLIENT_KEY_EXCHANGE, body, at,
                       at + part > body.len ? body.len - at : part);
            found = dtls_identity_add(&forward, (uint8_t *)bytes, datagram.len, &got);
            assert_int_equal(found, at + part >= 11);
        }
        assert_true(str_equal(got, STR("dev@a-app")));
        struct buf datagram = buf_over(bytes, sizeof bytes); /* all in one, the last one first */

        for (size_t at = (body.len - 1) / part * part; at < body.len; at -= part)
            add_record(&datagram, CLIENT_KEY_EXCHANGE, body, at,
                       at + part > body.len ? body.len - at : part);
        assert_true(dtls_identity_add(&backward, (uint8_t *)bytes, datagram.len, &got));
        assert_true(str_equal(got, STR("dev@a-app")));
    }
}

static void finds_none_in_what_is_none(void **state)
{
    static const struct {
        uint8_t type;
        struct str body;
    } cases[] = {
        {11,                  {"\0\3abc", 5}      }, /* Certificate */
        {CLIENT_KEY_EXCHANGE, {"", 0}             },
        {CLIENT_KEY_EXCHANGE, {"\0", 1}           },
        {CLIENT_KEY_EXCHANGE, {"\0\3ab", 4}       }, /* shorter than it says */
        {CLIENT_KEY_EXCHANGE, {"\x41\4abcdefg", 9}}, /* a point on P-256 */
        {CLIENT_KEY_EXCHANGE, {"\x20\1abcdefg", 9}}, /* on X25519 */
    };
    char bytes[256];
    struct str got;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dtls_identity d = {.bytes = {0}};
        struct buf datagram = buf_over(bytes, sizeof bytes);

        add_record(&datagram, cases[i].type, cases[i].body, 0, cases[i].body.len);
        assert_false(dtls_identity_add(&d, (uint8_t *)bytes, datagram.len, &got));
        for (size_t len = 0; len < datagram.len; len++) /* cut anywhere */
            assert_false(dtls_identity_add(&d, (uint8_t *)bytes, len, &got));
    }
    struct dtls_identity d = {.bytes = {0}};
    struct buf datagram = buf_over(bytes, sizeof bytes);

    add_record(&datagram, CLIENT_KEY_EXCHANGE, STR("\0\3abc"), 0, 5);
    bytes[4] = 1; /* epoch 1: these bytes are encrypted */
    assert_false(dtls_identity_add(&d, (uint8_t *)bytes, datagram.len, &got));
}

/* --- handshakes that are held --------------------------------------------------------------------
 */

static struct link_client *start_client(struct world *w, size_t number,
                                        const struct world_client *kind)
{
    struct link_client *c = world_client(w, number, kind);

    link_client_run(c, NULL, 0);
    link_run(&w->link);
    return c;
}

static const struct world_client device = {
    .suites = "PSK-AES128-CCM8", .psk_identity = "device1@app", .psk_len = 16, .psk_byte = 'k'};

static void come_back(struct world *w)
{
    w->keys_away = false;
    dtls_server_resume(w->link.server, w->held);
    link_run(&w->link);
}

#define TEN "0123456789"
#define EIGHTY TEN TEN TEN TEN TEN TEN TEN TEN

static void a_handshake_waits_for_its_key(void **state)
{
    /* clang-format off */
    static const struct world_client kinds[] = {
        {.suites = "PSK-AES128-CCM8", .psk_identity = "device1@app", .psk_len = 16, .psk_byte = 'k'},
        {.suites = "ECDHE-PSK-CHACHA20-POLY1305", .psk_identity = "device1@app", .psk_len = 16,
         .psk_byte = 'k'},
        {.suites = "PSK-AES128-GCM-SHA256", .psk_identity = EIGHTY EIGHTY EIGHTY "@app", .psk_len = 16,
         .psk_byte = 'k', .mtu = 256}, /* in two fragments */
    };
    /* clang-format on */

    UNUSED(state);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct world *w = world_new(false, 0);

        w->keys_away = true;
        struct link_client *c = start_client(w, 0, &kinds[i]);

        assert_int_equal(w->keys_asked, 1);
        assert_false(c->connected);
        size_t told = w->link.to_client_bytes;

        link_pass(&w->link, 5 * US_PER_S, w->client, 1); /* the client repeats itself */
        assert_false(c->connected || c->failed);
        assert_int_equal(w->link.to_client_bytes, told); /* and gets nothing twice */
        come_back(w);
        assert_true(c->connected);
        world_say(c, "hello");
        link_run(&w->link);
        assert_string_equal(w->got, "hello");
        world_free(w);
    }
}

static void others_finish_meanwhile(void **state)
{
    struct world *w = world_new(false, 0);
    const struct world_client with_certificate = {.suites = "ECDHE-ECDSA-AES128-GCM-SHA256",
                                                  .certificate = true};

    UNUSED(state);
    w->keys_away = true;
    struct link_client *c = start_client(w, 0, &device);

    assert_true(start_client(w, 1, &with_certificate)->connected);
    w->keys_away = false;
    assert_true(start_client(w, 2, &device)->connected);
    assert_false(c->connected);
    dtls_server_resume(w->link.server, w->held + 1000); /* nobody's */
    link_run(&w->link);
    assert_false(c->connected);
    come_back(w);
    assert_true(c->connected);
    dtls_server_resume(w->link.server, w->held); /* has ended */
    world_free(w);
}

static void a_held_handshake_has_its_time(void **state)
{
    struct world *w = world_new(false, 0);

    UNUSED(state);
    w->keys_away = true;
    struct link_client *c = start_client(w, 0, &device);

    c->failed = true; /* the client says no more */
    link_pass(&w->link, 59 * US_PER_S, w->client, 1);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 1);
    link_pass(&w->link, 2 * US_PER_S, w->client, 1);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 0);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_FAILED), 1);
    come_back(w);
    world_free(w);
}

static void a_client_may_begin_again_while_it_is_held(void **state)
{
    struct world *w = world_new(false, 0);

    UNUSED(state);
    w->keys_away = true;
    (void)start_client(w, 0, &device);
    uint64_t before = w->held;
    struct link_client *c = start_client(w, 0, &device); /* on the same path */

    assert_true(w->held != before);
    dtls_server_resume(w->link.server, before);
    come_back(w);
    assert_true(c->connected);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_an_identity_in_fragments_of_any_order),
        cmocka_unit_test(finds_none_in_what_is_none),
        cmocka_unit_test(a_handshake_waits_for_its_key),
        cmocka_unit_test(others_finish_meanwhile),
        cmocka_unit_test(a_held_handshake_has_its_time),
        cmocka_unit_test(a_client_may_begin_again_while_it_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
