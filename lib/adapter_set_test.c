/* Not under valgrind, where a program that cannot be started seems to start. */
/* labels: slow */
#include "lib/adapter_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"

/* Answers every request, and tells of an event for each. */
#define PROGRAM                                                                                    \
    "local a = { '/bin/sh', '-c', [[read -r hello\n"                                               \
    "echo '{\"protocol\":\"seatrial-adapter\",\"version\":1}'\n"                                   \
    "while read -r line; do\n"                                                                     \
    "  id=${line##*\\\"id\\\":}; id=${id%%[!0-9]*}\n"                                              \
    "  echo '{\"event\":{\"id\":\"1\"}}'\n"                                                        \
    "  echo \"{\\\"ok\\\":true,\\\"id\\\":$id}\"\n"                                                \
    "done]] }\n"

static void count_event(void *arg, const struct cloudevent *e, struct str raw)
{
    UNUSED(e);
    UNUSED(raw);
    ++*(int *)arg;
}

static void read_target(struct target *t, const char *text)
{
    struct target_places places = {.coap_port = 1, .dir = "/nowhere", .seed = "1"};
    char why[TARGET_WHY_LEN];

    if (!target_read(t, str_from(text), "t.lua", &places, why))
        fail_msg("%s", why);
}

struct answer {
    struct adapter_call call;
    int count;
};

static void take_answer(struct adapter_call *call, json_t *reply)
{
    assert_true(json_is_true(json_object_get(reply, "ok")));
    ((struct answer *)(void *)call)->count++;
    json_decref(reply);
}

static void starts_a_program_of_several_parts_once(void **state)
{
    struct target t;
    int events = 0;
    struct adapter_set s = {
        .world = {.target = &t,
                  .run_id = "1",
                  .timeout_us = 20 * US_PER_S,
                  .event = count_event,
                  .arg = &events}
    };
    struct adapter *list[ADAPTER_SET_MAX];
    struct answer answer = {
        .call = {.request = json_pack("{s:s}", "op", "command"), .answered = take_answer}
    };
    char why[ADAPTER_WHY_LEN], url[64];
    int64_t end_us = clock_mono_us() + 20 * US_PER_S;

    UNUSED(state);
    read_target(&t, PROGRAM "return { name = 'x', coap = 'coap://h', registry = { exec = a }, "
                            "commands = { exec = a }, events = { exec = a } }");
    assert_true(adapter_set_open(&s, ADAPTER_ALL, why));
    assert_int_equal(adapter_set_list(&s, list), 1);
    adapter_set_events_url(&s, url, sizeof url);
    assert_string_equal(url, "");
    s.commands->functions->call(s.commands, &answer.call);
    while (answer.count + events < 2 && clock_mono_us() < end_us)
        adapter_set_turn(&s, end_us);
    assert_int_equal(answer.count, 1);
    assert_int_equal(events, 1);
    adapter_set_close(&s);
    json_decref(answer.call.request);
    target_fini(&t);
}

static void opens_only_what_is_wanted(void **state)
{
    struct target t;
    struct adapter_set s = {
        .world = {.target = &t, .run_id = "1", .timeout_us = US_PER_S}
    };
    struct adapter *list[ADAPTER_SET_MAX];
    char why[ADAPTER_WHY_LEN], url[64];

    UNUSED(state);
    read_target(&t,
                "return { name = 'x', coap = 'coap://h', registry = { drogue = { url = "
                "'http://127.0.0.1:1' } }, commands = { http = { url = 'http://127.0.0.1:1' } },"
                "events = { file = '{dir}/e.ndjson' } }");
    assert_true(adapter_set_open(&s, ADAPTER_COMMANDS | ADAPTER_EVENTS, why));
    assert_null(s.registry);
    assert_int_equal(adapter_set_list(&s, list), 2);
    adapter_set_events_url(&s, url, sizeof url);
    assert_string_equal(url, "file:/nowhere/e.ndjson");
    adapter_set_close(&s);
    target_fini(&t);
}

static void a_program_that_cannot_be_started_is_named(void **state)
{
    struct target t;
    struct adapter_set s = {
        .world = {.target = &t, .run_id = "1", .timeout_us = US_PER_S}
    };
    char why[ADAPTER_WHY_LEN];

    UNUSED(state);
    read_target(&t, "return { name = 'x', coap = 'coap://h', registry = { exec = { "
                    "'no-such-program-here' } } }");
    assert_false(adapter_set_open(&s, ADAPTER_ALL, why));
    assert_non_null(strstr(why, "no-such-program-here"));
    adapter_set_close(&s);
    target_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_a_program_of_several_parts_once),
        cmocka_unit_test(opens_only_what_is_wanted),
        cmocka_unit_test(a_program_that_cannot_be_started_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
