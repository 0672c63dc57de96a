#include "reference/credential.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/buf.h"

/* The values are literals, made with base64(1), so that our own encoder has no say. */
static const struct good {
    const char *value;
    const char *user;
    const char *device; /* NULL: the user part has no `@` */
    const char *application;
    const char *password;
} goods[] = {
  /* the document's own example */
    {"Basic ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5",   "device1@example-app", "device1",
     "example-app",                                                                                 "hey-rodney"},
    {"basic ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5",   "device1@example-app", "device1",
     "example-app",                                                                                 "hey-rodney"},
    {"Basic   ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5", "device1@example-app", "device1",
     "example-app",                                                                                 "hey-rodney"},
    {"Basic YUBiOnA=",                                   "a@b",                 "a",       "b",     "p"         }, /* a@b:p */
    {"Basic YUBiOnA",                                    "a@b",                 "a",       "b",     "p"         }, /* unpadded */
    {"Basic YUBiOnB3",                                   "a@b",                 "a",       "b",     "pw"        },
    {"Basic YUBiOg==",                                   "a@b",                 "a",       "b",     ""          }, /* a@b: */
    {"Basic YUBiOnA6cTpy",                               "a@b",                 "a",       "b",     "p:q:r"     }, /* a@b:p:q:r */
    {"Basic YUBiOnBAcQ==",                               "a@b",                 "a",       "b",     "p@q"       }, /* a@b:p@q */
    {"Basic dXNlcjpwdw==",                               "user",                NULL,      NULL,    "pw"        },
    {"Basic Og==",                                       "",                    NULL,      NULL,    ""          }, /* : */
    {"Basic QDpw",                                       "@",                   "",        "",      "p"         }, /* @:p */
    {"Basic YUBiQGM6cA==",                               "a@b@c",               "a",       "b@c",   "p"         }, /* a@b@c:p */
    {"Basic eCU0MHlAYXBwOnA=",                           "x%40y@app",           "x@y",     "app",   "p"         }, /* x%40y@app:p */
    {"Basic eCU0MHk6cA==",                               "x%40y",               NULL,      NULL,    "p"         }, /* x%40y:p */
    {"Basic YUBiJTQwYzolNDA=",                           "a@b%40c",             "a",       "b%40c", "%40"       }, /* a@b%40c:%40 */
    {"Basic MTAwJUBhcHA6cA==",                           "100%@app",            "100%",    "app",   "p"         }, /* 100%@app:p */
    {"Basic JTRAYXBwOnA=",                               "%4@app",              "%4",      "app",   "p"         }, /* %4@app:p */
    {"Basic JXp6QGFwcDpw",                               "%zz@app",             "%zz",     "app",   "p"         }, /* %zz@app:p */
    {"Basic JWMzJUE0QGFwcDpw",                           "%c3%A4@app",          "\u00e4",  "app",   "p"         }, /* %c3%A4@app:p */
    {"Basic w6RAYXBwOsO2",                               "\u00e4@app",          "\u00e4",  "app",   "\u00f6"    }, /* ä@app:ö */
};

static void reads_every_lawful_form(void **state)
{
    struct credential *c = malloc(sizeof *c);

    UNUSED(state);
    for (size_t i = 0; i < COUNT(goods); i++) {
        const struct good *good = &goods[i];

        assert_int_equal(credential_parse(str_from(good->value), c), CREDENTIAL_OK);
        assert_true(str_equal(c->user, str_from(good->user)));
        assert_true(str_equal(c->password, str_from(good->password)));
        assert_int_equal(c->has_at, good->device != NULL);
        if (good->device != NULL) {
            assert_true(str_equal(c->device, str_from(good->device)));
            assert_true(str_equal(c->application, str_from(good->application)));
        }
    }
    free(c);
}

