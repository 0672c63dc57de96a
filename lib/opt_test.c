#include "lib/opt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/opt_help.h"

struct target {
    int before;
    const char *data;
    bool demo;
    bool color;
    int workers;
    int64_t entries;
    int64_t timeout_us;
    int64_t rotate_bytes;
    double factor;
    int level;
    struct addr_list coap;
    bool version;
    int after;
};

static const struct opt rows[] = {
    {"Where",  OPT_HEADING, 0, 0, NULL, NULL, NULL, NULL, "Addresses and files.", 0},
    OPT_ROW(target, data, "data", TEXT, "./data", "DIR", NULL, NULL, "Everything is kept here.", 0),
    OPT_ROW(target, coap, "coap", ADDRESS, "127.0.0.1:5683 [::1]:5683", "ADDR", NULL, NULL,
            "Listen here.", 0),
    OPT_ROW(target, demo, "demo", FLAG, NULL, NULL, NULL, NULL, "Make demo credentials.", 0),
    OPT_ROW(target, color, "color", FLAG, "yes", NULL, NULL, NULL, "In color.", 0),
    OPT_ROW(target, version, "version", FLAG, NULL, NULL, NULL, NULL, "Print the version.",
            OPT_ARGS_ONLY),
    {"Limits", OPT_HEADING, 0, 0, NULL, NULL, NULL, NULL, NULL,                   0},
    OPT_ROW(target, workers, "workers", INTEGER, "0", "N", "0", "64", "Threads.", 0),
    OPT_ROW(target, entries, "entries", INTEGER, "4194304", "N", "1", NULL, "Entries.", 0),
    OPT_ROW(target, timeout_us, "ack-timeout", DURATION, "2s", "TIME", "1ms", "1h",
            "First retransmission. A line that starts\n.with a dot, and a back\\slash.", 0),
    OPT_ROW(target, rotate_bytes, "rotate", SIZE, "1GiB", "SIZE", NULL, NULL, "New file.", 0),
    OPT_ROW(target, factor, "factor", DECIMAL, "1.5", "N", "1", "3", "Random.", 0),
    OPT_ROW(target, level, "log-level", NAME, "info", "error|warn|info", NULL, NULL, "Log.",
            OPT_HIDDEN),
};

static struct target target;
static struct opt_reader reader;
static char why[OPT_WHY_LEN];

static int setup(void **state)
{
    UNUSED(state);
    target = (struct target){.before = 11, .after = 22};
    why[0] = '\0';
    opt_init(&reader, rows, COUNT(rows), &target);
    return 0;
}

static int teardown(void **state)
{
    UNUSED(state);
    assert_int_equal(target.before, 11);
    assert_int_equal(target.after, 22);
    return 0;
}

/* Reads words of a command line, at most 15. */
static bool read_args(const char *words)
{
    static char text[256];
    char *argv[16] = {"program"};
    int argc = 1;

    (void)snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    return opt_read_args(&reader, argc, argv, why);
}

/* Values read from it are valid until the next call. */
static bool read_file(const char *content)
{
    static char text[512];

    (void)snprintf(text, sizeof text, "%s", content);
    return opt_read_text(&reader, "x.conf", text, strlen(text), why);
}

static void sets_every_default(void **state)
{
    UNUSED(state);
    assert_string_equal(target.data, "./data");
    assert_false(target.demo);
    assert_true(target.color);
    assert_int_equal(target.workers, 0);
    assert_int_equal(target.entries, 4194304);
    assert_int_equal(target.timeout_us, 2000000);
    assert_int_equal(target.rotate_bytes, 1073741824);
    assert_true(target.factor == 1.5);
    assert_int_equal(target.level, 2);
    assert_int_equal(target.coap.count, 2);
    assert_int_equal(addr_port(&target.coap.addr[1]), 5683);
}

