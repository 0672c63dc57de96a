#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/target.h"
#include "lib/target_where.h"

static const struct target_places places = {
    .coap_port = 10001,
    .coaps_port = 10002,
    .http_port = 10003,
    .broker_port = 10004,
    .backend_port = 10005,
    .backend_url = "http://b:1",
    .dir = "/run/x",
    .seed = "7f",
};

static void read_good(struct target *t, const char *text)
{
    char why[TARGET_WHY_LEN] = "";

    if (!target_read(t, str_from(text), "t.lua", &places, why))
        fail_msg("refused: %s", why);
}

static void reads_a_whole_file(void **state)
{
    UNUSED(state);
    struct target t;

    assert_int_equal(setenv("SEATRIAL_TEST_TOKEN", "secret", 1), 0);
    read_good(&t,
              "local host = '127.0.0.1'\n"
              "return { name = 'reference', version = '0.1', coap = 'coap://' .. host .. "
              "':{coap_port}', coaps = 'coaps://[::1]:{coaps_port}/',\n"
              "features = { 'auth.basic', 'commands' }, durable = true, gentle = false,\n"
              "parameters = { ACK_TIMEOUT = '250 ms', MAX_PAYLOAD = '1 MiB', SETTLE = 0.5 },\n"
              "ciphers = { 'PSK-AES128-GCM-SHA256' },\n"
              "registry = { drogue = { url = 'http://127.0.0.1:{http_port}', "
              "token = env 'SEATRIAL_TEST_TOKEN' } },\n"
              "commands = { http = {} }, events = { file = '{dir}/events.ndjson' },\n"
              "tls = { ca = '{dir}/ca.pem', server_name = 'localhost' },\n"
              "start = { exec = { 'seatrial-endpoint', '--coap', '127.0.0.1:{coap_port}' } } }\n");
    assert_string_equal(t.name, "reference");
    assert_string_equal(t.coap.host, "127.0.0.1");
    assert_int_equal(t.coap.port, 10001);
    assert_string_equal(t.coaps.host, "::1");
    assert_int_equal(t.coaps.port, 10002);
    assert_true(target_claims(&t, "commands"));
    assert_false(target_claims(&t, "command"));
    assert_true(t.durable);
    assert_false(t.ciphers_rfc7252);
    assert_string_equal(t.cipher_list[0], "PSK-AES128-GCM-SHA256");
    assert_null(t.cipher_list[1]);
    assert_int_equal(t.registry.kind, REGISTRY_DROGUE);
    assert_string_equal(t.registry.drogue.token, "secret");
    assert_int_equal(t.commands.kind, COMMANDS_HTTP);
    assert_string_equal(t.commands.http.url, "http://127.0.0.1:10003");
    assert_string_equal(t.commands.http.token, "secret");
    assert_int_equal(t.events.kind, EVENTS_FILE);
    assert_string_equal(t.events.file, "/run/x/events.ndjson");
    assert_string_equal(t.tls.ca, "/run/x/ca.pem");
    assert_string_equal(t.start.exec[2], "127.0.0.1:{coap_port}");
    assert_string_equal(t.start.ready, "coap");
    target_fini(&t);
}

static void reads_brokers_and_helpers(void **state)
{
    UNUSED(state);
    struct target t;

    read_good(&t,
              "return { name = 'x', coap = 'coap://h',\n"
              "commands = { kafka = { url = 'kafka://h:{broker_port}' } },\n"
              "events = { mqtt = { url = 'mqtts://h:{broker_port}', user = 'jo', password = 'k', "
              "ca = '/ca.pem', mode = 'binary' } },\n"
              "helpers = { { exec = { 'mosquitto', '-p', '{broker_port}' } } } }");
    assert_int_equal(t.commands.kind, COMMANDS_KAFKA);
    assert_string_equal(t.commands.broker.url, "kafka://h:10004");
    assert_int_equal(t.events.kind, EVENTS_MQTT);
    assert_string_equal(t.events.broker.url, "mqtts://h:10004");
    assert_string_equal(t.events.broker.user, "jo");
    assert_string_equal(t.events.broker.password, "k");
    assert_string_equal(t.events.broker.ca, "/ca.pem");
    assert_int_equal(t.events.broker.mode, TARGET_MQTT_BINARY);
    assert_int_equal(t.events.broker.version, TARGET_MQTT_5);
    assert_int_equal(t.helper_count, 1);
    assert_string_equal(t.helpers[0].exec[2], "{broker_port}");
    target_fini(&t);
}

