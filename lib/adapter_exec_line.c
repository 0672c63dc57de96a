#include "lib/adapter_exec_line.h"

#include "lib/base64.h"
#include "lib/opt_value.h"

enum { MAX_HEADERS = 256 };

/* The value of the object's member, or false. */
static bool find_member(struct str object, struct str quoted_name, struct str *value)
{
    struct json_walk w;
    struct str key;

    if (!json_walk_begin(&w, object) || object.ptr[0] != '{')
        return false;
    while (json_walk_next(&w, &key, value))
        if (str_equal(key, quoted_name))
            return true;
    return false;
}

/* The characters of a JSON string; empty for anything else. */
static struct str text_of(struct arena *arena, struct str value)
{
    struct buf b = buf_growing();

    if (value.len > 0 && value.ptr[0] == '"')
        (void)json_walk_string(value, &b);
    struct str s = arena_str(arena, buf_str(&b));

    buf_fini(&b);
    return s;
}

static bool is_greeting(struct str object)
{
    struct str value;

    return find_member(object, STR("\"protocol\""), &value) &&
           str_equal(value, STR("\"seatrial-adapter\"")) &&
           find_member(object, STR("\"version\""), &value) && str_equal(value, STR("1"));
}

static bool read_http(struct str message, struct adapter_exec_line *out)
{
    struct cloudevent_header headers[MAX_HEADERS];
    struct str value, key, body = {NULL, 0};
    struct json_walk w;
    size_t count = 0, len = 0;
    uint8_t *bytes = NULL;

    if (find_member(message, STR("\"body_base64\""), &value)) {
        body = text_of(&out->arena, value);
        bytes = arena_take(&out->arena, BASE64_DECODED_MAX(body.len), 1);
        if (!base64_decode(body, bytes, BASE64_DECODED_MAX(body.len), &len))
            return false;
    }
    if (!find_member(message, STR("\"headers\""), &value) || value.ptr[0] != '{' ||
        !json_walk_begin(&w, value))
        return false;
    while (json_walk_next(&w, &key, &value) && count < MAX_HEADERS) {
        headers[count++] =
            (struct cloudevent_header){text_of(&out->arena, key), text_of(&out->arena, value)};
    }
    (void)!cloudevent_read_http(&out->event, headers, count, (struct str){(char *)bytes, len});
    return true;
}

enum adapter_exec_kind adapter_exec_read(struct str text, struct adapter_exec_line *out)
{
    struct str object, value;

    *out = (struct adapter_exec_line){0};
    if (!json_walk_value(&text, &object) || text.len > 0 || object.ptr[0] != '{')
        return ADAPTER_EXEC_NONSENSE;
    if (find_member(object, STR("\"event\""), &value)) {
        (void)!cloudevent_read_json(&out->event, value);
        return ADAPTER_EXEC_EVENT;
    }
    if (find_member(object, STR("\"event_http\""), &value))
        return read_http(value, out) ? ADAPTER_EXEC_EVENT : ADAPTER_EXEC_NONSENSE;
    if (find_member(object, STR("\"id\""), &value))
        return opt_value_integer(value, &out->id) ? ADAPTER_EXEC_REPLY : ADAPTER_EXEC_NONSENSE;
    return is_greeting(object) ? ADAPTER_EXEC_GREETING : ADAPTER_EXEC_NONSENSE;
}

void adapter_exec_line_fini(struct adapter_exec_line *line)
{
    cloudevent_fini(&line->event);
    arena_fini(&line->arena);
}
