#include "simulator/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/dtls_setup.h"
#include "lib/dtls_testworld.h"

enum { BIG = RECORD_MAX_PLAIN + RECORD_OVERHEAD };

static struct record_crypto *crypto;

/* --- known vectors, by Python's hmac and cryptography, which also ask another implementation of
 * nonce and additional data --- */

static struct record_secrets known_secrets(enum record_suite suite)
{
    struct record_secrets s = {.suite = suite, .next_write = UINT64_C(0x0001000000000007)};

    for (size_t i = 0; i < sizeof s.master; i++)
        s.master[i] = (uint8_t)i;
    memset(s.client_random, 0xc0, sizeof s.client_random);
    memset(s.server_random, 0x5e, sizeof s.server_random);
    return s;
}

static void from_hex(const char *text, uint8_t *out)
{
    for (unsigned byte; sscanf(text, "%2x", &byte) == 1; text += 2)
        *out++ = (uint8_t)byte;
}

static void makes_known_keys(void **state)
{
    static const struct {
        bool sha384;
        const char *block;
    } cases[] = {
        {false, "ab9bd9302bd13d4e1ccd095472af4a9b08f5e7e9b329fab7b7058f60d60aabe61751c365fd6e3b3f"},
        {true,  "03f8e5f647b0e22a1beee277f64233b14dbd296246ee82c82cbb6bcc4d6401f56f8da9b2cd474e2b"},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct record_secrets secrets = known_secrets(RECORD_GCM);
        struct record_keys client;
        struct record_keys server;
        uint8_t block[40];

        from_hex(cases[i].block, block);
        secrets.sha384 = cases[i].sha384;
        record_keys_make(crypto, &secrets, &client);
        secrets.is_server = true;
        record_keys_make(crypto, &secrets, &server);
        assert_memory_equal(client.write_key, block, 16);
        assert_memory_equal(client.read_key, block + 16, 16);
        assert_memory_equal(client.write_salt, block + 32, 4);
        assert_memory_equal(client.read_salt, block + 36, 4);
        assert_memory_equal(server.write_key, client.read_key, 16);
        assert_memory_equal(server.read_key, client.write_key, 16);
        assert_memory_equal(server.write_salt, client.read_salt, 4);
        assert_memory_equal(server.read_salt, client.write_salt, 4);
    }
}

static const struct {
    enum record_suite suite;
    enum record_type type;
    struct str plain;
    const char *record;
} known_records[] = {
    {RECORD_CCM_8,
     RECORD_DATA,  {"hello", 5},
     "17fefd000100000000000700150001000000000007790a5aecfb0097058005d8c8eb"                },
    {RECORD_CCM_8,
     RECORD_ALERT, {"\1\0", 2},
     "15fefd000100000000000700120001000000000007106fb6630f62dbcf704b"                      },
    {RECORD_CCM_8,
     RECORD_DATA,  {"", 0},
     "17fefd000100000000000700100001000000000007cc851e9c84ac8329"                          },
    {RECORD_GCM,
     RECORD_DATA,  {"hello", 5},
     "17fefd0001000000000007001d0001000000000007a843778b4108191120eeeb045822c269ad8db1fecb"},
    {RECORD_GCM,
     RECORD_ALERT, {"\1\0", 2},
     "15fefd0001000000000007001a0001000000000007c1269eb258b6d4dfa98fa64545e2d0684d22"      },
    {RECORD_GCM,
     RECORD_DATA,  {"", 0},
     "17fefd000100000000000700180001000000000007bee4d76ad050c8f293c6de84ad4e76b5"          },
};

static void seals_and_opens_known_records(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(known_records); i++) {
        struct record_secrets secrets = known_secrets(known_records[i].suite);
        struct str plain = known_records[i].plain;
        size_t len = strlen(known_records[i].record) / 2;
        struct record_keys keys;
        uint8_t expected[64];
        uint8_t out[64];
        struct record_opened opened;

        from_hex(known_records[i].record, expected);
        record_keys_make(crypto, &secrets, &keys);
        assert_int_equal(record_seal(crypto, &keys, known_records[i].type,
                                     (const uint8_t *)plain.ptr, plain.len, out),
                         len);
        assert_memory_equal(out, expected, len);
        assert_int_equal(keys.next_write, secrets.next_write + 1);
        secrets.is_server = true;
        record_keys_make(crypto, &secrets, &keys);
        assert_int_equal(record_open(crypto, &keys, expected, len, out, &opened), RECORD_GOOD);
        assert_int_equal(opened.used, len);
        assert_int_equal(opened.type, known_records[i].type);
        assert_int_equal(opened.len, plain.len);
        assert_memory_equal(out, plain.ptr, plain.len);
    }
}

/* --- against a live session of OpenSSL --- */

