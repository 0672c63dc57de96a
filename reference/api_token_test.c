#include "reference/api_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/api-token-test-XXXXXX";
static char path[sizeof dir + 16];

static int make_dir(void **state)
{
    UNUSED(state);
    if (mkdtemp(dir) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/api-token", dir);
    return 0;
}

static int remove_dir(void **state)
{
    UNUSED(state);
    (void)unlink(path);
    return rmdir(dir); /* fails when something is left over */
}

static void write_file(const char *bytes, size_t len, mode_t mode)
{
    (void)unlink(path);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void makes_a_token_once(void **state)
{
    UNUSED(state);
    char first[API_TOKEN_CAP];
    char again[API_TOKEN_CAP];
    char why[API_TOKEN_WHY_LEN];
    struct stat st;
    mode_t old = umask(0);

    (void)unlink(path);
    assert_true(api_token_load(path, first, why));
    (void)umask(old);
    assert_int_equal(strlen(first), 64);
    assert_int_equal(strspn(first, "0123456789abcdef"), 64);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(api_token_load(path, again, why));
    assert_string_equal(first, again);
    assert_int_equal(unlink(path), 0);
    assert_true(api_token_load(path, again, why));
    assert_string_not_equal(first, again);
}

#define TEXT_32 "0123456789abcdefABCDEF-._~+/ghi="
static const struct file_case {
    struct str bytes;
    mode_t mode;
    const char *refusal; /* what the text says; NULL: read */
} files[] = {
    {{TEXT_32, 32},              0600, NULL           },
    {{TEXT_32 "\n", 33},         0400, NULL           },
    {{TEXT_32 " \r\n\n", 36},    0600, NULL           },
    {{TEXT_32, 32},              0640, "chmod 600"    },
    {{TEXT_32, 32},              0602, "chmod 600"    },
    {{TEXT_32, 32},              0601, "chmod 600"    },
    {{TEXT_32, 31},              0600, "fewer than 32"},
    {{"", 0},                    0600, "fewer than 32"},
    {{TEXT_32 "\n" TEXT_32, 65}, 0600, "one token"    },
    {{TEXT_32 " x", 34},         0600, "one token"    },
    {{TEXT_32 "\xC3\xA4", 34},   0600, "one token"    },
    {{TEXT_32 "\0x", 34},        0600, "one token"    },
};

static void reads_only_a_private_file_with_one_token(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(files); i++) {
        char token[API_TOKEN_CAP];
        char why[API_TOKEN_WHY_LEN] = "";

        write_file(files[i].bytes.ptr, files[i].bytes.len, files[i].mode);
        if (api_token_load(path, token, why) != (files[i].refusal == NULL))
            fail_msg("case %zu: %s", i, why);
        if (files[i].refusal == NULL) {
            assert_string_equal(token, TEXT_32);
            continue;
        }
        if (strstr(why, files[i].refusal) == NULL || strstr(why, path) == NULL ||
            strstr(why, "0123456789abcdef") != NULL)
            fail_msg("case %zu: %s", i, why);
    }
}

static void knows_the_longest_token(void **state)
{
    UNUSED(state);
    char token[API_TOKEN_CAP];
    char why[API_TOKEN_WHY_LEN];
    char bytes[API_TOKEN_CAP];

    memset(bytes, 'a', sizeof bytes);
    write_file(bytes, API_TOKEN_CAP - 1, 0600);
    assert_true(api_token_load(path, token, why));
    assert_int_equal(strlen(token), API_TOKEN_CAP - 1);
    write_file(bytes, API_TOKEN_CAP, 0600);
    assert_false(api_token_load(path, token, why));
}

static void names_what_it_cannot_open(void **state)
{
    UNUSED(state);
    char token[API_TOKEN_CAP];
    char why[API_TOKEN_WHY_LEN];

    assert_false(api_token_load("/nonexistent/api-token", token, why));
    assert_non_null(strstr(why, "/nonexistent/api-token: No such file"));
    assert_false(api_token_load(dir, token, why));
    assert_non_null(strstr(why, "not a regular file"));
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
    assert_false(api_token_load(path, token, why));
    assert_non_null(strstr(why, "not a regular file"));
}

static void compares_whole_tokens(void **state)
{
    UNUSED(state);
    assert_true(api_token_equal(STR("abc"), STR("abc")));
    assert_false(api_token_equal(STR("abc"), STR("abd")));
    assert_false(api_token_equal(STR("abc"), STR("Abc")));
    assert_false(api_token_equal(STR("abc"), STR("ab")));
    assert_false(api_token_equal(STR("abc"), STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_token_once),
        cmocka_unit_test(reads_only_a_private_file_with_one_token),
        cmocka_unit_test(knows_the_longest_token),
        cmocka_unit_test(names_what_it_cannot_open),
        cmocka_unit_test(compares_whole_tokens),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
