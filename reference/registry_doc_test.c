#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "lib/base64.h"
#include "reference/pki.h"
#include "reference/registry_doc.h"

static json_t *json_of(const char *text)
{
    json_error_t error;
    json_t *v = json_loads(text, 0, &error);

    if (v == NULL)
        fail_msg("%s: %s", text, error.text);
    return v;
}

/* The entry of a device (or application) whose spec is text. */
static struct registry_entry *entry_of(enum registry_kind kind, const char *spec, char *fault)
{
    const struct registry_record record = {
        .kind = kind,
        .application = kind == REGISTRY_APP ? STR("") : STR("app"),
        .name = STR("name"),
        .uid = STR("uid"),
        .body = json_pack("{s:o}", "spec", json_of(spec)),
    };
    struct registry_entry *e = registry_doc_entry(&record, fault);

    json_decref(record.body);
    return e;
}

/* --- metadata ------------------------------------------------------------------------------------
 */

static const struct {
    enum registry_kind kind;
    const char *metadata;
    const char *why; /* NULL: allowed */
} metadata_cases[] = {
    {REGISTRY_APP,    "{\"name\":\"a\"}",                                        NULL                                    },
    {REGISTRY_APP,
     "{\"name\":\"a-1.b\",\"labels\":{\"x\":\"y\"},\"annotations\":{},"
     "\"finalizers\":[\"f\"],\"uid\":\"u\",\"resourceVersion\":\"r\","
     "\"generation\":3,\"creationTimestamp\":\"2020-01-01T00:00:00Z\","
     "\"deletionTimestamp\":null}",                                              NULL                                    },
    {REGISTRY_APP,    "{}",                                                      "metadata.name: expected a host name"   },
    {REGISTRY_APP,    "{\"name\":\"\"}",                                         "metadata.name: expected a host name"   },
    {REGISTRY_APP,    "{\"name\":\"Upper\"}",                                    "metadata.name: expected a host name"   },
    {REGISTRY_APP,    "{\"name\":null}",                                         "metadata.name: expected a host name"   },
    {REGISTRY_APP,    "{\"name\":1}",                                            "metadata.name: expected a host name"   },
    {REGISTRY_APP,    "{\"name\":\"a\",\"application\":\"b\"}",                  "metadata.application: unknown field"   },
    {REGISTRY_APP,    "{\"name\":\"a\",\"labels\":{\"x\":1}}",                   "metadata.labels: expected an object"   },
    {REGISTRY_APP,    "{\"name\":\"a\",\"labels\":[]}",                          "metadata.labels: expected an object"   },
    {REGISTRY_APP,    "{\"name\":\"a\",\"finalizers\":[1]}",                     "metadata.finalizers: expected an array"},
    {REGISTRY_APP,    "{\"name\":\"a\",\"generation\":-1}",                      "metadata.generation: expected a number"},
    {REGISTRY_APP,    "{\"name\":\"a\",\"creationTimestamp\":\"today\"}",
     "metadata.creationTimestamp: expected"                                                                              },
    {REGISTRY_APP,    "{\"name\":\"a\",\"uid\":7}",                              "metadata.uid: expected a string"       },
    {REGISTRY_DEVICE, "{\"name\":\"any \\u00e4 name\",\"application\":\"a\"}",   NULL                                    },
    {REGISTRY_DEVICE, "{\"name\":\"d\"}",                                        "metadata.application: expected"        },
    {REGISTRY_DEVICE, "{\"name\":\"\",\"application\":\"a\"}",                   "metadata.name: expected text of 1"     },
    {REGISTRY_DEVICE, "{\"name\":\"d\",\"application\":\"\"}",                   "metadata.application: expected"        },
    {REGISTRY_DEVICE, "{\"name\":\"d\",\"application\":\"a\",\"owner\":\"me\"}",
     "metadata.owner: unknown field"                                                                                     },
};

static void metadata_is_checked_field_by_field(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(metadata_cases); i++) {
        const char *want = metadata_cases[i].why;
        json_t *doc = json_pack("{s:o}", "metadata", json_of(metadata_cases[i].metadata));
        struct registry_meta meta;
        char why[REGISTRY_WHY_LEN] = "";
        const enum registry_err err = registry_meta_parse(metadata_cases[i].kind, doc, &meta, why);

        if ((err == REGISTRY_OK) != (want == NULL) ||
            (want != NULL && strncmp(why, want, strlen(want)) != 0))
            fail_msg("%s: got `%s`", metadata_cases[i].metadata, why);
        json_decref(doc);
    }
}

