#include "lib/cloudevent_rules.h"

#include "lib/percent.h"
#include "lib/rfc3339.h"
#include "lib/utf8.h"

static bool is_alpha(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* RFC 3986 3.1: the length of the scheme before its colon, 0 when there is none. */
static size_t scheme_len(struct str s)
{
    size_t i = 0;

    if (s.len == 0 || !is_alpha(s.ptr[0]))
        return 0;
    while (i < s.len && (is_alpha(s.ptr[i]) || is_digit(s.ptr[i]) || is_one_of(s.ptr[i], "+-.")))
        i++;
    return i < s.len && s.ptr[i] == ':' ? i : 0;
}

/* The host in brackets that an authority may hold (RFC 3986 3.2.2); 0 when there is none at s. */
static size_t bracket_len(struct str s)
{
    const char *end;

    if (s.len == 0 || s.ptr[0] != '[' || (end = memchr(s.ptr, ']', s.len)) == NULL)
        return 0;
    for (const char *p = s.ptr + 1; p < end; p++)
        if (!is_alpha(*p) && !is_digit(*p) && !is_one_of(*p, ":.-_~!$&'()*+,;="))
            return 0;
    return (size_t)(end + 1 - s.ptr);
}

/* Characters, percent-encoding, one fragment; brackets only as a host. s begins behind the scheme.
 */
static bool has_uri_characters(struct str s)
{
    bool fragment = false, authority = s.len >= 2 && s.ptr[0] == '/' && s.ptr[1] == '/';
    char byte;

    for (size_t i = 0; i < s.len; i++) {
        struct str rest = {s.ptr + i, s.len - i};
        char c = s.ptr[i];

        if (authority && i > 1 && is_one_of(c, "/?#"))
            authority = false;
        if (c == '[' && authority && bracket_len(rest) > 0) {
            i += bracket_len(rest) - 1;
        } else if (c == '%') {
            if (!percent_byte(rest, &byte))
                return false;
            i += 2;
        } else if (c == '#') {
            if (fragment)
                return false;
            fragment = true;
        } else if (!is_alpha(c) && !is_digit(c) && !is_one_of(c, "-._~:/?@!$&'()*+,;=")) {
            return false;
        }
    }
    return true;
}

bool cloudevent_is_absolute_uri(struct str s)
{
    size_t scheme = scheme_len(s);

    return scheme > 0 && has_uri_characters((struct str){s.ptr + scheme + 1, s.len - scheme - 1});
}

bool cloudevent_is_uri_reference(struct str s)
{
    if (scheme_len(s) > 0)
        return cloudevent_is_absolute_uri(s);
    /* RFC 3986 4.2: the first segment of a relative path has no colon */
    for (size_t i = 0; i < s.len && !is_one_of(s.ptr[i], "/?#"); i++)
        if (s.ptr[i] == ':')
            return false;
    return has_uri_characters(s);
}

static size_t token_len(struct str s)
{
    size_t i = 0;

    while (i < s.len &&
           (is_alpha(s.ptr[i]) || is_digit(s.ptr[i]) || is_one_of(s.ptr[i], "!#$%&'*+-.^_`|~")))
        i++;
    return i;
}

static struct str behind(struct str s, size_t len)
{
    return (struct str){s.ptr + len, s.len - len};
}

static struct str skip_spaces(struct str s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = behind(s, 1);
    return s;
}

/* The length of a quoted string with its quotes, or of a token. */
static size_t parameter_value_len(struct str s)
{
    if (s.len == 0 || s.ptr[0] != '"')
        return token_len(s);
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '"')
            return i + 1;
        if (s.ptr[i] == '\\')
            i++;
    }
    return 0;
}

bool cloudevent_is_media_type(struct str s)
{
    size_t len = token_len(s);

    if (len == 0 || len == s.len || s.ptr[len] != '/')
        return false;
    s = behind(s, len + 1);
    len = token_len(s);
    if (len == 0)
        return false;
    s = skip_spaces(behind(s, len));
    while (s.len > 0) {
        if (s.ptr[0] != ';')
            return false;
        s = skip_spaces(behind(s, 1));
        len = token_len(s);
        if (len == 0 || len == s.len || s.ptr[len] != '=')
            return false;
        s = behind(s, len + 1);
        len = parameter_value_len(s);
        if (len == 0)
            return false;
        s = skip_spaces(behind(s, len));
    }
    return true;
}

