#include "reference/auth_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/auth_fixture.h"

/* base64 of the keys `old`, `new`, `undated`, `gate`, `nul\0key` */
#define OLD "b2xk"
#define NEW "bmV3"
#define UNDATED "dW5kYXRlZA=="
#define GATE "Z2F0ZQ=="
#define NUL "bnVsAGtleQ=="

#define PSK(key) "{'psk':{'key':'" key "'}}"
#define PSK_FROM_TO(key, from, to)                                                                 \
    "{'psk':{'key':'" key "','validity':{'notBefore':'" from "','notAfter':'" to "'}}}"
#define CREDENTIALS(list) "'authentication':{'credentials':[" list "]}"

/* Of old and new both hold from June to August 2024; AUTH_WORLD_WALL_S is in July. */
#define SPRING "2024-03-01T00:00:00Z"
#define JUNE "2024-06-01T00:00:00Z"
#define AUGUST "2024-08-31T00:00:00Z"
#define AUTUMN "2024-11-30T00:00:00Z"
#define KEY_OLD PSK_FROM_TO(OLD, SPRING, AUGUST)
#define KEY_NEW PSK_FROM_TO(NEW, JUNE, AUTUMN)
enum { SPRING_S = 1709251200, JUNE_S = 1717200000, AUGUST_S = 1725062400, AUTUMN_S = 1732924800 };

static const struct auth_world_row documents[] = {
    {"a",   NULL,      "{}"                                                               },
    {"b",   NULL,      "{}"                                                               },
    {"off", NULL,      "{'core':{'disabled':true}}"                                       },
    {"a",   "dev",     "{'alias':['nick']," CREDENTIALS(PSK(UNDATED) ",{'pass':'pw'}") "}"},
    {"a",   "rolling", "{" CREDENTIALS(PSK(UNDATED) "," KEY_OLD "," KEY_NEW) "}"          },
    {"a",   "nul",     "{" CREDENTIALS(PSK(NUL)) "}"                                      },
    {"a",   "nokey",   "{" CREDENTIALS("{'pass':'pw'}") "}"                               },
    {"a",   "off",     "{'core':{'disabled':true}," CREDENTIALS(PSK(UNDATED)) "}"         },
    {"a",   "x@y",     "{" CREDENTIALS(PSK(UNDATED)) "}"                                  },
    {"a",   "behind",  "{'gatewaySelector':{'matchNames':['dev']}}"                       },
    {"a",   "hashed",
     "{" CREDENTIALS(
         PSK(GATE) ",{'pass':{'bcrypt':'"
                   "$2b$04$abcdefghijklmnopqrstuuRw89uKkUnSSG4zouuohtwYfV5R8osym'}}") "}" },
    {"b",   "dev",     "{" CREDENTIALS(PSK(GATE) ",{'pass':'pw'}") "}"                    },
    {"off", "dev",     "{" CREDENTIALS(PSK(UNDATED)) "}"                                  },
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

static size_t psk(struct auth_world *w, const char *name, int64_t wall_s, struct identity *id,
                  uint8_t *key, size_t cap)
{
    return auth_psk(w->auth, str_from(name), wall_s * US_PER_S, id, key, cap);
}

/* A session by PSK at AUTH_WORLD_WALL_S. */
static struct identity session_of(struct auth_world *w, const char *name)
{
    struct identity id = {.kind = IDENTITY_NONE};
    uint8_t key[64];

    assert_true(psk(w, name, AUTH_WORLD_WALL_S, &id, key, sizeof key) > 0);
    assert_int_equal(id.kind, IDENTITY_PSK);
    return id;
}

static void gives_the_key_of_an_identity(void **state)
{
    static const struct {
        const char *identity;
        const char *key; /* NULL: refused */
    } cases[] = {
        {"dev@a",       "undated"},
        {"nick@a",      "undated"},
        {"dev@b",       "gate"   },
        {"nobody@a",    NULL     },
        {"dev@nowhere", NULL     },
        {"dev@off",     NULL     },
        {"off@a",       NULL     },
        {"nokey@a",     NULL     },
        {"dev",         NULL     },
        {"",            NULL     },
        {"@",           NULL     },
        {"x@y@a",       NULL     }, /* the first @ splits */
        {"x%40y@a",     NULL     }, /* nothing is decoded */
        {"\xff@a",      NULL     },
    };
    uint8_t key[64];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct identity id = {.kind = IDENTITY_NONE};
        size_t len = psk(*state, cases[i].identity, AUTH_WORLD_WALL_S, &id, key, sizeof key);

        assert_int_equal(len, cases[i].key != NULL ? strlen(cases[i].key) : 0);
        assert_int_equal(id.kind, cases[i].key != NULL ? IDENTITY_PSK : IDENTITY_NONE);
        if (len > 0)
            assert_memory_equal(key, cases[i].key, len);
        identity_fini(&id);
    }
    struct identity id = {.kind = IDENTITY_NONE};

    assert_int_equal(psk(*state, "nul@a", AUTH_WORLD_WALL_S, &id, key, 7), 7);
    assert_memory_equal(key, "nul\0key", 7);
    identity_fini(&id);
    assert_int_equal(psk(*state, "nul@a", AUTH_WORLD_WALL_S, &id, key, 6), 0); /* does not fit */
    assert_int_equal(id.kind, IDENTITY_NONE);
}

