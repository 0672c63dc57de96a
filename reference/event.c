#include "reference/event.h"

#include <stdlib.h>

#include "lib/base64.h"
#include "lib/entropy.h"
#include "lib/rfc3339.h"
#include "lib/tbl/content_format.h"
#include "lib/utf8.h"
#include "reference/json_scan.h"
#include "reference/media_type.h"
#include "reference/mutant.h"
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

static bool is_clean_text(struct str s)
{
    return (s.len == 0 || memchr(s.ptr, '\0', s.len) == NULL) && utf8_valid(s);
}

/* Of a type that is not JSON. */
static enum event_data data_of_type(const struct event *e)
{
    return media_type_is_text(e->content_type) && is_clean_text(e->payload) ? EVENT_DATA_TEXT
                                                                            : EVENT_DATA_BINARY;
}

enum event_err event_classify(struct event *e)
{
    const struct format *format =
        bsearch(&e->content_format, formats, COUNT(formats), sizeof formats[0], compare_format);

    if (format != NULL && !format->coded) {
        e->content_type = format->media_type;
        if (media_type_is_json(e->content_type)) {
            e->data = EVENT_DATA_JSON;
            return json_scan_valid(e->payload) ? EVENT_OK : EVENT_NOT_JSON;
        }
        e->data = data_of_type(e);
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

void event_fit_data(struct event *e)
{
    if (e->content_type.len == 0) { /* what readers then take for JSON */
        e->data = e->data == EVENT_DATA_JSON ? EVENT_DATA_JSON : EVENT_DATA_BINARY;
    } else if (media_type_is_json(e->content_type)) {
        if (e->data != EVENT_DATA_JSON)
            e->data = json_scan_valid(e->payload) ? EVENT_DATA_JSON : EVENT_DATA_BINARY;
    } else {
        e->data = data_of_type(e);
    }
}

bool event_text_allowed(struct str s)
{
    if (!utf8_valid(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];

        if (c < 0x20 || c == 0x7F || (c == 0xC2 && (uint8_t)s.ptr[i + 1] < 0xA0))
            return false;
    }
    return true;
}

bool event_subject_allowed(struct str s)
{
    return s.len > 0 && event_text_allowed(s);
}

bool event_is_absolute_uri(struct str s)
{
    return uri_is_absolute(s);
}

void event_new_id(struct event_ids *ids, char out[EVENT_ID_LEN + 1])
{
    enum { ID_BYTES = 16 };

    if (ids->left < ID_BYTES) {
        entropy_fill(ids->random, sizeof ids->random);
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

/* The attributes and extensions that are a plain string, each with the text before its value. */
static const struct attribute {
    struct str name;
    struct str before;
    size_t offset;
    bool extension;
} attributes[] = {
/* clang-format off */
#define ROW(name, field, extension) \
    {{name, sizeof name - 1}, {",\"" name "\":\"", sizeof ",\"" name "\":\"" - 1}, \
     offsetof(struct event, field), extension}
#define ATTRIBUTE(name, field) ROW(name, field, false)
#define EXTENSION(name, field) ROW(name, field, true)
    ATTRIBUTE("subject", subject),
    ATTRIBUTE("datacontenttype", content_type),
    ATTRIBUTE("dataschema", data_schema),
    EXTENSION("application", application),
    EXTENSION("applicationuid", application_uid),
    EXTENSION("device", device),
    EXTENSION("deviceuid", device_uid),
    EXTENSION("sender", sender),
    EXTENSION("senderuid", sender_uid),
    EXTENSION("instance", instance),
/* clang-format on */
#undef EXTENSION
#undef ATTRIBUTE
#undef ROW
};

/* Its bit in hidden follows those of the table. */
static const struct str partition_key = {"partitionkey", 12};

enum { SUBJECT = 0, PARTITION_KEY = COUNT(attributes), HAVE_BITS };

_Static_assert(HAVE_BITS <= 32, "hidden has a bit for each");

static bool is_hidden(const struct event *e, size_t which)
{
    return (e->hidden >> which & 1) != 0;
}

/* The event's own extension of that name is left out from now on. */
static void hide(struct event *e, struct str name)
{
    if (str_equal(name, partition_key))
        e->hidden |= UINT32_C(1) << PARTITION_KEY;
    for (size_t i = 0; i < COUNT(attributes); i++)
        if (attributes[i].extension && str_equal(name, attributes[i].name))
            e->hidden |= UINT32_C(1) << i;
}

void event_set_extension(struct event *e, struct str name, struct str value)
{
    size_t i = 0;

    while (i < e->extension_count && !str_equal(e->extensions[i].name, name))
        i++;
    if (i == e->extension_count) {
        assert(e->extensions != NULL && i < EVENT_MAX_EXTENSIONS);
        hide(e, name);
        e->extension_count++;
    }
    e->extensions[i] = (struct event_extension){name, value};
}

void event_remove_extension(struct event *e, struct str name)
{
    size_t kept = 0;

    hide(e, name);
    for (size_t i = 0; i < e->extension_count; i++)
        if (!str_equal(e->extensions[i].name, name))
            e->extensions[kept++] = e->extensions[i];
    e->extension_count = kept;
}

bool event_extension_allowed(struct str name)
{
    static const char *const core[] = {"specversion", "id",   "source",          "type",
                                       "subject",     "time", "datacontenttype", "dataschema",
                                       "data"};

    for (size_t i = 0; i < COUNT(core); i++)
        if (str_equal(name, str_from(core[i])))
            return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_alnum((uint8_t)name.ptr[i]) || (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z'))
            return false;
    return name.len > 0 && name.len <= EVENT_EXTENSION_NAME_MAX;
}

static void add_member(struct buf *out, struct str before, struct str value)
{
    buf_add_str(out, before);
    add_escaped(out, value);
    buf_add_char(out, '"');
}

static void add_extensions(struct buf *out, const struct event *e)
{
    for (size_t i = 0; i < e->extension_count; i++) {
        buf_add_str(out, STR(",\""));
        buf_add_str(out, e->extensions[i].name);
        add_member(out, STR("\":\""), e->extensions[i].value);
    }
}

void event_add_source(const struct event *e, struct buf *out)
{
    /* Drogue writes the application as it is; where that would be no URI it is encoded too */
    buf_add_str(out, STR("drogue://"));
    add_percent_encoded(out, e->application, "-._~");
    buf_add_char(out, '/');
    add_percent_encoded(out, e->device, "");
}

void event_add_partition_key(const struct event *e, struct buf *out)
{
    add_percent_encoded(out, e->application, "");
    buf_add_char(out, '/');
    add_percent_encoded(out, e->sender, "");
}

bool event_has_partition_key(const struct event *e)
{
    return !is_hidden(e, PARTITION_KEY) && !mutant_is(MUTANT_EVENT_PARTITION_KEY_MISSING);
}

struct str event_type(const struct event *e)
{
    if (mutant_is(MUTANT_EVENT_TYPE_WRONG))
        return STR("com.example.event");
    return e->type.len > 0 ? e->type : STR("io.drogue.event.v1");
}

static struct str attribute_of(const struct event *e, size_t which)
{
    return *(const struct str *)(const void *)((const char *)e + attributes[which].offset);
}

/* Whether attribute i stands in the event; an empty one is left out. */
static bool is_written(const struct event *e, size_t i, struct str value)
{
    return (value.len > 0 || (i == SUBJECT && mutant_is(MUTANT_EMPTY_CHANNEL_PUBLISHED))) &&
           !is_hidden(e, i);
}

size_t event_texts(const struct event *e, struct event_extension out[EVENT_MAX_TEXTS])
{
    size_t count = 0;

    _Static_assert(COUNT(attributes) + EVENT_MAX_EXTENSIONS <= EVENT_MAX_TEXTS, "room for all");
    for (size_t i = 0; i < COUNT(attributes); i++) {
        struct str value = attribute_of(e, i);

        if (is_written(e, i, value))
            out[count++] = (struct event_extension){attributes[i].name, value};
    }
    for (size_t i = 0; i < e->extension_count; i++)
        out[count++] = e->extensions[i];
    return count;
}

static void add_data(struct buf *out, const struct event *e)
{
    switch (e->data) {
    case EVENT_UNCLASSIFIED:
        assert(false && "event_classify comes first");
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
    add_member(out, STR("{\"specversion\":\"1.0\",\"type\":\""), event_type(e));
    add_member(out, STR(",\"id\":\""), (struct str){e->id, EVENT_ID_LEN});
    buf_add_str(out, STR(",\"time\":\""));
    rfc3339_format(e->time_us, out);
    buf_add_str(out, STR("\",\"source\":\""));
    event_add_source(e, out);
    if (event_has_partition_key(e)) {
        buf_add_str(out, STR("\",\"partitionkey\":\""));
        event_add_partition_key(e, out);
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < COUNT(attributes); i++) {
        struct str value = attribute_of(e, i);

        if (is_written(e, i, value))
            add_member(out, attributes[i].before, value);
    }
    add_extensions(out, e);
    add_data(out, e);
}

size_t event_encoded_max(const struct event *e)
{
    enum { FIXED = 256, ESCAPED = 6, PERCENT = 3 }; /* FIXED: specversion up to partitionkey */
    size_t max = FIXED + PERCENT * (2 * e->application.len + e->device.len + e->sender.len) +
                 ESCAPED * (e->payload.len + e->type.len) + sizeof ",\"data_base64\":\"\"}" + 4;

    for (size_t i = 0; i < COUNT(attributes); i++) {
        struct str value = attribute_of(e, i);

        max += attributes[i].before.len + ESCAPED * value.len + 1;
    }
    for (size_t i = 0; i < e->extension_count; i++)
        max +=
            sizeof ",\"\":\"\"" + e->extensions[i].name.len + ESCAPED * e->extensions[i].value.len;
    return max;
}