static bool app_name_ok(const char *text)
{
    return registry_app_name_ok(str_from(text));
}

static void application_names_are_host_names_of_64_bytes(void **state)
{
    char text[80];

    UNUSED(state);
    assert_true(app_name_ok("a") && app_name_ok("0") && app_name_ok("a-b.c-d"));
    assert_false(app_name_ok("-a") || app_name_ok("a-") || app_name_ok("a.") || app_name_ok(".a"));
    assert_false(app_name_ok("a..b") || app_name_ok("a.-b") || app_name_ok("a-.b"));
    assert_false(app_name_ok("a_b") || app_name_ok("a b") || app_name_ok("\xc3\xa4"));
    memset(text, 'a', sizeof text);
    text[63] = '\0';
    assert_true(app_name_ok(text));
    text[63] = 'a';
    text[64] = '\0';
    assert_false(app_name_ok(text)); /* a label of 64 */
    text[31] = '.';
    assert_true(app_name_ok(text));
    text[64] = 'a';
    text[65] = '\0';
    assert_false(app_name_ok(text));
}

static void device_names_are_1_to_255_bytes_of_utf8(void **state)
{
    char text[256];

    UNUSED(state);
    memset(text, 'x', sizeof text);
    assert_true(registry_device_name_ok((struct str){text, 1}));
    assert_true(registry_device_name_ok((struct str){text, 255}));
    assert_false(registry_device_name_ok((struct str){text, 256}));
    assert_false(registry_device_name_ok((struct str){text, 0}));
    assert_false(registry_device_name_ok(STR("a\0b")));
    assert_false(registry_device_name_ok(STR("\xff")));
    assert_true(registry_device_name_ok(STR(".")));
}

/* --- devices -------------------------------------------------------------------------------------
 */

#define CREDENTIALS(list) "{\"authentication\":{\"credentials\":[" list "]}}"

static void credentials_of_every_form_are_read(void **state)
{
    char fault[REGISTRY_WHY_LEN];
    struct registry_entry *e = entry_of(
        REGISTRY_DEVICE,
        CREDENTIALS(
            "{\"pass\":\"p1\"},{\"pass\":{\"plain\":\"\"}},"
            "{\"user\":{\"username\":\"u\",\"password\":{\"plain\":\"p2\"},\"unique\":true}},"
            "{\"cert\":\"CN=x\"},{\"psk\":{\"key\":\"AAEC\"}},"
            "{\"psk\":{\"key\":\"/w\",\"validity\":{\"notBefore\":\"1970-01-01T00:00:01Z\","
            "\"notAfter\":\"1970-01-01T00:00:02Z\"}}}"),
        fault);
    const struct registry_device *d = &e->device;

    UNUSED(state);
    assert_string_equal(fault, "");
    assert_false(d->disabled);
    assert_int_equal(d->password_count, 3);
    assert_string_equal(d->passwords[0].secret.ptr, "p1");
    assert_false(d->passwords[0].is_user);
    assert_int_equal(d->passwords[1].secret.len, 0);
    assert_true(d->passwords[2].is_user && d->passwords[2].unique);
    assert_string_equal(d->passwords[2].username.ptr, "u");
    assert_int_equal(d->psk_count, 2);
    assert_memory_equal(d->psks[0].key.ptr, "\0\1\2", 3);
    assert_true(d->psks[0].not_before_us == INT64_MIN && d->psks[0].not_after_us == INT64_MAX);
    assert_true(d->psks[1].not_before_us == 1000000 && d->psks[1].not_after_us == 2000000);
    assert_int_equal(e->alias_count, 2);
    assert_string_equal(e->aliases[1].ptr, "u");
    registry_entry_free(&e);
}