static const struct {
    const char *text;
    const char *why;
} mistakes[] = {
    {"",                                                                                         "t.lua:1: expected a table: the file must end with return { ... }"     },
    {"return {\n name = 'x' }",
     "t.lua:1: \"coap\" and \"coaps\" are both missing: say where the endpoint is, as in coap = "
     "\"coap://host:5683\""                                                                                                                                             },
    {"return { coap = 'coap://h' }",                                                             "t.lua:1: \"name\" is missing"                                         },
    {"return { name = 'x', coap = 'coap://h',\n\n feature = {} }",
     "t.lua:3: feature: unknown field, did you mean \"features\"?"                                                                                                      },
    {"return { name = 'x', coap = 'coap://h',\n registry = {\n  drogue = {\n"
     "   url = 'http://h',\n   tokn = 'x' } } }",                                           "t.lua:5: registry.drogue.tokn: unknown field, did you mean \"token\"?"},
    {"return { name = 'x', coap = 'coap://h', parameters = {\n ACK_TIMEOUTS = 1 } }",
     "t.lua:2: parameters.ACK_TIMEOUTS: unknown field, did you mean \"ACK_TIMEOUT\"?"                                                                                   },
    {"return { name = 'x', coap = 'coap://h', parameters = { SETTLE = '2' } }",
     "t.lua:1: parameters.SETTLE: expected a time (\"250 ms\", \"2 s\", \"10 min\")"                                                                                    },
    {"return { name = 'x', coap = 'coap://h', parameters = { MAX_RETRANSMIT = 1.5 } }",
     "t.lua:1: parameters.MAX_RETRANSMIT: expected a whole number"                                                                                                      },
    {"return { name = 7, coap = 'coap://h' }",                                                   "t.lua:1: name: expected a text that is not empty"                     },
    {"return { name = 'x', coap = 'coaps://h' }",
     "t.lua:1: coap: expected \"coap://host\" or \"coap://host:port\""                                                                                                  },
    {"return { name = 'x', coap = 'coap://h:0' }",
     "t.lua:1: coap: expected \"coap://host\" or \"coap://host:port\""                                                                                                  },
    {"return { name = 'x', coap = 'coap://h:65536' }",
     "t.lua:1: coap: expected \"coap://host\" or \"coap://host:port\""                                                                                                  },
    {"return { name = 'x', coap = 'coap://h:{coap_prt}' }",
     "t.lua:1: coap: unknown placeholder \"{coap_prt}\", did you mean \"{coap_port}\"?"                                                                                 },
    {"return { name = 'x{events_url}', coap = 'coap://h' }",
     "t.lua:1: name: placeholder \"{events_url}\" has no value here: only start.exec may hold it"                                                                       },
    {"return { name = 'x', coap = 'coap://h', registry = {} }",
     "t.lua:1: registry: expected one of drogue, static, exec"                                                                                                          },
    {"return { name = 'x', coap = 'coap://h', registry = { static = {} } }",
     "t.lua:1: registry.static: expected a list of 1 to 10000 devices"                                                                                                  },
    {"return { name = 'x', coap = 'coap://h', registry = { static = {\n"
     "{ application = 'a', device = 'd', cert = 'c' } } } }",                               "t.lua:2: registry.static[1].cert: cert and key belong together"       },
    {"return { name = 'x', coap = 'coap://h', commands = { http = { } } }",
     "t.lua:1: commands.http: \"url\" is missing"                                                                                                                       },
    {"return { name = 'x', coap = 'coap://h', events = { http_sink = { listen = 'x' } } }",
     "t.lua:1: events.http_sink.listen: expected an address such as \"127.0.0.1:0\""                                                                                    },
    {"return { name = 'x', coap = 'coap://h', events = { mqtt = { url = 'http://h' } } }",
     "t.lua:1: events.mqtt.url: expected mqtt://HOST:PORT or mqtts://HOST:PORT"                                                                                         },
    {"return { name = 'x', coap = 'coap://h', events = { mqtt = { url = 'mqtt://h',\n"
     "mode = 'binry' } } }",                                                                "t.lua:2: events.mqtt.mode: expected one of structured|binary"         },
    {"return { name = 'x', coap = 'coap://h', events = { mqtt = { url = 'mqtt://h',\n"
     "mode = 'binary', version = '3.1.1' } } }",                                            "t.lua:2: events.mqtt.mode: MQTT 3.1.1 knows \"structured\" only"      },
    {"return { name = 'x', coap = 'coap://h', commands = { kafka = {},\n http = {} } }",
     "t.lua:2: commands.http: \"url\" is missing\nt.lua:1: commands.kafka: \"url\" is missing\n"
     "t.lua:1: commands: expected one of http, mqtt, kafka, exec"                                                                                                       },
    {"return { name = 'x', coap = 'coap://h', helpers = { 'mosquitto' } }",
     "t.lua:1: helpers[1]: expected a table"                                                                                                                            },
    {"return { name = 'x', coap = 'coap://h', features = 'a' }",
     "t.lua:1: features: expected a list of texts"                                                                                                                      },
    {"return { name = 'x', coap = 'coap://h',\n features = { 'rules', 'auth.pks' } }",
     "t.lua:2: features: unknown feature \"auth.pks\", did you mean \"auth.psk\"?"                                                                                      },
    {"return { name = 'x', coap = 'coap://h', registry = { static = {\n"
     "{ application = 'a', device = 'd' },\n{ application = 'a', device = 'e', psk = "
     "'base64:@' } } } }",                                                                  "t.lua:3: registry.static[2].psk: expected base64 behind \"base64:\""  },
    {"return { name = 'x', coap = 'coap://h', registry = { drogue = {\n ulr = 'http://h' } } }",
     "t.lua:2: registry.drogue.ulr: unknown field, did you mean \"url\"?"                                                                                               },
    {"return { name = 'x', coap = 'coap://h', events = { kafka = {\n ulr = 'kafka://h' } } }",
     "t.lua:2: events.kafka.ulr: unknown field, did you mean \"url\"?"                                                                                                  },
    {"return { name = 'x', coap = 'coap://h', start = {\n exec = { 'a', '{dri}/b' } } }",
     "t.lua:2: start.exec: unknown placeholder \"{dri}\", did you mean \"{dir}\"?"                                                                                      },
    {"return { name = 'x', coap = 'coap://h', durable = 1 }",
     "t.lua:1: durable: expected true or false"                                                                                                                         },
    {"return { name = 'x', coap = 'coap://h', start = { exec = {} } }",
     "t.lua:1: start.exec: expected a program and its arguments"                                                                                                        },
    {"return { name = 'x', coap = 'coap://h', 5 }",
     "t.lua:1: expected named fields, got a value without a name"                                                                                                       },
    {"\nreturn { token = env 'SEATRIAL_NOT_SET' }",
     "t.lua:2: the environment variable SEATRIAL_NOT_SET is not set"                                                                                                    },
    {"\nwhile true do end",                                                                      "t.lua:2: runs too long"                                               },
    {"local s = 'x' while true do s = s .. s end",                                               "not enough memory"                                                    },
    {"os.exit(0)",
     "t.lua:1: attempt to index a nil value (global 'os'): this file is data, and has nothing but "
     "env \"NAME\""                                                                                                                                                     },
    {"\033Lua",                                                                                  "attempt to load a binary chunk (mode is 't')"                         },
};

