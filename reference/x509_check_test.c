#include "reference/x509_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "reference/cert_fixture.h"

enum {
    START_S = 1700000000,
    END_S = 1800000000,
    SOON_S = 1750000000, /* the short-lived leaf's end */
};

static const int64_t mid_us = INT64_C(1720000000) * 1000000;

enum name {
    ROOT,
    RENEWED_ROOT, /* the same name, another key */
    OTHER_ROOT,
    EXPIRED_ROOT,
    INTERMEDIATE,
    LEAF,
    LEAF_BELOW, /* signed by INTERMEDIATE */
    SHORT_LEAF,
    LEAF_OF_EXPIRED_ROOT,
    EXPIRED_LEAF,
    EARLY_LEAF,
    SERVER_LEAF,
    CLIENT_LEAF,
    CA_LEAF,
    V1_LEAF,
    SELF_SIGNED,
    CERT_COUNT
};

static struct cert certs[CERT_COUNT];

static void make(enum name name, struct cert_wish wish)
{
    if (wish.from_s == 0)
        wish.from_s = START_S;
    if (wish.to_s == 0)
        wish.to_s = END_S;
    certs[name] = cert_make(&wish);
}

static int set_up(void **state)
{
    UNUSED(state);
    make(ROOT, (struct cert_wish){.common_name = "Root", .is_ca = true});
    make(RENEWED_ROOT, (struct cert_wish){.common_name = "Root", .is_ca = true});
    make(OTHER_ROOT, (struct cert_wish){.common_name = "Other", .is_ca = true});
    make(EXPIRED_ROOT,
         (struct cert_wish){.common_name = "Old", .is_ca = true, .to_s = START_S + 1});
    make(INTERMEDIATE,
         (struct cert_wish){.common_name = "Mid", .is_ca = true, .issuer = &certs[ROOT]});
    make(LEAF, (struct cert_wish){.common_name = "d", .issuer = &certs[ROOT]});
    make(LEAF_BELOW, (struct cert_wish){.common_name = "d", .issuer = &certs[INTERMEDIATE]});
    make(SHORT_LEAF,
         (struct cert_wish){.common_name = "d", .issuer = &certs[ROOT], .to_s = SOON_S});
    make(LEAF_OF_EXPIRED_ROOT,
         (struct cert_wish){.common_name = "d", .issuer = &certs[EXPIRED_ROOT]});
    make(EXPIRED_LEAF,
         (struct cert_wish){.common_name = "d", .issuer = &certs[ROOT], .to_s = START_S + 1});
    make(EARLY_LEAF,
         (struct cert_wish){.common_name = "d", .issuer = &certs[ROOT], .from_s = END_S - 1});
    make(SERVER_LEAF, (struct cert_wish){.common_name = "d",
                                         .issuer = &certs[ROOT],
                                         .extended_usage = "serverAuth"});
    make(CLIENT_LEAF, (struct cert_wish){.common_name = "d",
                                         .issuer = &certs[ROOT],
                                         .extended_usage = "serverAuth,clientAuth"});
    make(CA_LEAF, (struct cert_wish){.common_name = "d", .issuer = &certs[ROOT], .is_ca = true});
    make(V1_LEAF,
         (struct cert_wish){.common_name = "d", .issuer = &certs[ROOT], .version_1 = true});
    make(SELF_SIGNED, (struct cert_wish){.common_name = "d"});
    return 0;
}

static int tear_down(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(certs); i++)
        cert_fini(&certs[i]);
    return 0;
}

enum { NONE = -1, MAX_CASE = 3 };

