/* The message layer in virtual time; message bytes are typed in from RFC 7252 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "reference/exchange.h"

enum { MAX_SENT = 64 };

static const int64_t second_us = 1000000;

struct sent {
    uint8_t bytes[256];
    size_t len;
    struct udp_path path;
    struct exchange_session *session;
};

/* One layer, what it sent, and what its upper side does with requests. */
struct world {
    struct timer_wheel wheel;
    struct metrics metrics;
    struct exchange_layer *layer;
    int64_t now_us;
    struct sent sent[MAX_SENT];
    size_t sent_count;
    size_t requests;
    uint32_t last_exchange;
    bool answer_at_once;
    enum outcome outcome;
    struct str reason;
    size_t cancelled;
    int busy;
};

static void on_send(void *arg, const struct exchange_peer *to, const uint8_t *bytes, size_t len)
{
    struct world *w = arg;

    assert_in_range(w->sent_count, 0, MAX_SENT - 1);
    struct sent *s = &w->sent[w->sent_count++];

    s->len = len;
    memcpy(s->bytes, bytes, len < sizeof s->bytes ? len : sizeof s->bytes);
    s->path = *to->path;
    s->session = to->session;
}

static void answer(struct world *w, enum outcome outcome)
{
    struct answer a = {.outcome = outcome, .reason = w->reason};

    if (outcome == OUTCOME_COMMAND) {
        a.command = STR("SET");
        a.payload = STR("on");
    }
    exchange_answer(w->layer, w->last_exchange, &a, w->now_us);
}

static void on_request(void *arg, uint32_t exchange, const struct pdu *request)
{
    struct world *w = arg;

    UNUSED(request);
    w->requests++;
    w->last_exchange = exchange;
    if (w->answer_at_once)
        answer(w, w->outcome);
}

static void on_cancelled(void *arg, uint32_t exchange)
{
    struct world *w = arg;

    UNUSED(exchange);
    w->cancelled++;
}

static void on_busy(void *arg, struct exchange_session *session, bool busy)
{
    struct world *w = arg;

    UNUSED(session);
    w->busy += busy ? 1 : -1;
}

static const struct exchange_hooks hooks = {on_send, on_request, on_cancelled, on_busy};

static const struct exchange_options defaults = {
    .ack_timeout_us = 2000000,
    .ack_random_factor = 1.5,
    .max_retransmit = 4,
    .exchange_lifetime_us = 247000000,
    .non_lifetime_us = 145000000,
    .empty_ack_delay_us = 1500000,
    .retry_after_s = 5,
    .max_exchanges = 16,
    .dedup_entries = 64,
    .dedup_bytes = 1000,
};

static struct udp_path peer_path(uint16_t port)
{
    struct udp_path path = {.socket = 0};

    path.peer.in = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    path.peer.len = sizeof path.peer.in;
    return path;
}

static struct world *world_new(const struct exchange_options *options)
{
    struct world *w = xcalloc(1, sizeof *w);

    w->now_us = 1000 * second_us;
    w->outcome = OUTCOME_CHANGED;
    timer_wheel_init(&w->wheel, w->now_us);
    w->layer = exchange_layer_new(options, &w->wheel, &w->metrics, &hooks, w);
    return w;
}

static void world_free(struct world *w)
{
    exchange_layer_free(&w->layer);
    free(w);
}

static void receive_from(struct world *w, uint16_t port, const char *bytes, size_t len)
{
    struct udp_path path = peer_path(port);
    struct exchange_peer from = {&path, NULL};

    exchange_receive(w->layer, &from, (const uint8_t *)bytes, len, w->now_us);
}

/* A literal as bytes from the usual peer. */
#define RECEIVE(w, literal) receive_from((w), 40000, (literal), sizeof(literal) - 1)

static void advance(struct world *w, int64_t us)
{
    w->now_us += us;
    timer_wheel_advance(&w->wheel, w->now_us);
}

#define ASSERT_SENT(w, n, literal)                                                                 \
    do {                                                                                           \
        assert_in_range((n), 0, (w)->sent_count - 1);                                              \
        assert_int_equal((w)->sent[n].len, sizeof(literal) - 1);                                   \
        assert_memory_equal((w)->sent[n].bytes, (literal), sizeof(literal) - 1);                   \
    } while (0)

