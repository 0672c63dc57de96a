#include "lib/cloudevent.h"

#include <strings.h>

#include "lib/base64.h"
#include "lib/cloudevent_rules.h"
#include "lib/opt_value.h"

static const char content_type_name[] = "content-type";

static bool equal_any_case(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

/* The media type without its parameters. */
static struct str essence(struct str type)
{
    size_t len = 0;

    while (len < type.len && type.ptr[len] != ';')
        len++;
    while (len > 0 && (type.ptr[len - 1] == ' ' || type.ptr[len - 1] == '\t'))
        len--;
    return (struct str){type.ptr, len};
}

void cloudevent_add_attribute(struct cloudevent *e, struct str name, struct str value,
                              enum cloudevent_type type)
{
    if (e->attribute_count == CLOUDEVENT_MAX_ATTRIBUTES) {
        cloudevent_add_fault(e, "", "has more attributes than can be read");
        return;
    }
    e->attribute[e->attribute_count++] = (struct cloudevent_attribute){
        arena_str(&e->arena, name), arena_str(&e->arena, value), type};
}

/* The characters of a JSON string; lives in the arena. */
static struct str decode_string(struct cloudevent *e, struct str text, bool *whole)
{
    struct buf b = buf_growing();

    *whole = json_walk_string(text, &b);
    struct str s = arena_str(&e->arena, buf_str(&b));

    buf_fini(&b);
    return s;
}

/* CloudEvents JSON 2.2, 2.3: strings, booleans, integers of 32 bits; null stands for absence. */
static void take_attribute(struct cloudevent *e, struct str name, struct str value)
{
    int64_t number;
    bool whole;

    switch (value.ptr[0]) {
    case '"':
        cloudevent_add_attribute(e, name, decode_string(e, value, &whole), CLOUDEVENT_STRING);
        if (!whole)
            cloudevent_add_fault(e, name.ptr, "holds half a surrogate pair");
        return;
    case 't':
    case 'f':
        cloudevent_add_attribute(e, name, value, CLOUDEVENT_BOOLEAN);
        return;
    case 'n':
        return;
    case '{':
    case '[':
        cloudevent_add_fault(e, name.ptr, "is an object or an array");
        return;
    default:
        cloudevent_add_attribute(e, name, value, CLOUDEVENT_INTEGER);
        if (!opt_value_integer(value, &number) || number < INT32_MIN || number > INT32_MAX)
            cloudevent_add_fault(e, name.ptr, "is a number that is no integer of 32 bits");
    }
}

static void take_base64(struct cloudevent *e, struct str value)
{
    bool whole;

    e->data_kind = CLOUDEVENT_BASE64;
    if (value.ptr[0] != '"') {
        cloudevent_add_fault(e, "data_base64", "is no string");
        return;
    }
    struct str text = decode_string(e, value, &whole);
    size_t cap = BASE64_DECODED_MAX(text.len);
    uint8_t *bytes = arena_take(&e->arena, cap, 1);
    size_t len = 0;

    /* RFC 4648 3.2: padding is part of it */
    if (text.len % 4 != 0 || !base64_decode(text, bytes, cap, &len))
        cloudevent_add_fault(e, "data_base64", "is no base64 as in RFC 4648 4");
    e->data = (struct str){(const char *)bytes, len};
}

static void take_data(struct cloudevent *e, struct str value)
{
    bool whole;

    e->data_raw = arena_str(&e->arena, value);
    if (value.ptr[0] == '"') {
        e->data_kind = CLOUDEVENT_TEXT;
        e->data = decode_string(e, value, &whole);
        if (!whole)
            cloudevent_add_fault(e, "data", "holds half a surrogate pair");
    } else {
        e->data_kind = CLOUDEVENT_JSON;
        e->data = e->data_raw;
    }
}

static void take_member(struct cloudevent *e, struct str key, struct str value)
{
    bool whole;
    struct str name = decode_string(e, key, &whole);
    bool is_data = str_equal(name, STR("data")), is_base64 = str_equal(name, STR("data_base64"));

    if (!is_data && !is_base64) {
        take_attribute(e, name, value);
        return;
    }
    if (e->data_kind != CLOUDEVENT_NO_DATA) {
        cloudevent_add_fault(e, name.ptr, "stands beside another data or data_base64");
        return;
    }
    if (is_data)
        take_data(e, value);
    else
        take_base64(e, value);
}

/* After *e was cleared. */
static bool read_json(struct cloudevent *e, struct str text)
{
    struct str value, key;
    struct json_walk w;

    e->mode = CLOUDEVENT_STRUCTURED;
    if (!json_walk_value(&text, &value) || text.len > 0 || value.ptr[0] != '{') {
        cloudevent_add_fault(e, "", "is no JSON object");
        return false;
    }
    bool is_object = json_walk_begin(&w, value);

    assert(is_object);
    while (json_walk_next(&w, &key, &value))
        take_member(e, key, value);
    cloudevent_check(e);
    return true;
}

bool cloudevent_read_json(struct cloudevent *e, struct str text)
{
    *e = (struct cloudevent){0};
    return read_json(e, text);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* CloudEvents HTTP 3.1.3.2. Never longer than its text. */
static struct str decode_header(struct cloudevent *e, const char *name, struct str text)
{
    char *out = arena_take(&e->arena, text.len + 1, 1);
    size_t len = 0;
    bool bad_escape = false, not_encoded = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int high = -1, low = -1;

        if (c == '%' && text.len - i > 2) {
            high = hex_value(text.ptr[i + 1]);
            low = hex_value(text.ptr[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            out[len++] = (char)(high << 4 | low);
            i += 2;
            continue;
        }
        bad_escape = bad_escape || c == '%';
        not_encoded = not_encoded || (uint8_t)c <= 0x20 || (uint8_t)c >= 0x7F || c == '"';
        out[len++] = c;
    }
    if (bad_escape)
        cloudevent_add_fault(e, name, "has a % without two hex digits");
    if (not_encoded)
        cloudevent_add_fault(e, name, "holds a character that must be percent-encoded");
    return (struct str){out, len};
}

static struct str lower_case(struct cloudevent *e, struct str s)
{
    char *out = arena_take(&e->arena, s.len + 1, 1);

    for (size_t i = 0; i < s.len; i++)
        out[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
    return (struct str){out, s.len};
}

static bool read_binary(struct cloudevent *e, const struct cloudevent_header *headers,
                        size_t header_count, struct str body)
{
    for (size_t i = 0; i < header_count; i++) {
        struct str name = headers[i].name;

        if (equal_any_case(name, str_from(content_type_name))) {
            cloudevent_add_attribute(e, STR("datacontenttype"), headers[i].value,
                                     CLOUDEVENT_STRING);
        } else if (name.len > 3 && equal_any_case((struct str){name.ptr, 3}, STR("ce-"))) {
            name = lower_case(e, (struct str){name.ptr + 3, name.len - 3});
            if (str_equal(name, STR("datacontenttype")))
                cloudevent_add_fault(e, name.ptr, "stands in a header of its own");
            else
                cloudevent_add_attribute(e, name, decode_header(e, name.ptr, headers[i].value),
                                         CLOUDEVENT_STRING);
        }
    }
    cloudevent_take_body(e, body);
    return true;
}

enum cloudevent_shape cloudevent_shape_of(struct str content_type)
{
    static const struct str prefix = {"application/cloudevents", 23};
    struct str type = essence(content_type);

    if (equal_any_case(type, STR("application/cloudevents+json")) || equal_any_case(type, prefix))
        return CLOUDEVENT_SHAPE_JSON; /* CloudEvents HTTP 3.2.1 */
    if (type.len > prefix.len && equal_any_case((struct str){type.ptr, prefix.len}, prefix))
        return CLOUDEVENT_SHAPE_FOREIGN;
    return CLOUDEVENT_SHAPE_BINARY;
}

bool cloudevent_read_foreign(struct cloudevent *e, struct str content_type)
{
    e->mode = cloudevent_is_batch(content_type) ? CLOUDEVENT_BATCHED : CLOUDEVENT_STRUCTURED;
    cloudevent_add_fault(e, "", "has a format that is not JSON, or is a batch");
    return false;
}

void cloudevent_take_body(struct cloudevent *e, struct str body)
{
    e->mode = CLOUDEVENT_BINARY;
    if (body.len > 0) {
        e->data_kind = CLOUDEVENT_BODY;
        e->data = arena_str(&e->arena, body);
    }
    cloudevent_check(e);
}

bool cloudevent_read_http(struct cloudevent *e, const struct cloudevent_header *headers,
                          size_t header_count, struct str body)
{
    struct str type = {NULL, 0};

    *e = (struct cloudevent){0};
    for (size_t i = 0; i < header_count; i++)
        if (equal_any_case(headers[i].name, str_from(content_type_name)))
            type = headers[i].value;
    switch (cloudevent_shape_of(type)) {
    case CLOUDEVENT_SHAPE_JSON:
        return read_json(e, body);
    case CLOUDEVENT_SHAPE_FOREIGN:
        return cloudevent_read_foreign(e, type);
    case CLOUDEVENT_SHAPE_BINARY:
        break;
    }
    return read_binary(e, headers, header_count, body);
}

void cloudevent_fini(struct cloudevent *e)
{
    arena_fini(&e->arena);
    *e = (struct cloudevent){0};
}

bool cloudevent_is_batch(struct str type)
{
    return equal_any_case(essence(type), STR("application/cloudevents-batch+json"));
}

bool cloudevent_batch_begin(struct json_walk *w, struct str body)
{
    struct str array;

    return json_walk_value(&body, &array) && body.len == 0 && array.ptr[0] == '[' &&
           json_walk_begin(w, array);
}

const struct cloudevent_attribute *cloudevent_find(const struct cloudevent *e, const char *name)
{
    for (size_t i = 0; i < e->attribute_count; i++)
        if (str_equal(e->attribute[i].name, str_from(name)))
            return &e->attribute[i];
    return NULL;
}

const char *cloudevent_mode_name(enum cloudevent_mode mode)
{
    static const char *const names[] = {"structured", "binary", "batched"};

    return names[mode];
}

const char *cloudevent_data_name(enum cloudevent_data data_kind)
{
    static const char *const names[] = {"none", "json", "text", "base64", "body"};

    return names[data_kind];
}
