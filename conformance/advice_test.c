#include "conformance/advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define TARGET                                                                                     \
    "return { name = 'x', coap = 'coap://h',\n"                                                    \
    "coaps = 'coaps://h',\n"                                                                       \
    "features = { 'auth.psk' },\n"                                                                 \
    "events = { kafka = { url = 'kafka://h' } },\n"                                                \
    "tls = { ca = '/a', server_name = 'n' },\n"                                                    \
    "registry = { static = {\n"                                                                    \
    "{ application = 'a', device = 'd', password = 'p' },\n"                                       \
    "{ application = 'a', device = 'e', psk = 'k' },\n"                                            \
    "{ application = 'a', device = 'f', cert = '/c', key = '/k' } } } }"

static const struct {
    enum binding binding;
    const char *field, *expected, *got, *reason;
    const char *begin; /* of the advice */
} rows[] = {
    {BINDING_COAP,       "alive",     "2.04 for a good publish",          "no answer",      "",                                           "t.lua:1: coap: "                                                                        },
    {BINDING_COAP,       "alive",     "2.04 for a good publish",
     "ACK 4.03 Forbidden mid=0x7f43 token=38 payload 21 B",                                 "",
     "t.lua:7: registry.static[1].password: a publish with it is answered 4.03 Forbidden: "                                                                                                                                        },
    {BINDING_COAP,       "fence",     "the event of an accepted publish", "none in 5 s",    "",
     "t.lua:4: events.kafka.url: no event"                                                                                                                                                                                         },
    {BINDING_COAPS_PSK,  "fence",     "2.04 for a good publish",          "4.03 Forbidden", "",
     "t.lua:8: registry.static[2].psk: "                                                                                                                                                                                           },
    {BINDING_COAPS_PSK,  "handshake", "a DTLS session",                   "failed",
     "fatal alert decrypt_error (51) received",                                                                                           "t.lua:8: registry.static[2].psk: a known-good publish failed (fatal alert decrypt_error"},
    {BINDING_COAPS_PSK,  "handshake", "a DTLS session",                   "failed",
     "fatal alert handshake_failure (40) received",                                                                                       "t.lua:3: features: "                                                                    },
    {BINDING_COAPS_PSK,  "handshake", "a DTLS session",                   "handshaking",    "",                                           "t.lua:2: coaps: "                                                                       },
    {BINDING_COAPS_X509, "handshake", "a DTLS session",                   "failed",
     "we refused: unable to get local issuer certificate",                                                                                "t.lua:5: tls.ca: "                                                                      },
    {BINDING_COAPS_X509, "handshake", "a DTLS session",                   "failed",         "we refused: hostname mismatch",
     "t.lua:5: tls.server_name: "                                                                                                                                                                                                  },
    {BINDING_COAPS_X509, "handshake", "a DTLS session",                   "failed",
     "fatal alert unknown_ca (48) received",                                                                                              "t.lua:9: registry.static[3].cert: "                                                     },
    {BINDING_COAPS_X509, "",          "",                                 "",               "handshake: client key: key values mismatch",
     "t.lua:9: registry.static[3].key: "                                                                                                                                                                                           },
    {BINDING_COAP,       "adapter",   "",                                 "",               "create_application: t.lua:6: registry: x",
     "create_application: t.lua:6: registry: x"                                                                                                                                                                                    },
};

static void names_the_field_that_is_most_likely_wrong(void **state)
{
    UNUSED(state);
    struct target t;
    char why[TARGET_WHY_LEN];

    if (!target_read(&t, STR(TARGET), "t.lua", NULL, why))
        fail_msg("%s", why);
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *finding = json_pack("{s:s, s:s, s:s, s:s}", "field", rows[i].field, "expected",
                                    rows[i].expected, "got", rows[i].got, "reason", rows[i].reason);
        struct buf out = buf_growing();

        advice_on_sanity(&t, rows[i].binding, finding, &out);
        buf_add_char(&out, '\0');
        if (strncmp(out.ptr, rows[i].begin, strlen(rows[i].begin)) != 0)
            fail_msg("wanted: %s\n  got:    %s", rows[i].begin, out.ptr);
        buf_fini(&out);
        json_decref(finding);
    }
    target_fini(&t);
}

static void looks_at_the_file_of_events(void **state)
{
    UNUSED(state);
    struct target t = {.file = "t.lua"};
    struct buf out = buf_growing();
    char path[] = "/tmp/advice_test.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    t.events.kind = EVENTS_FILE;
    t.events.file = path;
    advice_on_events(&t, &out);
    buf_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, "got no line that is this device's event"));
    assert_int_equal(unlink(path), 0);
    buf_clear(&out);
    advice_on_events(&t, &out);
    buf_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, ": No such file or directory: name the file"));
    t.events.file = "/tmp";
    buf_clear(&out);
    advice_on_events(&t, &out);
    buf_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, "events.file: /tmp is no file"));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_field_that_is_most_likely_wrong),
        cmocka_unit_test(looks_at_the_file_of_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