void cloudevent_add_fault(struct cloudevent *e, const char *attribute, const char *text)
{
    if (e->fault_count < CLOUDEVENT_MAX_FAULTS)
        e->fault[e->fault_count++] = (struct cloudevent_fault){attribute, text};
}

static bool is_not_empty(struct str s)
{
    return s.len > 0;
}

static bool is_version(struct str s)
{
    return str_equal(s, STR("1.0"));
}

static bool is_source(struct str s)
{
    return s.len > 0 && cloudevent_is_uri_reference(s);
}

static bool is_time(struct str s)
{
    int64_t unix_us;

    return rfc3339_parse(s, &unix_us);
}

/* CloudEvents 1.0.2, required and optional attributes. */
static const struct rule {
    const char *name;
    bool required;
    bool (*holds)(struct str value);
    const char *text;
} rules[] = {
    {"specversion",     true,  is_version,                 "is not 1.0"                     },
    {"id",              true,  is_not_empty,               "is empty"                       },
    {"source",          true,  is_source,                  "is no URI-reference, or empty"  },
    {"type",            true,  is_not_empty,               "is empty"                       },
    {"subject",         false, is_not_empty,               "is empty"                       },
    {"time",            false, is_time,                    "is no time as in RFC 3339"      },
    {"datacontenttype", false, cloudevent_is_media_type,   "is no media type as in RFC 2046"},
    {"dataschema",      false, cloudevent_is_absolute_uri, "is no absolute URI"             },
};

static bool is_noncharacter(struct str c)
{
    const uint8_t *b = (const uint8_t *)c.ptr;

    /* U+FDD0..FDEF, and the last two of each plane */
    if (c.len == 3 && b[0] == 0xEF)
        return (b[1] == 0xB7 && b[2] >= 0x90 && b[2] <= 0xAF) || (b[1] == 0xBF && b[2] >= 0xBE);
    return c.len == 4 && (b[1] & 0x0F) == 0x0F && b[2] == 0xBF && b[3] >= 0xBE;
}

/* CloudEvents 1.0.2, type system: what a String must not hold. */
static const char *find_bad_character(struct str s)
{
    if (!utf8_valid(s))
        return "is not UTF-8";
    while (s.len > 0) {
        size_t len = utf8_char_len(s);
        uint8_t c = (uint8_t)s.ptr[0];

        if (c < 0x20 || c == 0x7F || (c == 0xC2 && (uint8_t)s.ptr[1] < 0xA0))
            return "holds a control character";
        if (is_noncharacter((struct str){s.ptr, len}))
            return "holds a code point that is no character";
        s = behind(s, len);
    }
    return NULL;
}

static bool is_attribute_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.ptr[i]) && (s.ptr[i] < 'a' || s.ptr[i] > 'z'))
            return false;
    return s.len > 0;
}

static void check_rule(struct cloudevent *e, const struct rule *r)
{
    const struct cloudevent_attribute *a = cloudevent_find(e, r->name);

    if (a == NULL) {
        if (r->required)
            cloudevent_add_fault(e, r->name, "is missing");
    } else if (a->type != CLOUDEVENT_STRING) {
        cloudevent_add_fault(e, r->name, "is no string");
    } else if (!r->holds(a->value)) {
        cloudevent_add_fault(e, r->name, r->text);
    }
}

void cloudevent_check(struct cloudevent *e)
{
    for (size_t i = 0; i < COUNT(rules); i++)
        check_rule(e, &rules[i]);
    for (size_t i = 0; i < e->attribute_count; i++) {
        const struct cloudevent_attribute *a = &e->attribute[i];
        const char *name = a->name.ptr, *bad = find_bad_character(a->value);

        if (!is_attribute_name(a->name))
            cloudevent_add_fault(e, name, "has a name of other than lower-case letters and digits");
        if (bad != NULL)
            cloudevent_add_fault(e, name, bad);
        if (cloudevent_find(e, name) != a)
            cloudevent_add_fault(e, name, "is there twice");
    }
}
