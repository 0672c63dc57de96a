#include "simulator/lean_provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/pki_forge.h"

/* A certificate with such a key, read where `context` says. NULL: its key was not decoded. */
static X509 *read_one(OSSL_LIB_CTX *context, const char *key_kind)
{
    struct forge_wish wish = {.subject = STR("CN=server"), .key_kind = key_kind};
    struct forge forge = {0};
    struct forged f;
    char why[FORGE_WHY_LEN];
    uint8_t *der = NULL;
    X509 *x509 = X509_new_ex(context, NULL);
    const uint8_t *at;
    int len;

    assert_true(forge_make(&forge, &wish, (int64_t)time(NULL), &f, why));
    len = i2d_X509(f.certificate, &der);
    at = der;
    assert_non_null(d2i_X509(&x509, &at, len));
    assert_int_equal(X509_cmp(x509, f.certificate), 0);
    if (X509_get0_pubkey(x509) == NULL) {
        X509_free(x509);
        x509 = NULL;
    } else
        assert_int_equal(X509_verify(x509, X509_get0_pubkey(x509)), 1);
    ERR_clear_error();
    OPENSSL_free(der);
    forged_fini(&f);
    return x509;
}

static void decodes_and_uses_keys_of_certificates(void **state)
{
    static const struct {
        const char *kind;
        bool known;
    } cases[] = {
        {"P-256",    true },
        {"P-384",    true },
        {"RSA-2048", true },
        {"Ed25519",  false},
    };
    struct lean_provider lean;

    UNUSED(state);
    lean_provider_init(&lean);
    for (size_t i = 0; i < COUNT(cases); i++) {
        X509 *x509 = read_one(lean.context, cases[i].kind);

        assert_int_equal(x509 != NULL, cases[i].known);
        X509_free(x509);
    }
    lean_provider_fini(&lean);
    lean_provider_fini(&lean); /* and nothing happens */
}

static void leaves_openssl_itself_as_it_was(void **state)
{
    struct lean_provider lean;
    X509 *x509;

    UNUSED(state);
    lean_provider_init(&lean);
    x509 = read_one(NULL, "Ed25519");
    assert_non_null(x509);
    X509_free(x509);
    lean_provider_fini(&lean);
}

static void knows_the_suites_and_groups_of_a_handshake(void **state)
{
    struct lean_provider lean;
    SSL_CTX *context;

    UNUSED(state);
    lean_provider_init(&lean);
    context = SSL_CTX_new_ex(lean.context, NULL, DTLS_client_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-CCM8"), 1);
    assert_int_equal(SSL_CTX_set1_groups_list(context, "P-256"), 1);
    SSL_CTX_free(context);
    lean_provider_fini(&lean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_and_uses_keys_of_certificates),
        cmocka_unit_test(leaves_openssl_itself_as_it_was),
        cmocka_unit_test(knows_the_suites_and_groups_of_a_handshake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
