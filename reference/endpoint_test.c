/* A publish from datagram to answer. */
#include "reference/endpoint_post_fixture.h"

/* --- answers
 * -------------------------------------------------------------------------------------- */

static void answers_when_the_event_is_safe(void **state)
{
    struct world *w = *state;

    send_post(w, &plain);
    assert_int_equal(w->put_count, 1);
    assert_string_equal(w->put[0].subject, "state");
    assert_string_equal(w->put[0].device, "dev");
    assert_int_equal(w->sent_count, 0); /* invariant 7 */
    confirm(w, 0, SINK_OK);
    assert_int_equal(last_code(w), 0x44);
    confirm(w, 0, SINK_OK); /* a ticket counts once */
    assert_int_equal(w->sent_count, 1);
}

static void refuses_without_an_event(void **state)
{
    static const struct {
        const char *title;
        struct post post;
        int code;
    } cases[] = {
        {"wrong password",            {"dev@app:wrong", NULL, "x", -1, PDU_CON, NULL, NULL, NULL, NULL},    0x83},
        {"unknown device",
         {"nobody@app:secret", NULL, "x", -1, PDU_CON, NULL, NULL, NULL, NULL},
         0x83                                                                                                   },
        {"no credentials",            {NULL, NULL, "x", -1, PDU_CON, NULL, NULL, NULL, NULL},               0x83},
        {"declared JSON that is not",
         {"dev@app:secret", NULL, "{", 50, PDU_CON, NULL, NULL, NULL, NULL},
         0x86                                                                                                   },
        {"bad ct",                    {"dev@app:secret", "ct=x", "x", -1, PDU_CON, NULL, NULL, NULL, NULL}, 0x80},
        {"as without a gateway rule",
         {"dev@app:secret", "as=hashed", "x", -1, PDU_CON, NULL, NULL, NULL, NULL},
         0x83                                                                                                   },
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t before = w->sent_count;

        send_post(w, &cases[i].post);
        if (w->sent_count != before + 1 || last_code(w) != cases[i].code || w->put_count != 0)
            fail_msg("%s: sent %zu, code %02x, events %zu", cases[i].title, w->sent_count - before,
                     (unsigned)last_code(w), w->put_count);
    }
}

static void the_answer_says_what_the_sink_did(void **state)
{
    static const struct {
        enum sink_err err;
        int code;
    } cases[] = {
        {SINK_OK,      0x44},
        {SINK_FAILED,  0xa3},
        {SINK_REFUSED, 0x86},
        {SINK_BROKEN,  0xa0}
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        send_post(w, &plain);
        confirm(w, i, cases[i].err);
        assert_int_equal(last_code(w), cases[i].code);
    }
    w->sink = SINK_FULL;
    send_post(w, &plain);
    assert_int_equal(last_code(w), 0xa3);
    w->sink = SINK_DONE;
    send_post(w, &plain);
    assert_int_equal(last_code(w), 0x44);
}

static void a_gateway_publishes_for_its_device(void **state)
{
    struct world *w = *state;

    post_with_query(w, "as=behind&data_schema=application/octet-stream");
    assert_string_equal(w->put[0].device, "behind");
    assert_string_equal(w->put[0].sender, "dev");
    assert_string_equal(w->put[0].schema, ""); /* EVT-11 */
    assert_int_equal(w->metrics.value[METRIC_SCHEMA_LEFT_OUT], 1);
    post_with_query(w, "data_schema=urn:x:y");
    assert_string_equal(w->put[1].schema, "urn:x:y");
}

static void a_hashed_password_answers_after_its_hash(void **state)
{
    static const struct {
        struct post post;
        size_t events;
    } cases[] = {
        {{"hashed@app:wrong", NULL, "{}", -1, PDU_CON, NULL, NULL, NULL, NULL},  0},
        {{"hashed@app:hashed", NULL, "{}", -1, PDU_CON, NULL, NULL, NULL, NULL}, 1},
    };
    struct world *w = *state;
    uint64_t ticket;

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t before = w->sent_count;

        send_post(w, &cases[i].post);
        assert_int_equal(w->sent_count, before);
        while (auth_poll(w->auth, w->now.mono_us, &ticket, 1) == 0) {
        }
        endpoint_authenticate_again(w->endpoint, ticket, &w->now);
        assert_int_equal(w->put_count, cases[i].events);
        assert_int_equal(w->sent_count, before + 1 - cases[i].events);
        endpoint_authenticate_again(w->endpoint, ticket, &w->now); /* a ticket counts once */
        assert_int_equal(w->put_count, cases[i].events);
    }
}

/* --- waits and commands
 * --------------------------------------------------------------------------- */

static void a_wait_without_command_ends_at_ct(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=1");
    advance(w, 10000);
    confirm(w, 0, SINK_OK);
    assert_int_equal(endpoint_wait_count(w->endpoint), 1);
    advance(w, second_us - 11000);
    assert_int_equal(w->sent_count, 0);
    advance(w, 2000);
    assert_int_equal(last_code(w), 0x44);
    assert_int_equal(endpoint_wait_count(w->endpoint), 0);
    send_command(w, "dev", "SET", "late"); /* CMD-05 */
    assert_int_equal(taken(w), 0);
}

