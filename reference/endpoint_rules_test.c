/* Publish rules of an application, from datagram to answer. */
#include "reference/endpoint_post_fixture.h"

/* The application's only rules from now on. */
static void set_rules(struct world *w, const char *rules)
{
    char text[1024];
    char why[REGISTRY_WHY_LEN] = "";

    (void)snprintf(text, sizeof text,
                   "{\"metadata\":{\"name\":\"app\"},\"spec\":{\"publish\":{\"rules\":%s}}}",
                   rules);
    json_t *doc = json_loads(text, 0, NULL);

    assert_non_null(doc);
    if (registry_app_update(w->registry, STR("app"), doc, why) != REGISTRY_OK)
        fail_msg("%s", why);
    json_decref(doc);
    registry_quiescent(w->reader);
}

static void expect_answer(struct world *w, int code, const char *text)
{
    struct sent *s = &w->sent[w->sent_count - 1];
    struct pdu p;

    assert_int_equal(pdu_parse(s->bytes, s->len, &p), PDU_OK);
    assert_int_equal(p.code, code);
    assert_int_equal(p.options.len, 0);
    if (!str_equal(p.payload, str_from(text)))
        fail_msg("'%.*s'", (int)p.payload.len, p.payload.ptr);
}

#define ON_STATE "\"when\":{\"isChannel\":\"state\"}"
#define REJECT(reason) "[{" ON_STATE ",\"then\":[{\"reject\":\"" reason "\"}]}]"
#define DROP "[{" ON_STATE ",\"then\":[\"drop\"]}]"

static void a_rejected_publish_is_told_the_reason(void **state)
{
    struct world *w = *state;

    set_rules(w, REJECT("zu hei\\u00df"));
    send_post(w, &plain);
    expect_answer(w, 0x86, "zu hei\xC3\x9F");
    set_rules(w, REJECT(""));
    send_post(w, &plain);
    expect_answer(w, 0x86, "Rejected by a publish rule of the application");
    post_with_query(w, "ct=10"); /* a failed publish does not wait */
    expect_answer(w, 0x86, "Rejected by a publish rule of the application");
    assert_int_equal(w->put_count, 0);
    assert_int_equal(endpoint_wait_count(w->endpoint), 0);
    assert_int_equal(w->metrics.value[METRIC_RULE_REJECTED], 3);
}

static void a_copy_is_told_the_reason_of_the_first(void **state)
{
    struct world *w = *state;

    set_rules(w, REJECT("first"));
    send_post(w, &plain);
    set_rules(w, REJECT("second"));
    w->next_mid--;
    send_post(w, &plain);
    expect_answer(w, 0x86, "first");
    assert_int_equal(w->metrics.value[METRIC_RULE_REJECTED], 1);
    send_post(w, &plain);
    expect_answer(w, 0x86, "second");
}

static void a_dropped_publish_succeeds_without_an_event(void **state)
{
    struct world *w = *state;

    set_rules(w, DROP);
    w->sink = SINK_FULL; /* nobody asks it */
    send_post(w, &plain);
    expect_answer(w, 0x44, "");
    assert_int_equal(w->put_count, 0);
    assert_int_equal(w->metrics.value[METRIC_RULE_DROPPED], 1);
}

static void a_dropped_publish_waits_for_a_command(void **state)
{
    struct world *w = *state;

    set_rules(w, DROP);
    post_with_query(w, "ct=1");
    assert_int_equal(w->sent_count, 0);
    assert_int_equal(endpoint_wait_count(w->endpoint), 1);
    send_command(w, "dev", "SET", "on");
    assert_int_equal(last_code(w), 0x45);
    assert_int_equal(taken(w), 1);
    post_with_query(w, "ct=1");
    advance(w, second_us + 10000);
    expect_answer(w, 0x44, "");
    assert_int_equal(w->put_count, 0);
}

static void what_is_no_json_is_told_before_the_rules(void **state)
{
    struct world *w = *state;
    struct post p = plain;

    p.format = 50;
    p.payload = "{";
    set_rules(w, DROP);
    send_post(w, &p);
    expect_answer(w, 0x86, "Payload is not JSON");
    assert_int_equal(w->metrics.value[METRIC_RULE_DROPPED], 0);
}