/* Lists end with NONE. */
static const struct check_case {
    int anchors[MAX_CASE];
    int chain[MAX_CASE];
    int result;
} cases[] = {
    {{ROOT, NONE},               {LEAF, NONE},                     X509_V_OK                                   },
    {{ROOT, NONE},               {LEAF, ROOT, NONE},               X509_V_OK                                   },
    {{ROOT, NONE},               {LEAF_BELOW, INTERMEDIATE, NONE}, X509_V_OK                                   },
    {{ROOT, NONE},               {LEAF_BELOW, INTERMEDIATE, ROOT}, X509_V_OK                                   },
    {{ROOT, NONE},               {LEAF_BELOW, ROOT, INTERMEDIATE}, X509_V_OK                                   },
    {{INTERMEDIATE, NONE},       {LEAF_BELOW, NONE},               X509_V_OK                                   },
    {{INTERMEDIATE, NONE},       {LEAF_BELOW, INTERMEDIATE, ROOT}, X509_V_OK                                   },
    {{RENEWED_ROOT, ROOT, NONE}, {LEAF, NONE},                     X509_V_OK                                   },
    {{ROOT, RENEWED_ROOT, NONE}, {LEAF, NONE},                     X509_V_OK                                   },
    {{EXPIRED_ROOT, ROOT, NONE}, {LEAF, NONE},                     X509_V_OK                                   },
    {{ROOT, NONE},               {CLIENT_LEAF, NONE},              X509_V_OK                                   },
    {{ROOT, NONE},               {CA_LEAF, NONE},                  X509_V_OK                                   },
    {{ROOT, NONE},               {V1_LEAF, NONE},                  X509_V_OK                                   },
    {{ROOT, NONE},               {LEAF, OTHER_ROOT, NONE},         X509_V_OK                                   },
    {{SELF_SIGNED, NONE},        {SELF_SIGNED, NONE},              X509_V_OK                                   },
    {{NONE},                     {LEAF, NONE},                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {{OTHER_ROOT, NONE},         {LEAF, NONE},                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {{ROOT, NONE},               {LEAF_BELOW, NONE},               X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {{OTHER_ROOT, NONE},         {LEAF, ROOT, NONE},               X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN        },
    {{ROOT, NONE},               {SELF_SIGNED, NONE},              X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT      },
    {{RENEWED_ROOT, NONE},       {LEAF, NONE},                     X509_V_ERR_CERT_SIGNATURE_FAILURE           },
    {{ROOT, OTHER_ROOT, NONE},   {EXPIRED_LEAF, NONE},             X509_V_ERR_CERT_HAS_EXPIRED                 },
    {{OTHER_ROOT, ROOT, NONE},   {EXPIRED_LEAF, NONE},             X509_V_ERR_CERT_HAS_EXPIRED                 },
    {{ROOT, NONE},               {EARLY_LEAF, NONE},               X509_V_ERR_CERT_NOT_YET_VALID               },
    {{EXPIRED_ROOT, NONE},       {LEAF_OF_EXPIRED_ROOT, NONE},     X509_V_ERR_CERT_HAS_EXPIRED                 },
    {{ROOT, NONE},               {SERVER_LEAF, NONE},              X509_V_ERR_INVALID_PURPOSE                  },
    {{ROOT, NONE},               {NONE},                           X509_V_ERR_INVALID_CALL                     },
};

static size_t count_until_none(const int *names)
{
    size_t count = 0;

    while (count < MAX_CASE && names[count] != NONE)
        count++;
    return count;
}

static STACK_OF(X509) * chain_of(const int *names)
{
    const struct cert *list[MAX_CASE];
    size_t count = count_until_none(names);

    for (size_t i = 0; i < count; i++)
        list[i] = &certs[names[i]];
    return cert_chain(list, count);
}

static int check(const int *anchor_names, const int *chain_names, int64_t wall_us,
                 struct x509_bounds *bounds)
{
    struct registry_anchor anchors[MAX_CASE] = {
        {NULL, {NULL, 0}}
    };
    struct registry_app app = {.anchors = anchors, .anchor_count = count_until_none(anchor_names)};
    STACK_OF(X509) *chain = chain_of(chain_names);

    for (size_t i = 0; i < app.anchor_count; i++)
        anchors[i].certificate = certs[anchor_names[i]].x509;
    int result = x509_check_chain(&app, chain, wall_us, bounds);

    sk_X509_pop_free(chain, X509_free);
    return result;
}

static void tells_good_chains_from_bad_ones(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct x509_bounds bounds;
        int result = check(cases[i].anchors, cases[i].chain, mid_us, &bounds);

        if (result != cases[i].result)
            print_error("case %zu: %s\n", i, X509_verify_cert_error_string(result));
        assert_int_equal(result, cases[i].result);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

static void a_device_cannot_sign_for_another(void **state)
{
    struct cert forged = cert_make(&(struct cert_wish){
        .common_name = "victim", .issuer = &certs[LEAF], .from_s = START_S, .to_s = END_S});
    const struct cert *list[] = {&forged, &certs[LEAF]};
    STACK_OF(X509) *chain = cert_chain(list, COUNT(list));
    struct registry_anchor anchor = {.certificate = certs[ROOT].x509};
    struct registry_app app = {.anchors = &anchor, .anchor_count = 1};
    struct x509_bounds bounds;

    UNUSED(state);
    assert_int_equal(x509_check_chain(&app, chain, mid_us, &bounds), X509_V_ERR_INVALID_CA);
    sk_X509_pop_free(chain, X509_free);
    cert_fini(&forged);
}

static void tells_how_long_the_chain_holds(void **state)
{
    const int root[] = {ROOT, NONE};
    const int chain[] = {SHORT_LEAF, NONE};
    struct x509_bounds bounds;

    UNUSED(state);
    assert_int_equal(check(root, chain, mid_us, &bounds), X509_V_OK);
    assert_int_equal(bounds.not_before_us, INT64_C(1700000000) * 1000000);
    assert_int_equal(bounds.not_after_us, INT64_C(1750000000) * 1000000);
    assert_int_equal(check(root, chain, bounds.not_before_us, &bounds), X509_V_OK);
    assert_int_equal(check(root, chain, bounds.not_before_us - 1, &bounds),
                     X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(check(root, chain, bounds.not_after_us - US_PER_S, &bounds), X509_V_OK);
    assert_int_equal(check(root, chain, bounds.not_after_us + US_PER_S, &bounds),
                     X509_V_ERR_CERT_HAS_EXPIRED);
}

static void refuses_an_endless_chain(void **state)
{
    const struct cert *list[X509_CHECK_MAX_CHAIN + 1] = {&certs[LEAF]};
    struct registry_anchor anchor = {.certificate = certs[ROOT].x509};
    struct registry_app app = {.anchors = &anchor, .anchor_count = 1};
    struct x509_bounds bounds;

    UNUSED(state);
    for (size_t i = 1; i < COUNT(list); i++)
        list[i] = &certs[ROOT];
    for (size_t count = X509_CHECK_MAX_CHAIN; count <= COUNT(list); count++) {
        STACK_OF(X509) *chain = cert_chain(list, count);

        assert_int_equal(x509_check_chain(&app, chain, mid_us, &bounds),
                         count > X509_CHECK_MAX_CHAIN ? X509_V_ERR_CERT_CHAIN_TOO_LONG : X509_V_OK);
        sk_X509_pop_free(chain, X509_free);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_good_chains_from_bad_ones),
        cmocka_unit_test(a_device_cannot_sign_for_another),
        cmocka_unit_test(tells_how_long_the_chain_holds),
        cmocka_unit_test(refuses_an_endless_chain),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
