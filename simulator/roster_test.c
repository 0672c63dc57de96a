#include "simulator/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base64.h"
#include "lib/pki_forge.h"

#define HEAD "return { summary = 'x', devices = 3, period = '1 s', stages = { { hold = '1 s' } }, "

struct world {
    struct target target;
    struct profile profile;
    struct roster *roster;
    char why[2048];
};

static void begin(struct world *w, const char *registry, const char *classes)
{
    char text[4096];

    *w = (struct world){.roster = NULL};
    (void)snprintf(text, sizeof text, "return { name = 'x', coap = 'coap://h'%s }", registry);
    if (!target_read(&w->target, str_from(text), "t.lua", NULL, w->why))
        fail_msg("%s", w->why);
    (void)snprintf(text, sizeof text, HEAD "classes = { %s } }", classes);
    if (!profile_read(&w->profile, str_from(text), "p.lua", w->why))
        fail_msg("%s", w->why);
    w->roster = roster_new(&(struct roster_options){.target = &w->target,
                                                    .profile = &w->profile,
                                                    .seed = 5,
                                                    .first_device = 10,
                                                    .device_count = 3},
                           w->why);
}

static void end(struct world *w)
{
    roster_free(&w->roster);
    target_fini(&w->target);
    profile_fini(&w->profile);
}

static void assert_text(struct str s, const char *wanted)
{
    if (!str_equal(s, str_from(wanted)))
        fail_msg("\"%.*s\" instead of \"%s\"", (int)s.len, s.ptr == NULL ? "" : s.ptr, wanted);
}

static void assert_basic(struct str s, const char *wanted)
{
    uint8_t bytes[512];
    size_t len;

    assert_true(s.len > 6 && memcmp(s.ptr, "Basic ", 6) == 0);
    assert_true(base64_decode((struct str){s.ptr + 6, s.len - 6}, bytes, sizeof bytes, &len));
    assert_text((struct str){(const char *)bytes, len}, wanted);
}

static void devices_come_from_the_seed(void **state)
{
    struct world w;
    struct roster_space space;
    struct roster_name name;
    struct roster_secret secret;
    uint32_t number;

    UNUSED(state);
    begin(&w, "", "a = { credential = 'basic' }");
    roster_name(w.roster, 11, &space, &name);
    assert_text(name.application, "swarm-0000000000000005");
    assert_text(name.device, "d0000000011");
    assert_true(roster_number(w.roster, name.application, name.device, &number));
    assert_int_equal(number, 11);
    assert_false(roster_number(w.roster, STR("other"), name.device, &number));
    assert_false(roster_number(w.roster, name.application, STR("d0000000013"), &number));
    assert_false(roster_number(w.roster, name.application, STR("g0000000011"), &number));
    assert_true(roster_has_application(w.roster, name.application));
    assert_false(roster_has_application(w.roster, STR("other")));
    assert_text(name.application, roster_next_application(w.roster, NULL));
    assert_null(roster_next_application(w.roster, roster_next_application(w.roster, NULL)));
    roster_secret(w.roster, 1, &space, &secret);
    assert_basic(secret.basic, "d0000000001@swarm-0000000000000005:5d1965a8d1707399");
    assert_int_equal(secret.psk_key.len + secret.certificate_der.len, 0);
    end(&w);
}

static void a_gateway_has_the_secret_of_its_device(void **state)
{
    static const uint8_t key[] = {0x86, 0x41, 0x07, 0x5b, 0xe0, 0x7f, 0x45, 0x6d,
                                  0x8c, 0x86, 0x90, 0xe9, 0x97, 0x08, 0x58, 0xca};
    struct world w;
    struct roster_space space;
    struct roster_secret secret;

    UNUSED(state);
    begin(&w, "", "a = { credential = 'psk', gateway = true }");
    roster_secret(w.roster, 1, &space, &secret);
    assert_text(secret.psk_identity, "g0000000001@swarm-0000000000000005");
    assert_int_equal(secret.psk_key.len, sizeof key);
    assert_memory_equal(secret.psk_key.ptr, key, sizeof key);
    assert_int_equal(secret.basic.len, 0);
    end(&w);
}

static void hostile_devices_have_wrong_secrets(void **state)
{
    struct world w;
    struct roster_space space;
    struct roster_secret secret;

    UNUSED(state);
    begin(&w, "", "a = { credential = 'wrong-psk' }");
    roster_secret(w.roster, 1, &space, &secret);
    assert_int_equal(secret.psk_key.len, 16);
    assert_int_equal((uint8_t)secret.psk_key.ptr[0], 0x87);
    end(&w);
    begin(&w, "", "a = { credential = 'wrong-password' }");
    roster_secret(w.roster, 1, &space, &secret);
    assert_basic(secret.basic, "d0000000001@swarm-0000000000000005:not-5d1965a8d1707399");
    end(&w);
    begin(&w, "", "a = { credential = 'garbage' }");
    roster_secret(w.roster, 1, &space, &secret);
    assert_int_equal(secret.basic.len + secret.psk_key.len + secret.certificate_der.len, 0);
    end(&w);
}

