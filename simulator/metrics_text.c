#include "simulator/metrics_text.h"

#include <math.h>
#include <stdlib.h>

enum { NUMBER_MAX = 40 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct str skip_blanks(struct str s)
{
    while (s.len > 0 && is_blank(s.ptr[0]))
        s = (struct str){s.ptr + 1, s.len - 1};
    return s;
}

/* Behind `{...}`, whose values are quoted and may hold braces; empty when it does not end. */
static struct str skip_labels(struct str s)
{
    bool quoted = false;

    if (s.len == 0 || s.ptr[0] != '{')
        return s;
    for (size_t i = 1; i < s.len; i++) {
        if (quoted && s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            quoted = !quoted;
        else if (!quoted && s.ptr[i] == '}')
            return (struct str){s.ptr + i + 1, s.len - i - 1};
    }
    return (struct str){NULL, 0};
}

static bool read_number(struct str s, double *out)
{
    char text[NUMBER_MAX + 1];
    size_t len = 0;
    char *end;

    while (len < s.len && !is_blank(s.ptr[len]))
        len++;
    if (len == 0 || len > NUMBER_MAX)
        return false;
    memcpy(text, s.ptr, len);
    text[len] = '\0';
    *out = strtod(text, &end);
    return end == text + len && isfinite(*out);
}

static bool read_line(struct str line, struct str name, double *out)
{
    if (line.len <= name.len || memcmp(line.ptr, name.ptr, name.len) != 0)
        return false;
    line = (struct str){line.ptr + name.len, line.len - name.len};
    if (line.ptr[0] != '{' && !is_blank(line.ptr[0]))
        return false; /* a longer name */
    return read_number(skip_blanks(skip_labels(skip_blanks(line))), out);
}

bool metrics_text_sum(struct str text, const char *name, double *out)
{
    bool found = false;
    double sum = 0;

    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        double value;

        if (read_line((struct str){text.ptr, len}, str_from(name), &value)) {
            sum += value;
            found = true;
        }
        len += end != NULL;
        text = (struct str){text.ptr + len, text.len - len};
    }
    if (found)
        *out = sum;
    return found;
}
