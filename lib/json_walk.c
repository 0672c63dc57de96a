#include "lib/json_walk.h"

#include "lib/utf8.h"

/* Where the scan stands; bit d of nest says whether level d is an object. */
struct scan {
    const char *at;
    const char *end;
    size_t depth;
    uint8_t nest[JSON_WALK_MAX_DEPTH / 8];
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static void skip_space(struct scan *s)
{
    while (s->at < s->end && is_space(*s->at))
        s->at++;
}

static bool take(struct scan *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool take_word(struct scan *s, struct str word)
{
    if ((size_t)(s->end - s->at) < word.len || memcmp(s->at, word.ptr, word.len) != 0)
        return false;
    s->at += word.len;
    return true;
}

static bool take_digits(struct scan *s)
{
    const char *from = s->at;

    while (s->at < s->end && is_digit(*s->at))
        s->at++;
    return s->at > from;
}

/* RFC 8259 6 */
static bool take_number(struct scan *s)
{
    (void)take(s, '-');
    if (!take(s, '0') && !take_digits(s))
        return false;
    if (take(s, '.') && !take_digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            (void)take(s, '-');
        return take_digits(s);
    }
    return true;
}

/* Behind the backslash. */
static bool take_escape(struct scan *s)
{
    if (s->at == s->end)
        return false;
    char c = *s->at++;

    if (c != 'u')
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
    for (int i = 0; i < 4; i++)
        if (s->at == s->end || !is_hex(*s->at++))
            return false;
    return true;
}

/* Eight characters that need no second look: ASCII, no quote, no backslash, no control. */
static bool is_plain(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word, quote, backslash;

    memcpy(&word, at, sizeof word);
    quote = word ^ ones * '"';
    backslash = word ^ ones * '\\';
    return ((word | (word - ones * 0x20) | ((quote - ones) & ~quote) |
             ((backslash - ones) & ~backslash)) &
            ones * 0x80) == 0;
}

/* RFC 8259 7 */
static bool take_string(struct scan *s)
{
    if (!take(s, '"'))
        return false;
    const char *from = s->at;

    while (s->end - s->at >= 8 && is_plain(s->at))
        s->at += 8;
    while (s->at < s->end && *s->at != '"') {
        char c = *s->at++;

        if ((uint8_t)c < 0x20 || (c == '\\' && !take_escape(s)))
            return false;
    }
    struct str inside = {from, (size_t)(s->at - from)};

    return take(s, '"') && utf8_valid(inside);
}

static bool take_scalar(struct scan *s)
{
    if (s->at == s->end)
        return false;
    switch (*s->at) {
    case '"':
        return take_string(s);
    case 't':
        return take_word(s, STR("true"));
    case 'f':
        return take_word(s, STR("false"));
    case 'n':
        return take_word(s, STR("null"));
    default:
        return take_number(s);
    }
}

static bool in_object(const struct scan *s)
{
    size_t level = s->depth - 1;

    return (s->nest[level / 8] >> level % 8 & 1) != 0;
}

static bool descend(struct scan *s)
{
    uint8_t bit = (uint8_t)(1U << s->depth % 8);

    if (s->depth == JSON_WALK_MAX_DEPTH)
        return false;
    if (*s->at++ == '{')
        s->nest[s->depth / 8] |= bit;
    else
        s->nest[s->depth / 8] &= (uint8_t)~bit;
    s->depth++;
    return true;
}

static bool take_name(struct scan *s)
{
    skip_space(s);
    if (!take_string(s))
        return false;
    skip_space(s);
    return take(s, ':');
}

/* Behind a value: ends objects and arrays until another value follows. False: not JSON. *done: the
 * outermost value has ended. */
static bool ascend(struct scan *s, bool *done)
{
    while (s->depth > 0) {
        skip_space(s);
        if (take(s, ','))
            return !in_object(s) || take_name(s);
        if (!take(s, in_object(s) ? '}' : ']'))
            return false;
        s->depth--;
    }
    *done = true;
    return true;
}

static bool take_value(struct scan *s)
{
    bool done = false;

    while (!done) {
        skip_space(s);
        if (s->at < s->end && (*s->at == '{' || *s->at == '[')) {
            if (!descend(s))
                return false;
            skip_space(s);
            if (s->at < s->end && *s->at == (in_object(s) ? '}' : ']')) {
                if (!ascend(s, &done))
                    return false;
            } else if (in_object(s) && !take_name(s)) {
                return false;
            }
        } else if (!take_scalar(s) || !ascend(s, &done)) {
            return false;
        }
    }
    return true;
}

bool json_walk_value(struct str *text, struct str *value)
{
    struct scan s = {.at = text->ptr, .end = text->ptr + text->len};

    if (text->len == 0)
        return false;
    skip_space(&s);
    const char *from = s.at;

    if (!take_value(&s))
        return false;
    *value = (struct str){from, (size_t)(s.at - from)};
    skip_space(&s);
    *text = (struct str){s.at, (size_t)(s.end - s.at)};
    return true;
}

bool json_walk_begin(struct json_walk *w, struct str value)
{
    if (value.len < 2 || (value.ptr[0] != '{' && value.ptr[0] != '['))
        return false;
    *w = (struct json_walk){
        .rest = {value.ptr + 1, value.len - 2},
          .object = value.ptr[0] == '{'
    };
    return true;
}

bool json_walk_next(struct json_walk *w, struct str *key, struct str *value)
{
    struct scan s = {.at = w->rest.ptr, .end = w->rest.ptr + w->rest.len};
    bool more;

    skip_space(&s);
    if (w->begun)
        (void)take(&s, ',');
    w->begun = true;
    skip_space(&s);
    if (s.at == s.end)
        return false;
    *key = (struct str){s.at, 0};
    if (w->object) {
        more = take_string(&s);
        key->len = (size_t)(s.at - key->ptr);
        skip_space(&s);
        more = more && take(&s, ':');
        assert(more && "the whole value was checked");
    }
    w->rest = (struct str){s.at, (size_t)(s.end - s.at)};
    more = json_walk_value(&w->rest, value);
    assert(more && "the whole value was checked");
    return more;
}

static uint32_t hex4(const char *digits)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        char c = digits[i];

        value = value << 4 | (uint32_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static void add_utf8(struct buf *out, uint32_t c)
{
    static const struct {
        uint32_t below;
        uint8_t lead;
        int more;
    } forms[] = {
        {0x80,     0x00, 0},
        {0x800,    0xC0, 1},
        {0x10000,  0xE0, 2},
        {0x110000, 0xF0, 3},
    };
    size_t form = 0;

    while (c >= forms[form].below)
        form++;
    int shift = 6 * forms[form].more;

    buf_add_char(out, (char)(forms[form].lead | c >> shift));
    while (shift > 0) {
        shift -= 6;
        buf_add_char(out, (char)(0x80 | (c >> shift & 0x3F)));
    }
}

/* text begins behind `\u`. Returns how many characters were taken; *whole is false for half a
 * surrogate pair. */
static size_t add_unicode(struct str text, struct buf *out, bool *whole)
{
    uint32_t c = hex4(text.ptr);
    size_t used = 4;

    if (c >= 0xD800 && c < 0xDC00 && text.len >= 10 && text.ptr[4] == '\\' && text.ptr[5] == 'u') {
        uint32_t low = hex4(text.ptr + 6);

        if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            used = 10;
        }
    }
    if (c >= 0xD800 && c < 0xE000) {
        *whole = false;
        c = 0xFFFD;
    }
    add_utf8(out, c);
    return used;
}

bool json_walk_string(struct str text, struct buf *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    bool whole = true;

    assert(text.len >= 2 && text.ptr[0] == '"');
    for (size_t i = 1; i < text.len - 1; i++) {
        if (text.ptr[i] != '\\') {
            buf_add_char(out, text.ptr[i]);
        } else if (text.ptr[++i] == 'u') {
            i += add_unicode((struct str){text.ptr + i + 1, text.len - i - 2}, out, &whole);
        } else {
            buf_add_char(out, values[strchr(names, text.ptr[i]) - names]);
        }
    }
    return whole;
}

void json_walk_quote(struct buf *out, struct str s)
{
    buf_add_char(out, '"');
    while (s.len > 0) {
        size_t len = utf8_char_len(s);
        uint8_t c = (uint8_t)s.ptr[0];

        if (len == 0)
            buf_add_str(out, STR("\\uFFFD"));
        else if (c == '"' || c == '\\')
            buf_add_format(out, "\\%c", c);
        else if (c < 0x20)
            buf_add_format(out, "\\u%04X", c);
        else
            buf_add(out, s.ptr, len);
        s.ptr += len == 0 ? 1 : len;
        s.len -= len == 0 ? 1 : len;
    }
    buf_add_char(out, '"');
}
