#include "reference/authn_client.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "reference/authn_testservice.h"

enum { LONG_US = 60 * 1000000, SHORT_US = 100 * 1000 };

struct world {
    struct testservice service;
    struct mailbox home;
    struct authn_client *client;
};

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    testservice_start(&w->service);
    mailbox_init(&w->home);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    testservice_hang(&w->service, false);
    authn_client_withdraw(w->client, &w->home);
    authn_client_free(&w->client);
    mailbox_fini(&w->home);
    testservice_stop(&w->service);
    free(w);
    return 0;
}

static void open_client(struct world *w, int connections, size_t queue, int64_t timeout_us)
{
    const struct authn_client_options options = {
        .url = w->service.url,
        .connections = connections,
        .queue = queue,
        .timeout_us = timeout_us,
    };
    char why[AUTHN_CLIENT_WHY_LEN];

    w->client = authn_client_new(&options, why);
    assert_non_null(w->client);
}

static size_t forgotten;

static void count_forgotten(struct authn_job *job)
{
    authn_answer_free(&job->answer);
    free(job);
    forgotten++;
}

static bool ask(struct world *w, enum auth_call call)
{
    struct authn_job *job = xcalloc(1, sizeof *job);

    *job = (struct authn_job){
        .home = &w->home, .call = call, .body = buf_growing(), .forget = count_forgotten};
    buf_add_str(&job->body, STR("{\"question\":1}"));
    if (authn_client_ask(w->client, job))
        return true;
    buf_fini(&job->body);
    free(job);
    return false;
}

/* The next job that comes home, to be freed with its answer. */
static struct authn_job *answered(struct world *w)
{
    static struct mail *taken;

    while (taken == NULL) {
        struct pollfd fd = {.fd = w->home.wake_fd, .events = POLLIN};

        assert_int_equal(poll(&fd, 1, 60000), 1);
        taken = mailbox_take(&w->home);
    }
    struct authn_job *job = CONTAINER_OF(taken, struct authn_job, mail);

    taken = taken->next;
    return job;
}

static void free_job(struct authn_job *job)
{
    authn_answer_free(&job->answer);
    free(job);
}

static void brings_the_answer_home(void **state)
{
    struct world *w = *state;

    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    open_client(w, 2, 8, LONG_US);
    assert_true(ask(w, AUTH_CALL_PROVE));
    struct authn_job *job = answered(w);

    assert_true(job->answer->pass && str_equal(job->answer->device->device.uid, STR("ud")));
    assert_string_equal(w->service.last.ptr, "{\"question\":1}");
    assert_string_equal(w->service.authorization, "");
    free_job(job);
    assert_true(ask(w, AUTH_CALL_GATEWAY));
    job = answered(w);
    assert_true(job->answer != NULL && !job->answer->pass);
    free_job(job);
}

static void what_is_no_answer_comes_home_without_one(void **state)
{
    struct world *w = *state;
    const char *texts[] = {"", "nonsense", "{\"outcome\":\"NotFound\"}"};

    open_client(w, 2, 8, LONG_US);
    for (size_t i = 0; i < COUNT(texts); i++) {
        testservice_says(&w->service, AUTH_CALL_PROVE, texts[i]);
        assert_true(ask(w, AUTH_CALL_PROVE));
        struct authn_job *job = answered(w);

        assert_null(job->answer);
        free_job(job);
    }
    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    w->service.status = 500; /* whatever its body says */
    assert_true(ask(w, AUTH_CALL_PROVE));
    struct authn_job *job = answered(w);

    assert_null(job->answer);
    free_job(job);
}

static void a_service_that_is_away_is_no_answer(void **state)
{
    struct world *w = *state;

    open_client(w, 2, 8, LONG_US);
    testservice_stop(&w->service);
    assert_true(ask(w, AUTH_CALL_KEY));
    struct authn_job *job = answered(w);

    assert_null(job->answer);
    free_job(job);
    testservice_start(&w->service); /* on the port of before */
    testservice_says(&w->service, AUTH_CALL_KEY, TESTSERVICE_FOUND("a2V5"));
    assert_true(ask(w, AUTH_CALL_KEY));
    job = answered(w);
    assert_true(job->answer != NULL && str_equal(job->answer->psk.key, STR("key")));
    free_job(job);
}

