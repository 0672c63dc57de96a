#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/dtls_testclient.h"

static const struct world_client psk_client = {
    .suites = "PSK-AES128-CCM8", .psk_identity = "device1@app", .psk_len = 16, .psk_byte = 'k'};

/* What a test keeps of the datagrams under way. */
static uint8_t kept[2048];
static size_t kept_len;

static enum link_fate lose_and_keep(struct link *l, const struct link_datagram *d)
{
    UNUSED(l);
    if (!d->to_server)
        return LINK_PASS;
    memcpy(kept + kept_len, d->bytes, d->len);
    kept_len += d->len;
    return LINK_LOSE;
}

/* Keeps the second ClientHello: the one with the cookie. */
static enum link_fate keep_third(struct link *l, const struct link_datagram *d)
{
    if (l->count == 2) {
        memcpy(kept, d->bytes, d->len);
        kept_len = d->len;
    }
    return LINK_PASS;
}

static enum link_fate lose_to_client(struct link *l, const struct link_datagram *d)
{
    UNUSED(l);
    return d->to_server ? LINK_PASS : LINK_LOSE;
}

static enum link_fate lose_fourth(struct link *l, const struct link_datagram *d)
{
    UNUSED(d);
    return l->count == 3 ? LINK_LOSE : LINK_PASS;
}

/* A client's last flight in one datagram is lost; each message alone, as it repeats them, is not.
 */
static enum link_fate lose_packed(struct link *l, const struct link_datagram *d)
{
    enum { CLIENT_KEY_EXCHANGE = 16, MESSAGE_ALONE = 60 };

    UNUSED(l);
    return d->to_server && d->bytes[13] == CLIENT_KEY_EXCHANGE && d->len > MESSAGE_ALONE
               ? LINK_LOSE
               : LINK_PASS;
}

static void inject(struct world *w, const struct link_client *c, const uint8_t *bytes, size_t len)
{
    dtls_server_receive(w->link.server, &c->path, bytes, len, link_now_us, link_now_us);
    link_run(&w->link);
}

static struct link_client *start_client(struct world *w, size_t number)
{
    struct link_client *c = world_client(w, number, &psk_client);

    link_client_run(c, NULL, 0);
    return c;
}

static struct link_client *connect_client(struct world *w, size_t number)
{
    struct link_client *c = start_client(w, number);

    link_run(&w->link);
    assert_true(c->connected);
    return c;
}

static void assert_heard(struct world *w, struct link_client *c, const char *text)
{
    size_t before = w->received;

    world_say(c, text);
    link_run(&w->link);
    assert_int_equal(w->received, before + 1);
    assert_string_equal(w->got, text);
}

/* The encrypted records of these texts, in one datagram in `kept`; the server has not seen them. */
static void keep_records(struct world *w, struct link_client *c, const char *one, const char *two)
{
    kept_len = 0;
    w->link.fate = lose_and_keep;
    world_say(c, one);
    if (two != NULL)
        world_say(c, two);
    link_run(&w->link);
    w->link.fate = NULL;
}

static void discards_a_replayed_record(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    keep_records(w, c, "once", NULL);
    inject(w, c, kept, kept_len);
    inject(w, c, kept, kept_len);
    assert_int_equal(w->received, 1);
    assert_heard(w, c, "still here");
    world_free(w);
}

static void discards_a_corrupted_record_whichever_byte_it_is(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    keep_records(w, c, "precious", NULL);
    for (size_t i = 0; i < kept_len; i++) {
        kept[i] ^= 0x55;
        inject(w, c, kept, kept_len);
        kept[i] ^= 0x55;
        inject(w, c, kept, i); /* cut */
    }
    assert_int_equal(w->received, 0);
    assert_int_equal(w->closed, 0);
    inject(w, c, kept, kept_len);
    assert_string_equal(w->got, "precious");
    world_free(w);
}

static void reads_every_record_of_a_datagram(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    keep_records(w, c, "first", "second");
    inject(w, c, kept, kept_len);
    assert_int_equal(w->received, 2);
    assert_string_equal(w->got, "second");
    world_free(w);
}

/* What anybody can put before a record: an unknown content type, another version whose body looks
 * like a record, records that are too short. */