static void names_what_is_wrong_and_where(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct target t;
        char why[TARGET_WHY_LEN] = "";

        if (target_read(&t, str_from(mistakes[i].text), "t.lua", &places, why))
            fail_msg("accepted: %s", mistakes[i].text);
        if (strcmp(why, mistakes[i].why) != 0)
            fail_msg("%s\n  wanted: %s\n  got:    %s", mistakes[i].text, mistakes[i].why, why);
        assert_null(t.name);
    }
}

static double parameter(const struct target *t, const char *name)
{
    double value = -1;

    return target_parameter(t, name, &value) ? value : -1;
}

static void computes_the_times_of_rfc_7252(void **state)
{
    UNUSED(state);
    struct target t;

    read_good(&t, "return { name = 'x', coap = 'coap://h' }");
    assert_true(fabs(parameter(&t, "ACK_TIMEOUT") - 2) < 1e-9);
    assert_true(fabs(parameter(&t, "MAX_TRANSMIT_SPAN") - 45) < 1e-9);
    assert_true(fabs(parameter(&t, "MAX_TRANSMIT_WAIT") - 93) < 1e-9);
    assert_true(fabs(parameter(&t, "MAX_RTT") - 202) < 1e-9);
    assert_true(fabs(parameter(&t, "EXCHANGE_LIFETIME") - 247) < 1e-9);
    assert_true(fabs(parameter(&t, "NON_LIFETIME") - 145) < 1e-9);
    assert_true(parameter(&t, "MAX_PAYLOAD") < 0);
    assert_true(parameter(&t, "NO_SUCH") < 0);
    target_fini(&t);
    read_good(&t, "return { name = 'x', coap = 'coap://h', parameters = { ACK_TIMEOUT = '1 s', "
                  "MAX_LATENCY = 10, NON_LIFETIME = '3 min', MAX_PAYLOAD = '64 KiB' } }");
    assert_true(fabs(parameter(&t, "EXCHANGE_LIFETIME") - 43.5) < 1e-9);
    assert_true(fabs(parameter(&t, "NON_LIFETIME") - 180) < 1e-9);
    assert_true(fabs(parameter(&t, "MAX_PAYLOAD") - 65536) < 1e-9);
    target_fini(&t);
}