static void a_command_ends_the_wait_at_once(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=1");
    confirm(w, 0, SINK_OK);
    send_command(w, "other", "SET", "on");
    assert_int_equal(w->sent_count, 0);
    send_command(w, "dev", "SET", "on");
    assert_int_equal(taken(w), 1);
    assert_int_equal(w->sent_count, 1);
    assert_memory_equal(w->sent[0].bytes + 4, "t\xe3\x0f\x65SET\xffon", 10);
    assert_int_equal(w->metrics.value[METRIC_WAITS], 0);
    advance(w, 2 * second_us);
    assert_int_equal(w->sent_count, 1);
}

static void a_command_before_the_confirmation_is_held(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=1");
    send_command(w, "dev", "SET", "1");
    send_command(w, "dev", "SET", "2"); /* the second of one wait is lost: CMD-07 */
    assert_int_equal(taken(w), 0);
    assert_int_equal(w->sent_count, 0);
    confirm(w, 0, SINK_OK);
    assert_int_equal(taken(w), 1);
    assert_int_equal(w->sent[0].bytes[w->sent[0].len - 1], '1');
}

static void a_held_command_of_a_failed_publish_is_not_taken(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=1");
    send_command(w, "dev", "SET", "1");
    confirm(w, 0, SINK_FAILED);
    assert_int_equal(last_code(w), 0xa3);
    assert_int_equal(taken(w), 0);
}

static void all_waits_of_a_device_receive_it(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=5");
    post_with_query(w, "ct=5");
    post_with_query(w, "as=behind&ct=5");
    for (size_t i = 0; i < 3; i++)
        confirm(w, i, SINK_OK);
    send_command(w, "dev", "SET", "1");
    assert_int_equal(taken(w), 2);
    send_command(w, "behind", "SET", "1"); /* CMD-09 */
    assert_int_equal(taken(w), 3);
    assert_int_equal(endpoint_wait_count(w->endpoint), 0);
}

static void without_ct_no_command_is_taken(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=0");
    send_command(w, "dev", "SET", "1");
    confirm(w, 0, SINK_OK);
    assert_int_equal(last_code(w), 0x44);
    assert_int_equal(taken(w), 0);
}

static void ct_beyond_the_cap_is_shortened(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=18446744073709551615");
    confirm(w, 0, SINK_OK);
    advance(w, 599 * second_us);
    assert_int_equal(w->sent_count, 1); /* the empty ACK */
    advance(w, 2 * second_us);
    assert_int_equal(last_code(w), 0x44);
}

static void a_command_too_large_for_one_message_is_not_cut(void **state)
{
    static char large[65500];
    struct world *w = *state;

    memset(large, 'x', sizeof large - 1);
    post_with_query(w, "ct=1");
    confirm(w, 0, SINK_OK);
    send_command(w, "dev", "SET", large);
    assert_int_equal(taken(w), 0);
    advance(w, 1100000);
    assert_int_equal(last_code(w), 0x44); /* CMD-14: the request is answered */
}

static void draining_ends_waits_and_refuses_new_requests(void **state)
{
    struct world *w = *state;

    post_with_query(w, "ct=100");
    post_with_query(w, "ct=100");
    confirm(w, 0, SINK_OK);
    endpoint_drain(w->endpoint, w->now.mono_us);
    assert_int_equal(w->sent_count, 1);
    assert_int_equal(last_code(w), 0x44);
    confirm(w, 1, SINK_OK); /* its event was under way */
    assert_int_equal(w->sent_count, 2);
    assert_int_equal(last_code(w), 0x44);
    send_post(w, &plain);
    assert_int_equal(last_code(w), 0xa3);
    assert_int_equal(w->put_count, 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_A_WORLD(answers_when_the_event_is_safe),
        IN_A_WORLD(refuses_without_an_event),
        IN_A_WORLD(the_answer_says_what_the_sink_did),
        IN_A_WORLD(a_gateway_publishes_for_its_device),
        IN_A_WORLD(a_hashed_password_answers_after_its_hash),
        IN_A_WORLD(a_wait_without_command_ends_at_ct),
        IN_A_WORLD(a_command_ends_the_wait_at_once),
        IN_A_WORLD(a_command_before_the_confirmation_is_held),
        IN_A_WORLD(a_held_command_of_a_failed_publish_is_not_taken),
        IN_A_WORLD(all_waits_of_a_device_receive_it),
        IN_A_WORLD(without_ct_no_command_is_taken),
        IN_A_WORLD(ct_beyond_the_cap_is_shortened),
        IN_A_WORLD(a_command_too_large_for_one_message_is_not_cut),
        IN_A_WORLD(draining_ends_waits_and_refuses_new_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