static const char *const psk_suites[] = {"TLS_PSK_WITH_AES_128_CCM_8",
                                         "TLS_PSK_WITH_AES_128_GCM_SHA256"};

/* What a client takes over from its SSL object, when all that it sent is `sent`. */
static struct record_keys take_over(struct world *w, enum record_suite suite, uint64_t last_read)
{
    SSL *ssl = w->client->ssl;
    struct dtls_head sent = world_info(w).sent;
    struct record_secrets s = {
        .suite = suite,
        .next_write = ((uint64_t)sent.epoch << 48 | sent.sequence) + 1,
        .top_read = last_read,
        .window = 1,
    };
    struct record_keys keys;

    assert_int_equal(SSL_SESSION_get_master_key(SSL_get0_session(ssl), s.master, 48), 48);
    assert_int_equal(SSL_get_client_random(ssl, s.client_random, 32), 32);
    assert_int_equal(SSL_get_server_random(ssl, s.server_random, 32), 32);
    record_keys_make(crypto, &s, &keys);
    return keys;
}

static void say(struct world *w, struct record_keys *keys, const char *text)
{
    uint8_t out[BIG];
    size_t len = record_seal(crypto, keys, RECORD_DATA, (const uint8_t *)text, strlen(text), out);

    buf_clear(&w->server_got);
    world_put(&w->to_server, out, len);
    world_serve(w);
    assert_int_equal(w->server_got.len, strlen(text));
    assert_memory_equal(w->server_got.ptr, text, strlen(text));
}

/* The server's next datagram, as it came. To be freed. */
static struct world_datagram *answer(struct world *w, const char *text)
{
    assert_true(SSL_write(w->server, text, (int)strlen(text)) > 0);
    return world_take(&w->to_client);
}

static enum record_got open_it(struct record_keys *keys, const uint8_t *bytes, size_t len,
                               const char *text)
{
    static uint8_t out[RECORD_MAX_PLAIN];
    struct record_opened opened;
    enum record_got got = record_open(crypto, keys, bytes, len, out, &opened);

    if (got == RECORD_GOOD && text != NULL) {
        assert_int_equal(opened.type, RECORD_DATA);
        assert_int_equal(opened.len, strlen(text));
        assert_memory_equal(out, text, opened.len);
    }
    return got;
}

static void hear(struct world *w, struct record_keys *keys, const char *text)
{
    struct world_datagram *d = answer(w, text);

    assert_int_equal(open_it(keys, d->bytes, d->len, text), RECORD_GOOD);
    free(d);
}

static void goes_on_behind_a_handshake_of_openssl(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(psk_suites); i++) {
        struct dtls_config config = world_psk_config();
        struct record_keys keys;

        config.suites = psk_suites[i];
        assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
        keys = take_over(w, i == 0 ? RECORD_CCM_8 : RECORD_GCM, 0);
        for (int n = 0; n < 100; n++) {
            say(w, &keys, "publish");
            hear(w, &keys, "answer");
        }
    }
}

/* OpenSSL's own next record, sealed by us: CCM's nonce holds the number, as ours does. */
static void seals_byte_by_byte_what_openssl_seals(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();
    struct record_keys keys;
    uint8_t out[BIG];
    size_t len;

    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    keys = take_over(w, RECORD_CCM_8, 0);
    for (size_t size = 1; size <= 1300; size += 61) {
        static uint8_t plain[1300];
        struct world_datagram *d;

        memset(plain, (int)size, size);
        assert_true(SSL_write(w->client->ssl, plain, (int)size) > 0);
        d = world_take(&w->to_server);
        len = record_seal(crypto, &keys, RECORD_DATA, plain, size, out);
        assert_int_equal(len, d->len);
        assert_memory_equal(out, d->bytes, len);
        free(d);
    }
}

/* The client's Finished is lost and repeated: its next number is 2. A 1 would be a nonce used
 * twice, and OpenSSL's server would not take it. */
static void never_uses_the_number_of_a_repeated_finished(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(psk_suites); i++) {
        struct dtls_config config = world_psk_config();
        struct record_keys keys;

        config.suites = psk_suites[i];
        world_meet(w, &config);
        dtls_add_rule(w->client, &(struct dtls_rule){.action = DTLS_DROP,
                                                     .to = DTLS_TO_TARGET,
                                                     .message = DTLS_FINISHED});
        dtls_start(w->client, world_now_us);
        world_run(w);
        world_wait(w, 2 * US_PER_S);
        assert_int_equal(world_info(w).state, DTLS_ESTABLISHED);
        keys = take_over(w, i == 0 ? RECORD_CCM_8 : RECORD_GCM, 0);
        assert_int_equal(keys.next_write, UINT64_C(0x0001000000000002));
        say(w, &keys, "publish");
        hear(w, &keys, "answer");
    }
}

