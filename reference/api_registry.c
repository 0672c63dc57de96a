/*
 * Drogue Cloud's registry API, `/api/registry/v1alpha1/apps…`.
 *
 * As Drogue: statuses, `Location`, empty bodies of success, labels/limit/offset, optimistic locks
 * by metadata.uid and metadata.resourceVersion, optional preconditions in the body of DELETE.
 *
 * Kinder than Drogue, where a client that knows Drogue cannot be hurt by it: every refusal says why
 * in Drogue's error body (some of Drogue's are empty); a POST of a device whose
 * metadata.application is not the application of the path is 400 (Drogue makes it in the other
 * application and answers with the address of a device that does not exist); a body that declares
 * another type than JSON is 415; JSON with a name twice is 400.
 */
#include "reference/api_document.h"
#include "reference/api_functions.h"
#include "reference/api_list.h"

enum { LOCATION_LEN = 2048 }; /* two names of 255 bytes, each byte escaped */

static const char apps_path[] = "/api/registry/v1alpha1/apps/";

/* Where doc names another application than the path does, the reply is 400. */
static bool application_agrees(const json_t *doc, struct str in_path, struct api_reply *reply)
{
    const json_t *value = json_object_get(json_object_get(doc, "metadata"), "application");

    if (!json_is_string(value))
        return true; /* the registry says what is missing */
    if (str_equal((struct str){json_string_value(value), json_string_length(value)}, in_path))
        return true;
    api_reply_error(reply, 400, "BadRequest",
                    "metadata.application is not the application in the address");
    return false;
}

static void reply_created(struct api_reply *reply, struct str app, const struct str *device)
{
    char bytes[LOCATION_LEN];
    struct buf location = buf_over(bytes, sizeof bytes);

    buf_add_str(&location, str_from(apps_path));
    api_percent_encode(&location, app);
    if (device != NULL) {
        buf_add_str(&location, STR("/devices/"));
        api_percent_encode(&location, *device);
    }
    assert(!location.overflow);
    api_reply_empty(reply, 201);
    api_reply_header(reply, "Location", buf_str(&location));
}

/* --- deletion --- */

/* *out: the preconditions or NULL; *doc is the caller's and holds them. */
static bool take_preconditions(const struct api_request *request, json_t **doc, const json_t **out,
                               struct api_reply *reply)
{
    static const char *const members[] = {"uid", "resourceVersion"};

    *doc = NULL;
    *out = NULL;
    if (request->body.len == 0)
        return true;
    *doc = api_document_take(request, reply);
    if (*doc == NULL)
        return false;
    json_t *conditions = json_object_get(*doc, "preconditions");

    if (conditions == NULL || json_is_null(conditions))
        return true;
    for (size_t i = 0; i < COUNT(members); i++) {
        json_t *value = json_object_get(conditions, members[i]);
        /* an empty text is a variable that was not set: no condition, and not meant as none */
        bool good = value == NULL || json_string_length(value) > 0;

        if (json_is_null(value))
            (void)json_object_del(conditions, members[i]);
        else if (!json_is_object(conditions) || !good) {
            api_reply_error(reply, 400, "BadRequest",
                            "preconditions must be an object with uid and resourceVersion as text");
            return false;
        }
    }
    *out = conditions;
    return true;
}

static void reply_done(struct api_reply *reply, enum registry_err err, const char *why)
{
    if (err == REGISTRY_OK)
        api_reply_empty(reply, 204);
    else
        api_reply_fault(reply, err, why);
}

static void reply_document(struct api_reply *reply, enum registry_err err, json_t *doc)
{
    if (err != REGISTRY_OK) {
        api_reply_fault(reply, err, NULL);
        return;
    }
    api_reply_json(reply, 200, doc);
    json_decref(doc);
}

/* --- applications --- */

void api_app_list(const struct api_context *context, const struct api_request *request,
                  struct api_reply *reply)
{
    api_reply_list(context, request, NULL, reply);
}

void api_app_create(const struct api_context *context, const struct api_request *request,
                    struct api_reply *reply)
{
    char why[REGISTRY_WHY_LEN] = "";
    json_t *doc = api_document_take(request, reply);

    if (doc == NULL)
        return;
    enum registry_err err = registry_app_create(context->backend->registry, doc, why);

    if (err == REGISTRY_OK)
        reply_created(reply, api_metadata_name(doc), NULL);
    else
        api_reply_fault(reply, err, why);
    json_decref(doc);
}

void api_app_get(const struct api_context *context, const struct api_request *request,
                 struct api_reply *reply)
{
    json_t *doc = NULL;
    enum registry_err err = registry_app_get(context->backend->registry, request->name[0], &doc);

    reply_document(reply, err, doc);
}

void api_app_update(const struct api_context *context, const struct api_request *request,
                    struct api_reply *reply)
{
    char why[REGISTRY_WHY_LEN] = "";
    json_t *doc = api_document_take(request, reply);

    if (doc != NULL)
        reply_done(reply,
                   registry_app_update(context->backend->registry, request->name[0], doc, why),
                   why);
    json_decref(doc);
}

void api_app_delete(const struct api_context *context, const struct api_request *request,
                    struct api_reply *reply)
{
    const json_t *conditions;
    json_t *doc;

    if (take_preconditions(request, &doc, &conditions, reply))
        reply_done(reply,
                   registry_app_delete(context->backend->registry, request->name[0], conditions),
                   NULL);
    json_decref(doc);
}

/* --- devices --- */

void api_device_list(const struct api_context *context, const struct api_request *request,
                     struct api_reply *reply)
{
    api_reply_list(context, request, &request->name[0], reply);
}

void api_device_create(const struct api_context *context, const struct api_request *request,
                       struct api_reply *reply)
{
    char why[REGISTRY_WHY_LEN] = "";
    json_t *doc = api_document_take(request, reply);

    if (doc != NULL && application_agrees(doc, request->name[0], reply)) {
        enum registry_err err = registry_device_create(context->backend->registry, doc, why);

        if (err == REGISTRY_OK) {
            struct str name = api_metadata_name(doc);

            reply_created(reply, request->name[0], &name);
        } else {
            api_reply_fault(reply, err, why);
        }
    }
    json_decref(doc);
}

void api_device_get(const struct api_context *context, const struct api_request *request,
                    struct api_reply *reply)
{
    json_t *doc = NULL;
    enum registry_err err =
        registry_device_get(context->backend->registry, request->name[0], request->name[1], &doc);

    reply_document(reply, err, doc);
}

void api_device_update(const struct api_context *context, const struct api_request *request,
                       struct api_reply *reply)
{
    char why[REGISTRY_WHY_LEN] = "";
    json_t *doc = api_document_take(request, reply);

    if (doc != NULL)
        reply_done(reply,
                   registry_device_update(context->backend->registry, request->name[0],
                                          request->name[1], doc, why),
                   why);
    json_decref(doc);
}

void api_device_delete(const struct api_context *context, const struct api_request *request,
                       struct api_reply *reply)
{
    const json_t *conditions;
    json_t *doc;

    if (take_preconditions(request, &doc, &conditions, reply))
        reply_done(reply,
                   registry_device_delete(context->backend->registry, request->name[0],
                                          request->name[1], conditions),
                   NULL);
    json_decref(doc);
}
