#include "lib/adapter.h"

#include <stdarg.h>
#include <stdio.h>

void adapter_give(const struct adapter_world *world, const struct cloudevent *e, struct str raw)
{
    struct cloudevent_glance g;

    if (world->glance == NULL) {
        world->event(world->arg, e, raw);
        return;
    }
    cloudevent_glance_at(&g, e);
    world->glance(world->arg, &g);
}

void adapter_give_json(const struct adapter_world *world, struct str text,
                       enum cloudevent_mode mode, struct buf *scratch)
{
    struct cloudevent_glance g;
    struct cloudevent e;

    if (world->glance != NULL) {
        (void)!cloudevent_glance(&g, text, scratch);
        world->glance(world->arg, &g);
        return;
    }
    (void)!cloudevent_read_json(&e, text);
    e.mode = mode;
    world->event(world->arg, &e, text);
    cloudevent_fini(&e);
}

json_t *adapter_reply_ok(void)
{
    return json_pack("{s:b}", "ok", 1);
}

json_t *adapter_reply_failed(enum adapter_failure kind, long status, const char *format, ...)
{
    static const char *const kinds[] = {"unavailable", "refused", "adapter"};
    char text[ADAPTER_WHY_LEN];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *error = json_string(text);
    json_t *reply = json_pack("{s:b, s:s, s:o}", "ok", 0, "kind", kinds[kind], "error",
                              error != NULL ? error : json_string("(no text: not UTF-8)"));

    if (status != 0)
        (void)json_object_set_new(reply, "status", json_integer(status));
    return reply;
}

const char *adapter_text(const json_t *request, const char *name)
{
    return json_string_value(json_object_get(request, name));
}