static void one_that_hangs_is_given_up(void **state)
{
    struct world *w = *state;

    testservice_hang(&w->service, true);
    open_client(w, 1, 8, SHORT_US);
    assert_true(ask(w, AUTH_CALL_PROVE));
    assert_true(ask(w, AUTH_CALL_KEY)); /* waits for a connection, and its time is over as well */
    for (int i = 0; i < 2; i++) {
        struct authn_job *job = answered(w);

        assert_null(job->answer);
        free_job(job);
    }
}

static void connections_and_queue_are_bounded(void **state)
{
    struct world *w = *state;
    size_t taken = 0;

    testservice_hang(&w->service, true);
    open_client(w, 2, 3, LONG_US);
    for (size_t i = 0; i < 2; i++) { /* one after the other, so that none is left in the queue */
        assert_true(ask(w, AUTH_CALL_PROVE));
        testservice_await(&w->service, i + 1);
    }
    while (ask(w, AUTH_CALL_PROVE))
        taken++;
    assert_int_equal(taken, 3);
    testservice_hang(&w->service, false);
    for (size_t i = 0; i < 5; i++)
        free_job(answered(w));
    assert_int_equal(w->service.most_waiting, 2);
}

static void what_is_withdrawn_comes_nowhere(void **state)
{
    struct world *w = *state;

    forgotten = 0;
    testservice_hang(&w->service, true);
    open_client(w, 1, 8, LONG_US);
    for (int i = 0; i < 3; i++)
        assert_true(ask(w, AUTH_CALL_PROVE));
    testservice_await(&w->service, 1);
    authn_client_withdraw(w->client, &w->home);
    authn_client_free(&w->client);
    assert_int_equal(forgotten, 3);
    assert_null(mailbox_take(&w->home));
    open_client(w, 1, 8, LONG_US); /* for the end of the test */
}

static void sends_the_token_of_its_file(void **state)
{
    struct world *w = *state;
    char path[] = "/tmp/authn_client_test.XXXXXX";
    int fd = mkstemp(path);
    const struct authn_client_options options = {
        .url = w->service.url,
        .token_file = path,
        .connections = 1,
        .queue = 1,
        .timeout_us = LONG_US,
    };
    char why[AUTHN_CLIENT_WHY_LEN];

    assert_int_equal(write(fd, "secret\n", 7), 7);
    assert_int_equal(close(fd), 0);
    w->client = authn_client_new(&options, why);
    assert_true(ask(w, AUTH_CALL_PROVE));
    free_job(answered(w));
    assert_string_equal(w->service.authorization, "Bearer secret");
    assert_int_equal(unlink(path), 0);
}

static void says_what_cannot_be_used(void **state)
{
    static const struct {
        const char *url, *ca_file, *token_file, *why;
    } cases[] = {
        {"ftp://x",           NULL,         NULL,         "expected http://"},
        {"http://",           NULL,         NULL,         "auth-url"        },
        {"http://u:p@x",      NULL,         NULL,         "no user"         },
        {"http://x/?a=b",     NULL,         NULL,         "no user"         },
        {"https://x",         "/nowhere/x", NULL,         "auth-ca"         },
        {"https://x:1/base/", NULL,         "/nowhere/x", "auth-token"      },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct authn_client_options options = {
            .url = cases[i].url, .ca_file = cases[i].ca_file, .token_file = cases[i].token_file};
        char why[AUTHN_CLIENT_WHY_LEN] = "";

        assert_false(authn_client_check(&options, why));
        if (strstr(why, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].url, why);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(brings_the_answer_home),
        TEST(what_is_no_answer_comes_home_without_one),
        TEST(a_service_that_is_away_is_no_answer),
        TEST(one_that_hangs_is_given_up),
        TEST(connections_and_queue_are_bounded),
        TEST(what_is_withdrawn_comes_nowhere),
        TEST(sends_the_token_of_its_file),
        cmocka_unit_test(says_what_cannot_be_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