static void of_several_valid_keys_the_newest_wins(void **state)
{
    static const struct {
        int64_t wall_s;
        const char *key;
    } cases[] = {
        {SPRING_S - 1, "undated"},
        {SPRING_S,     "old"    },
        {JUNE_S - 1,   "old"    },
        {JUNE_S,       "new"    },
        {AUGUST_S,     "new"    },
        {AUTUMN_S,     "new"    }, /* inclusive */
        {AUTUMN_S + 1, "undated"},
    };
    uint8_t key[64];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct identity id = {.kind = IDENTITY_NONE};

        assert_int_equal(psk(*state, "rolling@a", cases[i].wall_s, &id, key, sizeof key),
                         strlen(cases[i].key));
        assert_memory_equal(key, cases[i].key, strlen(cases[i].key));
        identity_fini(&id);
    }
}

static void takes_long_names_and_keys(void **state)
{
    struct auth_world *w = *state;
    char name[254];
    char identity[256];
    char spec[512];
    char base64[128];
    uint8_t key[64];
    uint8_t got[64];
    struct identity id = {.kind = IDENTITY_NONE};

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memset(key, 0x5a, sizeof key);
    (void)EVP_EncodeBlock((uint8_t *)base64, key, sizeof key);
    (void)snprintf(spec, sizeof spec, "{'authentication':{'credentials':[{'psk':{'key':'%s'}}]}}",
                   base64);
    auth_world_put(w, "a", name, spec);
    (void)snprintf(identity, sizeof identity, "%s@a", name);
    assert_int_equal(psk(w, identity, AUTH_WORLD_WALL_S, &id, got, sizeof got), sizeof key);
    assert_memory_equal(got, key, sizeof key);
    identity_fini(&id);
}

static void a_session_needs_no_more_than_itself(void **state)
{
    struct auth_world *w = *state;
    struct identity id = session_of(w, "nick@a");
    struct auth_grant grant;

    assert_string_equal(id.device, "dev");
    assert_int_equal(auth_world_ask(w, (struct question){.session = &id}, &grant), AUTH_GRANTED);
    assert_string_equal(grant.app->name.ptr, "a");
    assert_string_equal(grant.device->name.ptr, "dev");
    assert_int_equal(auth_world_ask(w, (struct question){.session = &id, .as = "behind"}, &grant),
                     AUTH_GRANTED);
    assert_string_equal(grant.sender->name.ptr, "dev");
    assert_string_equal(grant.device->name.ptr, "behind");
    assert_int_equal(auth_world_ask(w, (struct question){.session = &id, .as = "nokey"}, &grant),
                     AUTH_REFUSED);
    identity_fini(&id);
}

