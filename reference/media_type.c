#include "reference/media_type.h"

#include <strings.h>

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The length of the restricted name that s begins with. */
static size_t name_len(struct str s)
{
    size_t len = 0;

    while (len < s.len && s.ptr[len] != '\0' &&
           (is_alnum(s.ptr[len]) || strchr("!#$&-^_.+", s.ptr[len]) != NULL))
        len++;
    return len;
}

static struct str skip(struct str s, size_t len)
{
    return (struct str){s.ptr + len, s.len - len};
}

bool media_type_valid(struct str s)
{
    const size_t type = name_len(s);

    if (type == 0 || type == s.len || s.ptr[type] != '/')
        return false;
    struct str rest = skip(s, type + 1);
    const size_t subtype = name_len(rest);

    if (subtype == 0)
        return false;
    rest = skip(rest, subtype);
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] < 0x20 || rest.ptr[i] > 0x7E)
            return false;
    while (rest.len > 0 && rest.ptr[0] == ' ')
        rest = skip(rest, 1);
    return rest.len == 0 ? type + 1 + subtype == s.len : rest.ptr[0] == ';';
}

static bool equal_head(struct str s, struct str head)
{
    return s.len >= head.len && strncasecmp(s.ptr, head.ptr, head.len) == 0;
}

static bool equal_tail(struct str s, struct str tail)
{
    return s.len >= tail.len && equal_head(skip(s, s.len - tail.len), tail);
}

bool media_type_is_json(struct str s)
{
    const char *parameters = s.len == 0 ? NULL : memchr(s.ptr, ';', s.len);

    if (parameters != NULL)
        s.len = (size_t)(parameters - s.ptr);
    while (s.len > 0 && s.ptr[s.len - 1] == ' ')
        s.len--;
    return (s.len == 16 && equal_head(s, STR("application/json"))) ||
           (s.len == 9 && equal_head(s, STR("text/json"))) || equal_tail(s, STR("+json"));
}

bool media_type_is_text(struct str s)
{
    return equal_head(s, STR("text/"));
}
