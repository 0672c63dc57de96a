#include "reference/dtls_context.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "reference/dtls_testpki.h"

static void says_what_is_wrong_with_a_file(void **state)
{
    struct testpki one = testpki_new("one", false, 0);
    struct testpki two = testpki_new("two", false, 0);
    struct testpki locked = testpki_new("locked", false, 0);

    UNUSED(state);
    testpki_write(&one, NULL);
    testpki_write(&two, NULL);
    testpki_write(&locked, EVP_aes_128_cbc());
    {
        const struct {
            const char *cert, *key, *file, *reason;
        } rows[] = {
            {"/nowhere/x.crt", one.key_file,     "/nowhere/x.crt", "No such file or directory"},
            {one.cert_file,    "/nowhere/x.key", "/nowhere/x.key", "No such file or directory"},
            {one.key_file,     one.key_file,     one.key_file,     "no PEM block"             },
            {one.cert_file,    one.cert_file,    one.cert_file,    "no PEM block"             },
            {one.cert_file,    two.key_file,     two.key_file,     "does not belong"          },
            {locked.cert_file, locked.key_file,  locked.key_file,  "without a pass phrase"    },
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
            char why[DTLS_WHY_LEN] = "";

            assert_null(dtls_context_new(rows[i].cert, rows[i].key, why));
            assert_non_null(strstr(why, rows[i].file));
            assert_non_null(strstr(why, rows[i].reason));
        }
    }
    testpki_fini(&one);
    testpki_fini(&two);
    testpki_fini(&locked);
}

static void never_gives_an_id_twice(void **state)
{
    struct testpki pki = testpki_new("one", false, 0);
    char why[DTLS_WHY_LEN];
    struct dtls_context *c;

    UNUSED(state);
    testpki_write(&pki, NULL);
    c = dtls_context_new(pki.cert_file, pki.key_file, why);
    assert_non_null(c);
    assert_int_equal(dtls_context_next_id(c), 1);
    assert_int_equal(dtls_context_next_id(c), 2);
    dtls_context_free(&c);
    assert_null(c);
    dtls_context_free(&c);
    testpki_fini(&pki);
}

/* The certificate of sessions that begin now. */
static const X509 *certificate(struct dtls_context *c)
{
    SSL *ssl = dtls_context_accept(c);
    const X509 *cert = SSL_get_certificate(ssl);

    SSL_free(ssl);
    return cert;
}

static void changes_its_identity_for_new_sessions_only(void **state)
{
    struct testpki one = testpki_new("one", false, 0);
    struct testpki two = testpki_new("two", false, 0);
    char why[DTLS_WHY_LEN] = "";

    UNUSED(state);
    testpki_write(&one, NULL);
    testpki_write(&two, NULL);
    struct dtls_context *c = dtls_context_new(one.cert_file, one.key_file, why);
    SSL *old = dtls_context_accept(c);
    const X509 *first = SSL_get_certificate(old);

    assert_int_equal(dtls_context_next_id(c), 1);
    assert_false(dtls_context_reload(c, two.cert_file, one.key_file, why));
    assert_non_null(strstr(why, "does not belong"));
    assert_ptr_equal(certificate(c), first);
    assert_true(dtls_context_reload(c, two.cert_file, two.key_file, why));
    assert_int_equal(X509_cmp(SSL_get_certificate(old), one.cert), 0);
    assert_int_equal(X509_cmp(certificate(c), two.cert), 0);
    assert_int_equal(dtls_context_next_id(c), 2);
    SSL_free(old);
    dtls_context_free(&c);
    testpki_fini(&one);
    testpki_fini(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_wrong_with_a_file),
        cmocka_unit_test(never_gives_an_id_twice),
        cmocka_unit_test(changes_its_identity_for_new_sessions_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