/* AUTH-20: a DTLS client that proved nothing is asked for option 4209. */
static void a_session_without_identity_needs_a_credential(void **state)
{
    struct identity none = {.kind = IDENTITY_NONE};
    struct auth_grant grant;

    assert_int_equal(auth_world_ask(*state, (struct question){.session = &none}, &grant),
                     AUTH_REFUSED);
    assert_int_equal(
        auth_world_ask(*state, (struct question){.session = &none, .basic = "dev@a:pw"}, &grant),
        AUTH_GRANTED);
}

/* AUTH-14. */
static void what_is_named_beside_a_session_must_be_the_same(void **state)
{
    static const struct {
        const char *basic;
        const char *application;
        const char *device;
        enum auth_result result;
    } cases[] = {
        {NULL,          "a",  NULL,    AUTH_GRANTED},
        {NULL,          NULL, "dev",   AUTH_GRANTED},
        {NULL,          "a",  "nick",  AUTH_GRANTED},
        {"dev@a:pw",    NULL, NULL,    AUTH_GRANTED},
        {"nick@a:pw",   NULL, NULL,    AUTH_GRANTED},
        {"dev:pw",      "a",  NULL,    AUTH_GRANTED},
        {"dev:pw",      "a",  "nick",  AUTH_GRANTED},
        {NULL,          "b",  NULL,    AUTH_REFUSED},
        {NULL,          "",   NULL,    AUTH_REFUSED},
        {NULL,          NULL, "nokey", AUTH_REFUSED},
        {NULL,          NULL, "",      AUTH_REFUSED},
        {NULL,          "b",  "dev",   AUTH_REFUSED},
        {"dev@a:wrong", NULL, NULL,    AUTH_REFUSED}, /* never the weaker one alone */
        {"nokey@a:pw",  NULL, NULL,    AUTH_REFUSED}, /* good, but another device */
        {"dev@b:pw",    NULL, NULL,    AUTH_REFUSED},
        {"dev:pw",      NULL, NULL,    AUTH_REFUSED},
        {"dev@a",       NULL, NULL,    AUTH_REFUSED},
        {"nokey:pw",    "a",  NULL,    AUTH_REFUSED},
    };
    struct auth_world *w = *state;
    struct identity id = session_of(w, "dev@a");
    struct auth_grant grant;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct question question = {.basic = cases[i].basic,
                                    .application = cases[i].application,
                                    .device = cases[i].device,
                                    .session = &id};

        assert_int_equal(auth_world_ask(w, question, &grant), cases[i].result);
    }
    identity_fini(&id);
}

static void a_credential_of_another_device_costs_no_hash(void **state)
{
    struct auth_world *w = *state;
    struct identity dev = session_of(w, "dev@a");
    struct identity hashed = session_of(w, "hashed@a");
    struct question question = {.basic = "hashed@a:hey-rodney", .session = &dev};
    struct auth_grant grant;

    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_REFUSED);
    question.session = &hashed;
    assert_int_equal(auth_world_ask(w, question, &grant), AUTH_PENDING);
    assert_int_equal(auth_world_ask_until_known(w, question, &grant), AUTH_GRANTED);
    identity_fini(&dev);
    identity_fini(&hashed);
}

static enum auth_result still(struct auth_world *w, struct identity *id, int64_t wall_s)
{
    struct auth_grant grant;

    return auth_world_ask(w, (struct question){.session = id, .wall_s = wall_s}, &grant);
}

static void a_session_ends_with_the_validity_of_its_key(void **state)
{
    struct auth_world *w = *state;
    struct identity id = session_of(w, "rolling@a"); /* by the new key */

    assert_int_equal(still(w, &id, JUNE_S), AUTH_GRANTED);
    assert_int_equal(still(w, &id, AUTUMN_S), AUTH_GRANTED);
    assert_int_equal(still(w, &id, AUTUMN_S + 1), AUTH_REFUSED);
    assert_int_equal(still(w, &id, JUNE_S - 1), AUTH_REFUSED);
    /* the same key, now until August: the new bounds count */
    auth_world_put(w, "a", "rolling",
                   "{" CREDENTIALS(PSK(UNDATED) "," PSK_FROM_TO(NEW, SPRING, AUGUST)) "}");
    assert_int_equal(still(w, &id, AUGUST_S), AUTH_GRANTED);
    assert_int_equal(still(w, &id, AUGUST_S + 1), AUTH_REFUSED);
    identity_fini(&id);
}