/* The server's Finished is repeated: the first copy, late, is no news. */
static void knows_the_last_record_that_openssl_accepted(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();
    struct record_keys keys;

    world_meet(w, &config);
    dtls_add_rule(
        w->client,
        &(struct dtls_rule){.action = DTLS_DROP, .to = DTLS_TO_DEVICE, .message = DTLS_FINISHED});
    dtls_start(w->client, world_now_us);
    world_run(w);
    world_wait(w, 2 * US_PER_S);
    assert_int_equal(world_info(w).state, DTLS_ESTABLISHED);
    keys = take_over(w, RECORD_CCM_8, 1);
    hear(w, &keys, "answer");
    assert_int_equal(keys.top_read & 0xffffffff, 2);
    assert_int_equal(keys.window, 3);
    say(w, &keys, "publish");
}

static void closes_as_openssl_understands_it(void **state)
{
    struct world *w = *state;
    struct dtls_config config = world_psk_config();
    static const uint8_t close_notify[] = {1, 0};
    struct record_keys keys;
    struct world_datagram *d;
    uint8_t out[BIG];
    struct record_opened opened;
    size_t len;

    assert_int_equal(world_handshake(w, &config), DTLS_ESTABLISHED);
    keys = take_over(w, RECORD_CCM_8, 0);
    len = record_seal(crypto, &keys, RECORD_ALERT, close_notify, sizeof close_notify, out);
    world_put(&w->to_server, out, len);
    world_serve(w);
    assert_true(SSL_get_shutdown(w->server) & SSL_RECEIVED_SHUTDOWN);
    (void)SSL_shutdown(w->server);
    d = world_take(&w->to_client);
    assert_int_equal(record_open(crypto, &keys, d->bytes, d->len, out, &opened), RECORD_GOOD);
    assert_int_equal(opened.type, RECORD_ALERT);
    assert_int_equal(opened.len, 2);
    assert_memory_equal(out, close_notify, 2);
    free(d);
}

/* --- records that are not good --- */

struct pair {
    struct record_keys client, server;
};

static struct pair pair_of(enum record_suite suite)
{
    struct record_secrets s = known_secrets(suite);
    struct pair p;

    s.next_write = UINT64_C(1) << 48;
    record_keys_make(crypto, &s, &p.client);
    s.is_server = true;
    record_keys_make(crypto, &s, &p.server);
    return p;
}

static void keeps_a_window_of_64(void **state)
{
    enum { MANY = 200 };
    static uint8_t record[MANY][64];
    struct pair p = pair_of(RECORD_CCM_8);
    size_t len = 0;

    UNUSED(state);
    for (size_t i = 0; i < MANY; i++)
        len = record_seal(crypto, &p.server, RECORD_DATA, (const uint8_t *)"x", 1, record[i]);
    assert_int_equal(open_it(&p.client, record[0], len, "x"), RECORD_GOOD);
    assert_int_equal(open_it(&p.client, record[0], len, NULL), RECORD_REPLAYED);
    assert_int_equal(open_it(&p.client, record[64], len, "x"), RECORD_GOOD);
    assert_int_equal(open_it(&p.client, record[0], len, NULL), RECORD_REPLAYED); /* too old */
    assert_int_equal(open_it(&p.client, record[1], len, "x"), RECORD_GOOD);      /* just in it */
    assert_int_equal(open_it(&p.client, record[1], len, NULL), RECORD_REPLAYED);
    assert_int_equal(open_it(&p.client, record[63], len, "x"), RECORD_GOOD);
    assert_int_equal(open_it(&p.client, record[64], len, NULL), RECORD_REPLAYED);
    assert_int_equal(open_it(&p.client, record[65], len, "x"), RECORD_GOOD);
    assert_int_equal(open_it(&p.client, record[63], len, NULL), RECORD_REPLAYED);
    assert_int_equal(open_it(&p.client, record[199], len, "x"), RECORD_GOOD); /* beyond all */
    assert_int_equal(p.client.window, 1);
    assert_int_equal(open_it(&p.client, record[135], len, NULL), RECORD_REPLAYED);
    for (size_t i = 136; i < 199; i++)
        assert_int_equal(open_it(&p.client, record[i], len, "x"), RECORD_GOOD);
    assert_true(p.client.window == UINT64_MAX);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(open_it(&p.client, record[i], len, NULL), RECORD_REPLAYED);
}

