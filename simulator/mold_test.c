#include "simulator/mold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

static const int64_t now_s = 1800000000;

static X509 *read_back(const struct cast *cast, EVP_PKEY **key)
{
    const uint8_t *bytes = cast->certificate, *key_bytes = cast->key;
    X509 *x = d2i_X509(NULL, &bytes, (long)cast->certificate_len);

    assert_non_null(x);
    assert_ptr_equal(bytes, cast->certificate + cast->certificate_len);
    *key = d2i_AutoPrivateKey(NULL, &key_bytes, MOLD_KEY_LEN);
    assert_non_null(*key);
    return x;
}

static void make_mold(struct forged *authority, struct mold *m)
{
    struct forge forge = {.seed = 3};
    char why[FORGE_WHY_LEN];

    assert_true(forge_make(&forge, &(struct forge_wish){.subject = STR("CN=ca"), .is_ca = true},
                           now_s, authority, why));
    assert_true(mold_init(
        m, &(struct forge_wish){.subject = STR("O=app, CN=d0000000000"), .issuer = authority},
        now_s, why));
}

static void casts_differ_in_name_number_and_key_and_verify(void **state)
{
    struct forged authority;
    struct mold m;
    struct caster *caster = caster_new();
    struct cast cast[2];
    X509 *x[2];
    EVP_PKEY *key[2];

    UNUSED(state);
    make_mold(&authority, &m);
    for (size_t i = 0; i < 2; i++) {
        mold_cast(&m, caster, i == 0 ? "d0000000001" : "g4294967295", i, &cast[i]);
        x[i] = read_back(&cast[i], &key[i]);
        assert_int_equal(X509_verify(x[i], authority.key), 1);
        assert_int_equal(X509_check_private_key(x[i], key[i]), 1);
        assert_int_equal(X509_check_ca(x[i]), 0);
        assert_int_equal(X509_get_extended_key_usage(x[i]), XKU_SSL_CLIENT);
    }
    char *name = X509_NAME_oneline(X509_get_subject_name(x[1]), NULL, 0);

    assert_string_equal(name, "/O=app/CN=g4294967295");
    OPENSSL_free(name);
    assert_int_equal(EVP_PKEY_eq(key[0], key[1]), 0);
    assert_int_not_equal(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(x[0]), X509_get0_serialNumber(x[1])), 0);
    for (size_t i = 0; i < 2; i++) {
        X509_free(x[i]);
        EVP_PKEY_free(key[i]);
    }
    caster_free(&caster);
    forged_fini(&authority);
}

static void the_key_identifier_is_that_of_its_key(void **state)
{
    struct forged authority;
    struct mold m;
    struct caster *caster = caster_new();
    struct cast cast;
    uint8_t hash[20];
    EVP_PKEY *key;

    UNUSED(state);
    make_mold(&authority, &m);
    mold_cast(&m, caster, "d0000000001", 1, &cast);
    X509 *x = read_back(&cast, &key);
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);

    assert_int_equal(X509_pubkey_digest(x, EVP_sha1(), hash, NULL), 1);
    assert_int_equal(ASN1_STRING_length(id), 20);
    assert_memory_equal(ASN1_STRING_get0_data(id), hash, 20);
    X509_free(x);
    EVP_PKEY_free(key);
    caster_free(&caster);
    forged_fini(&authority);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(casts_differ_in_name_number_and_key_and_verify),
        cmocka_unit_test(the_key_identifier_is_that_of_its_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