#define CON_POST "\x42\x02\x12\x34tk"
#define NON_POST "\x52\x02\x12\x34tk"
#define ACK_CHANGED "\x62\x44\x12\x34tk"
#define EMPTY_ACK "\x60\x00\x12\x34"
#define RST "\x70\x00\x12\x34"

/* --- what is no request --------------------------------------------------------------------------
 */

static const struct {
    const char *title;
    const char *bytes;
    size_t len;
    bool reset; /* RST with the same message ID; else silence */
} no_requests[] = {
    {"ping (MSG-04)",                    "\x40\x00\x12\x34",     4, true },
    {"empty NON",                        "\x50\x00\x12\x34",     4, false},
    {"short (MSG-05)",                   "\x40\x02\x12",         3, false},
    {"version 2",                        "\x80\x02\x12\x34",     4, false},
    {"empty CON with a token",           "\x41\x00\x12\x34t",    5, true },
    {"CON with token length 15",         "\x4f\x02\x12\x34",     4, true },
    {"NON with token length 15",         "\x5f\x02\x12\x34",     4, false},
    {"CON with a marker and no payload", "\x40\x02\x12\x34\xff", 5, true },
    {"CON with option length 15",        "\x40\x02\x12\x34\x0f", 5, true },
    {"ACK with a bad option",            "\x60\x02\x12\x34\x0f", 5, false},
    {"request in an ACK (MSG-06)",       "\x60\x02\x12\x34",     4, false},
    {"request in a RST",                 "\x70\x02\x12\x34",     4, false},
    {"2.05 in a CON",                    "\x40\x45\x12\x34",     4, true },
    {"2.05 in a NON",                    "\x50\x45\x12\x34",     4, false},
    {"2.05 in an ACK",                   "\x60\x45\x12\x34",     4, false},
    {"class 1 in a CON",                 "\x40\x21\x12\x34",     4, true },
    {"class 6 in a CON",                 "\x40\xc1\x12\x34",     4, true },
    {"class 7 in a CON",                 "\x40\xe1\x12\x34",     4, true },
    {"class 7 in a NON",                 "\x50\xe1\x12\x34",     4, false},
    {"stray ACK",                        "\x60\x00\x12\x34",     4, false},
    {"stray RST",                        "\x70\x00\x12\x34",     4, false},
};

static void resets_or_ignores_what_is_no_request(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(no_requests); i++) {
        struct world *w = world_new(&defaults);

        receive_from(w, 40000, no_requests[i].bytes, no_requests[i].len);
        if (w->sent_count != (no_requests[i].reset ? 1 : 0) || w->requests != 0)
            fail_msg("%s: sent %zu, requests %zu", no_requests[i].title, w->sent_count,
                     w->requests);
        if (no_requests[i].reset)
            ASSERT_SENT(w, 0, RST);
        world_free(w);
    }
}

/* --- CON
 * ------------------------------------------------------------------------------------------ */

static void answers_a_con_in_its_ack(void **state)
{
    struct world *w = world_new(&defaults);

    UNUSED(state);
    w->answer_at_once = true;
    RECEIVE(w, CON_POST);
    assert_int_equal(w->sent_count, 1);
    ASSERT_SENT(w, 0, ACK_CHANGED);
    assert_int_equal(exchange_count(w->layer), 0);
    world_free(w);
}

static void says_why_and_when_to_come_back(void **state)
{
    struct world *w = world_new(&defaults);

    UNUSED(state);
    w->answer_at_once = true;
    w->outcome = OUTCOME_SINK_DOWN;
    RECEIVE(w, CON_POST);
    ASSERT_SENT(w, 0,
                "\x62\xa3\x12\x34tk\xd1\x01\x05\xff" /* Max-Age 5 */
                "Event sink not available, try again later");
    world_free(w);
}

