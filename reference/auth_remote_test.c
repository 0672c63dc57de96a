#include "reference/auth_remote.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reference/authn_testservice.h"
#include "reference/cert_fixture.h"
#include "reference/in_flight.h"

enum { CACHE_US = 5 * 1000000, WALL_S = 1720000000 };

#define BEHIND                                                                                     \
    "{\"outcome\":{\"pass\":{\"as\":{\"metadata\":{\"application\":\"a\",\"name\":\"x\"}}}}}"

struct world {
    struct testservice service;
    struct authn_client *client;
    struct metrics *metrics;
    struct auth *auth;
    int64_t now_us; /* virtual: only the service's own time is real */
};

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    char why[AUTHN_CLIENT_WHY_LEN];

    testservice_start(&w->service);
    const struct authn_client_options client = {
        .url = w->service.url, .connections = 4, .queue = 4, .timeout_us = 60 * US_PER_S};

    w->client = authn_client_new(&client, why);
    assert_non_null(w->client);
    const struct auth_options options = {
        .cache_entries = 64, .cache_us = CACHE_US, .service = w->client};

    w->metrics = metrics_new();
    w->auth = auth_new(NULL, NULL, &options, w->metrics);
    w->now_us = 1000 * US_PER_S;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    auth_free(&w->auth);
    authn_client_free(&w->client);
    testservice_stop(&w->service);
    free(w);
    return 0;
}

/* NULL: not given. */
struct question {
    const char *authorization;
    const char *application, *device, *as;
    struct identity *session;
};

static struct str str_of(const char *text)
{
    return text != NULL ? str_from(text) : (struct str){NULL, 0};
}

static enum auth_result ask_once(struct world *w, struct question q, uint64_t ticket,
                                 struct auth_grant *out)
{
    const struct auth_request request = {
        .session = q.session,
        .authorization = str_of(q.authorization),
        .application = str_of(q.application),
        .device = str_of(q.device),
        .as = str_of(q.as),
        .has_authorization = q.authorization != NULL,
        .has_application = q.application != NULL,
        .has_device = q.device != NULL,
        .has_as = q.as != NULL,
    };

    return auth_check(w->auth, &request, w->now_us, WALL_S * US_PER_S, ticket, out);
}

static uint64_t next_ticket(struct world *w)
{
    struct pollfd ready = {.fd = auth_wake_fd(w->auth), .events = POLLIN};
    uint64_t ticket;

    while (auth_poll(w->auth, w->now_us, &ticket, 1) == 0)
        assert_int_equal(poll(&ready, 1, 60000), 1);
    return ticket;
}

/* As a worker does. */
static enum auth_result ask(struct world *w, struct question q, struct auth_grant *out)
{
    enum auth_result result;

    while ((result = ask_once(w, q, 7, out)) == AUTH_PENDING)
        assert_int_equal(next_ticket(w), 7);
    return result;
}

#define DEV_PW "Basic ZGV2QGE6cHc=" /* dev@a:pw */

static void a_password_is_proved_by_the_service(void **state)
{
    struct world *w = *state;
    struct auth_grant grant;

    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW}, &grant), AUTH_GRANTED);
    assert_string_equal(
        w->service.last.ptr,
        "{\"application\":\"a\",\"device\":\"dev\",\"credential\":{\"pass\":\"pw\"}}");
    assert_true(str_equal(grant.app->uid, STR("ua")) && grant.sender == grant.device);
    assert_true(str_equal(grant.sender->uid, STR("ud")));
    /* without a proof nobody is asked */
    assert_int_equal(ask(w, (struct question){.as = "x"}, &grant), AUTH_REFUSED);
    assert_int_equal(ask(w, (struct question){.authorization = "Basic !"}, &grant), AUTH_REFUSED);
    assert_int_equal(testservice_asked(&w->service, AUTH_CALL_PROVE), 1);
    testservice_says(&w->service, AUTH_CALL_PROVE, NULL);
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW, .device = "other"}, &grant),
                     AUTH_REFUSED);
    assert_non_null(strstr(w->service.last.ptr, "\"user\":{\"username\":\"dev\""));
}

