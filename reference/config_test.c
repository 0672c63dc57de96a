#include "reference/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"

static struct config config;
static char config_path[] = "/tmp/config_test.XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(config_path);

    UNUSED(state);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    UNUSED(state);
    return unlink(config_path);
}

static int teardown(void **state)
{
    UNUSED(state);
    config_fini(&config);
    return 0;
}

/* A command line of words, at most 15; `FILE` stands for the file. */
static enum config_verdict load(const char *words)
{
    static char text[512];
    static char *argv[17];
    int argc = 1;

    argv[0] = "seatrial-endpoint";

    config_fini(&config);
    (void)snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "FILE") == 0 ? config_path : word;
    return config_load(argc, argv, &config);
}

static void write_file(const char *content)
{
    FILE *file = fopen(config_path, "we");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Runs load with one of the standard streams (fd) caught; *text is to be freed. */
static enum config_verdict load_caught(const char *words, int fd, char **text)
{
    FILE *caught = tmpfile();
    int saved = dup(fd);
    enum config_verdict verdict;

    assert_non_null(caught);
    assert_true(saved >= 0 && fflush(NULL) == 0 && dup2(fileno(caught), fd) == fd);
    verdict = load(words);
    assert_true(fflush(NULL) == 0 && dup2(saved, fd) == fd && close(saved) == 0);
    off_t len = lseek(fileno(caught), 0, SEEK_END);

    assert_true(len >= 0);
    *text = xcalloc(1, (size_t)len + 1);
    assert_int_equal(pread(fileno(caught), *text, (size_t)len, 0), len);
    assert_int_equal(fclose(caught), 0);
    return verdict;
}

static void is_ready_to_play_without_arguments(void **state)
{
    char text[ADDR_TEXT_LEN];

    UNUSED(state);
    assert_int_equal(load(""), CONFIG_RUN);
    assert_true(config.demo);
    assert_false(config.listen_given);
    assert_int_equal(config.coap.count, 2);
    assert_string_equal(addr_format(&config.coap.addr[0], text), "127.0.0.1:5683");
    assert_string_equal(addr_format(&config.coap.addr[1], text), "[::1]:5683");
    assert_int_equal(config.coaps.count, 2);
    assert_string_equal(addr_format(&config.coaps.addr[0], text), "127.0.0.1:5684");
    assert_string_equal(addr_format(&config.coaps.addr[1], text), "[::1]:5684");
    assert_int_equal(config.http.count, 1);
    assert_string_equal(addr_format(&config.http.addr[0], text), "127.0.0.1:8080");
    assert_string_equal(config.data_dir, "./seatrial-data");
    assert_string_equal(config.sink, "file:./seatrial-data/events.ndjson");
    assert_string_equal(config.api_token_file, "./seatrial-data/api-token");
    assert_null(config.registry_file);
    assert_null(config.server_cert);
    assert_int_equal(config.ready_fd, -1);
    assert_int_equal(config.log_level, LOG_INFO);
    assert_int_equal(config.log_format, LOG_LOGFMT);
}

static void has_the_times_of_the_standard(void **state)
{
    struct config c;

    UNUSED(state);
    config_defaults(&c);
    assert_int_equal(c.ack_timeout_us, 2000000); /* RFC 7252 4.8 */
    assert_true(c.ack_random_factor == 1.5);
    assert_int_equal(c.max_retransmit, 4);
    assert_int_equal(c.exchange_lifetime_us, 247000000); /* RFC 7252 4.8.2 */
    assert_int_equal(c.non_lifetime_us, 145000000);
    assert_int_equal(c.empty_ack_delay_us, 1500000);
    assert_int_equal(c.max_ct_us, 600000000);
    assert_int_equal(c.dedup_entries, 4194304);
    assert_string_equal(c.instance, "drogue");
    assert_string_equal(c.sink, "file:./seatrial-data/events.ndjson");
}

static void keeps_the_demo_in_another_directory(void **state)
{
    UNUSED(state);
    assert_int_equal(load("--data /srv/x --workers 2"), CONFIG_RUN);
    assert_true(config.demo);
    assert_string_equal(config.sink, "file:/srv/x/events.ndjson");
    assert_string_equal(config.api_token_file, "/srv/x/api-token");
}

static void listens_only_where_it_is_told(void **state)
{
    UNUSED(state);
    assert_int_equal(load("--coap 0.0.0.0 --sink null: --api-token t"), CONFIG_RUN);
    assert_true(config.listen_given);
    assert_false(config.demo);
    assert_int_equal(config.coap.count, 1);
    assert_int_equal(addr_port(&config.coap.addr[0]), 5683);
    assert_int_equal(config.coaps.count, 0);
    assert_int_equal(config.http.count, 0);
    assert_string_equal(config.sink, "null:");
    assert_string_equal(config.api_token_file, "t");
}

static const struct demo_case {
    const char *words;
    const char *file; /* NULL: none is named */
    bool demo;
} demo_cases[] = {
    {"",                        NULL,                 true },
    {"--no-demo",               NULL,                 false},
    {"--coaps [::1]",           NULL,                 false},
    {"--coaps [::1] --demo",    NULL,                 true },
    {"--config FILE",           "workers = 1\n",      false},
    {"--config FILE",           "demo = yes\n",       true },
    {"--config FILE --no-demo", "demo = yes\n",       false},
    {"--config FILE --demo",    "coap = 127.0.0.1\n", true },
    {"--registry apps.json",    NULL,                 true },
    {"--auth-url http://x",     NULL,                 false},
    {"--backend-only",          NULL,                 false},
    {"--backend-only --demo",   NULL,                 true },
};

static void makes_the_demo_only_where_nothing_is_named_or_when_asked(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(demo_cases); i++) {
        write_file(demo_cases[i].file == NULL ? "" : demo_cases[i].file);
        assert_int_equal(load(demo_cases[i].words), CONFIG_RUN);
        if (config.demo != demo_cases[i].demo)
            fail_msg("%s with %s", demo_cases[i].words, demo_cases[i].file);
    }
}

