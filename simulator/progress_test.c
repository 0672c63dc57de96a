#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "simulator/progress.h"
#include "simulator/progress_text.h"
#include "simulator/result_testrun.h"

/* What progress writes for the first `rows` seconds of the made-up run, NUL-terminated. */
static char *watch(bool live, size_t rows)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct result r;
    struct progress *p;
    size_t count;

    testrun_make(&r, &testrun_plain);
    count = r.second_count;
    p = progress_new(out, live, r.duration_us);
    for (r.second_count = 1; r.second_count <= rows; r.second_count++)
        progress_second(p, &r);
    r.second_count = count;
    progress_end(&p);
    assert_null(p);
    progress_end(&p);
    result_fini(&r);
    assert_int_equal(fclose(out), 0);
    return text;
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        count++;
    return count;
}

static void without_a_terminal_a_second_is_a_line(void **state)
{
    char *text = watch(false, 130);

    UNUSED(state);
    assert_int_equal(count_of(text, "\n"), 130);
    assert_null(strchr(text, '\x1b'));
    assert_true(
        strncmp(text, "0:01, 3:19 left, ramp: 0.00/s due, 0.00/s acknowledged, p50 - ", 62) == 0);
    assert_non_null(strstr(text, "\n0:41, 2:39 left, hold: "));
    assert_non_null(strstr(text, "\n2:10, 1:10 left, spike: "));
    assert_non_null(strstr(text, " 160/s handshakes"));
    free(text);
}

static void a_terminal_gets_a_picture_drawn_again_in_place(void **state)
{
    char *text = watch(true, 130);

    UNUSED(state);
    assert_int_equal(count_of(text, "\n"), 130 * PROGRESS_TEXT_LINES + 1);
    assert_int_equal(count_of(text, "\x1b[8A"), 129);
    assert_int_equal(count_of(text, "\x1b[?25l"), 1);
    assert_string_equal(text + strlen(text) - 6, "\x1b[?25h");
    assert_non_null(strstr(text, "steady"));
    free(text);
}

static void picture(const struct result *r, size_t columns, bool utf8, struct buf *out)
{
    uint64_t total[TALLY_COUNTER_COUNT] = {[TALLY_EVENT_DELIVERED] = 7};
    struct progress_view v = {r, r->duration_us, total, columns, utf8};

    if (columns == 79)
        total[TALLY_EVENT_LOST] = 3;
    progress_text_picture(&v, out);
    buf_add_char(out, '\0');
}

static void what_is_wrong_is_red(void **state)
{
    struct result r;
    struct buf out = buf_growing();

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    picture(&r, 80, false, &out);
    assert_null(strstr(out.ptr, "\x1b[31m"));
    buf_clear(&out);
    picture(&r, 79, false, &out);
    assert_non_null(strstr(out.ptr, "\x1b[31m3 lost\x1b[0m"));
    assert_non_null(strstr(out.ptr, "\x1b[31m3 wrong in all\x1b[0m"));
    buf_fini(&out);
    result_fini(&r);
}

/* Characters, not bytes, and no escapes. */
static size_t columns_of(const char *line)
{
    size_t columns = 0;

    for (; *line != '\n'; line++) {
        if (*line == '\x1b') {
            line += strcspn(line, "mK");
            continue;
        }
        columns += ((unsigned char)*line & 0xc0U) != 0x80U;
    }
    return columns;
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    struct result r;

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    for (size_t columns = 20; columns < 200; columns += 7) {
        struct buf out = buf_growing();
        size_t lines = 0;

        picture(&r, columns, true, &out);
        for (const char *line = out.ptr; *line != '\0'; line = strchr(line, '\n') + 1) {
            assert_true(columns_of(line) <= columns);
            lines++;
        }
        assert_int_equal(lines, PROGRESS_TEXT_LINES);
        buf_fini(&out);
    }
    result_fini(&r);
}

static void the_end_of_the_load_is_not_the_end_of_the_run(void **state)
{
    struct result r;
    struct buf out = buf_growing();
    uint64_t total[TALLY_COUNTER_COUNT] = {0};

    UNUSED(state);
    testrun_make(&r, &testrun_plain);
    r.seconds[r.second_count - 1].at_us += 1;

    struct progress_view v = {&r, r.duration_us, total, 80, false};

    progress_text_line(&v, &out);
    buf_add_char(&out, '\0');
    assert_true(strncmp(out.ptr, "3:20, waiting for what is open, end: ", 37) == 0);
    buf_fini(&out);
    result_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_terminal_a_second_is_a_line),
        cmocka_unit_test(a_terminal_gets_a_picture_drawn_again_in_place),
        cmocka_unit_test(what_is_wrong_is_red),
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(the_end_of_the_load_is_not_the_end_of_the_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