static void reads_both_forms_of_the_command_line(void **state)
{
    UNUSED(state);
    assert_true(
        read_args("--data /d --workers=8 --demo --no-color --ack-timeout 1500ms --factor=2"));
    assert_string_equal(target.data, "/d");
    assert_int_equal(target.workers, 8);
    assert_true(target.demo);
    assert_false(target.color);
    assert_int_equal(target.timeout_us, 1500000);
    assert_true(target.factor == 2);
    assert_int_equal(opt_origin_of(&reader, "data"), OPT_FROM_ARGS);
    assert_int_equal(opt_origin_of(&reader, "rotate"), OPT_FROM_DEFAULT);
}

static void takes_the_last_of_a_repeated_option_and_all_addresses(void **state)
{
    UNUSED(state);
    assert_true(read_args("--workers 1 --workers 2 --coap 10.0.0.1 --coap [::]:7"));
    assert_int_equal(target.workers, 2);
    assert_int_equal(target.coap.count, 2);
    assert_int_equal(addr_port(&target.coap.addr[0]), 5683);
    assert_int_equal(addr_port(&target.coap.addr[1]), 7);
}

static void reads_a_file(void **state)
{
    UNUSED(state);
    assert_true(read_file("# comment\r\n"
                          "\n"
                          "  data = /srv/a#b c  # comment\r\n"
                          "demo=yes\n"
                          "rotate = \"64KiB\" # comment\n"
                          "log-level=warn\n"
                          "coap = 10.0.0.1\n"
                          "coap = 10.0.0.2:1\n"
                          "workers = 3"));
    assert_string_equal(target.data, "/srv/a#b c");
    assert_true(target.demo);
    assert_int_equal(target.rotate_bytes, 65536);
    assert_int_equal(target.level, 1);
    assert_int_equal(target.coap.count, 2);
    assert_int_equal(target.workers, 3);
    assert_int_equal(opt_origin_of(&reader, "workers"), OPT_FROM_FILE);
}

static void keeps_spaces_and_hashes_inside_quotes(void **state)
{
    UNUSED(state);
    assert_true(read_file("data = \" a # b \""));
    assert_string_equal(target.data, " a # b ");
}

static void prefers_the_command_line_read_before_the_file(void **state)
{
    UNUSED(state);
    assert_true(read_args("--workers 1 --coap 10.0.0.1 --no-demo"));
    assert_true(read_file("workers = 2\ncoap = 10.0.0.2\ndemo = yes\nrotate = 7"));
    assert_int_equal(target.workers, 1);
    assert_int_equal(target.coap.count, 1);
    assert_int_equal(ntohl(target.coap.addr[0].in.sin_addr.s_addr), 0x0a000001);
    assert_false(target.demo);
    assert_int_equal(target.rotate_bytes, 7);
}

static void prefers_the_command_line_read_after_the_file(void **state)
{
    UNUSED(state);
    assert_true(read_file("workers = 2\ncoap = 10.0.0.2"));
    assert_true(read_args("--workers 1 --coap 10.0.0.1"));
    assert_int_equal(target.workers, 1);
    assert_int_equal(target.coap.count, 1);
    assert_int_equal(ntohl(target.coap.addr[0].in.sin_addr.s_addr), 0x0a000001);
}