static void hashes_are_read_and_broken_ones_match_nothing(void **state)
{
    static const char good[] =
        CREDENTIALS("{\"pass\":{\"bcrypt\":\"$2b$10$"
                    "abcdefghijklmnopqrstuuSW9NtCS0iK25tiB1pHvt3ZQSTiNmdzK\"}}");
    char fault[REGISTRY_WHY_LEN];
    struct registry_entry *e = entry_of(REGISTRY_DEVICE, good, fault);

    UNUSED(state);
    assert_string_equal(fault, "");
    assert_int_equal(e->device.passwords[0].form, REGISTRY_BCRYPT);
    registry_entry_free(&e);
    e = entry_of(REGISTRY_DEVICE,
                 CREDENTIALS("{\"pass\":{\"sha512\":\"$1$x$y\"}},{\"pass\":\"p\"}"), fault);
    assert_true(strstr(fault, "spec.authentication.credentials[0]: expected a whole") == fault);
    assert_false(e->device.disabled);
    assert_int_equal(e->device.password_count, 1);
    registry_entry_free(&e);
}

static const struct {
    const char *spec;
    const char *fault;
    bool disabled;
} device_cases[] = {
    {"{}",                                                                                           "",                                                        false},
    {"{\"core\":{}}",                                                                                "",                                                        false},
    {"{\"core\":{\"disabled\":false}}",                                                              "",                                                        false},
    {"{\"core\":{\"disabled\":true}}",                                                               "",                                                        true },
    {"{\"core\":{\"disabled\":\"yes\"}}",                                                            "spec.core.disabled: expected",                            true },
    {"{\"core\":[]}",                                                                                "spec.core: expected an object",                           true },
    {"{\"core\":null}",                                                                              "spec.core: expected an object",                           true },
    {"{\"authentication\":{}}",                                                                      "",                                                        false},
    {"{\"authentication\":7}",                                                                       "spec.authentication: expected",                           true },
    {"{\"authentication\":{\"credentials\":{}}}",                                                    "spec.authentication.credentials: expected",
     true                                                                                                                                                            },
    {"{\"credentials\":{\"credentials\":[7]}}",                                                      "spec.credentials.credentials[0]: expected",               true },
    {"{\"authentication\":{},\"credentials\":{\"credentials\":[7]}}",                                "",                                                        false},
    {CREDENTIALS("{\"pass\":\"p\"},{}"),                                                             "spec.authentication.credentials[1]: expected",            true },
    {CREDENTIALS("{\"pass\":\"p\",\"cert\":\"c\"}"),                                                 "spec.authentication.credentials[0]: expected",
     true                                                                                                                                                            },
    {CREDENTIALS("{\"password\":\"p\"}"),                                                            "spec.authentication.credentials[0]: expected",            true },
    {CREDENTIALS("{\"pass\":{\"md5\":\"p\"}}"),
     "spec.authentication.credentials[0]: unknown password form",                                                                                               true },
    {CREDENTIALS("{\"pass\":7}"),                                                                    "spec.authentication.credentials[0]: expected a password", true },
    {CREDENTIALS("{\"user\":{\"password\":\"p\"}}"),
     "spec.authentication.credentials[0].user.username",                                                                                                        true },
    {CREDENTIALS("{\"user\":{\"username\":\"u\"}}"),
     "spec.authentication.credentials[0]: expected a password",                                                                                                 true },
    {CREDENTIALS("{\"user\":{\"username\":\"u\",\"password\":\"p\",\"unique\":1}}"),
     "spec.authentication.credentials[0].user.unique",                                                                                                          true },
    {CREDENTIALS("{\"psk\":{}}"),                                                                    "spec.authentication.credentials[0].psk.key",              true },
    {CREDENTIALS("{\"psk\":{\"key\":\"\"}}"),                                                        "spec.authentication.credentials[0].psk.key",              true },
    {CREDENTIALS("{\"psk\":{\"key\":\"a b\"}}"),                                                     "spec.authentication.credentials[0].psk.key",
     true                                                                                                                                                            },
    {CREDENTIALS("{\"psk\":{\"key\":\"AAEC\",\"validity\":null}}"),                                  "",                                                        false},
    {CREDENTIALS(
         "{\"psk\":{\"key\":\"AAEC\",\"validity\":{\"notBefore\":\"2020-01-01T00:00:00Z\"}}}"),
     "spec.authentication.credentials[0].psk.validity.notAfter",                                                                                                true },
    {CREDENTIALS(
         "{\"psk\":{\"key\":\"AAEC\",\"validity\":{\"notAfter\":\"2020-01-01T00:00:00Z\"}}}"),
     "spec.authentication.credentials[0].psk.validity.notBefore",                                                                                               true },
    {CREDENTIALS("{\"psk\":{\"key\":\"AAEC\",\"validity\":{\"notBefore\":\"2021-01-01T00:00:00Z\","
                 "\"notAfter\":\"2020-01-01T00:00:00Z\"}}}"),
     "spec.authentication.credentials[0].psk.validity: notAfter lies",                                                                                          false},
    {"{\"alias\":{}}",                                                                               "spec.alias: expected",                                    false},
    {"{\"alias\":[1]}",                                                                              "spec.alias: expected",                                    false},
    {"{\"gatewaySelector\":[]}",                                                                     "spec.gatewaySelector.matchNames: expected",               false},
    {"{\"commands\":7,\"other\":[]}",                                                                "",                                                        false},
};

