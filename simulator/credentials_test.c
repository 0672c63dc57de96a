#include "simulator/credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static const int64_t now_s = 1800000000;

static char *make_folder(void **state)
{
    char *folder = xstrdup(STR("/tmp/seatrial-credentials-XXXXXX"));

    UNUSED(state);
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void remove_folder(char *folder, const char *inner)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%sswarm-000000000000002a.x509", folder, inner);
    assert_int_equal(unlink(path), 0);
    if (*inner != '\0') {
        (void)snprintf(path, sizeof path, "%s/%s", folder, inner);
        assert_int_equal(rmdir(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    free(folder);
}

static struct credentials *open_at(const char *folder, int64_t at_s)
{
    char why[CREDENTIALS_WHY_LEN];
    struct credentials *c = credentials_open(
        &(struct credentials_options){.folder = folder, .seed = 42, .now_s = at_s}, why);

    if (c == NULL)
        fail_msg("%s", why);
    return c;
}

/* Odd devices have one; 7 an expired one, 9 in the name of a gateway. */
static enum credentials_kind kind_of(void *arg, uint32_t device)
{
    UNUSED(arg);
    if (device % 2 == 0)
        return CREDENTIALS_NONE;
    return device == 7   ? CREDENTIALS_EXPIRED
           : device == 9 ? CREDENTIALS_GOOD_GATEWAY
                         : CREDENTIALS_GOOD;
}

static void make(struct credentials *c, uint32_t first, uint32_t count)
{
    char why[CREDENTIALS_WHY_LEN];

    if (!credentials_make(c,
                          &(struct credentials_wish){
                              .first = first, .count = count, .kind_of = kind_of, .threads = 3},
                          why))
        fail_msg("%s", why);
}

static X509 *certificate_of(const struct credentials *c, uint32_t device, EVP_PKEY **key)
{
    struct str certificate, secret;

    assert_true(credentials_x509(c, device, &certificate, &secret));
    const uint8_t *bytes = (const uint8_t *)certificate.ptr,
                  *key_bytes = (const uint8_t *)secret.ptr;
    X509 *x = d2i_X509(NULL, &bytes, (long)certificate.len);

    *key = d2i_AutoPrivateKey(NULL, &key_bytes, (long)secret.len);
    assert_non_null(x);
    assert_non_null(*key);
    assert_int_equal(X509_check_private_key(x, *key), 1);
    return x;
}

static X509 *anchor_of(const struct credentials *c)
{
    struct buf pem = buf_growing();

    credentials_anchor(c, &pem);
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    X509 *anchor = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    assert_non_null(anchor);
    BIO_free(bio);
    buf_fini(&pem);
    return anchor;
}

/* The result of OpenSSL's verification as a client, at now_s. */
static int verify(const struct credentials *c, uint32_t device, char *subject, size_t cap)
{
    EVP_PKEY *key;
    X509 *x = certificate_of(c, device, &key), *anchor = anchor_of(c);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int result;

    assert_int_equal(X509_STORE_add_cert(store, anchor), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, x, NULL), 1);
    assert_int_equal(X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT), 1);
    X509_STORE_CTX_set_time(context, 0, (time_t)now_s);
    (void)X509_verify_cert(context);
    result = X509_STORE_CTX_get_error(context);
    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, subject, (int)cap);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(anchor);
    X509_free(x);
    EVP_PKEY_free(key);
    return result;
}

static void certificates_lead_to_the_anchor(void **state)
{
    char *folder = make_folder(state);
    struct credentials *c = open_at(folder, now_s);
    struct str certificate, key;
    char name[32];

    make(c, 0, 101);
    assert_int_equal(verify(c, 1, name, sizeof name), X509_V_OK);
    assert_string_equal(name, "d0000000001");
    assert_int_equal(verify(c, 99, name, sizeof name), X509_V_OK);
    assert_int_equal(verify(c, 9, name, sizeof name), X509_V_OK);
    assert_string_equal(name, "g0000000009");
    assert_int_equal(verify(c, 7, name, sizeof name), X509_V_ERR_CERT_HAS_EXPIRED);
    assert_false(credentials_x509(c, 2, &certificate, &key));
    assert_false(credentials_x509(c, 4000000000, &certificate, &key));
    credentials_close(&c);
    remove_folder(folder, "");
}

static void are_made_once_and_more_are_added(void **state)
{
    char *folder = make_folder(state);
    struct credentials *c = open_at(folder, now_s);
    struct str certificate, key;
    char first[1024], name[32];
    size_t len;

    make(c, 0, 10);
    assert_true(credentials_x509(c, 3, &certificate, &key));
    len = certificate.len;
    memcpy(first, certificate.ptr, len);
    credentials_close(&c);
    c = open_at(folder, now_s + 1000);
    make(c, 0, 50);
    assert_true(credentials_x509(c, 3, &certificate, &key));
    assert_int_equal(certificate.len, len);
    assert_memory_equal(certificate.ptr, first, len);
    assert_int_equal(verify(c, 49, name, sizeof name), X509_V_OK);
    credentials_close(&c);
    /* too old: all of it anew */
    c = open_at(folder, now_s + INT64_C(2950) * 86400);
    assert_false(credentials_x509(c, 3, &certificate, &key));
    credentials_close(&c);
    remove_folder(folder, "");
}

static void nobody_else_can_read_them(void **state)
{
    char *folder = make_folder(state), path[256];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/inner", folder);
    struct credentials *c = open_at(path, now_s);

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    (void)snprintf(path, sizeof path, "%s/inner/swarm-000000000000002a.x509", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    credentials_close(&c);
    remove_folder(folder, "inner/");
}

static void a_file_that_is_none_is_begun_anew(void **state)
{
    char *folder = make_folder(state), path[256], name[32];

    (void)snprintf(path, sizeof path, "%s/swarm-000000000000002a.x509", folder);
    FILE *f = fopen(path, "we");

    for (int i = 0; i < 9000; i++)
        (void)fputs("SEATX509", f);
    (void)fclose(f);
    struct credentials *c = open_at(folder, now_s);

    make(c, 0, 4);
    assert_int_equal(verify(c, 3, name, sizeof name), X509_V_OK);
    credentials_close(&c);
    remove_folder(folder, "");
}

static void a_folder_that_cannot_be_is_named(void **state)
{
    char why[CREDENTIALS_WHY_LEN] = "";

    UNUSED(state);
    assert_null(credentials_open(
        &(struct credentials_options){.folder = "/dev/null/x", .seed = 1, .now_s = now_s}, why));
    assert_non_null(strstr(why, "/dev/null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_lead_to_the_anchor),
        cmocka_unit_test(are_made_once_and_more_are_added),
        cmocka_unit_test(nobody_else_can_read_them),
        cmocka_unit_test(a_file_that_is_none_is_begun_anew),
        cmocka_unit_test(a_folder_that_cannot_be_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
