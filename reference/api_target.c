#include "reference/api_target.h"

#include <strings.h>

#include "lib/percent.h"
#include "lib/utf8.h"

/* Where decoded bytes go: never more of them than there are bytes of text. */
struct space {
    char *next;
};

static enum api_target_err decode(struct str text, bool plus_is_space, struct space *space,
                                  struct str *out)
{
    char *to = space->next;

    *out = (struct str){to, 0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            if (!percent_byte((struct str){text.ptr + i, text.len - i}, &c))
                return API_TARGET_ESCAPE;
            i += 2;
        }
        if (c == '\0')
            return API_TARGET_UTF8;
        *to++ = c;
    }
    out->len = (size_t)(to - out->ptr);
    space->next = to;
    return utf8_valid(*out) ? API_TARGET_OK : API_TARGET_UTF8;
}

/* Cuts off and returns what stands before the first `separator`; *rest is what follows it. */
static struct str cut(struct str *rest, char separator, bool *found)
{
    const char *at = rest->len == 0 ? NULL : memchr(rest->ptr, separator, rest->len);
    struct str piece = *rest;

    *found = at != NULL;
    if (at == NULL) {
        *rest = (struct str){NULL, 0};
        return piece;
    }
    piece.len = (size_t)(at - rest->ptr);
    *rest = (struct str){at + 1, rest->len - piece.len - 1};
    return piece;
}

/* White space, control characters and `#` never stand in a target as they are. */
static bool has_bytes_that_need_escapes(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c <= ' ' || c == 0x7F || c == '#')
            return true;
    }
    return false;
}

/* `http://authority/path`: a server must understand it (RFC 9112 3.2.2). */
static bool take_authority(struct str *text, struct api_target *out)
{
    static const struct str scheme = {"http://", 7};

    if (text->len > 0 && text->ptr[0] == '/')
        return true;
    if (text->len < scheme.len || strncasecmp(text->ptr, scheme.ptr, scheme.len) != 0)
        return false;
    struct str rest = {text->ptr + scheme.len, text->len - scheme.len};
    const char *slash = rest.len == 0 ? NULL : memchr(rest.ptr, '/', rest.len);

    if (slash == NULL || slash == rest.ptr)
        return false;
    out->authority = (struct str){rest.ptr, (size_t)(slash - rest.ptr)};
    *text = (struct str){slash, rest.len - out->authority.len};
    return memchr(out->authority.ptr, '?', out->authority.len) == NULL;
}

static enum api_target_err parse_path(struct str path, struct space *space, struct api_target *out)
{
    bool more = true;

    while (more) {
        struct str piece = cut(&path, '/', &more);

        if (out->segment_count == API_MAX_SEGMENTS)
            return API_TARGET_SEGMENTS;
        enum api_target_err err = decode(piece, false, space, &out->segment[out->segment_count++]);

        if (err != API_TARGET_OK)
            return err;
    }
    return API_TARGET_OK;
}

static enum api_target_err parse_query(struct str query, struct space *space,
                                       struct api_target *out)
{
    bool more = true;

    while (more) {
        bool has_value;
        struct str value = cut(&query, '&', &more);
        struct str name = cut(&value, '=', &has_value);

        if (name.len == 0 && !has_value)
            continue;
        if (out->param_count == API_MAX_PARAMS)
            return API_TARGET_PARAMS;
        struct api_param *param = &out->param[out->param_count++];
        enum api_target_err err = decode(name, true, space, &param->name);

        if (err == API_TARGET_OK)
            err = decode(value, true, space, &param->value);
        if (err != API_TARGET_OK)
            return err;
    }
    return API_TARGET_OK;
}

enum api_target_err api_target_parse(struct str text, char *space_bytes, struct api_target *out)
{
    struct space space = {space_bytes};
    bool has_query;

    *out = (struct api_target){.segment_count = 0};
    if (text.len == 0 || has_bytes_that_need_escapes(text))
        return API_TARGET_FORM;
    if (!take_authority(&text, out))
        return API_TARGET_FORM;
    struct str path = cut(&text, '?', &has_query);
    enum api_target_err err = parse_path((struct str){path.ptr + 1, path.len - 1}, &space, out);

    if (err == API_TARGET_OK && has_query)
        err = parse_query(text, &space, out);
    return err;
}

const char *api_target_err_text(enum api_target_err err)
{
    static const char *const text[] = {
        [API_TARGET_OK] = "",
        [API_TARGET_FORM] = "the request-target must be a path such as /livez",
        [API_TARGET_ESCAPE] = "a % in the address must be followed by two hex digits (%25 is %)",
        [API_TARGET_UTF8] = "names and parameters in the address must be UTF-8 without NUL",
        [API_TARGET_SEGMENTS] = "no such resource",
        [API_TARGET_PARAMS] = "too many query parameters",
    };

    return text[err];
}

size_t api_target_param(const struct api_target *t, const char *name, struct str *value)
{
    size_t count = 0;

    *value = (struct str){NULL, 0};
    for (size_t i = 0; i < t->param_count; i++) {
        if (!str_equal(t->param[i].name, str_from(name)))
            continue;
        if (count++ == 0)
            *value = t->param[i].value;
    }
    return count;
}

/* RFC 3986 2.3 */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

void api_percent_encode(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (is_unreserved((char)c)) {
            buf_add_char(out, (char)c);
            continue;
        }
        buf_add_char(out, '%');
        buf_add_char(out, hex[c >> 4]);
        buf_add_char(out, hex[c & 15]);
    }
}
