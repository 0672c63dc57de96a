#include "lib/opt_completion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct target {
    const char *file, *folder, *text;
    struct addr_list address;
    int level;
    bool flag, deed, hidden;
};

static const struct opt rows[] = {
    {"Group", OPT_HEADING, 0, 0, NULL, NULL, NULL, NULL, NULL, 0},
    OPT_ROW(target, file, "file", TEXT, NULL, "FILE", NULL, NULL, "A file. It is read.", 0),
    OPT_ROW(target, folder, "folder", TEXT, NULL, "DIR", NULL, NULL, "It's [a: folder].", 0),
    OPT_ROW(target, text, "text", TEXT, NULL, "TEXT", NULL, NULL, "A text of 1.5 words.", 0),
    OPT_ROW(target, address, "at", ADDRESS, "127.0.0.1:1", "ADDR", NULL, NULL, "Where.", 0),
    OPT_ROW(target, level, "level", NAME, "low", "low|high", NULL, NULL, "How.", 0),
    OPT_ROW(target, flag, "flag", FLAG, NULL, NULL, NULL, NULL, "Whether.", 0),
    OPT_ROW(target, deed, "deed", FLAG, NULL, NULL, NULL, NULL, "Do it.", OPT_ARGS_ONLY),
    OPT_ROW(target, hidden, "hidden", FLAG, NULL, NULL, NULL, NULL, "Secret.", OPT_HIDDEN),
};

static const struct opt_page page = {.program = "a-program"};

/* To be freed. */
static char *script(enum opt_shell shell)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    opt_print_completion(out, shell, &page, "run list", rows, COUNT(rows));
    assert_int_equal(fclose(out), 0);
    return text;
}

/* What bash completes of these words, the last one begun; one a line. To be freed. */
static char *completed(const char *words, int count)
{
    char *text = script(OPT_BASH);
    char *got = NULL;
    size_t len = 0;
    char path[] = "/tmp/opt_completion_test.XXXXXX";
    char command[512];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    assert_non_null(file);
    (void)fprintf(file,
                  "compopt() { :; }\n%s\nCOMP_WORDS=(a-program %s); COMP_CWORD=%d\n"
                  "_a_program\nprintf '%%s\\n' \"${COMPREPLY[@]}\"\n",
                  text, words, count);
    assert_int_equal(fclose(file), 0);
    free(text);
    (void)snprintf(command, sizeof command, "bash %s", path);
    FILE *bash = popen(command, "r");

    assert_non_null(bash);
    assert_true(getdelim(&got, &len, '\0', bash) > 0);
    assert_int_equal(pclose(bash), 0);
    assert_int_equal(remove(path), 0);
    return got;
}

static void bash_completes_names_values_and_first_words(void **state)
{
    static const struct {
        const char *words;
        int count;
        const char *want;
    } cases[] = {
        {"--f",                  1, "--file\n--folder\n--flag\n"},
        {"--no",                 1, "--no-flag\n"               },
        {"--hid",                1, "\n"                        },
        {"--level ''",           2, "low\nhigh\n"               },
        {"--level h",            2, "high\n"                    },
        {"--folder /e",          2, "/etc\n"                    },
        {"--file /etc/debian_v", 2, "/etc/debian_version\n"     },
        {"--text ''",            2, "\n"                        },
        {"r",                    1, "run\n"                     },
        {"run --de",             2, "--deed\n"                  },
    };

    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = completed(cases[i].words, cases[i].count);

        if (strstr(got, cases[i].want) != got)
            fail_msg("%s: %s", cases[i].words, got);
        free(got);
    }
}

static void zsh_gets_a_line_for_each_option(void **state)
{
    char *text = script(OPT_ZSH);

    UNUSED(state);
    assert_string_equal(text, "#compdef a-program\n"
                              "# made from its option table\n"
                              "_arguments -S \\\n"
                              "  '--file=[A file]:FILE:_files' \\\n"
                              "  '--folder=[It'\\''s \\[a\\: folder\\]]:DIR:_files -/' \\\n"
                              "  '--text=[A text of 1.5 words]:TEXT: ' \\\n"
                              "  '*--at=[Where]:ADDR: ' \\\n"
                              "  '--level=[How]:name:(low high)' \\\n"
                              "  '--flag[Whether]' \\\n"
                              "  '--no-flag[Whether]' \\\n"
                              "  '--deed[Do it]' \\\n"
                              "  '1:word:(run list)' \\\n"
                              "  '*:file:_files'\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bash_completes_names_values_and_first_words),
        cmocka_unit_test(zsh_gets_a_line_for_each_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