/* AUTH-17: what an answer says holds for the stated time, and no longer. */
static void an_answer_counts_for_its_time(void **state)
{
    struct world *w = *state;
    struct auth_grant grant;

    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW}, &grant), AUTH_GRANTED);
    testservice_says(&w->service, AUTH_CALL_PROVE, NULL);
    w->now_us += CACHE_US - 1;
    assert_int_equal(ask_once(w, (struct question){.authorization = DEV_PW}, 1, &grant),
                     AUTH_GRANTED);
    w->now_us += 1;
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW}, &grant), AUTH_REFUSED);
    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    assert_int_equal(ask_once(w, (struct question){.authorization = DEV_PW}, 1, &grant),
                     AUTH_REFUSED);
    w->now_us += CACHE_US;
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW}, &grant), AUTH_GRANTED);
}

static void no_answer_is_unavailable_for_a_second(void **state)
{
    struct world *w = *state;
    struct auth_grant grant;

    testservice_says(&w->service, AUTH_CALL_PROVE, "nonsense");
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW}, &grant), AUTH_UNAVAILABLE);
    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    w->now_us += US_PER_S - 1;
    assert_int_equal(ask_once(w, (struct question){.authorization = DEV_PW}, 1, &grant),
                     AUTH_UNAVAILABLE);
    w->now_us += 1;
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW}, &grant), AUTH_GRANTED);
}

static void of_a_device_one_question_is_in_flight(void **state)
{
    struct world *w = *state;
    struct auth_grant grant;
    static const char other_password[] = "Basic ZGV2QGE6b3RoZXI="; /* dev@a:other */

    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    testservice_hang(&w->service, true);
    for (uint64_t ticket = 0; ticket < IN_FLIGHT_MAX_TICKETS; ticket++)
        assert_int_equal(
            ask_once(w,
                     (struct question){.authorization = ticket % 2 == 0 ? DEV_PW : other_password},
                     ticket, &grant),
            AUTH_PENDING);
    assert_int_equal(ask_once(w, (struct question){.authorization = DEV_PW}, 99, &grant),
                     AUTH_OVERLOADED);
    testservice_await(&w->service, 1);
    assert_int_equal(testservice_asked(&w->service, AUTH_CALL_PROVE), 1);
    testservice_hang(&w->service, false);
    for (uint64_t ticket = 0; ticket < IN_FLIGHT_MAX_TICKETS; ticket++)
        assert_int_equal(next_ticket(w), ticket);
    /* the other password has still to be asked for */
    assert_int_equal(ask_once(w, (struct question){.authorization = DEV_PW}, 1, &grant),
                     AUTH_GRANTED);
    assert_int_equal(ask_once(w, (struct question){.authorization = other_password}, 1, &grant),
                     AUTH_PENDING);
    assert_int_equal(next_ticket(w), 1);
}

static void a_full_queue_is_overload(void **state)
{
    struct world *w = *state;
    struct auth_grant grant;
    enum auth_result result = AUTH_PENDING;

    testservice_hang(&w->service, true);
    for (char c = 'a'; result == AUTH_PENDING && c <= 'z'; c++) {
        const char name[] = {c, '\0'};

        result = ask_once(
            w, (struct question){.authorization = DEV_PW, .application = "a", .device = name}, 1,
            &grant);
    }
    assert_int_equal(result, AUTH_OVERLOADED);
}

static void a_gateway_is_asked_about(void **state)
{
    struct world *w = *state;
    struct auth_grant grant;

    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    testservice_says(&w->service, AUTH_CALL_GATEWAY, BEHIND);
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW, .as = "x"}, &grant),
                     AUTH_GRANTED);
    assert_string_equal(w->service.last.ptr,
                        "{\"application\":\"a\",\"device\":\"dev\",\"as\":\"x\"}");
    assert_true(str_equal(grant.device->name, STR("x")));
    assert_true(str_equal(grant.sender->name, STR("dev")));
    testservice_says(&w->service, AUTH_CALL_GATEWAY, NULL);
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW, .as = "y"}, &grant),
                     AUTH_REFUSED);
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW, .as = "dev"}, &grant),
                     AUTH_GRANTED);
    assert_int_equal(testservice_asked(&w->service, AUTH_CALL_GATEWAY), 2);
    /* of another application it cannot be */
    testservice_says(&w->service, AUTH_CALL_GATEWAY,
                     "{\"outcome\":{\"pass\":{\"as\":{\"metadata\":{\"application\":\"b\",\"name\":"
                     "\"z\"}}}}}");
    assert_int_equal(ask(w, (struct question){.authorization = DEV_PW, .as = "z"}, &grant),
                     AUTH_REFUSED);
}

