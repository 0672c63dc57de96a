#include "lib/cloudevent_glance.h"

static const struct member {
    const char *name;
    size_t offset;
} members[] = {
    {"id",          offsetof(struct cloudevent_glance, id)         },
    {"source",      offsetof(struct cloudevent_glance, source)     },
    {"type",        offsetof(struct cloudevent_glance, type)       },
    {"application", offsetof(struct cloudevent_glance, application)},
    {"device",      offsetof(struct cloudevent_glance, device)     },
};

static struct str *place(struct cloudevent_glance *g, const struct member *m)
{
    return (struct str *)(void *)((char *)g + m->offset);
}

/* The characters of a JSON string. */
static struct str characters(struct str value, struct buf *scratch)
{
    size_t from = scratch->len;

    if (memchr(value.ptr, '\\', value.len) == NULL)
        return (struct str){value.ptr + 1, value.len - 2};
    (void)json_walk_string(value, scratch);
    return (struct str){scratch->ptr + from, scratch->len - from};
}

static void take_data(struct cloudevent_glance *g, struct str value, bool base64,
                      struct buf *scratch)
{
    bool is_string = value.ptr[0] == '"';

    if (g->data_kind != CLOUDEVENT_NO_DATA)
        return;
    if (base64)
        g->data_kind = CLOUDEVENT_BASE64;
    else
        g->data_kind = is_string ? CLOUDEVENT_TEXT : CLOUDEVENT_JSON;
    if (is_string)
        g->data = characters(value, scratch);
    else if (!base64)
        g->data = value;
}

static void take_member(struct cloudevent_glance *g, struct str key, struct str value,
                        struct buf *scratch)
{
    struct str name = characters(key, scratch);

    if (str_equal(name, STR("data")) || str_equal(name, STR("data_base64"))) {
        take_data(g, value, name.len > 4, scratch);
        return;
    }
    for (size_t i = 0; i < COUNT(members); i++) {
        struct str *out = place(g, &members[i]);

        if (str_equal(name, str_from(members[i].name)) && value.ptr[0] == '"' && out->ptr == NULL)
            *out = characters(value, scratch);
    }
}

bool cloudevent_glance(struct cloudevent_glance *g, struct str text, struct buf *scratch)
{
    struct str value, key;
    struct json_walk w;
    bool is_object;

    *g = (struct cloudevent_glance){.data_kind = CLOUDEVENT_NO_DATA};
    buf_clear(scratch);
    /* decoded text is never longer than it was: nothing moves */
    (void)buf_reserve(scratch, text.len + 1);
    if (!json_walk_value(&text, &value) || text.len > 0 || value.ptr[0] != '{')
        return false;
    is_object = json_walk_begin(&w, value);
    assert(is_object);
    UNUSED(is_object);
    while (json_walk_next(&w, &key, &value))
        take_member(g, key, value, scratch);
    return true;
}

void cloudevent_glance_at(struct cloudevent_glance *g, const struct cloudevent *e)
{
    *g = (struct cloudevent_glance){.data_kind = e->data_kind == CLOUDEVENT_BASE64 ? CLOUDEVENT_BODY
                                                                                   : e->data_kind,
                                    .data = e->data};
    for (size_t i = 0; i < COUNT(members); i++) {
        const struct cloudevent_attribute *a = cloudevent_find(e, members[i].name);

        if (a != NULL && a->type == CLOUDEVENT_STRING)
            *place(g, &members[i]) = a->value;
    }
}
