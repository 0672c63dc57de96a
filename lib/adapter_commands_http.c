/* Drogue Cloud's command API, `/api/command/v1alpha1`. */
#include <stdlib.h>

#include "lib/adapter.h"
#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/drogue_api.h"

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
    const json_t *request = call->request;
    const char *application = adapter_text(request, "application");
    const char *device = adapter_text(request, "device"), *name = adapter_text(request, "name");
    const char *payload = adapter_text(request, "payload_base64");
    struct str text = payload == NULL ? (struct str){NULL, 0} : str_from(payload);
    uint8_t *bytes;
    size_t len = 0;

    if (application == NULL || device == NULL || name == NULL) {
        call->answered(call, adapter_reply_failed(ADAPTER_BROKEN, 0,
                                                  "command needs application, device and name"));
        return;
    }
    bytes = xmalloc(BASE64_DECODED_MAX(text.len));
    if (!base64_decode(text, bytes, BASE64_DECODED_MAX(text.len), &len)) {
        call->answered(call,
                       adapter_reply_failed(ADAPTER_BROKEN, 0, "payload_base64 is no base64"));
    } else {
        struct buf path = path_of(application, device, name);

        drogue_send(a->world, &a->world->target->commands.http, call,
                    &(struct drogue_request){
                        .method = "POST",
                        .path = path.ptr,
                        .content_type = adapter_text(request, "content_type"),
                        .body = {(const char *)bytes, len},
                        .reply = reply_of,
        });
        buf_fini(&path);
    }
    free(bytes);
}

static void free_commands(struct adapter *a)
{
    free(a);
}

struct adapter *adapter_commands_http(const struct adapter_world *world)
{
    static const struct adapter_functions functions = {
        .name = "commands.http", .call = call_commands, .free = free_commands};
    struct adapter *a = xcalloc(1, sizeof *a);

    *a = (struct adapter){&functions, world};
    return a;
}
