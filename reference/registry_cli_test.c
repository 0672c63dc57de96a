#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reference/password.h"
#include "reference/registry.h"
#include "reference/registry_cli.h"

enum { MAX_WORDS = 12, OUTPUT_LEN = 16384 };

/* A data folder, and what the last call wrote. */
struct world {
    char folder[64];
    char data[80];
    char out[OUTPUT_LEN];
    char err[OUTPUT_LEN];
};

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    (void)snprintf(w->folder, sizeof w->folder, "/tmp/registry-cli-test-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    (void)snprintf(w->data, sizeof w->data, "%s/data", w->folder);
    *state = w;
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    UNUSED(info);
    UNUSED(type);
    UNUSED(at);
    return remove(path);
}

static int tear_down(void **state)
{
    struct world *w = *state;

    assert_int_equal(nftw(w->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(w);
    return 0;
}

/* Puts the file in place of a descriptor; returns a copy of the old one. */
static int redirect(FILE *stream, int fd, const char *path, int flags)
{
    (void)fflush(stream);
    const int old = dup(fd);
    const int file = open(path, flags | O_CLOEXEC, 0600);

    assert_true(old >= 0 && file >= 0);
    assert_int_equal(dup2(file, fd), fd);
    (void)close(file);
    return old;
}

static void restore(FILE *stream, int fd, int old)
{
    (void)fflush(stream);
    assert_int_equal(dup2(old, fd), fd);
    (void)close(old);
}

static void read_back(const char *path, char *out)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    out[fread(out, 1, OUTPUT_LEN - 1, file)] = '\0';
    (void)fclose(file);
}

/* Calls `registry` with words that are parted by `|`, and --data; returns the exit code. */
static int call(struct world *w, const char *words)
{
    char *copy = xstrdup(str_from(words));
    char *argv[MAX_WORDS + 3] = {"registry"};
    char out_file[100];
    char err_file[100];
    int argc = 1;
    char *at = copy;

    for (char *word = strsep(&at, "|"); word != NULL; word = strsep(&at, "|")) {
        assert_true(argc < MAX_WORDS);
        argv[argc++] = word;
    }
    argv[argc++] = "--data";
    argv[argc++] = w->data;
    (void)snprintf(out_file, sizeof out_file, "%s/out", w->folder);
    (void)snprintf(err_file, sizeof err_file, "%s/err", w->folder);
    const int old_out = redirect(stdout, STDOUT_FILENO, out_file, O_WRONLY | O_CREAT | O_TRUNC);
    const int old_err = redirect(stderr, STDERR_FILENO, err_file, O_WRONLY | O_CREAT | O_TRUNC);
    const int result = registry_cli_main(argc, argv);

    restore(stdout, STDOUT_FILENO, old_out);
    restore(stderr, STDERR_FILENO, old_err);
    read_back(out_file, w->out);
    read_back(err_file, w->err);
    free(copy);
    return result;
}

static void expect(struct world *w, int want, const char *words)
{
    const int got = call(w, words);

    if (got != want)
        fail_msg("%s: exit %d instead of %d: %s", words, got, want, w->err);
    if (want == 0)
        assert_string_equal(w->err, "");
}

static void expect_device(struct world *w)
{
    expect(w, 0, "create|app|app1");
    expect(w, 0, "create|device|app1|d1");
}

/* As the endpoint would see the device. */
struct view {
    struct registry *registry;
    struct registry_reader *reader;
    const struct registry_device *device;
};

static struct view look(const struct world *w, const char *alias)
{
    char path[100];
    char why[REGISTRY_WHY_LEN];
    struct view v;

    (void)snprintf(path, sizeof path, "%s/%s", w->data, REGISTRY_FILE);
    assert_int_equal(registry_open(path, &v.registry, why), REGISTRY_OK);
    v.reader = registry_reader_new(v.registry);
    v.device = registry_find_device(v.reader, STR("app1"), str_from(alias));
    return v;
}

static void look_away(struct view *v)
{
    registry_reader_free(&v->reader);
    registry_close(&v->registry);
}

static const struct {
    const char *words;
    int exit;
    const char *says; /* on stderr */
} misuses[] = {
    {"frobnicate",                                          2, "registry: frobnicate: unknown command" },
    {"create|thing",                                        2, "create thing: unknown command"         },
    {"create|app",                                          2, "create app: expected APP"              },
    {"create|app|a|b",                                      2, "b: one word too many"                  },
    {"create|app|Upper",                                    2, "metadata.name: expected a host name"   },
    {"create|app|app1",                                     1, "`app1` exists already"                 },
    {"create|app|x|--json",                                 2, "--json: unknown option of `create app`"},
    {"create|device|nope|d",                                1, "the application `nope` does not exist" },
    {"create|device|app1|",                                 2, "DEVICE: expected a name"               },
    {"set|password|app1|nope|--password|x",                 1, "there is no such device"               },
    {"set|password|app1|d1|--password|x|--bcrypt|--sha512", 2, "exclude each other"                    },
    {"set|password|app1|d1|--password|x|--password=y",      2, "--password: given twice"               },
    {"set|password|app1|d1|--bcrypt=1|--password|x",        2, "--bcrypt: takes no value"              },
    {"add|psk|app1|d1|--key|a|--key-base64|AAEC",           2, "exclude each other"                    },
    {"add|psk|app1|d1|--key-base64|?",                      2, "--key-base64: expected"                },
    {"add|psk|app1|d1|--key=",                              2, "1 to 512 bytes"                        },
    {"add|psk|app1|d1|--not-before|2026-01-01T00:00:00Z",   2, "belong together"                       },
    {"add|psk|app1|d1|--not-before|2026|--not-after|2027",  2,
     "validity.notBefore: expected a time"                                                             },
    {"issue|certificate|app1|nope",                         1, "there is no such application or device"},
    {"issue|certificate|app1|d1|--days|0",                  2, "--days: expected a number"             },
    {"issue|certificate|app1|d1|--ca-cert|x",               2, "belong together"                       },
    {"remove|alias|app1|d1|x",                              1, "it is not in the list"                 },
    {"add|alias|app1|d1|d1",                                1, "the name `d1` is taken already"        },
    {"disable|nope",                                        1, "there is no such application"          },
    {"delete|app1|nope",                                    1, "there is no such application or device"},
    {"show|nope",                                           1, "there is no such application"          },
    {"list|nope",                                           1, "the application does not exist"        },
    {"list|--labels|a=",                                    2, "labels: expected a selector"           },
    {"import|/nowhere/x.json",                              2, "/nowhere/x.json: cannot open"          },
    {"export|/nowhere/x.json",                              2, "/nowhere/x.json.tmp: cannot write"     },
};

static void wrong_use_is_told_in_one_line(void **state)
{
    struct world *w = *state;

    expect_device(w);
    for (size_t i = 0; i < COUNT(misuses); i++) {
        expect(w, misuses[i].exit, misuses[i].words);
        const char *end = strchr(w->err, '\n');

        if (strstr(w->err, misuses[i].says) == NULL || end == NULL || end[1] != '\0')
            fail_msg("%s: %s", misuses[i].words, w->err);
    }
}

static void only_making_commands_make_a_registry(void **state)
{
    struct world *w = *state;

    expect(w, 2, "list");
    assert_non_null(strstr(w->err, "there is no registry; name the endpoint's folder by --data"));
    assert_int_not_equal(access(w->data, F_OK), 0);
    expect(w, 0, "create|app|app1");
    expect(w, 0, "list");
    assert_non_null(strstr(w->out, "app1  enabled"));
}

static void help_is_there_for_all_and_for_each(void **state)
{
    struct world *w = *state;

    expect(w, 0, "--help");
    assert_non_null(strstr(w->out, "issue certificate APP DEVICE"));
    expect(w, 0, "add|psk|--help");
    assert_non_null(strstr(w->out, "--not-before"));
    assert_null(strstr(w->out, "--days"));
}

static void passwords_replace_each_other_and_can_be_hashed(void **state)
{
    static const char *const hashed[] = {"--bcrypt", "--sha512"};
    struct world *w = *state;

    expect_device(w);
    expect(w, 0, "set|password|app1|d1|--password|first");
    for (size_t i = 0; i < COUNT(hashed); i++) {
        char words[100];

        (void)snprintf(words, sizeof words, "set|password|app1|d1|--password=a|%s", hashed[i]);
        expect(w, 0, words);
        struct view v = look(w, "d1");

        assert_int_equal(v.device->password_count, 1);
        assert_true(password_verify("a", v.device->passwords[0].secret.ptr));
        look_away(&v);
    }
}

static void a_password_is_read_from_standard_input(void **state)
{
    struct world *w = *state;
    char file[100];

    expect_device(w);
    (void)snprintf(file, sizeof file, "%s/in", w->folder);
    FILE *in = fopen(file, "w");

    assert_non_null(in);
    (void)fputs("pass word\nsecond line\n", in);
    (void)fclose(in);
    const int old = redirect(stdout, STDIN_FILENO, file, O_RDONLY);

    expect(w, 0, "set|password|app1|d1");
    restore(stdout, STDIN_FILENO, old);
    struct view v = look(w, "d1");

    assert_string_equal(v.device->passwords[0].secret.ptr, "pass word");
    look_away(&v);
}

static void keys_add_up_and_are_shown(void **state)
{
    struct world *w = *state;

    expect_device(w);
    expect(w, 0, "add|psk|app1|d1");
    assert_non_null(strstr(w->out, "identity:   d1@app1\nkey:        "));
    expect(w, 0,
           "add|psk|app1|d1|--key-base64|AAEC|--not-before|2026-01-01T00:00:00Z|--not-after|"
           "2027-01-01T00:00:00Z");
    struct view v = look(w, "d1");

    assert_int_equal(v.device->psk_count, 2);
    assert_int_equal(v.device->psks[0].key.len, 32);
    assert_memory_equal(v.device->psks[1].key.ptr, "\0\1\2", 3);
    assert_true(v.device->psks[1].not_after_us > v.device->psks[1].not_before_us);
    look_away(&v);
}

static void a_certificate_makes_authority_anchor_and_alias(void **state)
{
    static const char *const made[] = {"app1-ca.crt", "app1-ca.key", "app1/d1.crt", "app1/d1.key"};
    struct world *w = *state;

    expect_device(w);
    expect(w, 0, "create|device|app1|a/b");
    expect(w, 0, "issue|certificate|app1|d1");
    expect(w, 0, "issue|certificate|app1|d1|--days|3");
    expect(w, 0, "issue|certificate|app1|a/b");
    assert_null(strstr(w->out, "a/b"));
    struct view v = look(w, "O=app1, CN=d1");

    assert_non_null(v.device);
    assert_int_equal(registry_find_app(v.reader, STR("app1"))->anchor_count, 1);
    look_away(&v);
    v = look(w, "O=app1, CN=a/b");
    assert_string_equal(v.device->name.ptr, "a/b");
    look_away(&v);
    for (size_t i = 0; i < COUNT(made); i++) {
        char path[120];

        (void)snprintf(path, sizeof path, "%s/%s", w->data, made[i]);
        assert_int_equal(access(path, F_OK), 0);
    }
}

static void states_lists_and_aliases_change(void **state)
{
    struct world *w = *state;

    expect_device(w);
    expect(w, 0, "add|alias|app1|d1|other name");
    expect(w, 0, "add|alias|app1|d1|other name");
    expect(w, 0, "add|gateway|app1|d1|gw");
    expect(w, 0, "disable|app1|d1");
    expect(w, 0, "list|app1");
    assert_non_null(strstr(w->out, "d1    disabled               other name\n"));
    expect(w, 0, "enable|app1|d1");
    struct view v = look(w, "other name");

    assert_false(v.device->disabled);
    assert_int_equal(v.device->gateway_count, 1);
    look_away(&v);
    expect(w, 0, "remove|alias|app1|d1|other name");
    expect(w, 0, "remove|gateway|app1|d1|gw");
    expect(w, 0, "show|app1|d1");
    assert_null(strstr(w->out, "other name"));
    expect(w, 0, "disable|app1");
    expect(w, 0, "list|--json");
    assert_non_null(strstr(w->out, "\"disabled\": true"));
    expect(w, 0, "delete|app1|d1");
    expect(w, 1, "show|app1|d1");
    expect(w, 0, "delete|app1");
    expect(w, 1, "show|app1");
}

static void a_device_may_have_the_name_of_an_option(void **state)
{
    struct world *w = *state;

    expect(w, 0, "create|app|app1");
    char *argv[] = {"registry", "create", "device", "--data", w->data, "--", "app1", "--json"};

    assert_int_equal(registry_cli_main((int)COUNT(argv), argv), 0);
    expect(w, 0, "list|app1");
    assert_non_null(strstr(w->out, "--json  enabled"));
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    struct world *w = *state;

    expect(w, 0, "create|app|app1");
    expect(w, 0, "create|device|app1|a\x1b[31mb");
    expect(w, 0, "list|app1");
    assert_null(strchr(w->out, '\x1b'));
    assert_non_null(strstr(w->out, "a?[31mb"));
}

static void exports_can_be_imported(void **state)
{
    struct world *w = *state;
    char words[120];

    expect_device(w);
    (void)snprintf(words, sizeof words, "export|%s/all.json", w->folder);
    expect(w, 0, words);
    expect(w, 0, "export");
    assert_non_null(strstr(w->out, "\"devices\": ["));
    expect(w, 0, "delete|app1");
    (void)snprintf(words, sizeof words, "import|%s/all.json", w->folder);
    expect(w, 0, words);
    expect(w, 0, "show|app1|d1");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wrong_use_is_told_in_one_line),
        CASE(only_making_commands_make_a_registry),
        CASE(help_is_there_for_all_and_for_each),
        CASE(passwords_replace_each_other_and_can_be_hashed),
        CASE(a_password_is_read_from_standard_input),
        CASE(keys_add_up_and_are_shown),
        CASE(a_certificate_makes_authority_anchor_and_alias),
        CASE(states_lists_and_aliases_change),
        CASE(a_device_may_have_the_name_of_an_option),
        CASE(control_characters_do_not_reach_the_terminal),
        CASE(exports_can_be_imported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
