#include "lib/metrics_testformat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

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

/* A summary's samples are those of its name, and of its sum and count. */
static bool is_of_family(const struct reading *r, const char *name, size_t len)
{
    static const char *const suffixes[] = {"", "_sum", "_count"};
    size_t count = strcmp(r->type, "summary") == 0 ? COUNT(suffixes) : 1;
    size_t own = strlen(r->name);

    if (len < own || memcmp(name, r->name, own) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (len - own == strlen(suffixes[i]) && memcmp(name + own, suffixes[i], len - own) == 0)
            return true;
    }
    return false;
}

static void read_sample(struct reading *r, const char *line)
{
    char series[200];
    char *end;
    size_t name_len = strcspn(line, "{ ");
    size_t len = name_len;

    assert_true(is_name(line, name_len));
    assert_true(is_of_family(r, line, name_len));
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
        assert_true(strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0 ||
                    strcmp(type, "summary") == 0);
        (void)snprintf(r->type, sizeof r->type, "%s", type);
    } else {
        assert_string_not_equal(r->type, "");
        read_sample(r, line);
    }
}

size_t testformat_read(struct str text)
{
    struct reading r = {.seen = xstrdup(STR("\n"))};
    char *copy = xstrdup(text);
    char *save;

    assert_int_equal(text.ptr[text.len - 1], '\n');
    for (char *line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        read_line(&r, line);
    free(copy);
    free(r.seen);
    return r.samples;
}
