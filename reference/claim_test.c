#include "reference/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* AUTH-04, facts 2.2. NULL in the query: not given. NULL device: refused. */
static const struct row {
    const char *application;
    const char *device;
    const char *user;
    const char *claims_application;
    const char *claims_device;
    const char *claims_username; /* NULL: the password is the device's own */
} rows[] = {
    {NULL, NULL, "dev@app", "app", "dev",  NULL  },
    {"A",  NULL, "user",    "A",   "user", NULL  },
    {"A",  NULL, "x@y",     "A",   "x@y",  NULL  }, /* not swapped */
    {"A",  NULL, "dev@A",   "A",   "dev",  NULL  }, /* the application said twice: URL-17 */
    {"A",  "D",  "D@A",     "A",   "D",    "D"   },
    {"A",  "D",  "user",    "A",   "D",    "user"},
    {"A",  "D",  "x@y",     "A",   "D",    "x@y" },
    {NULL, "D",  "u@app",   "app", "D",    "u"   },
    {"",   NULL, "user",    "",    "user", NULL  }, /* empty counts as given */
    {NULL, NULL, "user",    NULL,  NULL,   NULL  },
    {NULL, "D",  "user",    NULL,  NULL,   NULL  },
};

/* What credential_parse gives for user texts without percent signs. */
static struct credential *credential_of(const char *user, struct credential *c)
{
    const char *at = strchr(user, '@');

    c->user = str_from(user);
    c->has_at = at != NULL;
    if (at != NULL) {
        c->device = (struct str){user, (size_t)(at - user)};
        c->application = str_from(at + 1);
    }
    return c;
}

static void reads_the_table_of_forms(void **state)
{
    static struct credential credential;

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct str application = str_from(row->application != NULL ? row->application : "");
        struct str device = str_from(row->device != NULL ? row->device : "");
        struct claim claim;

        memset(&credential, 0, sizeof credential);
        bool read = claim_read(credential_of(row->user, &credential),
                               row->application != NULL ? &application : NULL,
                               row->device != NULL ? &device : NULL, &claim);

        assert_int_equal(read, row->claims_device != NULL);
        if (row->claims_device == NULL)
            continue;
        assert_true(str_equal(claim.application, str_from(row->claims_application)));
        assert_true(str_equal(claim.device, str_from(row->claims_device)));
        assert_int_equal(claim.is_user, row->claims_username != NULL);
        if (row->claims_username != NULL)
            assert_true(str_equal(claim.username, str_from(row->claims_username)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_table_of_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