static void undecodable_sections_have_their_effect_and_are_told(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(device_cases); i++) {
        char fault[REGISTRY_WHY_LEN];
        struct registry_entry *e = entry_of(REGISTRY_DEVICE, device_cases[i].spec, fault);
        const char *want = device_cases[i].fault;

        if (e->device.disabled != device_cases[i].disabled ||
            strncmp(fault, want, strlen(want)) != 0 || (want[0] == '\0') != (fault[0] == '\0'))
            fail_msg("%s: got `%s`, disabled %d", device_cases[i].spec, fault, e->device.disabled);
        if (e->device.disabled && strcmp(device_cases[i].fault, "") != 0)
            assert_int_equal(e->device.password_count, 0);
        registry_entry_free(&e);
    }
}

static void keys_have_1_to_512_bytes(void **state)
{
    static const size_t lens[] = {1, 64, 512, 513};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(lens); i++) {
        char bytes[600] = {0};
        char fault[REGISTRY_WHY_LEN];
        struct buf spec = buf_growing();

        buf_add_str(&spec, STR("{\"authentication\":{\"credentials\":[{\"psk\":{\"key\":\""));
        base64_encode(&spec, bytes, lens[i]);
        buf_add(&spec, "\"}}]}}", 7);
        struct registry_entry *e = entry_of(REGISTRY_DEVICE, spec.ptr, fault);

        assert_int_equal(e->device.psk_count, lens[i] <= 512);
        assert_int_equal(e->device.disabled, lens[i] > 512);
        registry_entry_free(&e);
        buf_fini(&spec);
    }
}

static void legacy_credentials_count_only_without_the_new_section(void **state)
{
    char fault[REGISTRY_WHY_LEN];
    struct registry_entry *e = entry_of(
        REGISTRY_DEVICE, "{\"credentials\":{\"credentials\":[{\"pass\":\"old\"}]}}", fault);

    UNUSED(state);
    assert_int_equal(e->device.password_count, 1);
    registry_entry_free(&e);
    e = entry_of(REGISTRY_DEVICE,
                 "{\"credentials\":{\"credentials\":[{\"pass\":\"old\"}]},\"authentication\":{}}",
                 fault);
    assert_int_equal(e->device.password_count, 0);
    registry_entry_free(&e);
}

static void aliases_and_gateways_are_read(void **state)
{
    char fault[REGISTRY_WHY_LEN];
    struct registry_entry *e = entry_of(
        REGISTRY_DEVICE,
        "{\"alias\":[\"a\",\"O=x, CN=y\"],\"gatewaySelector\":{\"matchNames\":[\"g\"]}}", fault);

    UNUSED(state);
    assert_int_equal(e->alias_count, 3);
    assert_string_equal(e->aliases[0].ptr, "name");
    assert_string_equal(e->aliases[2].ptr, "O=x, CN=y");
    assert_int_equal(e->device.gateway_count, 1);
    assert_string_equal(e->device.gateways[0].ptr, "g");
    registry_entry_free(&e);
}

/* --- applications --------------------------------------------------------------------------------
 */

/* base64 of a new authority's certificate. */
static struct buf anchor_text(const char *name, bool pem)
{
    const struct pki_names names = {
        STR("Org"), {"", 0},
         str_from(name)
    };
    struct buf bytes = buf_growing();
    struct buf text = buf_growing();
    char why[PKI_WHY_LEN];
    struct pki ca;

    assert_true(pki_make_ca(&names, INT64_C(1700000000000000), 10, &ca, why));
    if (pem) {
        pki_pem(ca.certificate, &bytes);
    } else {
        unsigned char *der = NULL;
        const int len = i2d_X509(ca.certificate, &der);

        buf_add(&bytes, der, (size_t)len);
        OPENSSL_free(der);
    }
    base64_encode(&text, bytes.ptr, bytes.len);
    buf_add_char(&text, '\0');
    buf_fini(&bytes);
    pki_fini(&ca);
    return text;
}