static void a_copy_of_a_con_gets_the_same_answer(void **state)
{
    static const enum outcome outcomes[] = {OUTCOME_CHANGED, OUTCOME_COMMAND, OUTCOME_NOT_JSON,
                                            OUTCOME_SINK_DOWN};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        struct world *w = world_new(&defaults);

        w->answer_at_once = true;
        w->outcome = outcomes[i];
        RECEIVE(w, CON_POST);
        advance(w, 246 * second_us);
        RECEIVE(w, CON_POST);
        assert_int_equal(w->requests, 1);
        assert_int_equal(w->sent_count, 2);
        assert_int_equal(w->sent[0].len, w->sent[1].len);
        assert_memory_equal(w->sent[0].bytes, w->sent[1].bytes, w->sent[0].len);
        world_free(w);
    }
}

static void a_reason_takes_the_place_of_the_text(void **state)
{
    struct world *w = world_new(&defaults);

    UNUSED(state);
    w->answer_at_once = true;
    w->outcome = OUTCOME_RULE_REJECTED;
    w->reason = STR("too hot");
    RECEIVE(w, CON_POST);
    ASSERT_SENT(w, 0, "\x62\x86\x12\x34tk\xfftoo hot");
    w->reason = STR("gone meanwhile");
    advance(w, 246 * second_us);
    RECEIVE(w, CON_POST); /* a copy is told what the first was told */
    assert_int_equal(w->requests, 1);
    ASSERT_SENT(w, 1, "\x62\x86\x12\x34tk\xfftoo hot");
    w->reason = STR("");
    RECEIVE(w, "\x42\x02\x12\x35tk");
    ASSERT_SENT(w, 2, "\x62\x86\x12\x35tk\xffRejected by a publish rule of the application");
    world_free(w);
}

static void a_message_id_is_new_after_its_lifetime(void **state)
{
    struct world *w = world_new(&defaults);

    UNUSED(state);
    w->answer_at_once = true;
    RECEIVE(w, CON_POST);
    advance(w, 248 * second_us);
    RECEIVE(w, CON_POST);
    assert_int_equal(w->requests, 2);
    RECEIVE(w, NON_POST); /* the CON's ID is taken still */
    assert_int_equal(w->requests, 2);
    advance(w, 248 * second_us);
    RECEIVE(w, NON_POST);
    advance(w, 144 * second_us);
    RECEIVE(w, NON_POST);
    assert_int_equal(w->requests, 3);
    advance(w, 2 * second_us);
    RECEIVE(w, NON_POST);
    assert_int_equal(w->requests, 4);
    world_free(w);
}

static void the_same_id_from_another_peer_is_another_message(void **state)
{
    struct world *w = world_new(&defaults);
    struct udp_path path = peer_path(40000);
    struct exchange_session session = {.id = 7};
    struct exchange_peer secure = {&path, &session};

    UNUSED(state);
    w->answer_at_once = true;
    RECEIVE(w, CON_POST);
    receive_from(w, 40001, CON_POST, sizeof CON_POST - 1);
    assert_int_equal(w->requests, 2);
    exchange_receive(w->layer, &secure, (const uint8_t *)CON_POST, sizeof CON_POST - 1, w->now_us);
    assert_int_equal(w->requests, 3);
    session.id = 8;
    exchange_receive(w->layer, &secure, (const uint8_t *)CON_POST, sizeof CON_POST - 1, w->now_us);
    assert_int_equal(w->requests, 4);
    path.peer.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    exchange_receive(w->layer, &(struct exchange_peer){&path, NULL}, (const uint8_t *)CON_POST,
                     sizeof CON_POST - 1, w->now_us);
    assert_int_equal(w->requests, 5);
    world_free(w);
}

static void copies_before_the_answer_are_each_acknowledged(void **state)
{
    struct world *w = world_new(&defaults);

    UNUSED(state);
    RECEIVE(w, CON_POST);
    RECEIVE(w, CON_POST);
    RECEIVE(w, CON_POST);
    assert_int_equal(w->sent_count, 0);
    answer(w, OUTCOME_CHANGED);
    assert_int_equal(w->requests, 1);
    assert_int_equal(w->sent_count, 3);
    ASSERT_SENT(w, 2, ACK_CHANGED);
    world_free(w);
}

/* --- separate responses
 * --------------------------------------------------------------------------- */