/* --- sessions -----------------------------------------------------------------------------------
 */

static enum auth_result prepare(struct world *w, const char *name)
{
    enum auth_result result;
    uint64_t ticket;

    while ((result = auth_prepare_psk(w->auth, str_from(name), w->now_us, WALL_S * US_PER_S, 5)) ==
           AUTH_PENDING) {
        while (auth_poll_prepared(w->auth, &ticket, 1) == 0) {
            struct pollfd ready = {.fd = auth_wake_fd(w->auth), .events = POLLIN};

            assert_int_equal(poll(&ready, 1, 60000), 1);
            assert_int_equal(auth_poll(w->auth, w->now_us, &ticket, 1), 0);
        }
        assert_int_equal(ticket, 5);
    }
    return result;
}

static size_t psk(struct world *w, const char *name, struct identity *id)
{
    uint8_t key[64];

    return auth_psk(w->auth, str_from(name), WALL_S * US_PER_S, id, key, sizeof key);
}

static void a_key_is_there_once_it_is_prepared(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};

    testservice_says(&w->service, AUTH_CALL_KEY, TESTSERVICE_FOUND("a2V5"));
    assert_int_equal(psk(w, "nick@a", &id), 0); /* nobody has asked yet */
    assert_int_equal(prepare(w, "nick@a"), AUTH_GRANTED);
    assert_string_equal(w->service.last.ptr, "{\"application\":\"a\",\"device\":\"nick\"}");
    assert_int_equal(psk(w, "nick@a", &id), 3);
    assert_string_equal(id.device, "dev");
    assert_int_equal(psk(w, "dev@a", &id), 0);
    /* what cannot be asked for */
    assert_int_equal(prepare(w, "dev"), AUTH_REFUSED);
    assert_int_equal(prepare(w, "\xff@a"), AUTH_REFUSED);
    testservice_says(&w->service, AUTH_CALL_KEY, "{\"outcome\":\"NotFound\"}");
    assert_int_equal(prepare(w, "nobody@a"), AUTH_REFUSED);
    assert_int_equal(psk(w, "nobody@a", &id), 0);
    testservice_says(&w->service, AUTH_CALL_KEY, "");
    assert_int_equal(prepare(w, "unlucky@a"), AUTH_UNAVAILABLE);
    assert_int_equal(psk(w, "unlucky@a", &id), 0);
    identity_fini(&id);
}

static void a_session_holds_as_long_as_its_key_does(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};
    struct auth_grant grant;

    testservice_says(&w->service, AUTH_CALL_KEY, TESTSERVICE_FOUND("a2V5"));
    assert_int_equal(prepare(w, "dev@a"), AUTH_GRANTED);
    assert_int_equal(psk(w, "dev@a", &id), 3);
    assert_int_equal(ask(w, (struct question){.session = &id}, &grant), AUTH_GRANTED);
    assert_int_equal(testservice_asked(&w->service, AUTH_CALL_KEY), 1); /* just been told */
    testservice_says(&w->service, AUTH_CALL_KEY, TESTSERVICE_FOUND("bmV3"));
    w->now_us += CACHE_US;
    assert_int_equal(ask(w, (struct question){.session = &id}, &grant), AUTH_REFUSED);
    testservice_says(&w->service, AUTH_CALL_KEY, TESTSERVICE_FOUND("a2V5"));
    w->now_us += CACHE_US;
    assert_int_equal(ask(w, (struct question){.session = &id}, &grant), AUTH_GRANTED);
    testservice_says(&w->service, AUTH_CALL_KEY, "{\"outcome\":\"NotFound\"}");
    w->now_us += CACHE_US;
    assert_int_equal(ask(w, (struct question){.session = &id}, &grant), AUTH_REFUSED);
    identity_fini(&id);
}

