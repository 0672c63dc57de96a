#include "reference/json_scan.h"

#include "lib/utf8.h"

/* The open brackets, innermost last: one bit each, set for an object. */
struct scan {
    const uint8_t *at;
    const uint8_t *end;
    size_t depth;
    uint8_t is_object[JSON_SCAN_MAX_DEPTH / 8];
};

static bool next_is(const struct scan *s, uint8_t c)
{
    return s->at < s->end && *s->at == c;
}

static bool take(struct scan *s, uint8_t c)
{
    if (!next_is(s, c))
        return false;
    s->at++;
    return true;
}

static void skip_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
}

static bool inside_object(const struct scan *s)
{
    return s->depth > 0 && (s->is_object[(s->depth - 1) / 8] >> ((s->depth - 1) % 8) & 1) != 0;
}

static bool open_bracket(struct scan *s, bool object)
{
    if (s->depth == JSON_SCAN_MAX_DEPTH)
        return false;
    uint8_t bit = (uint8_t)(1u << (s->depth % 8));
    uint8_t *byte = &s->is_object[s->depth / 8];

    if (s->depth % 8 == 0)
        *byte = 0; /* the first use of these eight bits */
    *byte = (uint8_t)(object ? *byte | bit : *byte & ~bit);
    s->depth++;
    return true;
}

/* Eight characters that are neither control, quote, backslash nor beyond ASCII. */
static bool plain_word(const uint8_t *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t highs = ones << 7;
    uint64_t word;

    memcpy(&word, at, sizeof word);
    uint64_t quote = word ^ ones * '"';
    uint64_t backslash = word ^ ones * '\\';
    /* a borrow reaches the high bit of a byte that is below the subtrahend, or of a later one */
    uint64_t found = (word - ones * 0x20) | (quote - ones) | (backslash - ones) | word;

    return (found & highs) == 0;
}

size_t json_scan_plain_len(struct str s)
{
    const uint8_t *at = (const uint8_t *)s.ptr;
    size_t len = 0;

    while (s.len - len >= 8 && plain_word(at + len))
        len += 8;
    while (len < s.len && at[len] >= 0x20 && at[len] < 0x80 && at[len] != '"' && at[len] != '\\')
        len++;
    return len;
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* After the backslash. */
static bool scan_escape(struct scan *s)
{
    if (take(s, 'u')) {
        for (int i = 0; i < 4; i++, s->at++) {
            if (s->at == s->end || !is_hex(*s->at))
                return false;
        }
        return true;
    }
    if (s->at == s->end || *s->at == '\0' || strchr("\"\\/bfnrt", *s->at) == NULL)
        return false;
    s->at++;
    return true;
}

static bool scan_string(struct scan *s)
{
    if (!take(s, '"'))
        return false;
    for (;;) {
        s->at += json_scan_plain_len((struct str){(const char *)s->at, (size_t)(s->end - s->at)});
        if (s->at == s->end || *s->at < 0x20)
            return false;
        if (take(s, '"'))
            return true;
        if (take(s, '\\')) {
            if (!scan_escape(s))
                return false;
            continue;
        }
        size_t len = utf8_char_len((struct str){(const char *)s->at, (size_t)(s->end - s->at)});

        if (len == 0)
            return false;
        s->at += len;
    }
}

static bool scan_digits(struct scan *s)
{
    const uint8_t *from = s->at;

    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return s->at > from;
}

static bool scan_number(struct scan *s)
{
    (void)take(s, '-');
    if (!take(s, '0') && !scan_digits(s))
        return false;
    if (take(s, '.') && !scan_digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            (void)take(s, '-');
        return scan_digits(s);
    }
    return true; /* a digit after a leading zero is left over: whoever comes next refuses it */
}

static bool scan_word(struct scan *s, struct str word)
{
    if ((size_t)(s->end - s->at) < word.len || memcmp(s->at, word.ptr, word.len) != 0)
        return false;
    s->at += word.len;
    return true;
}

static bool scan_scalar(struct scan *s)
{
    if (s->at == s->end)
        return false;
    switch (*s->at) {
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, STR("true"));
    case 'f':
        return scan_word(s, STR("false"));
    case 'n':
        return scan_word(s, STR("null"));
    default:
        return scan_number(s);
    }
}

static bool scan_name(struct scan *s)
{
    skip_space(s);
    if (!scan_string(s))
        return false;
    skip_space(s);
    return take(s, ':');
}

/* A value's beginning: all of a scalar or of an empty container, or up to the first member's value.
 * *complete says which. */
static bool scan_value_start(struct scan *s, bool *complete)
{
    skip_space(s);
    *complete = true;
    if (!next_is(s, '{') && !next_is(s, '['))
        return scan_scalar(s);
    bool object = *s->at++ == '{';

    if (!open_bracket(s, object))
        return false;
    skip_space(s);
    if (take(s, object ? '}' : ']')) {
        s->depth--;
        return true;
    }
    *complete = false;
    return !object || scan_name(s);
}

bool json_scan_valid(struct str text)
{
    struct scan s;

    s.at = (const uint8_t *)text.ptr;
    s.end = s.at + text.len;
    s.depth = 0;
    for (;;) {
        bool complete;

        if (!scan_value_start(&s, &complete))
            return false;
        while (complete) {
            skip_space(&s);
            if (s.depth == 0)
                return s.at == s.end;
            bool object = inside_object(&s);

            if (take(&s, object ? '}' : ']')) {
                s.depth--;
                continue;
            }
            if (!take(&s, ',') || (object && !scan_name(&s)))
                return false;
            complete = false;
        }
    }
}