static json_t *app_doc(const char *a, const char *b, const char *c)
{
    return json_pack("{s:{s:s},s:{s:{s:[{s:s},{s:s},{s:s}]}}}", "metadata", "name", "app", "spec",
                     "trustAnchors", "anchors", "certificate", a, "certificate", b, "certificate",
                     c);
}

static void trust_anchors_come_as_pem_or_der_and_are_reported(void **state)
{
    struct buf pem = anchor_text("one", true);
    struct buf der = anchor_text("two", false);
    json_t *doc = app_doc(pem.ptr, "AAAA", der.ptr);
    struct registry_record record = {.kind = REGISTRY_APP, .name = STR("app")};
    struct registry_meta meta;
    char why[REGISTRY_WHY_LEN];

    UNUSED(state);
    assert_int_equal(registry_meta_parse(REGISTRY_APP, doc, &meta, why), REGISTRY_OK);
    assert_int_equal(registry_doc_body(REGISTRY_APP, doc, &meta, &record.body, why), REGISTRY_OK);
    struct registry_entry *e = registry_doc_entry(&record, why);

    assert_string_equal(why, "spec.trustAnchors.anchors[1].certificate: No PEM or DER encoded "
                             "certificate was found");
    assert_int_equal(e->app.anchor_count, 2);
    assert_string_equal(e->app.anchors[0].subject.ptr, "O=Org, CN=one");
    assert_string_equal(e->app.anchors[1].subject.ptr, "O=Org, CN=two");
    assert_int_equal(e->alias_count, 3);
    const json_t *status = json_object_get(json_object_get(record.body, "status"), "trustAnchors");
    const json_t *anchors = json_object_get(status, "anchors");
    const json_t *valid = json_object_get(json_array_get(anchors, 0), "valid");
    const json_t *invalid = json_object_get(json_array_get(anchors, 1), "invalid");

    assert_string_equal(json_string_value(json_object_get(valid, "subject")), "O=Org, CN=one");
    assert_string_equal(json_string_value(json_object_get(valid, "notBefore")),
                        "2023-11-14T21:13:20Z");
    assert_string_equal(json_string_value(json_object_get(valid, "notAfter")),
                        "2023-11-24T22:13:20Z");
    assert_string_equal(json_string_value(json_object_get(valid, "certificate")), pem.ptr);
    assert_string_equal(json_string_value(json_object_get(invalid, "error")), "NoCertificateFound");
    registry_entry_free(&e);
    registry_record_fini(&record);
    json_decref(doc);
    buf_fini(&pem);
    buf_fini(&der);
}

static void two_anchors_of_one_subject_are_one_alias(void **state)
{
    struct buf first = anchor_text("same", true);
    struct buf second = anchor_text("same", true);
    json_t *doc = app_doc(first.ptr, second.ptr, "?");
    const struct registry_record record = {.kind = REGISTRY_APP, .name = STR("app"), .body = doc};
    char fault[REGISTRY_WHY_LEN];
    struct registry_entry *e = registry_doc_entry(&record, fault);

    UNUSED(state);
    assert_int_equal(e->app.anchor_count, 2);
    assert_int_equal(e->alias_count, 2);
    registry_entry_free(&e);
    json_decref(doc);
    buf_fini(&first);
    buf_fini(&second);
}

static void undecodable_sections_of_applications(void **state)
{
    static const struct {
        const char *spec;
        const char *fault;
        bool disabled;
    } cases[] = {
        {"{\"core\":{\"disabled\":true}}",       "",                                    true },
        {"{\"core\":{\"disabled\":0}}",          "spec.core.disabled: expected",        true },
        {"{\"trustAnchors\":[]}",                "spec.trustAnchors: expected",         false},
        {"{\"trustAnchors\":{}}",                "spec.trustAnchors.anchors: expected", false},
        {"{\"trustAnchors\":{\"anchors\":[7]}}", "spec.trustAnchors.anchors[]",         false},
        {"{\"command\":[]}",                     "",                                    false},
        {"{\"publish\":7}",                      "spec.publish: expected an object",    false},
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char fault[REGISTRY_WHY_LEN];
        struct registry_entry *e = entry_of(REGISTRY_APP, cases[i].spec, fault);

        assert_int_equal(e->app.disabled, cases[i].disabled);
        assert_int_equal(e->app.anchor_count, 0);
        assert_memory_equal(fault, cases[i].fault, strlen(cases[i].fault));
        registry_entry_free(&e);
    }
}

