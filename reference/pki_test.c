#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reference/dn.h"
#include "reference/pki.h"

/* 2023-11-14T22:13:20Z */
#define NOW_US INT64_C(1700000000000000)
#define NAMES                                                                                      \
    &(const struct pki_names)                                                                      \
    {                                                                                              \
        STR("Org"), STR("Unit"), STR("Name")                                                       \
    }

enum { DAYS = 10, S_PER_DAY = 86400 };

struct world {
    struct pki ca;
    struct pki server;
    struct pki device;
    char why[PKI_WHY_LEN];
};

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    assert_true(pki_make_ca(NAMES, NOW_US, DAYS, &w->ca, w->why));
    assert_true(pki_make_server(&w->ca, NOW_US, DAYS, &w->server, w->why));
    assert_true(pki_make_device(&w->ca, NAMES, NOW_US, DAYS, &w->device, w->why));
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    pki_fini(&w->ca);
    pki_fini(&w->server);
    pki_fini(&w->device);
    free(w);
    return 0;
}

/* The verdict on leaf for a purpose at a time, with the authority as the only anchor. */
static int verify(const struct world *w, X509 *leaf, int purpose, int64_t at_s)
{
    X509_STORE *anchors = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    assert_int_equal(X509_STORE_add_cert(anchors, w->ca.certificate), 1);
    assert_int_equal(X509_STORE_CTX_init(ctx, anchors, leaf, NULL), 1);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

    assert_int_equal(X509_VERIFY_PARAM_set_purpose(param, purpose), 1);
    X509_VERIFY_PARAM_set_time(param, (time_t)at_s);
    (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    (void)X509_verify_cert(ctx);
    const int verdict = X509_STORE_CTX_get_error(ctx);

    X509_STORE_CTX_free(ctx);
    X509_STORE_free(anchors);
    return verdict;
}

static void certificates_fit_their_purpose_and_no_other(void **state)
{
    const struct world *w = *state;
    const int64_t now_s = NOW_US / US_PER_S;

    assert_int_equal(verify(w, w->server.certificate, X509_PURPOSE_SSL_SERVER, now_s), X509_V_OK);
    assert_int_equal(verify(w, w->device.certificate, X509_PURPOSE_SSL_CLIENT, now_s), X509_V_OK);
    assert_int_not_equal(verify(w, w->server.certificate, X509_PURPOSE_SSL_CLIENT, now_s),
                         X509_V_OK);
    assert_int_not_equal(verify(w, w->device.certificate, X509_PURPOSE_SSL_SERVER, now_s),
                         X509_V_OK);
    assert_int_equal(X509_check_ca(w->ca.certificate), 1);
    assert_int_equal(X509_check_ca(w->device.certificate), 0);
    assert_int_equal(X509_get_version(w->device.certificate), X509_VERSION_3);
}

static void validity_begins_an_hour_early_and_ends_on_the_day(void **state)
{
    const struct world *w = *state;
    const int64_t now_s = NOW_US / US_PER_S;
    X509 *leaf = w->device.certificate;

    assert_int_equal(verify(w, leaf, X509_PURPOSE_SSL_CLIENT, now_s - 3600), X509_V_OK);
    assert_int_equal(verify(w, leaf, X509_PURPOSE_SSL_CLIENT, now_s - 3601),
                     X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(verify(w, leaf, X509_PURPOSE_SSL_CLIENT, now_s + DAYS * S_PER_DAY - 1),
                     X509_V_OK);
    assert_int_equal(verify(w, leaf, X509_PURPOSE_SSL_CLIENT, now_s + DAYS * S_PER_DAY + 1),
                     X509_V_ERR_CERT_HAS_EXPIRED);
}

static void the_server_is_this_machine(void **state)
{
    const struct world *w = *state;
    X509 *server = w->server.certificate;

    assert_int_equal(X509_check_host(server, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(server, "example.org", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(server, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(server, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(server, "127.0.0.2", 0), 0);
}

static void the_subject_has_the_names_in_order(void **state)
{
    const struct world *w = *state;
    struct buf dn = buf_growing();

    dn_text(X509_get_subject_name(w->device.certificate), &dn);
    assert_true(str_equal(buf_str(&dn), STR("O=Org, OU=Unit, CN=Name")));
    buf_fini(&dn);
}

static void a_name_that_is_too_long_is_told(void **state)
{
    struct world *w = *state;
    char text[65];
    struct pki made;

    memset(text, 'x', sizeof text);
    struct pki_names names = {
        .organization = STR("o"), .common_name = {text, 64}
    };

    assert_true(pki_make_device(&w->ca, &names, NOW_US, DAYS, &made, w->why));
    pki_fini(&made);
    names.common_name.len = 65;
    assert_false(pki_make_device(&w->ca, &names, NOW_US, DAYS, &made, w->why));
    assert_non_null(strstr(w->why, "cannot make a device certificate: "));
    assert_null(made.certificate);
}

static void files_keep_keys_private_and_come_back_the_same(void **state)
{
    struct world *w = *state;
    char folder[] = "/tmp/pki-test-XXXXXX";
    char cert_file[64];
    char key_file[64];
    struct pki read;
    struct stat info;

    assert_non_null(mkdtemp(folder));
    (void)snprintf(cert_file, sizeof cert_file, "%s/a.crt", folder);
    (void)snprintf(key_file, sizeof key_file, "%s/a.key", folder);
    assert_false(pki_load(cert_file, key_file, &read, w->why));
    assert_non_null(strstr(w->why, "a.crt: No such file"));
    assert_true(pki_save(&w->device, cert_file, key_file, w->why));
    assert_int_equal(stat(key_file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true(pki_load(cert_file, key_file, &read, w->why));
    assert_int_equal(X509_cmp(read.certificate, w->device.certificate), 0);
    pki_fini(&read);
    assert_false(pki_load(key_file, key_file, &read, w->why));
    assert_non_null(strstr(w->why, "a.key: no certificate in PEM form"));
    assert_false(pki_load(cert_file, cert_file, &read, w->why));
    assert_non_null(strstr(w->why, "a.crt: no private key in PEM form"));
    assert_true(pki_save(&w->server, cert_file, NULL, w->why));
    assert_false(pki_load(cert_file, key_file, &read, w->why));
    assert_non_null(strstr(w->why, "a.key: does not belong to the certificate"));
    assert_int_equal(unlink(cert_file) | unlink(key_file) | rmdir(folder), 0);
    assert_false(pki_save(&w->device, cert_file, key_file, w->why));
    assert_non_null(strstr(w->why, "a.key: No such file"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(certificates_fit_their_purpose_and_no_other),
        CASE(validity_begins_an_hour_early_and_ends_on_the_day),
        CASE(the_server_is_this_machine),
        CASE(the_subject_has_the_names_in_order),
        CASE(a_name_that_is_too_long_is_told),
        CASE(files_keep_keys_private_and_come_back_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