/* AUTH-17, each change with a session of its own. */
static void a_change_of_the_registry_reaches_live_sessions(void **state)
{
    static const struct {
        const char *app;
        const char *device;
        const char *spec; /* NULL: deleted */
        enum auth_result result;
    } changes[] = {
        {"a", "nokey",   "{}",                                                  AUTH_GRANTED},
        {"a", "rolling", "{" CREDENTIALS(KEY_OLD "," KEY_NEW) "}",              AUTH_GRANTED},
        {"a", "rolling", "{" CREDENTIALS(KEY_NEW "," PSK(GATE)) "}",            AUTH_GRANTED},
        {"a", NULL,      "{'core':{'disabled':false}}",                         AUTH_GRANTED},
        {"a", "rolling", "{" CREDENTIALS(KEY_OLD) "}",                          AUTH_REFUSED},
        {"a", "rolling", "{" CREDENTIALS("{'pass':'pw'}") "}",                  AUTH_REFUSED},
        {"a", "rolling", "{}",                                                  AUTH_REFUSED},
        {"a", "rolling", "{'core':{'disabled':true}," CREDENTIALS(KEY_NEW) "}", AUTH_REFUSED},
        {"a", "rolling", NULL,                                                  AUTH_REFUSED},
        {"a", NULL,      "{'core':{'disabled':true}}",                          AUTH_REFUSED},
        {"a", NULL,      NULL,                                                  AUTH_REFUSED},
    };
    struct auth_world *w = *state;

    for (size_t i = 0; i < COUNT(changes); i++) {
        auth_world_put(w, "a", NULL, "{}");
        auth_world_put(w, "a", "rolling", documents[4].spec);
        struct identity id = session_of(w, "rolling@a");

        assert_int_equal(still(w, &id, 0), AUTH_GRANTED);
        if (changes[i].spec != NULL)
            auth_world_put(w, changes[i].app, changes[i].device, changes[i].spec);
        else
            auth_world_delete(w, changes[i].app, changes[i].device);
        assert_int_equal(still(w, &id, 0), changes[i].result);
        assert_int_equal(still(w, &id, 0), changes[i].result);
        identity_fini(&id);
    }
}

static void a_change_is_looked_at_once(void **state)
{
    struct auth_world *w = *state;
    struct identity id = session_of(w, "rolling@a");
    uint64_t before = id.checked_generation;

    auth_world_put(w, "a", "nokey", "{}"); /* nothing to this session */
    assert_int_equal(still(w, &id, 0), AUTH_GRANTED);
    assert_int_equal(id.checked_generation, before);
    auth_world_put(w, "a", NULL, "{}");
    assert_int_equal(still(w, &id, 0), AUTH_GRANTED);
    assert_true(id.checked_generation > before);
    identity_fini(&id);
}

static void a_name_that_became_an_alias_is_another_device(void **state)
{
    struct auth_world *w = *state;
    struct identity id = session_of(w, "dev@b");

    auth_world_delete(w, "b", "dev");
    assert_int_equal(still(w, &id, 0), AUTH_REFUSED);
    auth_world_put(w, "b", "thief", "{'alias':['dev']," CREDENTIALS(PSK(GATE)) "}");
    assert_int_equal(still(w, &id, 0), AUTH_REFUSED);
    identity_fini(&id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_the_key_of_an_identity),
        TEST(of_several_valid_keys_the_newest_wins),
        TEST(takes_long_names_and_keys),
        TEST(a_session_needs_no_more_than_itself),
        TEST(a_session_without_identity_needs_a_credential),
        TEST(what_is_named_beside_a_session_must_be_the_same),
        TEST(a_credential_of_another_device_costs_no_hash),
        TEST(a_session_ends_with_the_validity_of_its_key),
        TEST(a_change_of_the_registry_reaches_live_sessions),
        TEST(a_change_is_looked_at_once),
        TEST(a_name_that_became_an_alias_is_another_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
