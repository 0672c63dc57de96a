#include "reference/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/*
 * Reads the text as the format is described (Prometheus text format 0.0.4): lines that end with a
 * line feed; for each name one HELP, one TYPE, then its samples, all together; no series twice.
 */
struct reading {
    char name[128]; /* of the family that is being read */
    char type[16];
    char *seen; /* "\nseries\n..." and "\n#name\n..." of what was read before */
    size_t samples;
};

static bool is_name(const char *s, size_t len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:";

    if (len == 0 || strchr(letters, s[0]) == NULL)
        return false;
    for (size_t i = 1; i < len; i++) {
        if (strchr(letters, s[i]) == NULL && (s[i] < '0' || s[i] > '9'))
            return false;
    }
    return true;
}

/* `{name="value",…}`: the length, or 0 when it is wrong. */
static size_t labels_len(const char *s)
{
    const char *at = s;

    do {
        at++; /* `{` or `,` */
        size_t name_len = strcspn(at, "=");

        if (!is_name(at, name_len) || at[name_len + 1] != '"')
            return 0;
        at += name_len + 2;
        while (*at != '"') {
            if (*at == '\0' || (*at == '\\' && strchr("\\\"n", at[1]) == NULL))
                return 0;
            at += *at == '\\' ? 2 : 1;
        }
        at++;
    } while (*at == ',');
    return *at == '}' ? (size_t)(at + 1 - s) : 0;
}

static void remember(struct reading *r, const char *what, const char *prefix)
{
    char needle[256];

    (void)snprintf(needle, sizeof needle, "\n%s%s\n", prefix, what);
    if (strstr(r->seen, needle) != NULL)
        fail_msg("twice: %s%s", prefix, what);
    size_t len = strlen(r->seen);

    r->seen = xrealloc(r->seen, len + strlen(needle) + 1);
    memcpy(r->seen + len, needle, strlen(needle) + 1);
}

static void read_sample(struct reading *r, const char *line)
{
    char series[200];
    char *end;
    size_t name_len = strcspn(line, "{ ");
    size_t len = name_len;

    assert_true(is_name(line, name_len));
    assert_int_equal(name_len, strlen(r->name));
    assert_memory_equal(line, r->name, name_len);
    if (line[len] == '{') {
        size_t more = labels_len(line + len);

        assert_true(more > 0);
        len += more;
    }
    assert_int_equal(line[len], ' ');
    (void)snprintf(series, sizeof series, "%.*s", (int)len, line);
    remember(r, series, "");
    double value = strtod(line + len + 1, &end);

    assert_int_equal(*end, '\0');
    assert_true(end > line + len + 1);
    if (strcmp(r->type, "counter") == 0)
        assert_true(value >= 0);
    r->samples++;
}

static void read_line(struct reading *r, const char *line)
{
    char name[128];
    char type[16];
    char rest[2];

    if (sscanf(line, "# HELP %127s %1s", name, rest) == 2) {
        (void)snprintf(r->name, sizeof r->name, "%s", name);
        remember(r, name, "HELP ");
        r->type[0] = '\0';
    } else if (sscanf(line, "# TYPE %127s %15s", name, type) == 2) {
        assert_string_equal(name, r->name);
        assert_string_equal(r->type, "");
        assert_true(strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0);
        (void)snprintf(r->type, sizeof r->type, "%s", type);
    } else {
        assert_string_not_equal(r->type, "");
        read_sample(r, line);
    }
}

/* Returns the rendered text, checked; to be freed. */
static char *render(void)
{
    struct buf out = buf_growing();
    struct reading r = {.seen = xstrdup(STR("\n"))};

    metrics_render(&out);
    assert_non_null(out.ptr);
    assert_int_equal(out.ptr[out.len - 1], '\n');
    buf_add_char(&out, '\0');
    char *copy = xstrdup(buf_str(&out));
    char *save;

    for (char *line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        read_line(&r, line);
    assert_true(r.samples >= METRIC_COUNT + 5);
    free(copy);
    free(r.seen);
    return out.ptr;
}

static double value_of(const char *text, const char *series)
{
    char needle[200];

    (void)snprintf(needle, sizeof needle, "\n%s ", series);
    const char *at = strstr(text, needle);

    if (at == NULL)
        fail_msg("no %s", series);
    return strtod(at + strlen(needle), NULL);
}

static void renders_well_formed_text(void **state)
{
    UNUSED(state);
    free(render());
}

static void adds_up_all_slots(void **state)
{
    UNUSED(state);
    struct metrics *a = metrics_new();
    struct metrics *b = metrics_new();

    metrics_add(a, METRIC_RESPONSES_4, 3);
    metrics_add(b, METRIC_RESPONSES_4, 4);
    metrics_add(b, METRIC_WAITS, 2);
    metrics_add(a, METRIC_WAITS, -2);
    assert_int_equal(metrics_total(METRIC_RESPONSES_4), 7);
    char *text = render();

    assert_true(value_of(text, "seatrial_responses_total{class=\"4\"}") == 7);
    assert_true(value_of(text, "seatrial_responses_total{class=\"2\"}") == 0);
    assert_true(value_of(text, "seatrial_waits") == 0);
    free(text);
}

static void tells_about_the_process(void **state)
{
    UNUSED(state);
    char *text = render();
    double now_s = (double)time(NULL);
    double start_s = value_of(text, "process_start_time_seconds");

    /* btime is whole seconds, and a slow test may take minutes */
    assert_true(start_s > now_s - 600 && start_s < now_s + 2);
    assert_true(value_of(text, "process_resident_memory_bytes") > 100e3);
    assert_true(value_of(text, "process_virtual_memory_bytes") >=
                value_of(text, "process_resident_memory_bytes"));
    assert_true(value_of(text, "process_open_fds") >= 3);
    assert_true(value_of(text, "process_max_fds") >= value_of(text, "process_open_fds"));
    assert_true(value_of(text, "process_cpu_seconds_total") >= 0);
    assert_non_null(strstr(text, "\nseatrial_build_info{version=\""));
    free(text);
}

static void counts_an_opened_file(void **state)
{
    UNUSED(state);
    char *before = render();
    FILE *file = fopen("/dev/null", "r");
    char *with = render();

    assert_non_null(file);
    (void)fclose(file);
    assert_true(value_of(with, "process_open_fds") == value_of(before, "process_open_fds") + 1);
    free(before);
    free(with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renders_well_formed_text),
        cmocka_unit_test(adds_up_all_slots),
        cmocka_unit_test(tells_about_the_process),
        cmocka_unit_test(counts_an_opened_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
