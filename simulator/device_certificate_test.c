#include "simulator/device_certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "lib/pki_forge.h"

struct material {
    struct forged made;
    struct str certificate, key, pkcs8;
};

static struct str der_of(int len, uint8_t *der)
{
    assert_true(len > 0);
    return (struct str){(const char *)der, (size_t)len};
}

static struct material material_of(const char *key_kind)
{
    struct forge_wish wish = {.subject = STR("O=app, CN=dev1"), .key_kind = key_kind};
    struct forge forge = {0};
    struct material m;
    char why[FORGE_WHY_LEN];
    PKCS8_PRIV_KEY_INFO *info;
    uint8_t *der = NULL;
    int len;

    assert_true(forge_make(&forge, &wish, (int64_t)time(NULL), &m.made, why));
    len = i2d_X509(m.made.certificate, &der);
    m.certificate = der_of(len, der);
    der = NULL;
    len = i2d_PrivateKey(m.made.key, &der);
    m.key = der_of(len, der);
    der = NULL;
    info = EVP_PKEY2PKCS8(m.made.key);
    len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    m.pkcs8 = der_of(len, der);
    PKCS8_PRIV_KEY_INFO_free(info);
    return m;
}

static void material_fini(struct material *m)
{
    forged_fini(&m->made);
    OPENSSL_free((void *)m->certificate.ptr);
    OPENSSL_free((void *)m->key.ptr);
    OPENSSL_free((void *)m->pkcs8.ptr);
}

struct bench {
    SSL_CTX *context;
    struct device_certificates *certificates;
};

/* Uses both in a new SSL object, and looks at what it has then. */
static bool use(struct bench *b, struct str certificate, struct str key, const struct material *m)
{
    SSL *ssl = SSL_new(b->context);
    bool ok = device_certificate_use(b->certificates, ssl, certificate, key);
    uint8_t *der = NULL;
    int len;

    assert_int_equal(ERR_peek_error(), 0);
    if (ok) {
        len = i2d_X509(SSL_get_certificate(ssl), &der);
        assert_int_equal(len, certificate.len);
        assert_memory_equal(der, certificate.ptr, certificate.len);
        assert_int_equal(EVP_PKEY_eq(SSL_get_privatekey(ssl), m->made.key), 1);
        OPENSSL_free(der);
    }
    SSL_free(ssl);
    return ok;
}

static void reads_both_and_changes_no_byte(void **state)
{
    static const char *const kinds[] = {"P-256", "P-384", "RSA-2048", "Ed25519"};
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct material m = material_of(kinds[i]);

        assert_true(use(b, m.certificate, m.key, &m));
        assert_true(use(b, m.certificate, m.pkcs8, &m));
        material_fini(&m);
    }
}

static void refuses_what_it_does_not_understand(void **state)
{
    struct bench *b = *state;
    struct material m = material_of("P-256");
    struct str cut = {m.certificate.ptr, m.certificate.len - 1};

    assert_false(use(b, cut, m.key, &m));
    assert_false(use(b, STR(""), m.key, &m));
    assert_false(use(b, m.certificate, STR("key"), &m));
    assert_false(use(b, m.certificate, STR(""), &m));
    material_fini(&m);
}

static void wants_a_slow_key_to_be_the_certificates(void **state)
{
    struct bench *b = *state;
    struct material m = material_of("P-256");
    struct material other = material_of("P-256");

    assert_false(use(b, m.certificate, other.pkcs8, &m));
    material_fini(&m);
    material_fini(&other);
}

static int set_up(void **state)
{
    static struct bench b;

    b = (struct bench){SSL_CTX_new(DTLS_client_method()), device_certificates_new()};
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    SSL_CTX_free(b->context);
    device_certificates_free(&b->certificates);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_and_changes_no_byte),
        cmocka_unit_test(refuses_what_it_does_not_understand),
        cmocka_unit_test(wants_a_slow_key_to_be_the_certificates),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