static const struct refusal {
    const char *input;
    const char *why;
} bad_args[] = {
    {"--worker 1",          "unknown option \"worker\", did you mean --workers?"            },
    {"--ack 1s",            "unknown option \"ack\", did you mean --ack-timeout?"           },
    {"--zzzzzz",            "unknown option \"zzzzzz\""                                     },
    {"--log-leve x",        "unknown option \"log-leve\""                                   },
    {"data",                "unexpected argument \"data\""                                  },
    {"--",                  "unexpected argument \"--\""                                    },
    {"-x",                  "unexpected argument \"-x\""                                    },
    {"--workers",           "--workers: a value is missing"                                 },
    {"--data --demo",       "--data: a value is missing"                                    },
    {"--data=",             "--data: expected a text that is not empty, got \"\""           },
    {"--workers 65",        "--workers: expected 0 to 64, got \"65\""                       },
    {"--workers -1",        "--workers: expected 0 to 64, got \"-1\""                       },
    {"--workers x",         "--workers: expected a whole number, got \"x\""                 },
    {"--entries 0",         "--entries: expected at least 1, got \"0\""                     },
    {"--ack-timeout 999us", "--ack-timeout: expected 1ms to 1h, got \"999us\""              },
    {"--ack-timeout 30",
     "--ack-timeout: expected a time with a unit (250us, 1500ms, 2s, 10min, 1h), got \"30\""},
    {"--rotate 1GB",        "--rotate: expected a size (512, 64KiB, 1GiB), got \"1GB\""     },
    {"--factor 3.1",        "--factor: expected 1 to 3, got \"3.1\""                        },
    {"--log-level loud",    "--log-level: expected one of error|warn|info, got \"loud\""    },
    {"--demo=maybe",        "--demo: expected yes or no, got \"maybe\""                     },
    {"--no-demo=yes",       "--demo: --no- takes no value"                                  },
    {"--no-workers",        "unknown option \"no-workers\", did you mean --workers?"        },
    {"--coap nowhere:1",
     "--coap: expected an address such as 127.0.0.1:5683, [::1]:5683, got \"nowhere:1\""    },
};

static const struct refusal bad_files[] = {
    {"workers = 2\nworkrs = 3",  "x.conf:2: unknown option \"workrs\", did you mean workers?" },
    {"\n\nworkers 2",            "x.conf:3: expected `name = value`, got \"workers 2\""       },
    {"workers = 99",             "x.conf:1: workers: expected 0 to 64, got \"99\""            },
    {"workers = 1\nworkers = 1", "x.conf:2: workers: given twice"                             },
    {"version = yes",            "x.conf:1: version: only for the command line"               },
    {"data = \"open",            "x.conf:1: expected `name = value`, got \"data = \"open\""   },
    {"data = \"a\"b",            "x.conf:1: expected `name = value`, got \"data = \"a\""      },
    {"data =",                   "x.conf:1: data: expected a text that is not empty, got \"\""},
    {"data = # none",            "x.conf:1: data: expected a text that is not empty, got \"\""},
    {"= 3",                      "x.conf:1: unknown option \"\""                              },
    {"data = a\nx\x1b[1m = 1",   "x.conf:2: unknown option \"x?[1m\""                         },
};

static void says_what_is_wrong_on_the_command_line(void **state)
{
    for (size_t i = 0; i < COUNT(bad_args); i++) {
        setup(state);
        assert_false(read_args(bad_args[i].input));
        assert_string_equal(why, bad_args[i].why);
    }
}

static void says_what_is_wrong_in_a_file_and_where(void **state)
{
    for (size_t i = 0; i < COUNT(bad_files); i++) {
        setup(state);
        assert_false(read_file(bad_files[i].input));
        assert_string_equal(why, bad_files[i].why);
    }
}

static void checks_a_value_of_the_file_even_when_it_does_not_win(void **state)
{
    UNUSED(state);
    assert_true(read_args("--workers 1"));
    assert_false(read_file("workers = 65"));
    assert_string_equal(why, "x.conf:1: workers: expected 0 to 64, got \"65\"");
}

static void refuses_a_zero_byte_in_a_file(void **state)
{
    char text[] = "data = a\nworkers\0 = 2\n";

    UNUSED(state);
    assert_false(opt_read_text(&reader, "x.conf", text, sizeof text - 1, why));
    assert_string_equal(why, "x.conf:2: expected text, got a zero byte");
}

static void takes_as_many_addresses_as_fit(void **state)
{
    UNUSED(state);
    for (int i = 0; i < ADDR_LIST_MAX; i++)
        assert_true(read_args("--coap 127.0.0.1"));
    assert_int_equal(target.coap.count, ADDR_LIST_MAX);
    assert_false(read_args("--coap 127.0.0.1"));
    assert_string_equal(why, "--coap: too many addresses");
}

