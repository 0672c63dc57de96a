#include "lib/target_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/target_files_test.XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[96];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static const struct {
    const char *text; /* behind the name and the address */
    const char *why;  /* behind `t.lua:`; NULL: nothing is wrong */
} rows[] = {
    {"",                                                                                              NULL                                                                           },
    {",\ntls = { ca = '{dir}/good.crt' }",                                                            NULL                                                                           },
    {",\ntls = { ca = '{dir}/none' }",                                                                "2: tls.ca: {dir}/none: No such file or directory"                             },
    {",\ntls = { ca = '{dir}/good.key' }",
     "2: tls.ca: {dir}/good.key: expected a certificate in PEM form"                                                                                                                 },
    {",\ntls = { ca = '{dir}' }",                                                                     "2: tls.ca: {dir}: expected a certificate "
                                  "in PEM form"                                                                                                     },
    {",\nregistry = { drogue = { url = 'https://h',\nca = '{dir}/none' } }",
     "3: registry.drogue.ca: {dir}/none: No such file or directory"                                                                                                                  },
    {",\nevents = { kafka = { url = 'kafkas://h',\nca = '{dir}/none' } }",
     "3: events.kafka.ca: {dir}/none: No such file or directory"                                                                                                                     },
    {",\nregistry = { exec = { '{dir}/good.key' } }",
     "2: registry.exec: {dir}/good.key cannot be started: Permission denied: make it executable "
     "(chmod +x)"                                                                                                                                                                    },
    {",\nregistry = { static = {\n{ application = 'a', device = 'd', password = 'p' },\n"
     "{ application = 'a', device = 'e', cert = '{dir}/good.crt', key = '{dir}/good.crt' } } }", "4: registry.static[2].key: {dir}/good.crt: expected a private key in PEM form"},
};

static void names_the_field_of_a_file_that_is_not_right(void **state)
{
    UNUSED(state);
    assert_non_null(mkdtemp(folder));
    const struct target_places places = {.dir = folder};

    write_file("good.crt", "some words\n-----BEGIN CERTIFICATE-----\nMII\n");
    write_file("good.key", "-----BEGIN EC PRIVATE KEY-----\nMII\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct target t;
        char text[512], why[TARGET_WHY_LEN] = "", wanted[TARGET_WHY_LEN] = "t.lua:";

        (void)snprintf(text, sizeof text, "return { name = 'x', coap = 'coap://h'%s }",
                       rows[i].text);
        if (!target_read(&t, str_from(text), "t.lua", &places, why))
            fail_msg("%s", why);
        bool ok = target_files_check(&t, why);

        target_fini(&t);
        assert_int_equal(ok, rows[i].why == NULL);
        if (ok)
            continue;
        char *whole = target_expand(rows[i].why, &places, text);

        assert_non_null(whole);
        (void)snprintf(wanted, sizeof wanted, "t.lua:%s", whole);
        free(whole);
        assert_string_equal(why, wanted);
    }
}

static int clean(void **state)
{
    char path[96];

    UNUSED(state);
    (void)snprintf(path, sizeof path, "%s/good.crt", folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/good.key", folder);
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_field_of_a_file_that_is_not_right),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
