#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/pki_forge.h"

static const int64_t now_s = 1800000000;

static struct forged make(const struct forge_wish *wish)
{
    static struct forge forge = {.seed = 7};
    char why[FORGE_WHY_LEN];
    struct forged f;

    if (!forge_make(&forge, wish, now_s, &f, why))
        fail_msg("%s", why);
    return f;
}

/* What OpenSSL says of a client's chain at now_s: X509_V_*. */
static int verdict_on(const struct forged *leaf, const struct forged *middle,
                      const struct forged *anchor)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *chain = sk_X509_new_null();
    int verdict;

    X509_STORE_add_cert(store, anchor->certificate);
    if (middle != NULL)
        sk_X509_push(chain, middle->certificate);
    X509_STORE_CTX_init(context, store, leaf->certificate, chain);
    X509_STORE_CTX_set_time(context, 0, (time_t)now_s);
    X509_STORE_CTX_set_default(context, "ssl_client");
    X509_verify_cert(context);
    verdict = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(chain);
    return verdict;
}

static void each_defect_is_the_one_asked_for(void **state)
{
    struct forged ca = make(&(struct forge_wish){.subject = STR("O=app, CN=ca"), .is_ca = true});
    struct forged twin = make(&(struct forge_wish){.subject = STR("O=app, CN=ca"), .is_ca = true});
    struct forged middle =
        make(&(struct forge_wish){.subject = STR("CN=middle"), .is_ca = true, .issuer = &ca});
    struct forged no_ca = make(&(struct forge_wish){.subject = STR("CN=leaf"), .issuer = &ca});
    const struct {
        struct forge_wish wish;
        int verdict;
    } cases[] = {
        {{.issuer = &ca},                                        X509_V_OK                                   },
        {{.issuer = &middle},                                    X509_V_OK                                   },
        {{.issuer = &ca, .key_kind = "RSA-2048"},                X509_V_OK                                   },
        {{.issuer = &ca, .key_kind = "P-384"},                   X509_V_OK                                   },
        {{.issuer = &ca, .key_kind = "Ed25519"},                 X509_V_OK                                   },
        {{.issuer = &ca, .version_1 = true},                     X509_V_OK                                   },
        {{.issuer = &ca, .key_usage = "", .extended_usage = ""}, X509_V_OK                                   },
        {{.issuer = &ca, .is_ca = true},                         X509_V_OK                                   },
        {{.issuer = &ca, .from_s = -20, .to_s = -10},            X509_V_ERR_CERT_HAS_EXPIRED                 },
        {{.issuer = &ca, .from_s = 10},                          X509_V_ERR_CERT_NOT_YET_VALID               },
        {{.issuer = &ca, .extended_usage = "serverAuth"},        X509_V_ERR_INVALID_PURPOSE                  },
        {{.issuer = &ca, .key_usage = "critical,keyCertSign"},   X509_V_ERR_INVALID_PURPOSE                  },
        {{.issuer = &ca, .bad_signature = true},                 X509_V_ERR_CERT_SIGNATURE_FAILURE           },
        {{.issuer = &twin},                                      X509_V_ERR_CERT_SIGNATURE_FAILURE           },
        {{.issuer = NULL},                                       X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT      },
        {{.issuer = &no_ca},                                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {{.issuer = &ca, .issuer_name = STR("CN=x")},            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct forge_wish wish = cases[i].wish;
        struct forged leaf;

        wish.subject = STR("O=app, CN=dev1");
        leaf = make(&wish);
        assert_int_equal(verdict_on(&leaf, &middle, &ca), cases[i].verdict);
        forged_fini(&leaf);
    }
    forged_fini(&ca);
    forged_fini(&twin);
    forged_fini(&middle);
    forged_fini(&no_ca);
}

static void version_one_has_no_extensions(void **state)
{
    struct forged old = make(&(struct forge_wish){.subject = STR("CN=old"), .version_1 = true});
    struct forged ca_leaf = make(&(struct forge_wish){.subject = STR("CN=x"), .is_ca = true});

    UNUSED(state);
    assert_int_equal(X509_get_version(old.certificate), 0);
    assert_int_equal(X509_get_ext_count(old.certificate), 0);
    assert_int_equal(X509_get_version(ca_leaf.certificate), 2);
    assert_int_equal(X509_check_ca(ca_leaf.certificate), 1);
    forged_fini(&old);
    forged_fini(&ca_leaf);
}

static void names_keep_their_order_commas_and_letters(void **state)
{
    static const char *const names[] = {
        "O=Drogue IoT, OU=Cloud, CN=Device 1", "CN=a", "CN=a, b, O=c", "CN=Gerät ✓", "CN=a, =b",
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct forged f = make(&(struct forge_wish){.subject = str_from(names[i])});
        struct buf shown = buf_growing();

        forge_show_subject(f.certificate, &shown);
        assert_true(str_equal(buf_str(&shown), str_from(names[i])));
        buf_fini(&shown);
        forged_fini(&f);
    }
}

static void the_seed_decides_the_serial_numbers(void **state)
{
    struct forge a = {.seed = 1}, b = {.seed = 1}, c = {.seed = 2};
    struct forge_wish wish = {.subject = STR("CN=x")};
    struct forged f[4];
    char why[FORGE_WHY_LEN];

    UNUSED(state);
    assert_true(forge_make(&a, &wish, now_s, &f[0], why));
    assert_true(forge_make(&a, &wish, now_s, &f[1], why));
    assert_true(forge_make(&b, &wish, now_s, &f[2], why));
    assert_true(forge_make(&c, &wish, now_s, &f[3], why));
    for (size_t i = 1; i < COUNT(f); i++) {
        int difference = ASN1_INTEGER_cmp(X509_get0_serialNumber(f[0].certificate),
                                          X509_get0_serialNumber(f[i].certificate));

        assert_int_equal(difference == 0, i == 2);
    }
    for (size_t i = 0; i < COUNT(f); i++)
        forged_fini(&f[i]);
}

static void a_key_can_be_used_again(void **state)
{
    struct forged first = make(&(struct forge_wish){.subject = STR("CN=a")});
    struct forged second = make(&(struct forge_wish){.subject = STR("CN=b"), .key_of = &first});

    UNUSED(state);
    assert_int_equal(EVP_PKEY_eq(first.key, second.key), 1);
    assert_int_equal(X509_check_private_key(second.certificate, first.key), 1);
    forged_fini(&first);
    forged_fini(&second);
}

static void what_it_writes_can_be_read(void **state)
{
    struct forged f = make(&(struct forge_wish){.subject = STR("CN=a")});
    struct buf pem = buf_growing();
    BIO *in;
    X509 *certificate;
    EVP_PKEY *key;

    UNUSED(state);
    forge_certificate_pem(f.certificate, &pem);
    forge_key_pem(f.key, &pem);
    in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
    key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    assert_int_equal(X509_cmp(certificate, f.certificate), 0);
    assert_int_equal(EVP_PKEY_eq(key, f.key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(in);
    buf_fini(&pem);
    forged_fini(&f);
}

static void says_which_wish_cannot_be(void **state)
{
    const struct {
        struct forge_wish wish;
        const char *why;
    } cases[] = {
        {{.subject = STR("CN=a"), .key_kind = "P-12"},                                               "P-12"    },
        {{.subject = STR("CN=a"), .key_kind = "RSA-1"},                                              "RSA-1"   },
        {{.subject = STR("nonsense")},                                                               "nonsense"},
        {{.subject = STR("NOSUCH=a")},                                                               "NOSUCH=a"},
        {{.subject = STR("CN=a"), .issuer_name = STR("oops")},                                       "oops"    },
        {{.subject = STR("CN=a"), .key_usage = "fun"},                                               "fun"     },
        {{.subject = STR("CN=a"), .extended_usage = "fun"},                                          "fun"     },
        {{.subject = STR("CN=a"), .alternative_names = "fun"},                                       "fun"     },
        {{.subject = STR("CN=0123456789012345678901234567890123456789012345678901234567890123456")},
         "CN=0123456789"                                                                                       },
    };
    struct forge forge = {0};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char why[FORGE_WHY_LEN] = "";
        struct forged f;

        assert_false(forge_make(&forge, &cases[i].wish, now_s, &f, why));
        assert_non_null(strstr(why, cases[i].why));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_defect_is_the_one_asked_for),
        cmocka_unit_test(version_one_has_no_extensions),
        cmocka_unit_test(names_keep_their_order_commas_and_letters),
        cmocka_unit_test(the_seed_decides_the_serial_numbers),
        cmocka_unit_test(a_key_can_be_used_again),
        cmocka_unit_test(what_it_writes_can_be_read),
        cmocka_unit_test(says_which_wish_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
