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
#include "reference/api_functions.h"

#include <stdlib.h>

enum {
    LIST_PAGE = 64,         /* documents in memory at once, of up to 64 KiB each */
    LOCATION_LEN = 2048,    /* two names of 255 bytes, each byte escaped */
    NUMBER_MAX_DIGITS = 15, /* far from overflow */
};

static const char apps_path[] = "/api/registry/v1alpha1/apps/";

static const struct fault_row {
    unsigned status;
    const char *error;
    const char *message; /* when the registry gives no text */
} faults[] = {
    [REGISTRY_OK] = {200, "",                   ""                              },
    [REGISTRY_NOT_FOUND] = {404, "NotFound",           "no such application or device" },
    [REGISTRY_REFERENCE_NOT_FOUND] = {404, "ReferenceNotFound",  "no such application"           },
    [REGISTRY_CONFLICT] = {409, "Conflict",
                     "it exists already, a name of it is taken, or uid or resourceVersion "
                           "are not the current ones"                           },
    [REGISTRY_INVALID] = {400, "BadRequest",         "the document is not valid"     },
    [REGISTRY_STORE] = {503, "ServiceUnavailable", "the registry's database failed"},
};

static void reply_fault(struct api_reply *reply, enum registry_err err, const char *why)
{
    const struct fault_row *row = &faults[err];
    bool has_why = why != NULL && *why != '\0';

    api_reply_error(reply, row->status, row->error, "%s", has_why ? why : row->message);
}

/* The body as an object, to be freed by the caller; NULL: the reply says why. */
static json_t *take_document(const struct api_request *request, struct api_reply *reply)
{
    char why[API_JSON_WHY_LEN];
    json_t *doc;
    enum api_json_err err = api_body_json(request, &doc, why);

    if (err == API_JSON_OK)
        return doc;
    if (err == API_JSON_MEDIA_TYPE)
        api_reply_error(reply, 415, "UnsupportedMediaType", "%s", why);
    else
        api_reply_error(reply, 400, "BadRequest", "%s", why);
    return NULL;
}

static struct str metadata_name(const json_t *doc)
{
    const json_t *name = json_object_get(json_object_get(doc, "metadata"), "name");

    return (struct str){json_string_value(name), json_string_length(name)};
}

/* Where doc names itself otherwise than the path does, the reply is 400. */
static bool agrees(const json_t *doc, const char *member, struct str in_path,
                   struct api_reply *reply)
{
    const json_t *value = json_object_get(json_object_get(doc, "metadata"), member);

    if (!json_is_string(value))
        return true; /* the registry says what is missing */
    if (str_equal((struct str){json_string_value(value), json_string_length(value)}, in_path))
        return true;
    api_reply_error(reply, 400, "BadRequest", "metadata.%s is not the name in the address", member);
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

/* --- lists --- */

struct listing {
    struct registry *registry;
    char *app; /* NULL: the list of applications */
    char *labels;
    int64_t left;   /* documents still wanted; negative: all */
    int64_t offset; /* of the first page */
    char *after;    /* the last name sent; NULL at the beginning */
    bool begun;
    enum registry_err err;
    char why[REGISTRY_WHY_LEN];
};

static void listing_free(void *arg)
{
    struct listing *listing = arg;

    free(listing->app);
    free(listing->labels);
    free(listing->after);
    free(listing);
}

static json_t *fetch_page(struct listing *listing, int64_t limit)
{
    struct registry_page page = {.labels = listing->labels, .limit = limit};
    json_t *docs = NULL;

    if (listing->after == NULL)
        page.offset = listing->offset;
    else
        page.after = str_from(listing->after);

    listing->why[0] = '\0';
    listing->err = listing->app == NULL
                       ? registry_app_list(listing->registry, &page, &docs, listing->why)
                       : registry_device_list(listing->registry, str_from(listing->app), &page,
                                              &docs, listing->why);
    return docs;
}

static enum api_more listing_next(void *arg, struct buf *out)
{
    struct listing *listing = arg;
    bool few = listing->left >= 0 && listing->left < LIST_PAGE;
    int64_t limit = few ? listing->left : LIST_PAGE;
    json_t *docs = fetch_page(listing, limit);

    if (listing->err != REGISTRY_OK)
        return API_MORE_FAILED;
    size_t count = json_array_size(docs);