static void a_slow_answer_is_announced_by_an_empty_ack(void **state)
{
    struct world *w = world_new(&defaults);

    UNUSED(state);
    RECEIVE(w, CON_POST);
    advance(w, 1499000);
    assert_int_equal(w->sent_count, 0);
    advance(w, 2000);
    assert_int_equal(w->sent_count, 1);
    ASSERT_SENT(w, 0, EMPTY_ACK);
    RECEIVE(w, CON_POST); /* a copy: an empty ACK again (MSG-08) */
    ASSERT_SENT(w, 1, EMPTY_ACK);
    answer(w, OUTCOME_CHANGED);
    assert_int_equal(w->sent_count, 3);
    assert_int_equal(w->sent[2].bytes[0], 0x42); /* CON with the token */
    assert_int_equal(w->sent[2].bytes[1], 0x44);
    assert_memory_equal(w->sent[2].bytes + 4, "tk", 2);
    RECEIVE(w, CON_POST); /* also after the separate response: only the empty ACK */
    ASSERT_SENT(w, 3, EMPTY_ACK);
    world_free(w);
}

/* Brings w to a separate response in sent[1]. */
static void respond_late(struct world *w, enum outcome outcome)
{
    RECEIVE(w, CON_POST);
    advance(w, 2 * second_us);
    answer(w, outcome);
    assert_int_equal(w->sent_count, 2);
}

static void settle_with(struct world *w, uint8_t type, uint16_t port)
{
    uint8_t bytes[4] = {type, 0, w->sent[1].bytes[2], w->sent[1].bytes[3]};

    receive_from(w, port, (const char *)bytes, sizeof bytes);
}

static void repeats_a_separate_response_until_max_retransmit(void **state)
{
    struct world *w = world_new(&defaults);
    int64_t sent_at_us[6];
    size_t seen = 2;

    UNUSED(state);
    respond_late(w, OUTCOME_COMMAND);
    sent_at_us[0] = w->now_us;
    for (int ms = 0; ms < 120000; ms += 10) {
        advance(w, 10000);
        while (seen < w->sent_count) {
            assert_memory_equal(w->sent[seen].bytes, w->sent[1].bytes, w->sent[1].len);
            sent_at_us[seen - 1] = w->now_us;
            seen++;
        }
    }
    assert_int_equal(w->sent_count, 2 + 4); /* MAX_RETRANSMIT */
    int64_t first_us = sent_at_us[1] - sent_at_us[0];

    assert_in_range(first_us, 2 * second_us, 3 * second_us + 20000);
    for (size_t i = 1; i < 4; i++) {
        int64_t interval_us = sent_at_us[i + 1] - sent_at_us[i];
        int64_t expected_us = first_us << i;

        assert_in_range(interval_us, expected_us - 200000, expected_us + 200000);
    }
    assert_true(sent_at_us[4] - sent_at_us[0] <= 45 * second_us); /* MAX_TRANSMIT_SPAN */
    assert_int_equal(exchange_count(w->layer), 0);
    world_free(w);
}

static void an_ack_or_a_reset_ends_the_repetition(void **state)
{
    UNUSED(state);
    for (uint8_t type = 0x60; type <= 0x70; type = (uint8_t)(type + 0x10)) {
        struct world *w = world_new(&defaults);

        respond_late(w, OUTCOME_CHANGED);
        settle_with(w, type, 40001); /* of another peer: means nothing */
        assert_int_equal(exchange_count(w->layer), 1);
        settle_with(w, type, 40000);
        assert_int_equal(exchange_count(w->layer), 0);
        advance(w, 100 * second_us);
        assert_int_equal(w->sent_count, 2);
        RECEIVE(w, CON_POST); /* MSG-08: still only an empty ACK */
        ASSERT_SENT(w, 2, EMPTY_ACK);
        world_free(w);
    }
}

/* --- NON
 * ------------------------------------------------------------------------------------------ */

