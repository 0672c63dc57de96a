#include "reference/authn_service.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base64.h"
#include "reference/auth_fixture.h"
#include "reference/authn_question.h"
#include "reference/cert_fixture.h"

#define PASS(text) "{'pass':'" text "'}"
#define PSK(key, from, to)                                                                         \
    "{'psk':{'key':'" key "','validity':{'notBefore':'" from "-01-01T00:00:00Z','notAfter':'" to   \
    "-01-01T00:00:00Z'}}}"
#define CREDENTIALS(list) "{'authentication':{'credentials':[" list "]}}"
/* bcrypt of `hey-rodney`, cost 4 */
#define HASHED "{'pass':{'bcrypt':'$2b$04$abcdefghijklmnopqrstuuRw89uKkUnSSG4zouuohtwYfV5R8osym'}}"

/* clang-format off */
static const struct auth_world_row documents[] = {
    {"a",   NULL,      "{}"                                                                      },
    {"off", NULL,      "{'core':{'disabled':true}}"                                              },
    {"a",   "dev",     "{'alias':['nick'],'authentication':{'credentials':[" PASS("pw") "]}}"    },
    {"a",   "user",    CREDENTIALS("{'user':{'username':'u','password':'up','unique':true}}")    },
    {"a",   "hashed",  CREDENTIALS(HASHED)                                                       },
    {"a",   "rolling", CREDENTIALS("{'psk':{'key':'YWx3YXlz'}}," PSK("b2xk", "2001", "2199") "," PSK(
                           "bmV3", "2002", "2198"))                                              },
    {"a",   "expired", CREDENTIALS(PSK("b2xk", "1999", "2000"))                                  },
    {"a",   "off",     "{'core':{'disabled':true},'authentication':{'credentials':[" PASS(
                           "pw") ",{'psk':{'key':'YWx3YXlz'}}]}}"                                },
    {"a",   "bad",     CREDENTIALS("{'pass':1}," PASS("pw"))                                     },
    {"a",   "behind",  "{'gatewaySelector':{'matchNames':['dev','bad']}}"                              },
    {"a",   "dark",    "{'gatewaySelector':{'matchNames':['dev']},'core':{'disabled':true}}"     },
    {"off", "dev",     CREDENTIALS(PASS("pw"))                                                   },
};
/* clang-format on */

struct world {
    struct auth_world registry;
    struct authn_service *service;
    struct authn_service *drogue; /* with Drogue Cloud's quirks */
};

static int set_up(void **state)
{
    static struct world w;
    struct config config;

    auth_world_fill(&w.registry, documents, COUNT(documents));
    config_defaults(&config);
    w.service = authn_service_new(w.registry.registry, &config);
    config.drogue_quirks = true;
    w.drogue = authn_service_new(w.registry.registry, &config);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    authn_service_free(&w->service);
    authn_service_free(&w->drogue);
    auth_world_close(&w->registry);
    return 0;
}

