#include "lib/msg.h"

#include "lib/tbl/coap_code.h"
#include "lib/tbl/coap_option.h"
#include "lib/utf8.h"

enum { HEADER_LEN = 4, MARKER = 0xff, MAX_NUMBER = 65535 };

/* --- reading
 * --------------------------------------------------------------------------------------- */

/* What is left of a datagram. */
struct cursor {
    const uint8_t *bytes;
    size_t at;
    size_t len;
};

static size_t left_of(const struct cursor *c)
{
    return c->len - c->at;
}

/* A delta or length: the nibble, or 13 + one byte, or 269 + two (RFC 7252 3.1). False when it is
 * cut off. */
static bool read_extended(struct cursor *c, unsigned nibble, uint32_t *out)
{
    size_t extra = nibble == 13 ? 1 : nibble == 14 ? 2 : 0;

    if (left_of(c) < extra)
        return false;
    *out = nibble;
    if (extra == 1)
        *out = 13U + c->bytes[c->at];
    if (extra == 2)
        *out = 269U + ((uint32_t)c->bytes[c->at] << 8 | c->bytes[c->at + 1]);
    c->at += extra;
    return true;
}

static enum msg_fault read_option(struct cursor *c, uint32_t last_number, struct msg_option *out)
{
    size_t start = c->at;
    unsigned head = c->bytes[c->at++];
    uint32_t delta;
    uint32_t length;

    if (head >> 4 == 15)
        return MSG_DELTA_15;
    if ((head & 15) == 15)
        return MSG_LENGTH_15;
    if (!read_extended(c, head >> 4, &delta) || !read_extended(c, head & 15, &length) ||
        left_of(c) < length)
        return MSG_OPTION_CUT;
    if (last_number + delta > MAX_NUMBER)
        return MSG_NUMBER;
    out->number = last_number + delta;
    out->value = (struct str){(const char *)c->bytes + c->at, length};
    c->at += length;
    out->range = (struct msg_range){start, c->at - start};
    return MSG_GOOD;
}

static enum msg_fault read_options(struct cursor *c, struct msg *m, size_t *where)
{
    uint32_t last_number = 0;

    while (left_of(c) > 0 && c->bytes[c->at] != MARKER) {
        *where = c->at;
        if (m->option_count == MSG_MAX_OPTIONS)
            return MSG_OPTIONS_MANY;
        enum msg_fault fault = read_option(c, last_number, &m->options[m->option_count]);

        if (fault != MSG_GOOD)
            return fault;
        last_number = m->options[m->option_count++].number;
    }
    if (left_of(c) == 0)
        return MSG_GOOD;
    *where = c->at++;
    m->payload = (struct str){(const char *)c->bytes + c->at, left_of(c)};
    m->payload_range = (struct msg_range){c->at, left_of(c)};
    return m->payload.len > 0 ? MSG_GOOD : MSG_NO_PAYLOAD;
}

/* Lengths 13 and 14 are followed by more of it: extended tokens (RFC 8974 2.1). */
static enum msg_fault read_token(struct cursor *c, unsigned nibble, struct msg *m, size_t *where)
{
    uint32_t token_len;

    *where = 0;
    if (nibble == 15 || (nibble > MSG_MAX_TOKEN && nibble < 13))
        return MSG_TOKEN_LEN;
    *where = HEADER_LEN;
    if (!read_extended(c, nibble, &token_len) || left_of(c) < token_len)
        return MSG_TOKEN_CUT;
    m->token = (struct str){(const char *)c->bytes + c->at, token_len};
    c->at += token_len;
    return MSG_GOOD;
}

enum msg_fault msg_read(const uint8_t *bytes, size_t len, struct msg *out, size_t *where)
{
    struct cursor c = {bytes, HEADER_LEN, len};

    *out = (struct msg){.option_count = 0};
    *where = 0;
    if (len < HEADER_LEN)
        return MSG_SHORT;
    out->version = bytes[0] >> 6;
    out->type = (enum msg_type)(bytes[0] >> 4 & 3);
    out->code = bytes[1];
    out->mid = (uint16_t)(bytes[2] << 8 | bytes[3]);
    if (out->version != 1)
        return MSG_VERSION;
    enum msg_fault fault = read_token(&c, bytes[0] & 15, out, where);