#define LIST                                                                                       \
    ", registry = { static = { { application = 'app', device = 'k1', psk = 'base64:aGk=' },"       \
    "{ application = 'app', device = 'p@1', password = 'one' },"                                   \
    "{ application = 'app', device = 'p2', password = 'two', username = 'u2' },"                   \
    "{ application = 'other', device = 'p2', password = 'three', psk = 'x', "                      \
    "psk_identity = 'me' } } }"

static void a_list_serves_in_its_order(void **state)
{
    struct world w;
    struct roster_space space;
    struct roster_name name;
    struct roster_secret secret;
    uint32_t number;

    UNUSED(state);
    begin(&w, LIST, "a = { credential = 'basic' }");
    if (w.roster == NULL)
        fail_msg("%s", w.why);
    roster_secret(w.roster, 10, &space, &secret);
    assert_basic(secret.basic, "p%401@app:one");
    roster_secret(w.roster, 11, &space, &secret);
    assert_basic(secret.basic, "u2@app:two");
    roster_name(w.roster, 12, &space, &name);
    assert_text(name.application, "other");
    assert_text(name.device, "p2");
    assert_true(roster_number(w.roster, name.application, name.device, &number));
    assert_int_equal(number, 12);
    assert_true(roster_number(w.roster, STR("app"), STR("p2"), &number));
    assert_int_equal(number, 11);
    assert_false(roster_number(w.roster, STR("app"), STR("k1"), &number));
    assert_false(roster_has_application(w.roster, STR("app")));
    assert_string_equal(roster_next_application(w.roster, NULL), "app");
    assert_string_equal(roster_next_application(w.roster, "app"), "other");
    assert_null(roster_next_application(w.roster, "other"));
    end(&w);
}

static void what_a_list_lacks_is_said(void **state)
{
    static const struct {
        const char *classes;
        const char *why;
    } rows[] = {
        {"a = { credential = 'psk' }",          "class a: the target file's list of devices "
                                       "(registry.static) has only 2 with a pre-shared key"},
        {"a = { credential = 'x509' }",         "class a: the target file's list of devices "
                                        "(registry.static) has only 0 with a certificate" },
        {"a = { gateway = true }",              "class a: the target file's list of devices "
                                   "(registry.static) has only 0 with a gateway of its own"    },
        {"a = { credential = 'expired-x509' }",
         "class a: the target file's list of devices (registry.static) has only 0 with an expired "
         "certificate"                                                                                                           },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;

        begin(&w, LIST, rows[i].classes);
        assert_null(w.roster);
        assert_string_equal(w.why, rows[i].why);
        end(&w);
    }
}

static void write_pem(const char *path, const struct buf *pem)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_int_equal(fwrite(pem->ptr, 1, pem->len, f), pem->len);
    (void)fclose(f);
}

static void certificates_of_a_list_are_read(void **state)
{
    char dir[] = "/tmp/seatrial-roster-XXXXXX", cert[64], key[64], list[1024];
    struct buf pem = buf_growing();
    struct forge forge = {.seed = 1};
    struct forged f;
    struct roster_space space;
    struct roster_secret secret;
    struct world w;

    UNUSED(state);
    assert_non_null(mkdtemp(dir));
    (void)snprintf(cert, sizeof cert, "%s/c", dir);
    (void)snprintf(key, sizeof key, "%s/k", dir);
    (void)snprintf(list, sizeof list,
                   ", registry = { static = (function() local l = {} for i = 1, 3 do l[i] = "
                   "{ application = 'a', device = 'd' .. i, cert = '%s', key = '%s' } end "
                   "return l end)() }",
                   cert, key);
    begin(&w, list, "a = { credential = 'x509' }");
    assert_null(w.roster);
    assert_non_null(strstr(w.why, "no PEM certificate can be read from"));
    end(&w);
    assert_true(
        forge_make(&forge, &(struct forge_wish){.subject = STR("CN=d")}, 1800000000, &f, w.why));
    forge_certificate_pem(f.certificate, &pem);
    write_pem(cert, &pem);
    buf_clear(&pem);
    forge_key_pem(f.key, &pem);
    write_pem(key, &pem);
    begin(&w, list, "a = { credential = 'x509' }");
    if (w.roster == NULL)
        fail_msg("%s", w.why);
    roster_secret(w.roster, 12, &space, &secret);
    assert_int_equal(secret.certificate_der.len, (size_t)i2d_X509(f.certificate, NULL));
    assert_int_equal(secret.key_der.len, (size_t)i2d_PrivateKey(f.key, NULL));
    end(&w);
    forged_fini(&f);
    buf_fini(&pem);
    assert_int_equal(unlink(cert) + unlink(key) + rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_come_from_the_seed),
        cmocka_unit_test(a_gateway_has_the_secret_of_its_device),
        cmocka_unit_test(hostile_devices_have_wrong_secrets),
        cmocka_unit_test(a_list_serves_in_its_order),
        cmocka_unit_test(what_a_list_lacks_is_said),
        cmocka_unit_test(certificates_of_a_list_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