/* AUTH-14, by the names that the service has told. */
static void what_a_session_names_besides_must_be_itself(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};
    struct auth_grant grant;

    testservice_says(&w->service, AUTH_CALL_KEY, TESTSERVICE_FOUND("a2V5"));
    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    assert_int_equal(prepare(w, "dev@a"), AUTH_GRANTED);
    assert_int_equal(psk(w, "dev@a", &id), 3);
    const struct {
        struct question question;
        enum auth_result want;
    } cases[] = {
        {{.session = &id, .application = "a"},                           AUTH_GRANTED},
        {{.session = &id, .application = "a", .device = "dev"},          AUTH_GRANTED},
        {{.session = &id, .application = "b"},                           AUTH_REFUSED},
        {{.session = &id, .device = "other"},                            AUTH_REFUSED},
        {{.session = &id, .authorization = DEV_PW},                      AUTH_GRANTED},
        {{.session = &id, .authorization = "Basic b3RoZXJAYTpwdw== no"}, AUTH_REFUSED},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(ask(w, cases[i].question, &grant), cases[i].want);
    /* a good password of somebody else */
    testservice_says(&w->service, AUTH_CALL_PROVE,
                     "{\"outcome\":{\"pass\":{\"application\":" TESTSERVICE_APP
                     ",\"device\":{\"metadata\":{\"application\":\"a\",\"name\":\"other\"}}}}}");
    assert_int_equal(
        ask(w, (struct question){.session = &id, .authorization = "Basic b3RoZXJAYTpwdw=="},
            &grant),
        AUTH_REFUSED);
    identity_fini(&id);
}

static void a_certificate_is_judged_at_the_first_request(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};
    struct auth_grant grant;
    struct cert leaf = cert_make(&(struct cert_wish){.common_name = "thing", .to_s = 1});
    const struct cert *certs[] = {&leaf};
    STACK_OF(X509) *chain = cert_chain(certs, 1);

    assert_int_equal(auth_certificate(w->auth, chain, WALL_S * US_PER_S, &id), X509_V_OK);
    assert_null(id.device);
    testservice_says(&w->service, AUTH_CALL_PROVE, NULL);
    assert_int_equal(ask(w, (struct question){.session = &id}, &grant), AUTH_REFUSED);
    assert_non_null(strstr(w->service.last.ptr,
                           "{\"application\":\"O=Test, CN=thing\",\"device\":\"O=Test, CN=thing\","
                           "\"credential\":{\"cert\":[[48,"));
    testservice_says(&w->service, AUTH_CALL_PROVE, TESTSERVICE_PASS);
    w->now_us += CACHE_US;
    assert_int_equal(ask(w, (struct question){.session = &id}, &grant), AUTH_GRANTED);
    assert_string_equal(id.device, "dev");
    assert_int_equal(ask_once(w, (struct question){.session = &id}, 1, &grant), AUTH_GRANTED);
    assert_int_equal(testservice_asked(&w->service, AUTH_CALL_PROVE), 2);
    /* the same certificate must not become another device in a session */
    testservice_says(&w->service, AUTH_CALL_PROVE,
                     "{\"outcome\":{\"pass\":{\"application\":" TESTSERVICE_APP
                     ",\"device\":{\"metadata\":{\"application\":\"a\",\"name\":\"other\"}}}}}");
    w->now_us += CACHE_US;
    assert_int_equal(ask(w, (struct question){.session = &id}, &grant), AUTH_REFUSED);
    sk_X509_pop_free(chain, X509_free);
    identity_fini(&id);
    cert_fini(&leaf);
}

static void what_is_in_flight_at_the_end_is_forgotten(void **state)
{
    struct world *w = *state;
    struct auth_grant grant;

    testservice_hang(&w->service, true);
    assert_int_equal(ask_once(w, (struct question){.authorization = DEV_PW}, 1, &grant),
                     AUTH_PENDING);
    assert_int_equal(auth_prepare_psk(w->auth, STR("dev@a"), w->now_us, WALL_S * US_PER_S, 2),
                     AUTH_PENDING);
    testservice_await(&w->service, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_password_is_proved_by_the_service),
        TEST(an_answer_counts_for_its_time),
        TEST(no_answer_is_unavailable_for_a_second),
        TEST(of_a_device_one_question_is_in_flight),
        TEST(a_full_queue_is_overload),
        TEST(a_gateway_is_asked_about),
        TEST(a_key_is_there_once_it_is_prepared),
        TEST(a_session_holds_as_long_as_its_key_does),
        TEST(what_a_session_names_besides_must_be_itself),
        TEST(a_certificate_is_judged_at_the_first_request),
        TEST(what_is_in_flight_at_the_end_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