    if (fault != MSG_GOOD)
        return fault;
    if (out->code == CODE_EMPTY && len > HEADER_LEN) {
        *where = HEADER_LEN; /* RFC 7252 4.1 */
        return MSG_EMPTY_LONG;
    }
    return read_options(&c, out, where);
}

const char *msg_fault_text(enum msg_fault fault)
{
    static const char *const texts[] = {
        [MSG_GOOD] = "well-formed",
        [MSG_SHORT] = "shorter than a header (RFC 7252 3)",
        [MSG_VERSION] = "version is not 1 (RFC 7252 3)",
        [MSG_TOKEN_LEN] = "token length is reserved (RFC 7252 3)",
        [MSG_TOKEN_CUT] = "ends inside the token (RFC 7252 3)",
        [MSG_DELTA_15] = "option delta 15 is reserved (RFC 7252 3.1)",
        [MSG_LENGTH_15] = "option length 15 is reserved (RFC 7252 3.1)",
        [MSG_OPTION_CUT] = "ends inside an option (RFC 7252 3.1)",
        [MSG_NUMBER] = "option number beyond 65535 (RFC 7252 3.1)",
        [MSG_OPTIONS_MANY] = "more options than this reader takes",
        [MSG_NO_PAYLOAD] = "payload marker without payload (RFC 7252 3)",
        [MSG_EMPTY_LONG] = "an Empty message has more than a header (RFC 7252 4.1)",
    };

    assert((size_t)fault < COUNT(texts));
    return texts[fault];
}

const struct msg_option *msg_find(const struct msg *m, uint32_t number)
{
    for (size_t i = 0; i < m->option_count; i++) {
        if (m->options[i].number == number)
            return &m->options[i];
    }
    return NULL;
}

bool msg_uint(struct str value, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < value.len; i++)
        *out = *out << 8 | (uint8_t)value.ptr[i];
    return value.len <= sizeof *out;
}

/* --- writing
 * --------------------------------------------------------------------------------------- */

struct extended {
    unsigned nibble;
    size_t extra_len;
    char extra[2];
};

static struct extended extend(uint32_t n)
{
    assert(n < 269 + 65536);
    if (n < 13)
        return (struct extended){.nibble = n};
    if (n < 269)
        return (struct extended){
            13, 1, {(char)(n - 13), 0}
        };
    return (struct extended){
        14, 2, {(char)((n - 269) >> 8), (char)(n - 269)}
    };
}

void msg_write_option(struct buf *out, uint32_t delta, struct str value)
{
    struct extended d = extend(delta);
    struct extended l = extend((uint32_t)value.len);

    buf_add_char(out, (char)(d.nibble << 4 | l.nibble));
    buf_add(out, d.extra, d.extra_len);
    buf_add(out, l.extra, l.extra_len);
    buf_add_str(out, value);
}

void msg_write_broken_option(struct buf *out, unsigned delta_nibble, unsigned length_nibble,
                             struct str rest)
{
    assert(delta_nibble < 16 && length_nibble < 16);
    buf_add_char(out, (char)(delta_nibble << 4 | length_nibble));
    buf_add_str(out, rest);
}

/* The option that comes next in ascending order after (number, index) `last`; NULL at the end. */
static const struct msg_option *next_sorted(const struct msg *m, const struct msg_option *last)
{
    const struct msg_option *best = NULL;

    for (size_t i = 0; i < m->option_count; i++) {
        const struct msg_option *o = &m->options[i];

        if (last != NULL && (o->number < last->number || (o->number == last->number && o <= last)))
            continue;
        if (best == NULL || o->number < best->number)
            best = o;
    }
    return best;
}

void msg_write(const struct msg *m, struct buf *out)
{
    struct extended token_len = extend((uint32_t)m->token.len);
    uint32_t last_number = 0;

    assert((m->token.len <= MSG_MAX_TOKEN || token_len.extra_len > 0) && m->version < 4);
    buf_add_char(out, (char)(m->version << 6 | (unsigned)m->type << 4 | token_len.nibble));
    buf_add_char(out, (char)m->code);
    buf_add_char(out, (char)(m->mid >> 8));
    buf_add_char(out, (char)m->mid);
    buf_add(out, token_len.extra, token_len.extra_len);
    buf_add_str(out, m->token);
    for (const struct msg_option *o = next_sorted(m, NULL); o != NULL; o = next_sorted(m, o)) {
        msg_write_option(out, o->number - last_number, o->value);
        last_number = o->number;
    }
    if (m->payload.len == 0)
        return;
    buf_add_char(out, (char)MARKER);
    buf_add_str(out, m->payload);
}

