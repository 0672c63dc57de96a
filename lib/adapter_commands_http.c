/* Drogue Cloud's command API, `/api/command/v1alpha1`. */
#include <stdlib.h>

#include "lib/adapter_command.h"
#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/drogue_api.h"

static const char section[] = "commands.http";

/* Any status is an answer: the case judges it. */
static json_t *reply_of(const json_t *request, const struct http_answer *answer)
{
    struct buf body = buf_growing();
    json_t *reply = adapter_reply_ok();

    UNUSED(request);
    base64_encode(&body, answer->body.ptr, answer->body.len);
    (void)json_object_set_new(reply, "status", json_integer(answer->status));
    (void)json_object_set_new(reply, "body_base64",
                              json_stringn(body.len == 0 ? "" : body.ptr, body.len));
    if (answer->content_type.len > 0)
        (void)json_object_set_new(reply, "content_type",
                                  json_stringn(answer->content_type.ptr, answer->content_type.len));
    buf_fini(&body);
    return reply;
}

static struct buf path_of(const char *application, const char *device, const char *name)
{
    struct buf path = buf_growing();

    buf_add_str(&path, STR("/api/command/v1alpha1/apps/"));
    drogue_add_encoded(&path, application);
    buf_add_str(&path, STR("/devices/"));
    drogue_add_encoded(&path, device);
    buf_add_str(&path, STR("?command="));
    drogue_add_encoded(&path, name);
    buf_add_char(&path, '\0');
    return path;
}

static void call_commands(struct adapter *a, struct adapter_call *call)
{
    struct adapter_command c;

    if (!adapter_command_read(call, &c))
        return;
    struct buf path = path_of(c.application, c.device, c.name);

    drogue_send(a->world, &a->world->target->commands.http, call,
                &(struct drogue_request){
                    .section = section,
                    .method = "POST",
                    .path = path.ptr,
                    .content_type = c.content_type,
                    .body = c.payload,
                    .reply = reply_of,
                });
    buf_fini(&path);
    adapter_command_fini(&c);
}

static void free_commands(struct adapter *a)
{
    free(a);
}

struct adapter *adapter_commands_http(const struct adapter_world *world)
{
    static const struct adapter_functions functions = {
        .name = section, .call = call_commands, .free = free_commands};
    struct adapter *a = xcalloc(1, sizeof *a);

    *a = (struct adapter){&functions, world};
    return a;
}