static void reads_on_behind_records_that_are_none(void **state)
{
    static const struct {
        size_t len;
        uint8_t bytes[32];
    } rows[] = {
        {27, {22, 0xfe, 0x00, [13] = 0, 0xfe, 0xfd, 0, 1, [23] = 200, [25] = 1}       },
        {14, {0, 0xfe, 0xfd, 0, 1, [10] = 201, [12] = 1}                              },
        {27,
         {23, 0xfe, 0xff, 0, 1, [10] = 202, [12] = 14, [13] = 23, 0xfe, 0xfd, 0,
          1, [23] = 203, [25] = 1}                                                    },
        {16, {23, 0xfe, 0xfd, 0, 1, [10] = 204, [12] = 3}                             },
        {30, {23, 0x03, 0x03, 0, 1, [13] = 23, 0xfe, 0xfd, 0, 1, [23] = 205, [25] = 4}},
    };
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);
    uint8_t bytes[256];

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        inject(w, c, rows[i].bytes, rows[i].len);
        assert_int_equal(w->closed, 0);
        keep_records(w, c, "behind", NULL);
        memcpy(bytes, rows[i].bytes, rows[i].len);
        memcpy(bytes + rows[i].len, kept, kept_len);
        inject(w, c, bytes, rows[i].len + kept_len);
        if (bytes[1] == 0xfe && bytes[0] != 0) /* else the whole datagram is no DTLS */
            assert_string_equal(w->got, "behind");
        assert_heard(w, c, "unharmed");
    }
    world_free(w);
}

/* Another client behind the same address and port: what the server sends goes to it. */
static struct link_client *start_twin(struct world *w, size_t number, const struct link_client *of)
{
    struct link_client *c = world_client(w, number, &psk_client);

    c->path = of->path;
    link_client_run(c, NULL, 0);
    return c;
}

static void keeps_the_old_association_until_the_new_one_is_finished(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *old = connect_client(w, 0);
    struct link_client *twin;
    uint64_t old_id;

    UNUSED(state);
    assert_heard(w, old, "before");
    old_id = dtls_session_id(w->session);
    start_twin(w, 1, old);
    w->link.fate = lose_to_client; /* no cookie comes to it */
    link_run(&w->link);
    assert_heard(w, old, "after a ClientHello");
    w->link.fate = lose_fourth; /* the cookie does, and the ServerHello does not */
    w->link.count = 0;
    twin = start_twin(w, 1, old);
    link_run(&w->link);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 1);
    w->link.fate = lose_packed;
    assert_heard(w, old, "after the cookie");
    assert_true(dtls_session_id(w->session) == old_id);
    assert_int_equal(w->closed, 0);
    link_pass(&w->link, 5 * US_PER_S, twin, 1);
    assert_true(twin->connected);
    assert_int_equal(w->closed, 1);
    assert_int_equal(world_metric(w, METRIC_SESSIONS), 1);
    assert_heard(w, twin, "new");
    assert_false(dtls_session_id(w->session) == old_id);
    world_free(w);
}

static void lets_a_client_begin_again_in_the_middle_of_a_handshake(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c;

    UNUSED(state);
    w->link.fate = lose_fourth;
    start_client(w, 0);
    link_run(&w->link);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 1);
    w->link.fate = NULL;
    c = connect_client(w, 0);
    assert_heard(w, c, "x");
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 0);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_FAILED), 1);
    world_free(w);
}

static void ignores_a_late_copy_of_the_hello_that_made_the_session(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c;
    size_t sent;

    UNUSED(state);
    w->link.fate = keep_third;
    c = connect_client(w, 0);
    w->link.fate = NULL;
    sent = w->link.to_client_bytes;
    inject(w, c, kept, kept_len);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 0);
    assert_int_equal(w->link.to_client_bytes, sent);
    assert_heard(w, c, "x");
    link_pass(&w->link, 61 * US_PER_S, NULL, 0);
    inject(w, c, kept, kept_len);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 1);
    assert_heard(w, c, "y");
    world_free(w);
}

static enum link_fate lose_sixth(struct link *l, const struct link_datagram *d)
{
    UNUSED(d);
    return l->count == 5 ? LINK_LOSE : LINK_PASS;
}