static void reads_a_file_that_the_command_line_overrides(void **state)
{
    UNUSED(state);
    write_file("# a comment\n"
               "coap = 127.0.0.1:1\n"
               "coap = [::1]:2   # another\n"
               "http = 127.0.0.1:3\n"
               "data = \"/srv/a b\"\n"
               "max-ct = 5min\n"
               "log-format = json\n"
               "workers = 3\n");
    assert_int_equal(load("--workers 4 --config FILE --coap 127.0.0.1:9"), CONFIG_RUN);
    assert_int_equal(config.coap.count, 1);
    assert_int_equal(addr_port(&config.coap.addr[0]), 9);
    assert_int_equal(config.coaps.count, 0);
    assert_int_equal(addr_port(&config.http.addr[0]), 3);
    assert_string_equal(config.data_dir, "/srv/a b");
    assert_string_equal(config.sink, "file:/srv/a b/events.ndjson");
    assert_int_equal(config.max_ct_us, 300000000);
    assert_int_equal(config.log_format, LOG_JSON);
    assert_int_equal(config.workers, 4);
}

static void takes_the_defaults_of_the_addresses_that_a_file_does_not_name(void **state)
{
    UNUSED(state);
    write_file("workers = 3\n");
    assert_int_equal(load("--config FILE"), CONFIG_RUN);
    assert_false(config.listen_given);
    assert_int_equal(config.coap.count + config.coaps.count + config.http.count, 5);
}

static const struct refusal {
    const char *words;
    const char *file; /* NULL: none is named */
    const char *why;  /* part of the line on stderr */
} refusals[] = {
    {"--worker 3",                            NULL,                 "unknown option \"worker\", did you mean --workers?" },
    {"--max-ct 30",                           NULL,                 "--max-ct: expected a time with a unit"              },
    {"--max-ct 2d",                           NULL,                 "--max-ct: expected 0 to 1d, got \"2d\""             },
    {"--sink kafka:x",                        NULL,
     "sink: expected file:PATH, null:, http(s)://HOST/PATH, mqtt(s)://HOST or kafka(s)://HOST, "
     "got \"kafka:x\""                                                                                                   },
    {"--sink file:",                          NULL,
     "sink: expected file:PATH, null:, http(s)://HOST/PATH, mqtt(s)://HOST or kafka(s)://HOST, "
     "got \"file:\""                                                                                                     },
    {"--cert a.pem",                          NULL,                 "cert and key belong together: key is missing"       },
    {"--key a.pem",                           NULL,                 "cert and key belong together: cert is missing"      },
    {"--http 127.0.0.1",                      NULL,                 "no device could connect"                            },
    {"--backend-only --coap 127.0.0.1",       NULL,                 "backend-only serves no devices"                     },
    {"--auth-url http://x --demo",            NULL,                 "leave out demo"                                     },
    {"--auth-url http://x --registry a.json", NULL,                 "leave out registry"                                 },
    {"--auth-url http://x --backend-only",    NULL,                 "leave out backend-only"                             },
    {"--drogue-quirks",                       NULL,                 "drogue-quirks belongs to backend-only"              },
    {"--empty-ack-delay 2s",                  NULL,                 "empty-ack-delay (2000 ms) must be below ack-timeout"},
    {"--instance \x01",                       NULL,                 "instance: expected UTF-8"                           },
    {"--instance \xff",                       NULL,                 "instance: expected UTF-8"                           },
    {"--config /nowhere/x",                   NULL,                 "/nowhere/x: No such file or directory"              },
    {"--config /",                            NULL,                 "/: Is a directory"                                  },
    {"--config FILE",                         "\nmax-ct = 30\n",    ":2: max-ct: expected a time"                        },
    {"--config FILE",                         "config = x\n",       ":1: config: only for the command line"              },
    {"--config FILE",                         "http = 127.0.0.1\n", "no device could connect"                            },
    {"registry",                              NULL,                 "unexpected argument \"registry\""                   },
};