static void cuts_a_long_value_in_a_message(void **state)
{
    char arg[700];
    char *argv[] = {"program", arg};

    UNUSED(state);
    memset(arg, 'x', sizeof arg - 1);
    arg[sizeof arg - 1] = '\0';
    memcpy(arg, "--workers=", 10);
    assert_false(opt_read_args(&reader, 2, argv, why));
    assert_true(strlen(why) < 150);
    assert_non_null(strstr(why, "xxx...\""));
}

typedef void print_fn(FILE *out, const struct opt_page *page, const struct opt *rows, size_t count);

/* To be freed by the caller. */
static char *printed(print_fn *print)
{
    static const struct opt_section sections[] = {
        {"EXAMPLES",    true,  "Try this:\n\n  program --demo\n\nThat was it."           },
        {"EXIT STATUS", false, "0\tgood\n2\twrong usage, which is told on standard error"},
        {"WORDS",       true,  "@family\tshort\n./mine.lua\tone that reaches the text"   },
    };
    static const struct opt_page page = {
        "program",       "1.2",    "does a thing", "[OPTION...]\nregistry ...",
        "What it does.", sections, COUNT(sections)};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    print(out, &page, rows, COUNT(rows));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void prints_help_in_90_columns(void **state)
{
    char *text = printed(opt_print_help);

    UNUSED(state);
    assert_non_null(strstr(text, "usage: program [OPTION...]\n       program registry ...\n"));
    assert_non_null(strstr(text, "\nWhere:\n  Addresses and files.\n"));
    assert_non_null(strstr(
        text, "\n  --data DIR                      Everything is kept here. (default ./data)\n"));
    assert_non_null(strstr(text, "(default 2s; 1ms to 1h)"));
    assert_non_null(strstr(text, "repeatable"));
    assert_non_null(strstr(text, "\nEXAMPLES:\nTry this:\n\n  program --demo\n"));
    assert_non_null(
        strstr(text, "\nWORDS:\n  @family   short\n  ./mine.lua\n            one that"));
    assert_null(strstr(text, "EXIT STATUS"));
    assert_null(strstr(text, "--log-level"));
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 90);
    free(text);
}

static void prints_a_man_page_without_stray_commands(void **state)
{
    static const char *const commands[] = {".TH", ".SH", ".SS", ".TP", ".B ",
                                           ".br", ".PP", ".nf", ".fi"};
    char *text = printed(opt_print_man);

    UNUSED(state);
    assert_non_null(strstr(text, ".SH NAME\nprogram \\- does a thing\n"));
    assert_non_null(strstr(text, ".TP\n\\fB\\-\\-data\\fR \\fIDIR\\fR\n"));
    assert_non_null(strstr(text, ".SH EXIT STATUS\n.TP\n0\ngood\n"));
    assert_non_null(strstr(text, "\\&.with a dot, and a back\\eslash."));
    assert_null(strstr(text, "log\\-level"));
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        bool known = *line != '.';

        for (size_t i = 0; i < COUNT(commands); i++)
            known = known || strncmp(line, commands[i], 3) == 0;
        assert_true(known);
    }
    free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sets_every_default),
        TEST(reads_both_forms_of_the_command_line),
        TEST(takes_the_last_of_a_repeated_option_and_all_addresses),
        TEST(reads_a_file),
        TEST(keeps_spaces_and_hashes_inside_quotes),
        TEST(prefers_the_command_line_read_before_the_file),
        TEST(prefers_the_command_line_read_after_the_file),
        TEST(says_what_is_wrong_on_the_command_line),
        TEST(says_what_is_wrong_in_a_file_and_where),
        TEST(checks_a_value_of_the_file_even_when_it_does_not_win),
        TEST(refuses_a_zero_byte_in_a_file),
        TEST(takes_as_many_addresses_as_fit),
        TEST(cuts_a_long_value_in_a_message),
        TEST(prints_help_in_90_columns),
        TEST(prints_a_man_page_without_stray_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
