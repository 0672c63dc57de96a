#include "conformance/excerpt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/excerpt_test.XXXXXX";

static int begin(void **state)
{
    int fd;

    UNUSED(state);
    (void)snprintf(path, sizeof path, "/tmp/excerpt_test.XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    return close(fd);
}

static int end(void **state)
{
    UNUSED(state);
    return unlink(path);
}

static void append(const char *text)
{
    FILE *f = fopen(path, "ae");

    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void check(int64_t mark, bool redact, const char *wanted)
{
    struct buf b = buf_growing();

    assert_int_equal(excerpt_read(path, mark, redact, &b), wanted[0] != '\0');
    buf_add_char(&b, '\0');
    assert_string_equal(b.ptr, wanted);
    buf_fini(&b);
}

static void gives_what_was_written_since_the_mark(void **state)
{
    UNUSED(state);
    append("before\n");
    int64_t mark = excerpt_mark(path);

    check(mark, false, "");
    append("one\ntwo\x01\n");
    check(mark, false, "one\ntwo?\n");
    check(1000, false, "before\none\ntwo?\n"); /* the file was begun anew */
    assert_int_equal(excerpt_mark("/nowhere/at.all"), 0);
    assert_int_equal(excerpt_mark(NULL), 0);
}

static void hides_secrets_when_asked(void **state)
{
    UNUSED(state);
    append(
        "auth Basic ZGV2:4= user=dev password=\"s3cr\" \"psk\": \"00ff\", token: t-1 monkey=1\n");
    append("password\n=x authorization=Bearer abc.def end\n");
    check(
        0, true,
        "auth Basic (hidden) user=dev password=\"(hidden)\" \"psk\": \"(hidden)\", token: (hidden) "
        "monkey=(hidden)\n"
        "password\n=x authorization=Bearer (hidden) end\n");
}

static void keeps_the_ends_of_a_long_one(void **state)
{
    struct buf b = buf_growing();

    UNUSED(state);
    append("first\n");
    for (int i = 0; i < 10000; i++)
        append("0123456789abcdef");
    append("\nlast\n");
    assert_true(excerpt_read(path, 0, false, &b));
    assert_in_range(b.len, EXCERPT_MAX, EXCERPT_MAX + 64);
    buf_add_char(&b, '\0');
    assert_memory_equal(b.ptr, "first\n", 6);
    assert_non_null(strstr(b.ptr, "\n... 94476 bytes are left out ...\n"));
    assert_string_equal(b.ptr + b.len - 7, "\nlast\n");
    buf_fini(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(gives_what_was_written_since_the_mark),
        TEST(hides_secrets_when_asked),
        TEST(keeps_the_ends_of_a_long_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