/* Asks with the JSON text (' for "); the outcome as compact text, to be freed. */
static char *ask(struct authn_service *s, enum auth_call call, const char *question)
{
    char *text = xstrdup(str_from(question));
    struct auth_question q;
    json_t *out = NULL;

    for (char *p = text; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json_t *body = json_loads(text, 0, NULL);

    assert_non_null(body);
    assert_null(authn_question_read(call, body, &q));
    assert_int_equal(authn_service_answer(s, &q, &out), AUTHN_OK);
    free(text);
    text = json_dumps(json_object_get(out, "outcome"), JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(out);
    json_decref(body);
    authn_question_fini(&q);
    return text;
}

struct row {
    enum auth_call call;
    const char *question;
    const char *want;   /* a part of the outcome */
    const char *drogue; /* the same with quirks; NULL: no difference */
};

#define ASK(device, rest) "{'application':'a','device':'" device "'" rest "}"
#define WITH(password) ",'credential':{'pass':'" password "'}"
#define FAIL "\"fail\""
#define NOT_FOUND "\"NotFound\""

/* clang-format off */
static const struct row rows[] = {
    /* the forms of a password, facts 2.4 */
    {AUTH_CALL_PROVE,   ASK("dev", WITH("pw")),                                    "\"name\":\"dev\"",      NULL                },
    {AUTH_CALL_PROVE,   ASK("nick", WITH("pw")),                                   "\"name\":\"dev\"",      NULL                },
    {AUTH_CALL_PROVE,   ASK("dev", WITH("wrong")),                                 FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   ASK("u", WITH("up")),                                      "\"name\":\"user\"",     NULL                },
    {AUTH_CALL_PROVE,   ASK("user", WITH("up")),                                   FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   ASK("user", ",'credential':{'user':{'username':'u','password':'up'}}"),
     "\"name\":\"user\"",                                                                                   NULL                },
    {AUTH_CALL_PROVE,   ASK("dev", ",'credential':{'user':{'username':'u','password':'pw'}}"),
     FAIL,                                                                                                  NULL                },
    {AUTH_CALL_PROVE,   ASK("hashed", WITH("hey-rodney")),                               "\"name\":\"hashed\"",   NULL                },
    {AUTH_CALL_PROVE,   ASK("hashed", WITH("quick")),                              FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   ASK("bad", WITH("pw")),                                    FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   ASK("nobody", WITH("pw")),                                 FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   "{'application':'off','device':'dev'" WITH("pw") "}",      FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   "{'application':'b','device':'dev'" WITH("pw") "}",        FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   ASK("off", WITH("pw")),                                    FAIL,                    "\"name\":\"off\""  },
    {AUTH_CALL_PROVE,   ASK("dev", ",'credential':{'cert':[]}"),                   FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   ASK("dev", ",'credential':{'cert':[[48,0]]}"),             FAIL,                    NULL                },
    /* keys: of several the newest, for Drogue Cloud the oldest */
    {AUTH_CALL_KEY,     ASK("rolling", ""),                                        "\"key\":\"bmV3\"",
     "\"key\":{\"key\":\"YWx3YXlz\"}"                                                                                           },
    {AUTH_CALL_KEY,     ASK("rolling", ""),                                        "\"Found\":{\"app\":{",  NULL                },
    {AUTH_CALL_KEY,     ASK("expired", ""),                                        NOT_FOUND,               NULL                },
    {AUTH_CALL_KEY,     ASK("dev", ""),                                            NOT_FOUND,               NULL                },
    {AUTH_CALL_KEY,     ASK("nobody", ""),                                         NOT_FOUND,               NULL                },
    {AUTH_CALL_KEY,     ASK("off", ""),                                            NOT_FOUND,               "\"Found\""         },
    {AUTH_CALL_KEY,     "{'application':'off','device':'dev'}",                    NOT_FOUND,               NULL                },
    /* gateways */
    {AUTH_CALL_GATEWAY, ASK("dev", ",'as':'behind'"),
     "{\"pass\":{\"as\":{\"metadata\":{\"application\":\"a\",\"name\":\"behind\"", NULL},
    {AUTH_CALL_GATEWAY, ASK("nick", ",'as':'behind'"), "\"name\":\"behind\"", FAIL},
    {AUTH_CALL_GATEWAY, ASK("dev", ",'as':'dev'"),     "\"name\":\"dev\"",    FAIL},
    {AUTH_CALL_GATEWAY, ASK("bad", ",'as':'behind'"),  FAIL, "\"name\":\"behind\""},
    {AUTH_CALL_GATEWAY, ASK("user", ",'as':'behind'"),                             FAIL,                    NULL                },
    {AUTH_CALL_GATEWAY, ASK("dev", ",'as':'nobody'"),                              FAIL,                    NULL                },
    {AUTH_CALL_GATEWAY, ASK("dev", ",'as':'dark'"),                                FAIL,                    "\"name\":\"dark\"" },
    {AUTH_CALL_PROVE,   ASK("dev", WITH("pw") ",'as':'behind'"),                   "\"as\":{\"metadata\":", NULL                },
    {AUTH_CALL_PROVE,   ASK("dev", WITH("pw") ",'as':'user'"),                     FAIL,                    NULL                },
    {AUTH_CALL_PROVE,   ASK("dev", WITH("pw") ",'as':'dev'"),                      "\"pass\"",              NULL                },
    {AUTH_CALL_PROVE,   ASK("dev", WITH("pw") ",'as':'nick'"),  "\"pass\"", FAIL},
    {AUTH_CALL_PROVE,   ASK("dev", WITH("wrong") ",'as':'behind'"),                FAIL,                    NULL                },
};
/* clang-format on */

static void check_row(struct authn_service *s, const struct row *row, const char *want)
{
    char *got = ask(s, row->call, row->question);

    if (strstr(got, want) == NULL)
        fail_msg("%s: %s, wanted %s", row->question, got, want);
    assert_null(strstr(got, "credentials"));
    free(got);
}

static void answers_by_our_own_rules(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(w->service, &rows[i], rows[i].want);
}

static void deviates_as_drogue_cloud_where_it_is_asked_to(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(w->drogue, &rows[i], rows[i].drogue != NULL ? rows[i].drogue : rows[i].want);
}

static void a_change_counts_for_the_next_question(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 2; i++) { /* the second time the verdict is remembered */
        char *got = ask(w->service, AUTH_CALL_PROVE, ASK("hashed", WITH("hey-rodney")));

        assert_non_null(strstr(got, "pass"));
        free(got);
    }
    auth_world_put(&w->registry, "a", "hashed", CREDENTIALS(PASS("other")));
    char *got = ask(w->service, AUTH_CALL_PROVE, ASK("hashed", WITH("hey-rodney")));

    assert_string_equal(got, FAIL);
    free(got);
}

struct asker {
    pthread_t thread;
    struct authn_service *service;
    bool passed;
};

static void *ask_often(void *arg)
{
    struct asker *a = arg;

    for (int i = 0; i < 20; i++) {
        char *got = ask(a->service, AUTH_CALL_PROVE, ASK("hashed", WITH("hey-rodney")));

        a->passed = strstr(got, "pass") != NULL;
        free(got);
    }
    return NULL;
}

static void many_may_ask_at_once(void **state)
{
    struct world *w = *state;
    struct asker askers[4];

    for (size_t i = 0; i < COUNT(askers); i++) {
        askers[i] = (struct asker){.service = w->service};
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_often, &askers[i]), 0);
    }
    for (size_t i = 0; i < COUNT(askers); i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_true(askers[i].passed);
    }
}

