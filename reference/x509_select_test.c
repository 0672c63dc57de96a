#include "reference/x509_select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "reference/auth_fixture.h"
#include "reference/cert_fixture.h"

enum { START_S = 1700000000, END_S = 1800000000, SOON_S = 1750000000 };

enum name {
    ROOT_A,
    ROOT_B,
    MID,
    LEAF,
    LEAF_BELOW,
    STRANGER,
    ALIEN,
    SHORT_LEAF,
    FAKE_MID,
    CERT_COUNT
};

struct world {
    struct auth_world auth;
    struct cert certs[CERT_COUNT];
};

static void make(struct world *w, enum name name, const char *common_name,
                 const struct cert *issuer, bool is_ca)
{
    w->certs[name] = cert_make(&(struct cert_wish){
        .common_name = common_name,
        .issuer = issuer,
        .from_s = START_S,
        .to_s = name == SHORT_LEAF ? SOON_S : END_S,
        .is_ca = is_ca,
    });
}

/* spec.trustAnchors of these: base64 of PEM. */
static void put_anchors(struct world *w, const char *app, const struct cert *const *anchors,
                        size_t count)
{
    char spec[8192] = "{'trustAnchors':{'anchors':[";

    for (size_t i = 0; i < count; i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        char base64[3072];
        char *pem;

        assert_int_equal(PEM_write_bio_X509(bio, anchors[i]->x509), 1);
        long len = BIO_get_mem_data(bio, &pem);

        (void)EVP_EncodeBlock((uint8_t *)base64, (const uint8_t *)pem, (int)len);
        size_t used = strlen(spec);

        (void)snprintf(spec + used, sizeof spec - used, "%s{'certificate':'%s'}", i == 0 ? "" : ",",
                       base64);
        BIO_free(bio);
    }
    size_t used = strlen(spec);

    (void)snprintf(spec + used, sizeof spec - used, "]}}");
    auth_world_put(&w->auth, app, NULL, spec);
}

static void put_anchor(struct world *w, const char *app, enum name anchor)
{
    const struct cert *one = &w->certs[anchor];

    put_anchors(w, app, &one, 1);
}

/* Applications a and b trust their own roots; both have a device with the leaf's subject. */
static int set_up(void **state)
{
    static struct world world;
    struct world *w = &world;

    auth_world_open(&w->auth);
    make(w, ROOT_A, "Root A", NULL, true);
    make(w, ROOT_B, "Root B", NULL, true);
    make(w, MID, "Mid", &w->certs[ROOT_A], true);
    make(w, FAKE_MID, "Mid", NULL, true);
    make(w, LEAF, "Device 1", &w->certs[ROOT_A], false);
    make(w, LEAF_BELOW, "Device 1", &w->certs[MID], false);
    make(w, STRANGER, "Nobody", &w->certs[ROOT_A], false);
    make(w, ALIEN, "Device 1", &w->certs[ROOT_B], false);
    make(w, SHORT_LEAF, "Device 1", &w->certs[ROOT_A], false);
    put_anchor(w, "a", ROOT_A);
    put_anchor(w, "b", ROOT_B);
    auth_world_put(&w->auth, "a", "dev",
                   "{'alias':['O=Test, CN=Device 1'],"
                   "'authentication':{'credentials':[{'pass':'pw'}]}}");
    auth_world_put(&w->auth, "b", "O=Test, CN=Device 1", "{}");
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    auth_world_close(&w->auth);
    for (size_t i = 0; i < COUNT(w->certs); i++)
        cert_fini(&w->certs[i]);
    return 0;
}

/* As a handshake does: makes the chain and asks. */
static int present(struct world *w, const enum name *names, size_t count, struct identity *id)
{
    const struct cert *list[CERT_COUNT];

    for (size_t i = 0; i < count; i++)
        list[i] = &w->certs[names[i]];
    STACK_OF(X509) *chain = cert_chain(list, count);
    int result = auth_certificate(w->auth.auth, chain, (int64_t)AUTH_WORLD_WALL_S * US_PER_S, id);

    sk_X509_pop_free(chain, X509_free);
    return result;
}

static enum auth_result still(struct world *w, struct identity *id, int64_t wall_s)
{
    struct auth_grant grant;

    return auth_world_ask(&w->auth, (struct question){.session = id, .wall_s = wall_s}, &grant);
}

