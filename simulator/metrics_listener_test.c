#include "simulator/metrics_listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/http_testclient.h"
#include "lib/metrics_testformat.h"

static struct metrics_listener *listener;
static struct addr where;

static int begin(void **state)
{
    UNUSED(state);
    char why[METRICS_LISTENER_WHY_LEN];
    const char *url;
    size_t host = strlen("http://");

    listener = metrics_listener_new("0", why);
    assert_non_null(listener);
    url = metrics_listener_url(listener);
    assert_true(
        addr_parse((struct str){url + host, strlen(url + host) - strlen("/metrics")}, 0, &where));
    assert_true(addr_is_loopback(&where));
    assert_int_not_equal(addr_port(&where), 0);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    metrics_listener_free(&listener);
    return 0;
}

static void serves_the_last_page_and_the_process(void **state)
{
    UNUSED(state);
    struct testclient_answer a;
    const char old[] = "# HELP old x\n# TYPE old gauge\nold 1\n";
    const char page[] = "# HELP mine x\n# TYPE mine gauge\nmine 1\n";

    metrics_listener_show(listener, str_from(old));
    metrics_listener_show(listener, str_from(page));
    testclient_ask(&where, STR("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), &a);
    assert_int_equal(a.status, 200);
    assert_true(testclient_has(&a, "Content-Type", "text/plain; version=0.0.4"));
    assert_memory_equal(a.body.ptr, page, strlen(page));
    assert_non_null(strstr(a.body.ptr, "\nprocess_cpu_seconds_total "));
    assert_null(strstr(a.body.ptr, "old"));
    assert_true(testformat_read(str_from(a.body.ptr)) > 5);
    testclient_forget(&a);
}

static const struct question {
    const char *request;
    int status;
} questions[] = {
    {"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n",                      200},
    {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",                              404},
    {"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405},
    {"nonsense\r\n\r\n",                                               0  },
};

static void refuses_everything_else(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(questions); i++) {
        struct testclient_answer a;

        testclient_ask(&where, str_from(questions[i].request), &a);
        if (a.status != questions[i].status)
            fail_msg("%d in place of %d: %s", a.status, questions[i].status, questions[i].request);
        testclient_forget(&a);
    }
}

static void says_what_is_no_address(void **state)
{
    UNUSED(state);
    static const char *const texts[] = {"", "x", "127.0.0.1", "70000", "127.0.0.1:x", "1.2.3:4"};
    char why[METRICS_LISTENER_WHY_LEN];

    for (size_t i = 0; i < COUNT(texts); i++) {
        if (metrics_listener_new(texts[i], why) != NULL)
            fail_msg("\"%s\" is taken", texts[i]);
        assert_non_null(strstr(why, "--metrics"));
    }
}

static void says_that_the_port_is_in_use(void **state)
{
    UNUSED(state);
    char why[METRICS_LISTENER_WHY_LEN], text[ADDR_TEXT_LEN];

    assert_null(metrics_listener_new(addr_format(&where, text), why));
    assert_non_null(strstr(why, "in use"));
    assert_non_null(strstr(why, "--metrics"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_the_last_page_and_the_process),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(says_what_is_no_address),
        cmocka_unit_test(says_that_the_port_is_in_use),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