static void publish_rules_are_kept_and_reported(void **state)
{
    static const struct {
        const char *publish;
        const char *status; /* of publish */
        const char *fault;
        bool has_rules;
    } cases[] = {
        {"{}",                                         "{\"valid\":{\"rules\":0}}", "",                                                        false},
        {"{\"rules\":[{\"then\":[\"drop\"]}]}",        "{\"valid\":{\"rules\":1}}", "",                                                        true },
        {"{\"rules\":[{\"when\":{\"isChannel\":1}}]}",
         "{\"invalid\":{\"error\":\"Undecodable\",\"message\":"
         "\"spec.publish.rules[0].when.isChannel: expected a string\"}}",           "spec.publish.rules[0].when.isChannel: expected a string", true },
    };
    const struct registry_meta meta = {.name = STR("a")};

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *doc = json_pack("{s:{s:o}}", "spec", "publish", json_of(cases[i].publish));
        json_t *want = json_of(cases[i].status);
        struct registry_record record = {.kind = REGISTRY_APP, .name = STR("a")};
        char why[REGISTRY_WHY_LEN];

        assert_int_equal(registry_doc_body(REGISTRY_APP, doc, &meta, &record.body, why),
                         REGISTRY_OK);
        assert_true(
            json_equal(json_object_get(json_object_get(record.body, "status"), "publish"), want));
        struct registry_entry *e = registry_doc_entry(&record, why);

        assert_string_equal(why, cases[i].fault);
        assert_false(e->app.disabled);
        assert_int_equal(e->app.rules != NULL, cases[i].has_rules);
        registry_entry_free(&e);
        registry_record_fini(&record);
        json_decref(want);
        json_decref(doc);
    }
}

static void the_body_keeps_free_form_parts_and_owns_the_reports(void **state)
{
    json_t *doc = json_of(
        "{\"metadata\":{\"name\":\"a\",\"labels\":{}},\"spec\":{\"x\":{\"y\":1}},"
        "\"status\":{\"publish\":1,\"trustAnchors\":{\"anchors\":[{\"valid\":{}}]},\"mine\":1}}");
    json_t *bad = json_of("{\"metadata\":{\"name\":\"a\"},\"spec\":[]}");
    struct registry_meta meta;
    json_t *body;
    char why[REGISTRY_WHY_LEN];

    UNUSED(state);
    assert_int_equal(registry_meta_parse(REGISTRY_APP, doc, &meta, why), REGISTRY_OK);
    assert_int_equal(registry_doc_body(REGISTRY_APP, doc, &meta, &body, why), REGISTRY_OK);
    json_t *want = json_of("{\"spec\":{\"x\":{\"y\":1}},\"status\":{\"mine\":1}}");

    assert_true(json_equal(body, want));
    json_decref(body);
    assert_int_equal(registry_doc_body(REGISTRY_APP, bad, &meta, &body, why), REGISTRY_INVALID);
    assert_string_equal(why, "spec: expected an object");
    json_decref(want);
    json_decref(bad);
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_is_checked_field_by_field),
        cmocka_unit_test(application_names_are_host_names_of_64_bytes),
        cmocka_unit_test(device_names_are_1_to_255_bytes_of_utf8),
        cmocka_unit_test(credentials_of_every_form_are_read),
        cmocka_unit_test(hashes_are_read_and_broken_ones_match_nothing),
        cmocka_unit_test(undecodable_sections_have_their_effect_and_are_told),
        cmocka_unit_test(keys_have_1_to_512_bytes),
        cmocka_unit_test(legacy_credentials_count_only_without_the_new_section),
        cmocka_unit_test(aliases_and_gateways_are_read),
        cmocka_unit_test(trust_anchors_come_as_pem_or_der_and_are_reported),
        cmocka_unit_test(two_anchors_of_one_subject_are_one_alias),
        cmocka_unit_test(undecodable_sections_of_applications),
        cmocka_unit_test(publish_rules_are_kept_and_reported),
        cmocka_unit_test(the_body_keeps_free_form_parts_and_owns_the_reports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