/* --- showing
 * --------------------------------------------------------------------------------------- */

static const struct code_row {
    uint8_t code;
    const char *name;
} code_rows[] = {
/* clang-format off */
#define X(id, class, detail, name) {(class) << 5 | (detail), name},
    CODE_TABLE(X)
#undef X
    /* clang-format on */
};

static const struct option_row {
    uint32_t number;
    const char *name;
    enum option_format format;
} option_rows[] = {
/* clang-format off */
#define X(id, number, name, format, min_len, max_len, repeatable) {(number), name, OPTION_##format},
    OPTION_TABLE(X)
#undef X
    /* clang-format on */
};

static const struct option_row *option_row(uint32_t number)
{
    for (size_t i = 0; i < COUNT(option_rows); i++) {
        if (option_rows[i].number == number)
            return &option_rows[i];
    }
    return NULL;
}

void msg_show_code(uint8_t code, struct buf *out)
{
    const char *name = NULL;

    for (size_t i = 0; i < COUNT(code_rows); i++) {
        if (code_rows[i].code == code)
            name = code_rows[i].name;
    }
    if (code >> 5 != 0 || name == NULL) /* methods are known by their names alone */
        buf_add_format(out, "%u.%02u%s", code >> 5, code & 31U, name == NULL ? "" : " ");
    if (name != NULL)
        buf_add_str(out, str_from(name));
}

void msg_show_option_name(uint32_t number, struct buf *out)
{
    const struct option_row *row = option_row(number);

    if (row != NULL)
        buf_add_str(out, str_from(row->name));
    else
        buf_add_format(out, "Option(%u)", number);
}

static void show_hex(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.len; i++)
        buf_add_format(out, "%02x", (uint8_t)s.ptr[i]);
}

static void show_text(struct str s, struct buf *out)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c < 0x20 || c == 0x7f)
            buf_add_format(out, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            buf_add_format(out, "\\%c", c);
        else
            buf_add_char(out, (char)c);
    }
    buf_add_char(out, '"');
}

static void show_option(const struct msg_option *o, struct buf *out)
{
    const struct option_row *row = option_row(o->number);
    uint64_t n;

    msg_show_option_name(o->number, out);
    if (row != NULL && row->format == OPTION_UINT && msg_uint(o->value, &n)) {
        buf_add_format(out, " %llu", (unsigned long long)n);
    } else if (row != NULL && row->format == OPTION_STRING && utf8_valid(o->value)) {
        buf_add_char(out, ' ');
        show_text(o->value, out);
    } else if (o->value.len > 0) {
        buf_add_char(out, '=');
        show_hex(o->value, out);
    }
}

void msg_show(const struct msg *m, struct buf *out)
{
    static const char *const types[] = {"CON", "NON", "ACK", "RST"};

    buf_add_format(out, "%s ", types[m->type]);
    msg_show_code(m->code, out);
    buf_add_format(out, " mid=0x%04x", m->mid);
    if (m->token.len > 0) {
        buf_add_str(out, STR(" token="));
        show_hex(m->token, out);
    }
    for (size_t i = 0; i < m->option_count; i++) {
        buf_add_char(out, ' ');
        show_option(&m->options[i], out);
    }
    if (m->payload.len > 0)
        buf_add_format(out, " payload %zu B", m->payload.len);
}

bool msg_code_from_text(struct str text, uint8_t *out)
{
    for (size_t i = 0; i < COUNT(code_rows); i++) {
        if (str_equal(text, str_from(code_rows[i].name))) {
            *out = code_rows[i].code;
            return true;
        }
    }
    if (text.len != 4 || text.ptr[1] != '.')
        return false;
    unsigned class = (unsigned)text.ptr[0] - '0';
    unsigned tens = (unsigned)text.ptr[2] - '0';
    unsigned ones = (unsigned)text.ptr[3] - '0';

    if (class > 7 || tens > 9 || ones > 9 || tens * 10 + ones > 31)
        return false;
    *out = (uint8_t)(class << 5 | (tens * 10 + ones));
    return true;
}