static void a_non_gets_one_non_and_no_ack(void **state)
{
    struct world *w = world_new(&defaults);

    UNUSED(state);
    RECEIVE(w, NON_POST);
    advance(w, 30 * second_us);
    RECEIVE(w, NON_POST);
    assert_int_equal(w->sent_count, 0);
    answer(w, OUTCOME_COMMAND);
    assert_int_equal(w->sent_count, 1);
    assert_int_equal(w->sent[0].bytes[0], 0x52);
    assert_int_equal(w->sent[0].bytes[1], 0x45);
    assert_memory_equal(w->sent[0].bytes + 4, "tk\xe3\x0f\x65SET\xffon", 11);
    RECEIVE(w, NON_POST);
    assert_int_equal(w->sent_count, 1);
    assert_int_equal(w->requests, 1);
    world_free(w);
}

static void a_non_with_a_bad_option_is_reset(void **state)
{
    struct world *w = world_new(&defaults);

    UNUSED(state);
    w->answer_at_once = true;
    w->outcome = OUTCOME_BAD_OPTION;
    RECEIVE(w, NON_POST);
    ASSERT_SENT(w, 0, RST);
    world_free(w);
}

static void own_message_ids_differ_to_one_peer(void **state)
{
    struct world *w = world_new(&defaults);
    static bool seen[65536];
    char request[] = NON_POST;

    UNUSED(state);
    memset(seen, 0, sizeof seen);
    w->answer_at_once = true;
    for (unsigned i = 0; i < 65536; i++) {
        request[2] = (char)(i >> 8);
        request[3] = (char)i;
        w->sent_count = 0;
        receive_from(w, 40000, request, sizeof request - 1);
        unsigned mid = (unsigned)w->sent[0].bytes[2] << 8 | w->sent[0].bytes[3];

        assert_false(seen[mid]);
        seen[mid] = true;
    }
    world_free(w);
}

/* --- bounds
 * --------------------------------------------------------------------------------------- */

static void refuses_what_is_beyond_max_exchanges(void **state)
{
    struct world *w = world_new(&defaults);
    char request[] = CON_POST;

    UNUSED(state);
    for (char i = 0; i < 17; i++) {
        request[3] = i;
        receive_from(w, 40000, request, sizeof request - 1);
    }
    assert_int_equal(w->requests, 16);
    assert_int_equal(w->sent_count, 1);
    assert_int_equal(w->sent[0].bytes[1], 0xa3);
    receive_from(w, 40000, request, sizeof request - 1); /* a copy of it */
    assert_int_equal(w->sent_count, 2);
    assert_memory_equal(w->sent[0].bytes, w->sent[1].bytes, w->sent[0].len);
    answer(w, OUTCOME_CHANGED);
    request[3] = 100;
    receive_from(w, 40000, request, sizeof request - 1);
    assert_int_equal(w->requests, 17);
    world_free(w);
}

static void forgets_the_oldest_when_the_ring_is_full(void **state)
{
    struct world *w = world_new(&defaults);
    char request[] = CON_POST;

    UNUSED(state);
    w->answer_at_once = true;
    for (char i = 0; i < 65; i++) { /* one more than dedup_entries */
        w->sent_count = 0;
        request[3] = i;
        receive_from(w, 40000, request, sizeof request - 1);
    }
    assert_int_equal(w->metrics.value[METRIC_DEDUP_EVICTED], 1);
    request[3] = 1;
    receive_from(w, 40000, request, sizeof request - 1);
    assert_int_equal(w->requests, 65);
    request[3] = 0;
    receive_from(w, 40000, request, sizeof request - 1);
    assert_int_equal(w->requests, 66);
    world_free(w);
}

static void stored_answers_have_a_bound(void **state)
{
    struct exchange_options options = defaults;
    char request[] = CON_POST;

    UNUSED(state);
    options.dedup_bytes = 30; /* a stored command answer takes 9 bytes */
    struct world *w = world_new(&options);

    w->answer_at_once = true;
    w->outcome = OUTCOME_COMMAND;
    for (char i = 0; i < 5; i++) {
        request[3] = i;
        receive_from(w, 40000, request, sizeof request - 1);
    }
    assert_int_equal(w->metrics.value[METRIC_DEDUP_EVICTED], 2);
    receive_from(w, 40000, request, sizeof request - 1);
    assert_int_equal(w->requests, 5);
    world_free(w);
}