static const struct bad {
    const char *value;
    enum credential_err err;
} bads[] = {
    {"",                                         CREDENTIAL_NOT_BASIC  },
    {"Basic",                                    CREDENTIAL_NOT_BASIC  },
    {"BasicYUBiOnA=",                            CREDENTIAL_NOT_BASIC  },
    {" Basic YUBiOnA=",                          CREDENTIAL_NOT_BASIC  },
    {"Basic\tYUBiOnA=",                          CREDENTIAL_NOT_BASIC  },
    {"Bearer YUBiOnA=",                          CREDENTIAL_NOT_BASIC  },
    {"Basi YUBiOnA=",                            CREDENTIAL_NOT_BASIC  },
    {"ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5", CREDENTIAL_NOT_BASIC  },
    {"Basic ",                                   CREDENTIAL_NO_PASSWORD},
    {"Basic YUBi",                               CREDENTIAL_NO_PASSWORD}, /* a@b */
    {"Basic YUBiOnA= ",                          CREDENTIAL_BAD_BASE64 },
    {"Basic YUBiOnA=\n",                         CREDENTIAL_BAD_BASE64 },
    {"Basic YUBi OnA=",                          CREDENTIAL_BAD_BASE64 },
    {"Basic YUBiO",                              CREDENTIAL_BAD_BASE64 },
    {"Basic YUBiOj8_",                           CREDENTIAL_BAD_BASE64 }, /* URL-safe */
    {"Basic YUBiOj4-",                           CREDENTIAL_BAD_BASE64 },
    {"Basic a@b:p",                              CREDENTIAL_BAD_BASE64 },
    {"Basic YUBiOv8=",                           CREDENTIAL_BAD_UTF8   }, /* a@b:FF */
    {"Basic JWZmQGFwcDpw",                       CREDENTIAL_BAD_UTF8   }, /* %ff@app:p */
};

static void refuses_what_is_not_basic(void **state)
{
    struct credential *c = malloc(sizeof *c);

    UNUSED(state);
    for (size_t i = 0; i < COUNT(bads); i++) {
        assert_int_equal(credential_parse(str_from(bads[i].value), c), bads[i].err);
        assert_true(strlen(credential_err_word(bads[i].err)) > 0);
    }
    free(c);
}

/* `Basic ` and base64 of len zero bytes: a text without `:`, when it fits. */
static enum credential_err parse_zeros(size_t len)
{
    struct credential *c = malloc(sizeof *c);
    size_t digits = len / 3 * 4 + (len % 3 == 0 ? 0 : len % 3 + 1);
    struct buf value = buf_growing();

    buf_add_str(&value, STR("Basic "));
    memset(buf_reserve(&value, digits), 'A', digits);
    value.len += digits;
    enum credential_err err = credential_parse(buf_str(&value), c);

    buf_fini(&value);
    free(c);
    return err;
}

static void refuses_one_byte_more_than_the_limit(void **state)
{
    UNUSED(state);
    assert_int_equal(parse_zeros(CREDENTIAL_MAX_LEN), CREDENTIAL_NO_PASSWORD);
    for (size_t more = 1; more < 8; more++)
        assert_int_equal(parse_zeros(CREDENTIAL_MAX_LEN + more), CREDENTIAL_TOO_LONG);
    assert_int_equal(parse_zeros(65000), CREDENTIAL_TOO_LONG);
}

static void leaves_no_secret_behind(void **state)
{
    struct credential *c = calloc(1, sizeof *c);
    const char zeros[sizeof c->text] = {0};

    UNUSED(state);
    assert_int_equal(credential_parse(str_from(goods[0].value), c), CREDENTIAL_OK);
    credential_cleanse(c);
    assert_memory_equal(c->text, zeros, sizeof c->text);
    assert_memory_equal(c->device_text, zeros, sizeof c->device_text);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_lawful_form),
        cmocka_unit_test(refuses_what_is_not_basic),
        cmocka_unit_test(refuses_one_byte_more_than_the_limit),
        cmocka_unit_test(leaves_no_secret_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