static void devices_that_exist_are_a_list(void **state)
{
    UNUSED(state);
    struct target t;

    read_good(&t, "return { name = 'x', coap = 'coap://h', registry = { static = {\n"
                  "{ application = 'a', device = 'd', password = 'p', aliases = { 'e', 'f' } },\n"
                  "{ application = 'a', device = 'g', psk = 'k' } } } }");
    assert_int_equal(t.registry.kind, REGISTRY_STATIC);
    assert_int_equal(t.registry.device_count, 2);
    assert_string_equal(t.registry.devices[0].aliases[1], "f");
    assert_string_equal(t.registry.devices[1].psk, "k");
    assert_null(t.registry.devices[1].password);
    target_fini(&t);
}

static void an_address_is_a_target(void **state)
{
    UNUSED(state);
    const struct target_device device = {.application = "a", .device = "d", .psk = "k"};
    struct target t;
    char why[TARGET_WHY_LEN];

    assert_true(target_from_url(&t, "coaps://localhost", &device, why));
    assert_null(t.coap.host);
    assert_int_equal(t.coaps.port, 5684);
    assert_true(target_claims(&t, "auth.psk"));
    assert_false(target_claims(&t, "auth.basic"));
    assert_int_equal(t.registry.device_count, 1);
    assert_true(target_resolve(&t, why));
    assert_int_equal(addr_port(&t.coaps.addr), 5684);
    assert_true(addr_is_loopback(&t.coaps.addr));
    target_fini(&t);
    assert_false(target_from_url(&t, "http://x", NULL, why));
    assert_string_equal(why, "http://x: expected coap://host[:port] or coaps://host[:port]");
    assert_true(target_from_url(&t, "coap://[::1]:7", NULL, why));
    assert_int_equal(t.registry.kind, REGISTRY_NONE);
    target_fini(&t);
}