static void knows_what_fits_one_message(void **state)
{
    struct world *w = world_new(&defaults);
    struct udp_path path = peer_path(40000);
    struct exchange_session session = {.id = 7};
    struct exchange_peer secure = {&path, &session};

    UNUSED(state);
    RECEIVE(w, CON_POST);
    assert_true(exchange_fits(w->layer, w->last_exchange, 3, 60000));
    assert_false(exchange_fits(w->layer, w->last_exchange, 3, 65500));
    exchange_receive(w->layer, &secure, (const uint8_t *)CON_POST, sizeof CON_POST - 1, w->now_us);
    assert_true(exchange_fits(w->layer, w->last_exchange, 3, 16000));
    assert_false(exchange_fits(w->layer, w->last_exchange, 3, 16384));
    exchange_session_closed(w->layer, &session, w->now_us);
    world_free(w);
}

static void a_closed_session_cancels_its_exchanges(void **state)
{
    struct world *w = world_new(&defaults);
    struct udp_path path = peer_path(40000);
    struct exchange_session session = {.id = 7};
    struct exchange_peer secure = {&path, &session};
    char request[] = CON_POST;

    UNUSED(state);
    for (char i = 0; i < 3; i++) {
        request[3] = i;
        exchange_receive(w->layer, &secure, (const uint8_t *)request, sizeof request - 1,
                         w->now_us);
    }
    assert_int_equal(w->busy, 1);
    RECEIVE(w, CON_POST);
    advance(w, 2 * second_us);
    w->last_exchange = 0;
    answer(w, OUTCOME_CHANGED); /* one of the three is being confirmed */
    exchange_session_closed(w->layer, &session, w->now_us);
    assert_int_equal(w->cancelled, 2);
    assert_int_equal(w->busy, 0);
    assert_int_equal(exchange_count(w->layer), 1);
    w->sent_count = 0;
    advance(w, 100 * second_us);
    assert_int_equal(w->sent_count, 0);
    world_free(w);
}

static void answers_leave_by_the_session_of_the_request(void **state)
{
    struct world *w = world_new(&defaults);
    struct udp_path path = peer_path(40000);
    struct exchange_session session = {.id = 7};
    struct exchange_peer secure = {&path, &session};

    UNUSED(state);
    exchange_receive(w->layer, &secure, (const uint8_t *)CON_POST, sizeof CON_POST - 1, w->now_us);
    advance(w, 2 * second_us);
    answer(w, OUTCOME_CHANGED);
    assert_int_equal(w->sent_count, 2);
    assert_ptr_equal(w->sent[0].session, &session);
    assert_ptr_equal(w->sent[1].session, &session);
    settle_with(w, 0x60, 40000); /* the same ID over plain CoAP is another peer's */
    assert_int_equal(exchange_count(w->layer), 1);
    exchange_session_closed(w->layer, &session, w->now_us);
    world_free(w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(resets_or_ignores_what_is_no_request),
        cmocka_unit_test(answers_a_con_in_its_ack),
        cmocka_unit_test(says_why_and_when_to_come_back),
        cmocka_unit_test(a_copy_of_a_con_gets_the_same_answer),
        cmocka_unit_test(a_reason_takes_the_place_of_the_text),
        cmocka_unit_test(a_message_id_is_new_after_its_lifetime),
        cmocka_unit_test(the_same_id_from_another_peer_is_another_message),
        cmocka_unit_test(copies_before_the_answer_are_each_acknowledged),
        cmocka_unit_test(a_slow_answer_is_announced_by_an_empty_ack),
        cmocka_unit_test(repeats_a_separate_response_until_max_retransmit),
        cmocka_unit_test(an_ack_or_a_reset_ends_the_repetition),
        cmocka_unit_test(a_non_gets_one_non_and_no_ack),
        cmocka_unit_test(a_non_with_a_bad_option_is_reset),
        cmocka_unit_test(own_message_ids_differ_to_one_peer),
        cmocka_unit_test(refuses_what_is_beyond_max_exchanges),
        cmocka_unit_test(forgets_the_oldest_when_the_ring_is_full),
        cmocka_unit_test(stored_answers_have_a_bound),
        cmocka_unit_test(knows_what_fits_one_message),
        cmocka_unit_test(a_closed_session_cancels_its_exchanges),
        cmocka_unit_test(answers_leave_by_the_session_of_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
