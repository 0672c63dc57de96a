#include "reference/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/auth_fixture.h"

/* Hashes of `hey-rodney`. */
#define BCRYPT "$2b$04$abcdefghijklmnopqrstuuRw89uKkUnSSG4zouuohtwYfV5R8osym"
#define SHA512                                                                                     \
    "$6$rounds=1000$saltsalt$KV8kVV.EgglbATPNjlNVHBuTd3VvoIZ2QnpnrpGo6dBrYqj9dydeFxxITAczx/"       \
    "3nj3t1gkMm/8q6O2ah63RnW/"
#define PASS(password) "{'authentication':{'credentials':[{'pass':'" password "'}]}}"

static const struct auth_world_row documents[] = {
    {"a",   NULL,     "{}"                                                                   },
    {"b",   NULL,     "{}"                                                                   },
    {"off", NULL,     "{'core':{'disabled':true}}"                                           },
    {"a",   "dev",    "{'alias':['nick'],'authentication':{'credentials':[{'pass':'pw'}]}}"  },
    {"a",   "x@y",    PASS("at")                                                             },
    {"a",   "p%20q",  PASS("percent")                                                        },
    {"a",   "colon",  PASS("p:q:")                                                           },
    {"a",   "empty",  PASS("")                                                               },
    {"a",   "none",   "{}"                                                                   },
    {"a",   "broken", "{'authentication':{'credentials':[{'pass':17}]}}"                     },
    {"a",   "off",
     "{'core':{'disabled':true},'authentication':{'credentials':"
     "[{'pass':'pw'}]}}"                                                                     },
    {"a",   "users",
     "{'authentication':{'credentials':[{'user':{'username':'foo','password':'upw'}},"
     "{'user':{'username':'solo','password':'spw','unique':true}}]}}"                        },
    {"a",   "hashed", "{'authentication':{'credentials':[{'pass':{'bcrypt':'" BCRYPT "'}}]}}"},
    {"a",   "sha",
     "{'authentication':{'credentials':[{'pass':{'sha512':'" SHA512 "'}},"
     "{'pass':'plain'}]}}"                                                                   },
    {"a",   "old",    "{'credentials':{'credentials':[{'pass':'legacy'}]}}"                  },
    {"b",   "dev",    PASS("pw-of-b")                                                        },
    {"b",   "other",  PASS("pw")                                                             },
    {"off", "dev",    PASS("pw")                                                             },
    {"a",   "behind", "{'gatewaySelector':{'matchNames':['gate','dev']}}"                    },
    {"a",   "byname", "{'gatewaySelector':{'matchNames':['nick']}}"                          },
    {"a",   "asleep", "{'core':{'disabled':true},'gatewaySelector':{'matchNames':['dev']}}"  },
    {"b",   "away",   "{'gatewaySelector':{'matchNames':['dev']}}"                           },
};

static int set_up(void **state)
{
    static struct auth_world world;

    auth_world_fill(&world, documents, COUNT(documents));
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    auth_world_close(*state);
    return 0;
}

/* Option 4209, application=, device=, as=. */
#define Q(basic, application, device, as)                                                          \
    {                                                                                              \
        basic, application, device, as, NULL, 0                                                    \
    }

/* device NULL: refused. */
struct basic_case {
    struct question question;
    const char *app;
    const char *device;
};

static void check_cases(struct auth_world *w, const struct basic_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct auth_grant grant;
        enum auth_result result = auth_world_ask_until_known(w, cases[i].question, &grant);

        if ((result == AUTH_GRANTED) != (cases[i].device != NULL))
            print_error("case %zu: %s\n", i, cases[i].question.basic);
        assert_int_equal(result, cases[i].device != NULL ? AUTH_GRANTED : AUTH_REFUSED);
        if (result == AUTH_GRANTED) {
            assert_string_equal(grant.app->name.ptr, cases[i].app);
            assert_string_equal(grant.device->name.ptr, cases[i].device);
        }
    }
}

