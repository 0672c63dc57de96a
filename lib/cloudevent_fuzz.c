#include "lib/cloudevent.h"
#include "lib/utf8.h"

/* Lines `name:value` up to an empty one, then the body. */
static size_t take_headers(struct str *text, struct cloudevent_header *headers, size_t max)
{
    size_t count = 0;

    while (count < max && text->len > 0) {
        const char *end = memchr(text->ptr, '\n', text->len);
        size_t len = end == NULL ? text->len : (size_t)(end - text->ptr);
        const char *colon = memchr(text->ptr, ':', len);
        size_t name = colon == NULL ? len : (size_t)(colon - text->ptr);

        if (len > 0)
            headers[count++] = (struct cloudevent_header){
                {text->ptr,                          name                        },
                {text->ptr + name + (colon != NULL), len - name - (colon != NULL)}
            };
        text->ptr += end == NULL ? len : len + 1;
        text->len -= end == NULL ? len : len + 1;
        if (len == 0)
            break;
    }
    return count;
}

static void finish(struct cloudevent *e)
{
    for (size_t i = 0; i < e->attribute_count; i++)
        if (e->fault_count == 0 && !utf8_valid(e->attribute[i].value))
            __builtin_trap();
    cloudevent_fini(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct str text = {(const char *)data, len}, key, value;
    struct cloudevent_header headers[160];
    struct cloudevent e;
    struct json_walk w;

    if (cloudevent_batch_begin(&w, text)) {
        while (json_walk_next(&w, &key, &value)) {
            (void)!cloudevent_read_json(&e, value);
            finish(&e);
        }
    }
    (void)!cloudevent_read_json(&e, text);
    finish(&e);

    size_t count = take_headers(&text, headers, COUNT(headers));

    (void)!cloudevent_read_http(&e, headers, count, text);
    finish(&e);
    return 0;
}