static void rules_change_the_event(void **state)
{
    struct world *w = *state;

    set_rules(w, "[{\"when\":{\"isChannel\":\"other\"},\"then\":[\"drop\"]},"
                 "{\"then\":[{\"setAttribute\":{\"name\":\"subject\",\"value\":\"new\"}},"
                 "{\"setExtension\":{\"name\":\"zone\",\"value\":\"a\"}},"
                 "{\"removeExtension\":\"deviceuid\"},\"break\",\"drop\"]},"
                 "{\"then\":[{\"reject\":\"never\"}]}]");
    w->sink = SINK_DONE;
    post_with_query(w, "data_schema=urn:x:y");
    expect_answer(w, 0x44, "");
    assert_int_equal(w->put_count, 1);
    assert_non_null(strstr(w->put[0].json, "\"subject\":\"new\""));
    assert_non_null(strstr(w->put[0].json, "\"dataschema\":\"urn:x:y\""));
    assert_non_null(strstr(w->put[0].json, "\"instance\":\"drogue\",\"zone\":\"a\",\"data\":{}"));
    assert_null(strstr(w->put[0].json, "deviceuid"));
    set_rules(w, "[]");
    send_post(w, &plain);
    assert_null(strstr(w->put[1].json, "zone"));
    assert_non_null(strstr(w->put[1].json, "\"subject\":\"state\""));
}

/* The wait and the answer are the device's that published, whatever the event says. */
static void a_changed_device_name_moves_no_wait(void **state)
{
    struct world *w = *state;

    set_rules(w, "[{\"then\":[{\"setExtension\":{\"name\":\"device\",\"value\":\"behind\"}}]}]");
    post_with_query(w, "ct=1");
    confirm(w, 0, SINK_OK);
    send_command(w, "behind", "SET", "1");
    assert_int_equal(taken(w), 0);
    send_command(w, "dev", "SET", "1");
    assert_int_equal(taken(w), 1);
}

static void rules_that_cannot_be_decoded_fail_every_publish(void **state)
{
    struct world *w = *state;

    set_rules(w, "[{\"when\":{\"isChannel\":\"other\"},\"then\":[\"dorp\"]}]");
    send_post(w, &plain);
    expect_answer(w, 0xa0, "The publish rules of the application cannot be decoded");
    post_with_query(w, "ct=5");
    expect_answer(w, 0xa0, "The publish rules of the application cannot be decoded");
    assert_int_equal(w->put_count, 0);
    assert_int_equal(w->metrics.value[METRIC_RULES_UNDECODABLE], 2);
    set_rules(w, "[]");
    w->sink = SINK_DONE;
    send_post(w, &plain);
    expect_answer(w, 0x44, "");
}

/* The last block is answered what a publish in one piece is answered. */
static void rules_see_a_publish_in_blocks_once(void **state)
{
    struct world *w = *state;
    struct post p = plain;

    set_rules(w, REJECT("whole"));
    p.payload = "0123456789abcdef";
    p.block1 = "\x08";
    send_post(w, &p);
    assert_int_equal(last_code(w), 0x5f);
    p.payload = "x";
    p.block1 = "\x10";
    send_post(w, &p);
    assert_int_equal(last_code(w), 0x86);
    assert_memory_equal(w->sent[1].bytes + w->sent[1].len - 6, "\xffwhole", 6);
    assert_int_equal(w->metrics.value[METRIC_RULE_REJECTED], 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_A_WORLD(a_rejected_publish_is_told_the_reason),
        IN_A_WORLD(a_copy_is_told_the_reason_of_the_first),
        IN_A_WORLD(a_dropped_publish_succeeds_without_an_event),
        IN_A_WORLD(a_dropped_publish_waits_for_a_command),
        IN_A_WORLD(what_is_no_json_is_told_before_the_rules),
        IN_A_WORLD(rules_change_the_event),
        IN_A_WORLD(a_changed_device_name_moves_no_wait),
        IN_A_WORLD(rules_that_cannot_be_decoded_fail_every_publish),
        IN_A_WORLD(rules_see_a_publish_in_blocks_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