static void repeats_its_finished_for_a_client_that_packs_its_last_flight(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c;

    UNUSED(state);
    w->link.fate = lose_sixth;
    c = start_client(w, 0);
    link_run(&w->link);
    assert_false(c->connected);
    assert_int_equal(world_metric(w, METRIC_SESSIONS), 1);
    kept_len = 0;
    w->link.fate = lose_and_keep;
    link_pass(&w->link, 1200 * US_PER_MS, c, 1);
    w->link.fate = NULL;
    assert_int_equal(kept[0], 22); /* ClientKeyExchange of epoch 0 comes before the Finished */
    assert_int_equal(kept[4], 0);
    inject(w, c, kept, kept_len);
    assert_true(c->connected);
    assert_heard(w, c, "x");
    world_free(w);
}

static void reads_on_behind_a_change_cipher_spec_that_came_early(void **state)
{
    enum { MESSAGE_LEN = 38, CCS_LEN = 14, SEQUENCE_AT = 10 };
    struct world *w = world_new(false, 0);
    struct link_client *c = start_client(w, 0);
    uint8_t bytes[256];

    UNUSED(state);
    w->link.fate = lose_packed;
    link_run(&w->link);
    kept_len = 0;
    w->link.fate = lose_and_keep;
    link_pass(&w->link, 1200 * US_PER_MS, c, 1);
    w->link.fate = NULL;
    assert_int_equal(kept[MESSAGE_LEN], 20);
    memcpy(bytes, kept + MESSAGE_LEN, CCS_LEN);
    bytes[SEQUENCE_AT] += 20; /* no copy, and the window is 64 */
    memcpy(bytes + CCS_LEN, kept, kept_len);
    inject(w, c, bytes, CCS_LEN + kept_len);
    assert_true(c->connected);
    assert_heard(w, c, "x");
    world_free(w);
}

static enum link_fate keep_second_hello(struct link *l, const struct link_datagram *d)
{
    return l->count >= 3 ? lose_and_keep(l, d) : LINK_PASS;
}

static void reads_the_fragments_of_a_hello_that_share_a_datagram(void **state)
{
    struct world *w = world_new(false, 0);
    struct world_client kind = {.suites = "ALL:@SECLEVEL=0", .mtu = 256};
    struct link_client *c = world_client(w, 0, &kind);

    UNUSED(state);
    kept_len = 0;
    w->link.fate = keep_second_hello;
    link_client_run(c, NULL, 0);
    link_run(&w->link);
    w->link.fate = NULL;
    assert_true(kept_len > 256);
    inject(w, c, kept, kept_len);
    assert_true(c->connected);
    assert_heard(w, c, "x");
    world_free(w);
}