static void grants_each_form_of_credential(void **state)
{
    static const struct basic_case cases[] = {
        {Q("dev@a:pw",            NULL, NULL,    NULL), "a", "dev"   },
        {Q("nick@a:pw",           NULL, NULL,    NULL), "a", "dev"   },
        {Q("dev:pw",              "a",  NULL,    NULL), "a", "dev"   },
        {Q("nick:pw",             "a",  NULL,    NULL), "a", "dev"   },
        {Q("x%40y@a:at",          NULL, NULL,    NULL), "a", "x@y"   },
        {Q("x@y:at",              "a",  NULL,    NULL), "a", "x@y"   }, /* not swapped to y@x */
        {Q("p%20q:percent",       "a",  NULL,    NULL), "a", "p%20q" },
        {Q("p%2520q@a:percent",   NULL, NULL,    NULL), "a", "p%20q" },
        {Q("dev:pw",              "a",  "dev",   NULL), "a", "dev"   },
        {Q("dev:pw",              "a",  "nick",  NULL), "a", "dev"   },
        {Q("foo:upw",             "a",  "users", NULL), "a", "users" },
        {Q("foo@a:upw",           NULL, "users", NULL), "a", "users" },
        {Q("solo@a:spw",          NULL, NULL,    NULL), "a", "users" },
        {Q("solo:spw",            "a",  NULL,    NULL), "a", "users" },
        {Q("solo:spw",            "a",  "users", NULL), "a", "users" },
        {Q("colon@a:p:q:",        NULL, NULL,    NULL), "a", "colon" },
        {Q("empty@a:",            NULL, NULL,    NULL), "a", "empty" },
        {Q("old@a:legacy",        NULL, NULL,    NULL), "a", "old"   },
        {Q("hashed@a:hey-rodney", NULL, NULL,    NULL), "a", "hashed"},
        {Q("sha@a:hey-rodney",    NULL, NULL,    NULL), "a", "sha"   },
        {Q("sha@a:plain",         NULL, NULL,    NULL), "a", "sha"   },
        {Q("dev@b:pw-of-b",       NULL, NULL,    NULL), "b", "dev"   },
    };

    check_cases(*state, cases, COUNT(cases));
}

static void refuses_all_else(void **state)
{
    static const struct basic_case cases[] = {
        {Q(NULL,                  NULL, NULL,    NULL), NULL, NULL},
        {Q(NULL,                  "a",  "dev",   NULL), NULL, NULL},
        {Q("dev@a:pW",            NULL, NULL,    NULL), NULL, NULL},
        {Q("dev@a:",              NULL, NULL,    NULL), NULL, NULL},
        {Q("dev@a",               NULL, NULL,    NULL), NULL, NULL},
        {Q("nobody@a:pw",         NULL, NULL,    NULL), NULL, NULL},
        {Q("dev@nowhere:pw",      NULL, NULL,    NULL), NULL, NULL},
        {Q("dev@off:pw",          NULL, NULL,    NULL), NULL, NULL},
        {Q("off@a:pw",            NULL, NULL,    NULL), NULL, NULL},
        {Q("none@a:",             NULL, NULL,    NULL), NULL, NULL},
        {Q("broken@a:17",         NULL, NULL,    NULL), NULL, NULL},
        {Q("dev:pw",              NULL, NULL,    NULL), NULL, NULL}, /* no application at all */
        {Q("dev:pw",              NULL, "dev",   NULL), NULL, NULL},
        {Q("dev:pw",              "",   NULL,    NULL), NULL, NULL},
        {Q(":pw",                 "a",  NULL,    NULL), NULL, NULL},
        {Q("dev:pw",              "a",  "",      NULL), NULL, NULL},
        {Q("@:pw",                NULL, NULL,    NULL), NULL, NULL},
        {Q("foo@a:upw",           NULL, NULL,    NULL), NULL, NULL}, /* not unique: no alias */
        {Q("users@a:upw",         NULL, NULL,    NULL), NULL, NULL},
        {Q("users@a:spw",         NULL, NULL,    NULL), NULL, NULL},
        {Q("bar:upw",             "a",  "users", NULL), NULL, NULL},
        {Q("nick:pw",             "a",  "dev",   NULL), NULL, NULL}, /* a user named nick */
        {Q("hashed@a:hey-rodnez", NULL, NULL,    NULL), NULL, NULL},
        {Q("sha@a:wrong",         NULL, NULL,    NULL), NULL, NULL},
        {Q("hashed@a:" BCRYPT,    NULL, NULL,    NULL), NULL, NULL},
 /* credentials of one application never count in another */
        {Q("dev@b:pw",            NULL, NULL,    NULL), NULL, NULL},
        {Q("dev@a:pw-of-b",       NULL, NULL,    NULL), NULL, NULL},
        {Q("dev@a:pw",            "b",  NULL,    NULL), NULL, NULL},
        {Q("nick@b:pw",           NULL, NULL,    NULL), NULL, NULL},
    };

    check_cases(*state, cases, COUNT(cases));
}

