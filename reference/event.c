#include "reference/event.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "lib/base64.h"
#include "lib/rfc3339.h"
#include "lib/tbl/content_format.h"
#include "lib/utf8.h"
#include "reference/json_scan.h"
#include "reference/uri.h"

/* CoAP Content-Formats, in numeric order: the table is searched by halves. */
static const struct format {
    int number;
    struct str media_type;
    bool coded;
} formats[] = {
/* clang-format off */
#define X(number, media_type, coding) \
    {(number), {(media_type), sizeof(media_type) - 1}, sizeof(coding) > 1},
    FORMAT_TABLE(X)
/* clang-format on */
#undef X
};

static const char hex_digits[] = "0123456789ABCDEF";

static int compare_format(const void *number, const void *format)
{
    return *(const int *)number - ((const struct format *)format)->number;
}

static bool starts_with(struct str s, struct str head)
{
    return s.len >= head.len && memcmp(s.ptr, head.ptr, head.len) == 0;
}

/* No registered JSON type has parameters, so the suffix is the end. */
static bool is_json_type(struct str type)
{
    const struct str suffix = STR("+json");

    return str_equal(type, STR("application/json")) ||
           (type.len > suffix.len &&
            memcmp(type.ptr + type.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

static bool is_clean_text(struct str s)
{
    return (s.len == 0 || memchr(s.ptr, '\0', s.len) == NULL) && utf8_valid(s);
}

enum event_err event_classify(struct event *e)
{
    const struct format *format =
        bsearch(&e->content_format, formats, COUNT(formats), sizeof formats[0], compare_format);

    if (format != NULL && !format->coded) {
        e->content_type = format->media_type;
        if (is_json_type(e->content_type)) {
            e->data = EVENT_DATA_JSON;
            return json_scan_valid(e->payload) ? EVENT_OK : EVENT_NOT_JSON;
        }
        bool text = starts_with(e->content_type, STR("text/")) && is_clean_text(e->payload);

        e->data = text ? EVENT_DATA_TEXT : EVENT_DATA_BINARY;
        return EVENT_OK;
    }
    if (format == NULL && json_scan_valid(e->payload)) {
        e->content_type = STR("application/json");
        e->data = EVENT_DATA_JSON;
        return EVENT_OK;
    }
    e->content_type = STR("application/octet-stream");
    e->data = EVENT_DATA_BINARY;
    return EVENT_OK;
}

bool event_subject_allowed(struct str s)
{
    if (s.len == 0 || !utf8_valid(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];

        if (c < 0x20 || c == 0x7F || (c == 0xC2 && (uint8_t)s.ptr[i + 1] < 0xA0))
            return false;
    }
    return true;
}

bool event_is_absolute_uri(struct str s)
{
    return uri_is_absolute(s);
}

void event_new_id(struct event_ids *ids, char out[EVENT_ID_LEN + 1])
{
    enum { ID_BYTES = 16 };

    if (ids->left < ID_BYTES) {
        /* a pool of up to 256 bytes comes whole; a larger one may be cut short by a signal */
        for (size_t len = 0; len < sizeof ids->random;) {
            ssize_t got = getrandom(ids->random + len, sizeof ids->random - len, 0);

            assert(got > 0 || errno == EINTR);
            if (got > 0)
                len += (size_t)got;
        }
        ids->left = sizeof ids->random;
    }
    ids->left -= ID_BYTES;
    uint8_t *id = ids->random + ids->left;

    id[6] = (uint8_t)((id[6] & 0x0F) | 0x40); /* version 4, RFC 9562 5.4 */
    id[8] = (uint8_t)((id[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < ID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = "0123456789abcdef"[id[i] >> 4];
        *out++ = "0123456789abcdef"[id[i] & 15];
    }
    *out = '\0';
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_kept(char c, const char *keep)
{
    return is_alnum((uint8_t)c) || (c != '\0' && strchr(keep, c) != NULL);
}

/* Letters and digits and the characters of keep stay; of any other byte its percent-encoding. */
static void add_percent_encoded(struct buf *out, struct str s, const char *keep)
{
    for (size_t i = 0, from = 0; i <= s.len; i++) {
        if (i < s.len && is_kept(s.ptr[i], keep))
            continue;
        buf_add(out, s.ptr + from, i - from);
        from = i + 1;
        if (i < s.len) {
            uint8_t c = (uint8_t)s.ptr[i];
            const char code[3] = {'%', hex_digits[c >> 4], hex_digits[c & 15]};

            buf_add(out, code, sizeof code);
        }
    }
}

/* One character that is not plain ASCII. Returns its length. */
static size_t add_special(struct buf *out, struct str s)
{
    uint8_t c = (uint8_t)s.ptr[0];
    size_t len = utf8_char_len(s);

    if (c == '"' || c == '\\') {
        const char quoted[2] = {'\\', (char)c};

        buf_add(out, quoted, sizeof quoted);
    } else if (c < 0x20) {
        const char code[6] = {'\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15]};

        buf_add(out, code, sizeof code);
    } else if (len == 0) {
        buf_add_str(out, STR("\\uFFFD"));
        return 1;
    } else {
        buf_add(out, s.ptr, len);
    }
    return len;
}

/* The inside of a JSON string. */
static void add_escaped(struct buf *out, struct str s)
{
    while (s.len > 0) {
        size_t len = json_scan_plain_len(s);

        buf_add(out, s.ptr, len);
        if (len < s.len)
            len += add_special(out, (struct str){s.ptr + len, s.len - len});
        s.ptr += len;
        s.len -= len;
    }
}

/* Control characters do not occur inside the strings of valid JSON: a line break is white space. */
static void add_json(struct buf *out, struct str s)
{
    char *to = buf_reserve(out, s.len);

    if (to == NULL)
        return;
    for (size_t i = 0; i < s.len; i++)
        to[i] = s.ptr[i] == '\n' || s.ptr[i] == '\r' ? ' ' : s.ptr[i];
    out->len += s.len;
}

/* The attributes that are a plain string, each with the text before its value. */
static const struct attribute {
    struct str before;
    size_t offset;
} attributes[] = {
/* clang-format off */
#define ATTRIBUTE(name, field) \
    {{",\"" name "\":\"", sizeof ",\"" name "\":\"" - 1}, offsetof(struct event, field)}
    ATTRIBUTE("subject", subject),
    ATTRIBUTE("datacontenttype", content_type),
    ATTRIBUTE("dataschema", data_schema),
    ATTRIBUTE("application", application),
    ATTRIBUTE("applicationuid", application_uid),
    ATTRIBUTE("device", device),
    ATTRIBUTE("deviceuid", device_uid),
    ATTRIBUTE("sender", sender),
    ATTRIBUTE("senderuid", sender_uid),
    ATTRIBUTE("instance", instance),
/* clang-format on */
#undef ATTRIBUTE
};

static void add_data(struct buf *out, const struct event *e)
{
    switch (e->data) {
    case EVENT_DATA_JSON:
        buf_add_str(out, STR(",\"data\":"));
        add_json(out, e->payload);
        buf_add_char(out, '}');
        return;
    case EVENT_DATA_TEXT:
        buf_add_str(out, STR(",\"data\":\""));
        add_escaped(out, e->payload);
        break;
    case EVENT_DATA_BINARY:
        buf_add_str(out, STR(",\"data_base64\":\""));
        base64_encode(out, e->payload.ptr, e->payload.len);
        break;
    }
    buf_add_str(out, STR("\"}"));
}

void event_encode(const struct event *e, struct buf *out)
{
    assert(e->content_type.len > 0);
    buf_add_str(out, STR("{\"specversion\":\"1.0\",\"type\":\"io.drogue.event.v1\",\"id\":\""));
    buf_add(out, e->id, EVENT_ID_LEN);
    buf_add_str(out, STR("\",\"time\":\""));
    rfc3339_format(e->time_us, out);
    /* Drogue writes the application as it is; where that would be no URI it is encoded too */
    buf_add_str(out, STR("\",\"source\":\"drogue://"));
    add_percent_encoded(out, e->application, "-._~");
    buf_add_char(out, '/');
    add_percent_encoded(out, e->device, "");
    buf_add_str(out, STR("\",\"partitionkey\":\""));
    add_percent_encoded(out, e->application, "");
    buf_add_char(out, '/');
    add_percent_encoded(out, e->sender, "");
    buf_add_char(out, '"');
    for (size_t i = 0; i < COUNT(attributes); i++) {
        const struct str *value = (const void *)((const char *)e + attributes[i].offset);

        if (value->len == 0)
            continue;
        buf_add_str(out, attributes[i].before);
        add_escaped(out, *value);
        buf_add_char(out, '"');
    }
    add_data(out, e);
}

size_t event_encoded_max(const struct event *e)
{
    enum { FIXED = 256, ESCAPED = 6, PERCENT = 3 }; /* FIXED: specversion up to partitionkey */
    size_t max = FIXED + PERCENT * (2 * e->application.len + e->device.len + e->sender.len) +
                 ESCAPED * e->payload.len + sizeof ",\"data_base64\":\"\"}" + 4;

    for (size_t i = 0; i < COUNT(attributes); i++) {
        const struct str *value = (const void *)((const char *)e + attributes[i].offset);

        max += attributes[i].before.len + ESCAPED * value->len + 1;
    }
    return max;
}
