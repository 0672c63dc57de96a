#include "reference/api_list.h"

#include <stdlib.h>

enum {
    LIST_PAGE = 64,         /* documents in memory at once, of up to 64 KiB each */
    NUMBER_MAX_DIGITS = 15, /* far from overflow */
};

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

void api_reply_fault(struct api_reply *reply, enum registry_err err, const char *why)
{
    const struct fault_row *row = &faults[err];
    bool has_why = why != NULL && *why != '\0';

    api_reply_error(reply, row->status, row->error, "%s", has_why ? why : row->message);
}

struct str api_metadata_name(const json_t *doc)
{
    const json_t *name = json_object_get(json_object_get(doc, "metadata"), "name");

    return (struct str){json_string_value(name), json_string_length(name)};
}

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
        listing->after = xstrdup(api_metadata_name(json_array_get(docs, count - 1)));
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

void api_reply_list(const struct api_context *context, const struct api_request *request,
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
        api_reply_fault(reply, listing->err, listing->why);
        break;
    }
out:
    listing_free(listing);
}