static void files_are_sought_beside_the_target_file(void **state)
{
    UNUSED(state);
    char folder[] = "/tmp/target_test.XXXXXX", path[64], wanted[128], why[TARGET_WHY_LEN] = "";
    struct target t;

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/t.lua", folder);
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs("return { name = 'x', coap = 'coap://h', tls = { ca = 'ca.pem' }, events = "
                      "{ exec = { './follow', './x', '{seed}' } } }",
                      f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_true(target_load(&t, path, &(const struct target_places){.seed = "7f"}, why));
    (void)snprintf(wanted, sizeof wanted, "%s/ca.pem", folder);
    assert_string_equal(t.tls.ca, wanted);
    (void)snprintf(wanted, sizeof wanted, "%s/./follow", folder);
    assert_string_equal(t.events.exec[0], wanted);
    assert_string_equal(t.events.exec[1], "./x");
    assert_string_equal(t.events.exec[2], "7f");
    target_fini(&t);
    assert_int_equal(unlink(path), 0);
    assert_false(target_load(&t, path, NULL, why));
    (void)snprintf(wanted, sizeof wanted, "%s: cannot be read: No such file or directory", path);
    assert_string_equal(why, wanted);
    assert_int_equal(rmdir(folder), 0);
}

static void replaces_placeholders(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {
        {"{coap_port}{coaps_port}", "1000110002"       },
        {"a{dir}/{seed}b",          "a/run/x/7fb"      },
        {"{}{ {A} {x",              "{}{ {A} {x"       },
        {"{\"json\":{dir}}",        "{\"json\":/run/x}"},
        {"",                        ""                 },
        {"{backend_url}x",          "http://b:1x"      },
        {"{backend_port}",          "10005"            },
    };
    char why[TARGET_WHY_LEN];

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *got = target_expand(rows[i].text, &places, why);

        assert_non_null(got);
        assert_string_equal(got, rows[i].wanted);
        free(got);
    }
    assert_null(target_expand("{dir}", NULL, why));
    assert_string_equal(why, "placeholder \"{dir}\" has no value here");
}

static void knows_the_registry_file_only_when_there_is_one(void **state)
{
    UNUSED(state);
    struct target_places p = places;
    char why[TARGET_WHY_LEN];

    assert_null(target_expand("{registry_file}", &p, why));
    assert_string_equal(why, "placeholder \"{registry_file}\" has no value here: only start.exec "
                             "may hold it, and only seatrial-swarm fills it in");
    p.registry_file = "/run/x/devices.json";
    char *got = target_expand("{registry_file}", &p, why);

    assert_string_equal(got, "/run/x/devices.json");
    free(got);
}

static void a_field_is_found_again_in_its_file(void **state)
{
    UNUSED(state);
    static const char text[] = "return { name = 'x', coap = 'coap://h',\n"
                               " registry = {\n  drogue = {\n   url = 'http://h' } },\n"
                               " commands = { http = {} } }";
    struct target t;
    char space[TARGET_WHERE_LEN], why[TARGET_WHY_LEN];

    read_good(&t, text);
    assert_string_equal(target_where(&t, "registry.drogue.url", space),
                        "t.lua:4: registry.drogue.url");
    assert_string_equal(target_where(&t, "commands.http.url", space), "t.lua:5: commands.http.url");
    target_fini(&t);
    assert_true(target_from_url(&t, "coap://nosuch.invalid", NULL, why));
    assert_string_equal(target_where(&t, "coap", space), "coap");
    assert_false(target_resolve(&t, why));
    assert_non_null(strstr(why, "coap: the host nosuch.invalid cannot be found"));
    target_fini(&t);
}

static void free_ports_differ(void **state)
{
    UNUSED(state);
    struct target_places p = {0};

    assert_true(target_free_ports(&p));
    assert_true(p.coap_port != p.coaps_port && p.coaps_port != p.http_port &&
                p.coap_port != p.http_port && p.broker_port != p.coap_port &&
                p.broker_port != p.coaps_port && p.broker_port != p.http_port &&
                p.backend_port != p.broker_port && p.backend_port != p.http_port);
    assert_true(p.coap_port >= 1024 && p.coaps_port >= 1024 && p.http_port >= 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_whole_file),
        cmocka_unit_test(reads_brokers_and_helpers),
        cmocka_unit_test(names_what_is_wrong_and_where),
        cmocka_unit_test(computes_the_times_of_rfc_7252),
        cmocka_unit_test(devices_that_exist_are_a_list),
        cmocka_unit_test(an_address_is_a_target),
        cmocka_unit_test(files_are_sought_beside_the_target_file),
        cmocka_unit_test(replaces_placeholders),
        cmocka_unit_test(knows_the_registry_file_only_when_there_is_one),
        cmocka_unit_test(a_field_is_found_again_in_its_file),
        cmocka_unit_test(free_ports_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