static void a_gateway_publishes_for_devices_that_name_it(void **state)
{
    static const struct basic_case cases[] = {
        {Q("dev@a:pw",      NULL, NULL, "behind"), "a",  "behind"},
        {Q("nick@a:pw",     NULL, NULL, "behind"), "a",  "behind"}, /* canonical name counts */
        {Q("dev@a:pw",      NULL, NULL, "dev"),    "a",  "dev"   },
        {Q("dev@a:pw",      NULL, NULL, "nick"),   "a",  "dev"   },
        {Q("nick@a:pw",     NULL, NULL, "dev"),    "a",  "dev"   },
        {Q("dev@a:pw",      NULL, NULL, "users"),  NULL, NULL    },
        {Q("dev@a:pw",      NULL, NULL, ""),       NULL, NULL    },
        {Q("dev@a:pw",      NULL, NULL, "nobody"), NULL, NULL    },
        {Q("dev@a:pw",      NULL, NULL, "asleep"), NULL, NULL    },
        {Q("nick@a:pw",     NULL, NULL, "byname"), NULL, NULL    }, /* lists an alias only */
        {Q("dev@a:pw",      NULL, NULL, "away"),   NULL, NULL    }, /* of application b */
        {Q("dev@b:pw-of-b", NULL, NULL, "behind"), NULL, NULL    },
        {Q("dev@a:wrong",   NULL, NULL, "behind"), NULL, NULL    },
        {Q("empty@a:",      NULL, NULL, "behind"), NULL, NULL    },
    };
    struct auth_grant grant;

    check_cases(*state, cases, COUNT(cases));
    assert_int_equal(auth_world_ask(*state, cases[0].question, &grant), AUTH_GRANTED);
    assert_string_equal(grant.sender->name.ptr, "dev");
}

static void a_changed_password_counts_from_the_next_request(void **state)
{
    struct auth_world *w = *state;
    struct question old = Q("dev@a:pw", NULL, NULL, NULL);
    struct question hashed = Q("hashed@a:hey-rodney", NULL, NULL, NULL);
    struct auth_grant grant;

    assert_int_equal(auth_world_ask(w, old, &grant), AUTH_GRANTED);
    assert_int_equal(auth_world_ask_until_known(w, hashed, &grant), AUTH_GRANTED);
    auth_world_put(w, "a", "dev", PASS("new"));
    auth_world_put(w, "a", "hashed", PASS("new"));
    assert_int_equal(auth_world_ask(w, old, &grant), AUTH_REFUSED);
    assert_int_equal(auth_world_ask(w, hashed, &grant), AUTH_REFUSED);
    assert_int_equal(auth_world_ask(w, (struct question){.basic = "dev@a:new"}, &grant),
                     AUTH_GRANTED);
}

static void what_is_disabled_or_deleted_is_refused(void **state)
{
    struct auth_world *w = *state;
    struct question question = {.basic = "other@b:pw"};
    struct auth_grant grant;

    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_GRANTED);
    auth_world_put(w, "b", NULL, "{'core':{'disabled':true}}");
    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_REFUSED);
    auth_world_put(w, "b", NULL, "{}");
    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_GRANTED);
    auth_world_delete(w, "b", "other");
    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_REFUSED);
    auth_world_delete(w, "b", NULL);
    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_REFUSED);
}

static void a_slow_hash_is_pending_first_and_counted(void **state)
{
    struct auth_world *w = *state;
    struct question question = {.basic = "hashed@a:hey-rodney", .as = "nobody"};
    int64_t refused = metrics_total(METRIC_AUTH_REFUSED);
    int64_t passed = metrics_total(METRIC_AUTH_OK);
    int64_t hashes = metrics_total(METRIC_HASHES);
    struct auth_grant grant;

    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_PENDING);
    assert_int_equal(metrics_total(METRIC_AUTH_REFUSED), refused);
    assert_int_equal(auth_world_ask_until_known(w, question, &grant), AUTH_REFUSED);
    assert_int_equal(metrics_total(METRIC_AUTH_REFUSED), refused + 1);
    question.as = NULL;
    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_GRANTED);
    assert_int_equal(metrics_total(METRIC_AUTH_OK), passed + 1);
    assert_int_equal(metrics_total(METRIC_HASHES), hashes + 1);
}

static void refuses_values_that_are_not_basic(void **state)
{
    static const struct str values[] = {
        {NULL,                   0 },
        {"",                     0 },
        {"Bearer ZGV2QGE6cHc=",  19},
        {"Basic dev@a:pw",       14},
        {"Basic ZGV2QGE6cHc=\n", 19},
    };
    struct auth_world *w = *state;
    struct auth_request request = {.has_authorization = true};
    struct auth_grant grant;

    for (size_t i = 0; i < COUNT(values); i++) {
        request.authorization = values[i];
        assert_int_equal(auth_check(w->auth, &request, 0, 0, 1, &grant), AUTH_REFUSED);
    }
    request.authorization = STR("basic ZGV2QGE6cHc"); /* RFC 7617 2: any case; no padding */
    assert_int_equal(auth_check(w->auth, &request, 0, 0, 1, &grant), AUTH_GRANTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(grants_each_form_of_credential),
        TEST(refuses_all_else),
        TEST(a_gateway_publishes_for_devices_that_name_it),
        TEST(a_changed_password_counts_from_the_next_request),
        TEST(what_is_disabled_or_deleted_is_refused),
        TEST(a_slow_hash_is_pending_first_and_counted),
        TEST(refuses_values_that_are_not_basic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