static void ends_a_silent_session_with_close_notify(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    link_pass(&w->link, 200 * US_PER_S, NULL, 0);
    assert_heard(w, c, "refreshes");
    link_pass(&w->link, 299 * US_PER_S, NULL, 0);
    assert_int_equal(w->closed, 0);
    link_pass(&w->link, 2 * US_PER_S, NULL, 0);
    assert_int_equal(w->closed, 1);
    assert_int_equal(SSL_get_shutdown(c->ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    assert_int_equal(dtls_server_deadline_us(w->link.server), INT64_MAX);
    world_free(w);
}

static void is_not_kept_alive_by_a_forged_record(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    keep_records(w, c, "x", NULL);
    kept[kept_len - 1] ^= 1;
    link_pass(&w->link, 200 * US_PER_S, NULL, 0);
    inject(w, c, kept, kept_len);
    link_pass(&w->link, 101 * US_PER_S, NULL, 0);
    assert_int_equal(w->closed, 1);
    world_free(w);
}

static void does_not_end_a_session_that_is_held(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    assert_heard(w, c, "x");
    link_pass(&w->link, 20 * US_PER_S, NULL, 0); /* the idle timer runs already */
    dtls_session_hold(w->session);
    dtls_session_hold(w->session);
    link_pass(&w->link, 600 * US_PER_S, NULL, 0);
    dtls_session_release(w->session, link_now_us);
    link_pass(&w->link, 301 * US_PER_S, NULL, 0);
    assert_int_equal(w->closed, 0);
    assert_true(dtls_session_send(w->session, (const uint8_t *)"late", 4, link_now_us));
    link_run(&w->link);
    assert_memory_equal(c->got, "late", 4);
    dtls_session_release(w->session, link_now_us);
    link_pass(&w->link, 299 * US_PER_S, NULL, 0);
    assert_int_equal(w->closed, 0);
    link_pass(&w->link, 2 * US_PER_S, NULL, 0);
    assert_int_equal(w->closed, 1);
    world_free(w);
}

static void works_on_after_its_buffers_were_freed(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    assert_heard(w, c, "x");
    for (int i = 0; i < 3; i++) {
        link_pass(&w->link, 20 * US_PER_S, NULL, 0);
        assert_true(dtls_session_send(w->session, (const uint8_t *)"push", 4, link_now_us));
        link_run(&w->link);
        assert_int_equal(c->got_len, 4);
        link_pass(&w->link, 20 * US_PER_S, NULL, 0);
        assert_heard(w, c, "pull");
    }
    world_free(w);
}

static void ends_when_the_client_closes(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    dtls_bio_aim(&c->bio, &c->path);
    SSL_shutdown(c->ssl);
    link_run(&w->link);
    assert_int_equal(w->closed, 1);
    assert_int_equal(world_metric(w, METRIC_SESSIONS), 0);
    assert_int_equal(SSL_get_shutdown(c->ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    assert_heard(w, connect_client(w, 0), "again");
    world_free(w);
}

static void may_be_closed_by_the_message_that_it_brings(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    w->reaction = WORLD_CLOSE;
    keep_records(w, c, "close", "too late");
    inject(w, c, kept, kept_len);
    assert_int_equal(w->received, 1);
    assert_int_equal(w->closed, 1);
    world_free(w);
}

static void may_be_closed_by_the_message_of_another(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    assert_heard(w, c, "x");
    w->other = w->session;
    c = connect_client(w, 1);
    w->reaction = WORLD_CLOSE_OTHER;
    world_say(c, "close the other");
    link_run(&w->link);
    assert_int_equal(w->closed, 1);
    w->reaction = WORLD_ECHO;
    assert_heard(w, c, "alive");
    assert_int_equal(SSL_get_shutdown(w->client[0].ssl) & SSL_RECEIVED_SHUTDOWN,
                     SSL_RECEIVED_SHUTDOWN);
    world_free(w);
}

static void sends_what_fits_one_record_and_nothing_else(void **state)
{
    static uint8_t big[16385];
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    assert_heard(w, c, "x");
    assert_false(dtls_session_send(w->session, big, 0, link_now_us));
    assert_false(dtls_session_send(w->session, big, 16385, link_now_us));
    w->link.longest = 0;
    assert_true(dtls_session_send(w->session, big, 16384, link_now_us));
    assert_int_equal(w->link.longest, 13 + 8 + 16384 + 8); /* header, nonce, text, CCM_8 tag */
    world_free(w);
}

static void says_good_bye_to_all_at_the_end(void **state)
{
    struct world *w = world_new(false, 0);

    UNUSED(state);
    connect_client(w, 0);
    connect_client(w, 1);
    start_client(w, 2);
    dtls_server_free(&w->link.server);
    assert_null(w->link.server);
    assert_int_equal(w->closed, 2);
    world_free(w);
}

static void refuses_renegotiation(void **state)
{
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);

    UNUSED(state);
    dtls_bio_aim(&c->bio, &c->path);
    SSL_renegotiate(c->ssl);
    SSL_do_handshake(c->ssl);
    link_run(&w->link);
    link_pass(&w->link, 10 * US_PER_S, w->client, 1);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OK), 1);
    assert_int_equal(world_metric(w, METRIC_HANDSHAKES_OPEN), 0);
    assert_heard(w, connect_client(w, 1), "x");
    world_free(w);
}

static void survives_garbage_of_every_length(void **state)
{
    static uint8_t bytes[65507];
    static const size_t lengths[] = {4096, 16384, 16397, 20000, 65507};
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);
    struct link_client *pending;

    UNUSED(state);
    w->link.fate = lose_fourth;
    w->link.count = 0;
    pending = start_client(w, 1);
    link_run(&w->link);
    w->link.fate = NULL;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 2654435761U >> 24);
    for (size_t len = 0; len < 600 + COUNT(lengths); len++) {
        size_t used = len < 600 ? len : lengths[len - 600];
        struct link_client stranger = {.path = c->path};

        stranger.path.peer.in.sin_port = 1;
        for (uint8_t type = 19; type <= 24; type++) {
            for (uint8_t epoch = 0; epoch < 3; epoch++) {
                const uint8_t header[] = {type,
                                          0xfe,
                                          0xfd,
                                          0,
                                          epoch,
                                          0,
                                          0,
                                          0,
                                          0,
                                          1,
                                          (uint8_t)len,
                                          (uint8_t)((used - 13) >> 8),
                                          (uint8_t)(used - 13),
                                          1};

                memcpy(bytes, header, sizeof header);
                inject(w, c, bytes, used);
                inject(w, &stranger, bytes, used);
                if (type != 21 || epoch > 0) /* a plain alert may end a handshake */
                    inject(w, pending, bytes, used);
            }
        }
    }
    assert_int_equal(w->received, 0);
    assert_int_equal(w->closed, 0);
    assert_true(world_metric(w, METRIC_DTLS_DROPPED) > 600 * 6);
    assert_heard(w, c, "unharmed");
    assert_heard(w, connect_client(w, 2), "new");
    world_free(w);
}

