/* Drogue Cloud's registry API, `/api/registry/v1alpha1`: provisions by document. */
#include <stdlib.h>

#include "lib/adapter.h"
#include "lib/buf.h"
#include "lib/drogue_api.h"
#include "lib/drogue_document.h"

static const char section[] = "registry.drogue";

#define BASE "/api/registry/v1alpha1/apps"

static json_t *reply_of(const json_t *request, const struct http_answer *answer)
{
    static const char *const echoed[] = {"application", "device"};

    if (answer->status / 100 != 2)
        return drogue_refusal(answer);
    json_t *reply = adapter_reply_ok();

    (void)json_object_set_new(reply, "status", json_integer(answer->status));
    for (size_t i = 0; i < COUNT(echoed); i++)
        if (json_object_get(request, echoed[i]) != NULL)
            (void)json_object_set(reply, echoed[i], json_object_get(request, echoed[i]));
    return reply;
}

/* `BASE[/app[/devices[/device]]]`; named: with the last name. */
static struct buf path_of(const json_t *request, bool device, bool named)
{
    const char *app = adapter_text(request, "application"), *name = adapter_text(request, "device");
    struct buf path = buf_growing();

    buf_add_str(&path, STR(BASE));
    if (device || named) {
        buf_add_char(&path, '/');
        drogue_add_encoded(&path, app == NULL ? "" : app);
    }
    if (device)
        buf_add_str(&path, STR("/devices"));
    if (device && named) {
        buf_add_char(&path, '/');
        drogue_add_encoded(&path, name == NULL ? "" : name);
    }
    buf_add_char(&path, '\0');
    return path;
}

struct operation {
    const char *op;
    const char *method;
    bool device;
    bool named; /* the path ends in the name */
    json_t *(*document)(const json_t *request, const char *run_id, char *why);
};

static const struct operation operations[] = {
    {"create_application", "POST",   false, false, drogue_application},
    {"update_application", "PUT",    false, true,  drogue_application},
    {"delete_application", "DELETE", false, true,  NULL              },
    {"create_device",      "POST",   true,  false, drogue_device     },
    {"update_device",      "PUT",    true,  true,  drogue_device     },
    {"delete_device",      "DELETE", true,  true,  NULL              },
};

static void send_operation(struct adapter *a, struct adapter_call *call, const struct operation *o)
{
    char why[DROGUE_WHY_LEN] = "";
    json_t *document = NULL;
    char *body = NULL;

    if (adapter_text(call->request, "application") == NULL ||
        (o->device && adapter_text(call->request, "device") == NULL)) {
        call->answered(call, adapter_reply_failed(ADAPTER_BROKEN, 0, "%s needs a name", o->op));
        return;
    }
    if (o->document != NULL) {
        document = o->document(call->request, a->world->run_id, why);
        if (document == NULL) {
            call->answered(call, adapter_reply_failed(ADAPTER_BROKEN, 0, "%s: %s", o->op, why));
            return;
        }
        body = json_dumps(document, JSON_COMPACT);
    }
    struct buf path = path_of(call->request, o->device, o->named);

    drogue_send(a->world, &a->world->target->registry.drogue, call,
                &(struct drogue_request){
                    .section = section,
                    .method = o->method,
                    .path = path.ptr,
                    .content_type = body == NULL ? NULL : "application/json",
                    .body = body == NULL ? (struct str){NULL, 0}
                           : str_from(body),
                    .reply = reply_of,
    });
    buf_fini(&path);
    free(body);
    json_decref(document);
}

/* The names of the applications that carry the run's label, any run's when run is absent. */
static json_t *list_reply(const json_t *request, const struct http_answer *answer)
{
    json_t *apps, *app, *names;
    size_t i;

    UNUSED(request);
    if (answer->status != 200)
        return drogue_refusal(answer);
    apps = json_loadb(answer->body.len == 0 ? "" : answer->body.ptr, answer->body.len, 0, NULL);
    if (!json_is_array(apps)) {
        json_decref(apps);
        return adapter_reply_failed(ADAPTER_BROKEN, 200,
                                    "the list of applications is no JSON array");
    }
    names = json_array();
    json_array_foreach(apps, i, app)
    {
        json_t *name = json_object_get(json_object_get(app, "metadata"), "name");

        if (json_is_string(name))
            (void)json_array_append(names, name);
    }
    json_decref(apps);
    json_t *reply = adapter_reply_ok();

    (void)json_object_set_new(reply, "applications", names);
    return reply;
}

static void send_list(struct adapter *a, struct adapter_call *call)
{
    const char *run = adapter_text(call->request, "run");
    struct buf path = buf_growing();

    buf_add_str(&path, STR(BASE "?limit=1000&labels=" DROGUE_RUN_LABEL));
    if (run != NULL) {
        buf_add_str(&path, STR("%3D"));
        drogue_add_encoded(&path, run);
    }
    buf_add_char(&path, '\0');
    drogue_send(a->world, &a->world->target->registry.drogue, call,
                &(struct drogue_request){
                    .section = section, .method = "GET", .path = path.ptr, .reply = list_reply});
    buf_fini(&path);
}

static void call_registry(struct adapter *a, struct adapter_call *call)
{
    const char *op = adapter_text(call->request, "op");

    for (size_t i = 0; op != NULL && i < COUNT(operations); i++) {
        if (strcmp(op, operations[i].op) == 0) {
            send_operation(a, call, &operations[i]);
            return;
        }
    }
    if (op != NULL && strcmp(op, "list_applications") == 0)
        send_list(a, call);
    else
        call->answered(call, adapter_reply_failed(ADAPTER_UNAVAILABLE, 0, "no such operation"));
}

static void free_registry(struct adapter *a)
{
    free(a);
}

struct adapter *adapter_registry_drogue(const struct adapter_world *world)
{
    static const struct adapter_functions functions = {
        .name = section, .call = call_registry, .free = free_registry};
    struct adapter *a = xcalloc(1, sizeof *a);

    *a = (struct adapter){&functions, world};
    return a;
}
