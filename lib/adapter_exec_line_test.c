#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/adapter_exec_line.h"

static void tells_lines_apart(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        enum adapter_exec_kind kind;
    } rows[] = {
        {"{\"protocol\":\"seatrial-adapter\",\"version\":1}",          ADAPTER_EXEC_GREETING},
        {"{\"version\":1,\"protocol\":\"seatrial-adapter\",\"x\":[]}", ADAPTER_EXEC_GREETING},
        {"{\"protocol\":\"seatrial-adapter\",\"version\":2}",          ADAPTER_EXEC_NONSENSE},
        {"{\"protocol\":\"other\",\"version\":1}",                     ADAPTER_EXEC_NONSENSE},
        {"{\"id\":7,\"ok\":true}",                                     ADAPTER_EXEC_REPLY   },
        {"{\"id\":\"7\",\"ok\":true}",                                 ADAPTER_EXEC_NONSENSE},
        {"{\"id\":7.5}",                                               ADAPTER_EXEC_NONSENSE},
        {"{\"event\":{}}",                                             ADAPTER_EXEC_EVENT   },
        {"{\"event\":7}",                                              ADAPTER_EXEC_EVENT   },
        {"{\"event_http\":{\"headers\":{},\"body_base64\":\"QQ==\"}}", ADAPTER_EXEC_EVENT   },
        {"{\"event_http\":{\"headers\":{}}}",                          ADAPTER_EXEC_EVENT   },
        {"{\"event_http\":{\"headers\":[],\"body_base64\":\"QQ==\"}}", ADAPTER_EXEC_NONSENSE},
        {"{\"event_http\":{\"headers\":{},\"body_base64\":\"Q\"}}",    ADAPTER_EXEC_NONSENSE},
        {"{\"event_http\":{\"body_base64\":\"QQ==\"}}",                ADAPTER_EXEC_NONSENSE},
        {"{}",                                                         ADAPTER_EXEC_NONSENSE},
        {"[]",                                                         ADAPTER_EXEC_NONSENSE},
        {"{\"id\":7} x",                                               ADAPTER_EXEC_NONSENSE},
        {"",                                                           ADAPTER_EXEC_NONSENSE},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct adapter_exec_line line;

        if (adapter_exec_read(str_from(rows[i].text), &line) != rows[i].kind)
            fail_msg("%s", rows[i].text);
        adapter_exec_line_fini(&line);
    }
}

static void reads_an_event_as_it_came_by_http(void **state)
{
    UNUSED(state);
    struct adapter_exec_line line;

    assert_int_equal(
        adapter_exec_read(STR("{\"event_http\":{\"headers\":{\"ce-specversion\":\"1.0\",\"ce-id\":"
                              "\"1\",\"ce-source\":\"s\",\"ce-type\":\"t\",\"Content-Type\":"
                              "\"a/b\"},\"body_base64\":\"YWI=\"}}"),
                          &line),
        ADAPTER_EXEC_EVENT);
    assert_int_equal(line.event.mode, CLOUDEVENT_BINARY);
    assert_int_equal(line.event.fault_count, 0);
    assert_true(str_equal(line.event.data, STR("ab")));
    adapter_exec_line_fini(&line);
}

static void keeps_the_id_of_a_reply(void **state)
{
    UNUSED(state);
    struct adapter_exec_line line;

    assert_int_equal(adapter_exec_read(STR("{\"ok\":true,\"id\":9007199254740993}"), &line),
                     ADAPTER_EXEC_REPLY);
    assert_int_equal(line.id, INT64_C(9007199254740993));
    adapter_exec_line_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_lines_apart),
        cmocka_unit_test(reads_an_event_as_it_came_by_http),
        cmocka_unit_test(keeps_the_id_of_a_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
