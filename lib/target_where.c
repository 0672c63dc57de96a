#include "lib/target_where.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Where `name =` begins at or behind from; source.len when nowhere. */
static size_t find_field(struct str source, size_t from, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = from; i + len < source.len; i++) {
        size_t end = i + len;

        if (memcmp(source.ptr + i, name, len) != 0 || (i > 0 && is_word(source.ptr[i - 1])) ||
            is_word(source.ptr[end]))
            continue;
        while (end < source.len && strchr(" \t\"]", source.ptr[end]) != NULL)
            end++;
        if (end < source.len && source.ptr[end] == '=')
            return i;
    }
    return source.len;
}

/* Where the item of the list that begins at or behind from begins; source.len when nowhere. */
static size_t find_item(struct str source, size_t from, int number)
{
    int depth = 0;

    for (size_t i = from; i < source.len; i++) {
        char c = source.ptr[i];

        if (c == '"' || c == '\'') {
            do
                i += source.ptr[i] == '\\' ? 2 : 1;
            while (i < source.len && source.ptr[i] != c);
        } else if (c == '-' && i + 1 < source.len && source.ptr[i + 1] == '-') {
            while (i < source.len && source.ptr[i] != '\n')
                i++;
        } else if (c == '{') {
            if (++depth == 2 && --number == 0)
                return i;
        } else if (c == '}' && --depth <= 0) {
            break;
        }
    }
    return source.len;
}

int target_where_line(struct str source, const char *const *path, size_t depth)
{
    size_t at = 0;
    int line = 1;

    for (size_t i = 0; i < depth; i++) {
        size_t found = path[i][0] == '[' ? find_item(source, at, (int)strtol(path[i] + 1, NULL, 10))
                                         : find_field(source, at, path[i]);

        if (found < source.len)
            at = found;
    }
    for (size_t i = 0; i < at; i++)
        line += source.ptr[i] == '\n';
    return line;
}

const char *target_where(const struct target *t, const char *field, char *space)
{
    enum { MAX_DEPTH = 8 };
    const char *path[MAX_DEPTH];
    char names[160];
    size_t depth = 0, len = 0;
    char *rest = NULL;

    if (t->source.len == 0) {
        (void)snprintf(space, TARGET_WHERE_LEN, "%s", field);
        return space;
    }
    for (const char *c = field; *c != '\0' && len + 3 < sizeof names; c++) {
        if (*c == '[') /* an item has a name of its own */
            names[len++] = '.';
        names[len++] = *c;
    }
    names[len] = '\0';
    for (char *name = strtok_r(names, ".", &rest); name != NULL && depth < MAX_DEPTH;
         name = strtok_r(NULL, ".", &rest))
        path[depth++] = name;
    (void)snprintf(space, TARGET_WHERE_LEN, "%s:%d: %s", t->file,
                   target_where_line(t->source, path, depth), field);
    return space;
}

const char *target_where_in(const struct target *t, const char *section, const char *field,
                            char *space)
{
    char whole[64];

    (void)snprintf(whole, sizeof whole, "%s.%s", section, field);
    return target_where(t, whole, space);
}
