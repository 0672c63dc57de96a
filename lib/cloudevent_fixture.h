/*
 * For fuzz targets: messages with headers, and what must be true of every event that was read.
 */
#ifndef LIB_CLOUDEVENT_FIXTURE_H
#define LIB_CLOUDEVENT_FIXTURE_H

#include "lib/cloudevent.h"
#include "lib/utf8.h"

/* Lines `name:value` up to an empty one; text is what is left. */
static inline size_t take_headers(struct str *text, struct cloudevent_header *headers, size_t max)
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

static inline void finish(struct cloudevent *e)
{
    for (size_t i = 0; i < e->attribute_count; i++)
        if (e->fault_count == 0 && !utf8_valid(e->attribute[i].value))
            __builtin_trap();
    cloudevent_fini(e);
}

#endif