    for (size_t i = 0; i < count; i++) {
        buf_add_char(out, listing->begun ? ',' : '[');
        listing->begun = true;
        api_add_json(out, json_array_get(docs, i));
    }
    if (count > 0) {
        free(listing->after);
        listing->after = xstrdup(metadata_name(json_array_get(docs, count - 1)));
    }
    json_decref(docs);
    if (listing->left >= 0)
        listing->left -= (int64_t)count;
    if ((int64_t)count == limit && listing->left != 0)
        return API_MORE;
    buf_add_str(out, listing->begun ? STR("]") : STR("[]"));
    return API_MORE_LAST;
}

/* Decimal digits only, as Drogue. Absent: *out stays. */
static bool take_number(const struct api_request *request, const char *name, int64_t *out,
                        struct api_reply *reply)
{
    struct str text;
    size_t count = api_target_param(&request->target, name, &text);
    bool good = count == 1 && text.len > 0 && text.len <= NUMBER_MAX_DIGITS;
    int64_t value = 0;

    if (count == 0)
        return true;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        value = value * 10 + (text.ptr[i] - '0');
    }
    if (!good) {
        api_reply_error(reply, 400, "BadRequest", "%s must be one number, 0 or more", name);
        return false;
    }
    *out = value;
    return true;
}

static void reply_list(const struct api_context *context, const struct api_request *request,
                       const struct str *app, struct api_reply *reply)
{
    struct listing *listing = xcalloc(1, sizeof *listing);
    struct str labels;
    size_t labels_count = api_target_param(&request->target, "labels", &labels);

    listing->left = -1;
    if (!take_number(request, "limit", &listing->left, reply) ||
        !take_number(request, "offset", &listing->offset, reply))
        goto out;
    if (labels_count > 1) {
        api_reply_error(reply, 400, "BadRequest", "labels is given more than once");
        goto out;
    }
    listing->registry = context->backend->registry;
    listing->app = app == NULL ? NULL : xstrdup(*app);
    listing->labels = labels.len == 0 ? NULL : xstrdup(labels);
    api_reply_empty(reply, 200);
    reply->content_type = "application/json";
    switch (listing_next(listing, &reply->body)) {
    case API_MORE:
        reply->pieces = (struct api_pieces){listing_next, listing_free, listing};
        return; /* the reply owns the listing now */
    case API_MORE_LAST:
        break;
    case API_MORE_FAILED:
        reply_fault(reply, listing->err, listing->why);
        break;
    }
out:
    listing_free(listing);
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
    *doc = take_document(request, reply);
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
        reply_fault(reply, err, why);
}

static void reply_document(struct api_reply *reply, enum registry_err err, json_t *doc)
{
    if (err != REGISTRY_OK) {
        reply_fault(reply, err, NULL);
        return;
    }
    api_reply_json(reply, 200, doc);
    json_decref(doc);
}

/* --- applications --- */

void api_app_list(const struct api_context *context, const struct api_request *request,
                  struct api_reply *reply)
{
    reply_list(context, request, NULL, reply);
}

void api_app_create(const struct api_context *context, const struct api_request *request,
                    struct api_reply *reply)
{
    char why[REGISTRY_WHY_LEN] = "";
    json_t *doc = take_document(request, reply);

    if (doc == NULL)
        return;
    enum registry_err err = registry_app_create(context->backend->registry, doc, why);

    if (err == REGISTRY_OK)
        reply_created(reply, metadata_name(doc), NULL);
    else
        reply_fault(reply, err, why);
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
    json_t *doc = take_document(request, reply);

    if (doc != NULL && agrees(doc, "name", request->name[0], reply))
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
    reply_list(context, request, &request->name[0], reply);
}

void api_device_create(const struct api_context *context, const struct api_request *request,
                       struct api_reply *reply)
{
    char why[REGISTRY_WHY_LEN] = "";
    json_t *doc = take_document(request, reply);

    if (doc != NULL && agrees(doc, "application", request->name[0], reply)) {
        enum registry_err err = registry_device_create(context->backend->registry, doc, why);

        if (err == REGISTRY_OK) {
            struct str name = metadata_name(doc);

            reply_created(reply, request->name[0], &name);
        } else {
            reply_fault(reply, err, why);
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
    json_t *doc = take_document(request, reply);

    if (doc != NULL && agrees(doc, "application", request->name[0], reply) &&
        agrees(doc, "name", request->name[1], reply))
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