static void answers_nothing_to_a_stranger_without_a_hello(void **state)
{
    static const uint8_t coap[] = {0x40, 0x02, 0x12, 0x34, 0xb2, 'v', '1', 0x03, 'f', 'o', 'o'};
    struct world *w = world_new(false, 0);
    struct link_client *c = connect_client(w, 0);
    struct link_client stranger = {.path = c->path};
    size_t sent;

    UNUSED(state);
    stranger.path.peer.in.sin_port = 1;
    sent = w->link.to_client_bytes;
    inject(w, &stranger, coap, sizeof coap);
    inject(w, c, coap, sizeof coap);
    keep_records(w, c, "x", NULL);
    inject(w, &stranger, kept, kept_len);
    assert_int_equal(w->link.to_client_bytes, sent);
    assert_int_equal(world_metric(w, METRIC_DTLS_DROPPED), 3);
    assert_int_equal(w->received, 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discards_a_replayed_record),
        cmocka_unit_test(discards_a_corrupted_record_whichever_byte_it_is),
        cmocka_unit_test(reads_every_record_of_a_datagram),
        cmocka_unit_test(reads_on_behind_records_that_are_none),
        cmocka_unit_test(keeps_the_old_association_until_the_new_one_is_finished),
        cmocka_unit_test(lets_a_client_begin_again_in_the_middle_of_a_handshake),
        cmocka_unit_test(ignores_a_late_copy_of_the_hello_that_made_the_session),
        cmocka_unit_test(repeats_its_finished_for_a_client_that_packs_its_last_flight),
        cmocka_unit_test(reads_on_behind_a_change_cipher_spec_that_came_early),
        cmocka_unit_test(reads_the_fragments_of_a_hello_that_share_a_datagram),
        cmocka_unit_test(ends_a_silent_session_with_close_notify),
        cmocka_unit_test(is_not_kept_alive_by_a_forged_record),
        cmocka_unit_test(does_not_end_a_session_that_is_held),
        cmocka_unit_test(works_on_after_its_buffers_were_freed),
        cmocka_unit_test(ends_when_the_client_closes),
        cmocka_unit_test(may_be_closed_by_the_message_that_it_brings),
        cmocka_unit_test(may_be_closed_by_the_message_of_another),
        cmocka_unit_test(sends_what_fits_one_record_and_nothing_else),
        cmocka_unit_test(says_good_bye_to_all_at_the_end),
        cmocka_unit_test(refuses_renegotiation),
        cmocka_unit_test(survives_garbage_of_every_length),
        cmocka_unit_test(answers_nothing_to_a_stranger_without_a_hello),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