static void says_in_one_line_what_is_wrong(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        char *text;

        write_file(refusals[i].file == NULL ? "" : refusals[i].file);
        assert_int_equal(load_caught(refusals[i].words, STDERR_FILENO, &text), CONFIG_EXIT_USAGE);
        assert_int_equal(strncmp(text, "seatrial-endpoint: ", 19), 0);
        if (strstr(text, refusals[i].why) == NULL || strchr(text, '\n') != strrchr(text, '\n'))
            fail_msg("%s: said %s", refusals[i].words, text);
        free(text);
    }
}

static void refuses_a_file_that_is_too_long(void **state)
{
    UNUSED(state);
    write_file("");
    assert_int_equal(truncate(config_path, (1 << 20) + 1), 0);
    char *text;

    assert_int_equal(load_caught("--config FILE", STDERR_FILENO, &text), CONFIG_EXIT_USAGE);
    assert_non_null(strstr(text, "longer than 1 MiB"));
    free(text);
}

static void prints_help_version_and_man_page(void **state)
{
    static const struct {
        const char *words;
        const char *part;
    } cases[] = {
        {"--help",                 "usage: seatrial-endpoint [OPTION...]"},
        {"-h",                     "registry --help"                     },
        {"--help",                 "--exchange-lifetime TIME"            },
        {"--version",              "seatrial-endpoint 0."                },
        {"--man",                  ".SH EXIT STATUS"                     },
        {"--man --config nowhere", "\\fB\\-\\-max\\-ct\\fR \\fITIME\\fR" },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text;

        assert_int_equal(load_caught(cases[i].words, STDOUT_FILENO, &text), CONFIG_EXIT_OK);
        if (strstr(text, cases[i].part) == NULL)
            fail_msg("%s: no %s in %s", cases[i].words, cases[i].part, text);
        free(text);
    }
}

static void leaves_the_check_of_files_to_the_caller(void **state)
{
    UNUSED(state);
    assert_int_equal(load("--check-config --registry nowhere.json"), CONFIG_RUN);
    assert_true(config.check_only);
    assert_string_equal(config.registry_file, "nowhere.json");
}

/* Names of options, each with a space behind it. */
static void note_option(void *arg, const char *name)
{
    char *names = arg;

    (void)snprintf(names + strlen(names), 256 - strlen(names), "%s ", name);
}

static void reads_again_what_it_was_started_with(void **state)
{
    static const struct {
        const char *file;
        const char *fixed; /* options that differ and cannot change */
    } cases[] = {
        {"coap = 127.0.0.1:5\nmax-ct = 1min\ncert = a\nkey = b\n",                    ""                },
        {"coap = 127.0.0.1:5\nmax-ct = 9s\nretry-after = 2s\nlog-level = error\n",    ""                },
        {"coap = 127.0.0.1:5\nlog-format = json\napi-token = x\n",                    ""                },
        {"coap = 127.0.0.1:6\n",                                                      "coap "           },
        {"coap = 127.0.0.1:5\ncoap = [::1]:5\n",                                      "coap "           },
        {"coap = 127.0.0.1:5\ncoaps = :7\ndata = elsewhere\n",                        "coaps data sink "},
        {"coap = 127.0.0.1:5\nack-random-factor = 2\nallow-put = yes\nworkers = 2\n",
         "workers ack-random-factor allow-put "                                                         },
        {"coap = 127.0.0.1:5\ninstance = other\n",                                    ""                },
    };

    UNUSED(state);
    write_file("coap = 127.0.0.1:5\nmax-ct = 1min\n");
    assert_int_equal(load("--config FILE --instance mine"), CONFIG_RUN);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config fresh;
        char names[256] = "";
        char why[512] = "";

        write_file(cases[i].file);
        assert_true(config_reload(&config, &fresh, why));
        config_report_fixed(&config, &fresh, note_option, names);
        assert_string_equal(names, cases[i].fixed);
        assert_string_equal(fresh.instance, "mine");
        config_fini(&fresh);
    }
}

static void says_what_is_wrong_with_the_file_when_it_is_read_again(void **state)
{
    struct config fresh;
    char why[512] = "";

    UNUSED(state);
    write_file("coap = 127.0.0.1:5\n");
    assert_int_equal(load("--config FILE"), CONFIG_RUN);
    write_file("coap = 127.0.0.1:5\nmax-ct = soon\n");
    assert_false(config_reload(&config, &fresh, why));
    assert_non_null(strstr(why, ":2: max-ct"));
    config_fini(&fresh);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_ready_to_play_without_arguments),
        TEST(has_the_times_of_the_standard),
        TEST(keeps_the_demo_in_another_directory),
        TEST(listens_only_where_it_is_told),
        TEST(makes_the_demo_only_where_nothing_is_named_or_when_asked),
        TEST(reads_a_file_that_the_command_line_overrides),
        TEST(takes_the_defaults_of_the_addresses_that_a_file_does_not_name),
        TEST(says_in_one_line_what_is_wrong),
        TEST(refuses_a_file_that_is_too_long),
        TEST(prints_help_version_and_man_page),
        TEST(leaves_the_check_of_files_to_the_caller),
        TEST(reads_again_what_it_was_started_with),
        TEST(says_what_is_wrong_with_the_file_when_it_is_read_again),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