/* --- certificates -------------------------------------------------------------------------------
 */

static void put_anchor(struct world *w, const struct cert *ca)
{
    struct buf spec = buf_growing();
    uint8_t *der = NULL;
    int len = i2d_X509(ca->x509, &der);

    buf_add_str(&spec, STR("{'trustAnchors':{'anchors':[{'certificate':'"));
    base64_encode(&spec, der, (size_t)len);
    buf_add_str(&spec, STR("'}]}}\0"));
    auth_world_put(&w->registry, "a", NULL, spec.ptr);
    OPENSSL_free(der);
    buf_fini(&spec);
}

static const char *prove_chain(struct authn_service *s, const char *app, const char *device,
                               STACK_OF(X509) * chain)
{
    static char text[4096];
    const struct auth_question q = {
        .call = AUTH_CALL_PROVE,
        .application = str_from(app),
        .device = str_from(device),
        .proof = AUTH_PROOF_CERTIFICATE,
        .chain = chain,
    };
    json_t *out = NULL;

    assert_int_equal(authn_service_answer(s, &q, &out), AUTHN_OK);
    size_t len = json_dumpb(json_object_get(out, "outcome"), text, sizeof text - 1,
                            JSON_COMPACT | JSON_ENCODE_ANY);

    text[len < sizeof text ? len : 0] = '\0';
    json_decref(out);
    return text;
}

static void proves_certificates_by_chain_and_names(void **state)
{
    struct world *w = *state;
    struct cert ca = cert_make(
        &(struct cert_wish){.common_name = "CA", .to_s = INT64_C(4000000000), .is_ca = true});
    struct cert leaf = cert_make(
        &(struct cert_wish){.common_name = "thing", .issuer = &ca, .to_s = INT64_C(4000000000)});
    const struct cert *both[] = {&leaf, &ca};
    STACK_OF(X509) *one = cert_chain(both, 1);
    STACK_OF(X509) *two = cert_chain(both, 2);

    put_anchor(w, &ca);
    auth_world_put(&w->registry, "a", "thing", "{'alias':['O=Test, CN=thing']}");
    for (size_t i = 0; i < 2; i++) {
        struct authn_service *s = i == 0 ? w->service : w->drogue;

        assert_non_null(strstr(prove_chain(s, "O=Test, CN=CA", "O=Test, CN=thing", one), "pass"));
        assert_non_null(strstr(prove_chain(s, "a", "thing", one), "pass"));
        assert_string_equal(prove_chain(s, "O=Test, CN=CA", "dev", one), FAIL);
        assert_string_equal(prove_chain(s, "off", "O=Test, CN=thing", one), FAIL);
        assert_string_equal(prove_chain(s, "O=Test, CN=CB", "O=Test, CN=thing", one), FAIL);
    }
    /* the anchor sent along, AUTH-09 */
    assert_non_null(
        strstr(prove_chain(w->service, "O=Test, CN=CA", "O=Test, CN=thing", two), "pass"));
    assert_string_equal(prove_chain(w->drogue, "O=Test, CN=CA", "O=Test, CN=thing", two), FAIL);
    sk_X509_pop_free(one, X509_free);
    sk_X509_pop_free(two, X509_free);
    cert_fini(&leaf);
    cert_fini(&ca);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_by_our_own_rules),
        TEST(deviates_as_drogue_cloud_where_it_is_asked_to),
        TEST(a_change_counts_for_the_next_question),
        TEST(many_may_ask_at_once),
        TEST(proves_certificates_by_chain_and_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