static void refuses_each_flipped_bit_and_keeps_its_window(void **state)
{
    UNUSED(state);
    for (int suite = RECORD_CCM_8; suite <= RECORD_GCM; suite++) {
        struct pair p = pair_of((enum record_suite)suite);
        struct record_keys before = p.client;
        uint8_t record[64];
        size_t len =
            record_seal(crypto, &p.server, RECORD_DATA, (const uint8_t *)"hello", 5, record);

        for (size_t bit = 0; bit < len * 8; bit++) {
            enum record_got got;

            record[bit / 8] ^= (uint8_t)(1 << bit % 8);
            got = open_it(&p.client, record, len, NULL);
            record[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (bit / 8 == 3 || bit / 8 == 4)
                assert_int_equal(got, RECORD_OTHER_EPOCH);
            else if (bit / 8 == 11 || bit / 8 == 12) /* the length */
                assert_true(got == RECORD_CUT || got == RECORD_FORGED);
            else
                assert_int_equal(got, RECORD_FORGED);
            assert_memory_equal(&p.client, &before, sizeof before);
            assert_int_equal(ERR_peek_error(), 0); /* or the next handshake would stumble on it */
        }
        assert_int_equal(open_it(&p.client, record, len, "hello"), RECORD_GOOD);
    }
}

static void refuses_what_is_cut(void **state)
{
    UNUSED(state);
    for (int suite = RECORD_CCM_8; suite <= RECORD_GCM; suite++) {
        struct pair p = pair_of((enum record_suite)suite);
        uint8_t record[64];
        size_t len =
            record_seal(crypto, &p.server, RECORD_DATA, (const uint8_t *)"hello", 5, record);

        for (size_t part = 0; part < len; part++)
            assert_int_equal(open_it(&p.client, record, part, NULL), RECORD_CUT);
        for (size_t body = 0; body < len - RECORD_HEAD; body++) { /* its length says so too */
            record[12] = (uint8_t)body;
            assert_int_equal(open_it(&p.client, record, RECORD_HEAD + body, NULL), RECORD_FORGED);
        }
    }
}

static void opens_the_records_of_a_datagram_one_by_one(void **state)
{
    static const uint8_t change_cipher_spec[] = {20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 1};
    struct pair p = pair_of(RECORD_GCM);
    uint8_t datagram[256];
    uint8_t out[RECORD_MAX_PLAIN];
    struct record_opened opened;
    size_t len = sizeof change_cipher_spec;
    size_t at;

    UNUSED(state);
    memcpy(datagram, change_cipher_spec, len);
    len +=
        record_seal(crypto, &p.server, RECORD_HANDSHAKE, (const uint8_t *)"fin", 3, datagram + len);
    len += record_seal(crypto, &p.server, RECORD_DATA, (const uint8_t *)"data", 4, datagram + len);
    assert_int_equal(record_open(crypto, &p.client, datagram, len, out, &opened),
                     RECORD_OTHER_EPOCH);
    at = opened.used;
    assert_int_equal(at, sizeof change_cipher_spec);
    assert_int_equal(record_open(crypto, &p.client, datagram + at, len - at, out, &opened),
                     RECORD_GOOD);
    assert_int_equal(opened.type, RECORD_HANDSHAKE);
    at += opened.used;
    assert_int_equal(record_open(crypto, &p.client, datagram + at, len - at, out, &opened),
                     RECORD_GOOD);
    assert_int_equal(opened.type, RECORD_DATA);
    assert_int_equal(at + opened.used, len);
    assert_int_equal(open_it(&p.client, datagram + len, 0, NULL), RECORD_CUT);
}

static void carries_the_largest_record(void **state)
{
    static uint8_t plain[RECORD_MAX_PLAIN];
    static uint8_t record[BIG];
    static uint8_t out[RECORD_MAX_PLAIN];

    UNUSED(state);
    for (int suite = RECORD_CCM_8; suite <= RECORD_GCM; suite++) {
        struct pair p = pair_of((enum record_suite)suite);
        struct record_opened opened;
        size_t len;

        memset(plain, suite, sizeof plain);
        len = record_seal(crypto, &p.client, RECORD_DATA, plain, sizeof plain, record);
        assert_int_equal(record_open(crypto, &p.server, record, len, out, &opened), RECORD_GOOD);
        assert_int_equal(opened.len, sizeof plain);
        assert_memory_equal(out, plain, sizeof plain);
    }
}

static int set_up(void **state)
{
    *state = world_new();
    crypto = record_crypto_new();
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    record_crypto_free(&crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_known_keys),
        cmocka_unit_test(seals_and_opens_known_records),
        cmocka_unit_test(goes_on_behind_a_handshake_of_openssl),
        cmocka_unit_test(seals_byte_by_byte_what_openssl_seals),
        cmocka_unit_test(never_uses_the_number_of_a_repeated_finished),
        cmocka_unit_test(knows_the_last_record_that_openssl_accepted),
        cmocka_unit_test(closes_as_openssl_understands_it),
        cmocka_unit_test(keeps_a_window_of_64),
        cmocka_unit_test(refuses_each_flipped_bit_and_keeps_its_window),
        cmocka_unit_test(refuses_what_is_cut),
        cmocka_unit_test(opens_the_records_of_a_datagram_one_by_one),
        cmocka_unit_test(carries_the_largest_record),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