static void the_chain_selects_application_and_device(void **state)
{
    struct world *w = *state;
    static const struct {
        enum name chain[3];
        size_t count;
        const char *app; /* NULL: refused */
        const char *device;
        int result;
    } cases[] = {
        {{LEAF},                    1, "a",  "dev",                 X509_V_OK                                   },
        {{LEAF, ROOT_A},            2, "a",  "dev",                 X509_V_OK                                   },
        {{LEAF_BELOW, MID},         2, "a",  "dev",                 X509_V_OK                                   },
        {{LEAF_BELOW, MID, ROOT_A}, 3, "a",  "dev",                 X509_V_OK                                   },
        {{LEAF_BELOW, ROOT_A, MID}, 3, "a",  "dev",                 X509_V_OK                                   },
        {{ALIEN},                   1, "b",  "O=Test, CN=Device 1", X509_V_OK                                   },
        {{LEAF, ROOT_B},            2, "a",  "dev",                 X509_V_OK                                   },
        {{LEAF_BELOW},              1, NULL, NULL,                  X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {{MID},                     1, NULL, NULL,                  X509_V_ERR_APPLICATION_VERIFICATION         },
        {{STRANGER},                1, NULL, NULL,                  X509_V_ERR_APPLICATION_VERIFICATION         },
        {{FAKE_MID},                1, NULL, NULL,                  X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct identity id = {.kind = IDENTITY_NONE};

        assert_int_equal(present(w, cases[i].chain, cases[i].count, &id), cases[i].result);
        if (cases[i].app == NULL) {
            assert_int_equal(id.kind, IDENTITY_NONE);
            continue;
        }
        assert_int_equal(id.kind, IDENTITY_CERTIFICATE);
        assert_string_equal(id.application, cases[i].app);
        assert_string_equal(id.device, cases[i].device);
        assert_int_equal(still(w, &id, 0), AUTH_GRANTED);
        identity_fini(&id);
    }
}

/* The name of an anchor is only a hint: what is signed by another key of that name goes on upward.
 */
static void an_anchor_of_the_same_name_elsewhere_does_not_capture(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};
    const enum name chain[] = {LEAF_BELOW, MID};

    put_anchor(w, "b", FAKE_MID);
    assert_int_equal(present(w, chain, COUNT(chain), &id), X509_V_OK);
    assert_string_equal(id.application, "a");
    identity_fini(&id);
}

static void refuses_disabled_applications_and_devices(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};
    const enum name leaf = LEAF;
    const enum name alien = ALIEN;

    auth_world_put(&w->auth, "a", "dev",
                   "{'alias':['O=Test, CN=Device 1'],'core':{'disabled':true}}");
    assert_int_equal(present(w, &leaf, 1, &id), X509_V_ERR_APPLICATION_VERIFICATION);
    assert_int_equal(present(w, &alien, 1, &id), X509_V_OK);
    auth_world_put(&w->auth, "b", NULL, "{'core':{'disabled':true}}");
    assert_int_equal(still(w, &id, 0), AUTH_REFUSED);
    identity_fini(&id);
}

static void a_live_session_ends_with_its_certificate(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};
    const enum name leaf = SHORT_LEAF;

    assert_int_equal(present(w, &leaf, 1, &id), X509_V_OK);
    assert_int_equal(still(w, &id, SOON_S), AUTH_GRANTED);
    assert_int_equal(still(w, &id, SOON_S + 1), AUTH_REFUSED);
    assert_int_equal(still(w, &id, START_S - 1), AUTH_REFUSED);
    identity_fini(&id);
}

static void a_live_session_ends_with_its_anchor_or_alias(void **state)
{
    struct world *w = *state;
    const struct cert *both[] = {&w->certs[ROOT_B], &w->certs[ROOT_A]};
    struct identity id = {.kind = IDENTITY_NONE};
    const enum name leaf = LEAF;

    auth_world_delete(&w->auth, "b", NULL);
    assert_int_equal(present(w, &leaf, 1, &id), X509_V_OK);
    put_anchors(w, "a", both, COUNT(both));
    assert_int_equal(still(w, &id, 0), AUTH_GRANTED);
    put_anchor(w, "a", ROOT_B);
    assert_int_equal(still(w, &id, 0), AUTH_REFUSED);
    put_anchor(w, "a", ROOT_A);
    assert_int_equal(still(w, &id, 0), AUTH_GRANTED);
    auth_world_put(&w->auth, "a", "dev", "{'alias':['O=Test, CN=Device 2']}");
    assert_int_equal(still(w, &id, 0), AUTH_REFUSED);
    auth_world_put(&w->auth, "a", "second", "{'alias':['O=Test, CN=Device 1']}");
    assert_int_equal(still(w, &id, 0), AUTH_REFUSED); /* it is another device now */
    identity_fini(&id);
}

static void mixes_with_a_credential_of_the_same_device_only(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};
    const enum name leaf = LEAF;
    struct auth_grant grant;
    struct question question = {.session = &id, .basic = "dev@a:pw"};

    assert_int_equal(present(w, &leaf, 1, &id), X509_V_OK);
    assert_int_equal(auth_world_ask(&w->auth, question, &grant), AUTH_GRANTED);
    question.basic = "dev@a:wrong";
    assert_int_equal(auth_world_ask(&w->auth, question, &grant), AUTH_REFUSED);
    question.basic = NULL;
    question.application = "O=Test, CN=Root A"; /* the alias that its anchor gives */
    assert_int_equal(auth_world_ask(&w->auth, question, &grant), AUTH_GRANTED);
    question.application = "b";
    assert_int_equal(auth_world_ask(&w->auth, question, &grant), AUTH_REFUSED);
    identity_fini(&id);
}

static void an_empty_chain_is_refused(void **state)
{
    struct world *w = *state;
    struct identity id = {.kind = IDENTITY_NONE};

    assert_int_not_equal(present(w, NULL, 0, &id), X509_V_OK);
    assert_int_not_equal(auth_certificate(w->auth.auth, NULL, 0, &id), X509_V_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_chain_selects_application_and_device),
        TEST(an_anchor_of_the_same_name_elsewhere_does_not_capture),
        TEST(refuses_disabled_applications_and_devices),
        TEST(a_live_session_ends_with_its_certificate),
        TEST(a_live_session_ends_with_its_anchor_or_alias),
        TEST(mixes_with_a_credential_of_the_same_device_only),
        TEST(an_empty_chain_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
