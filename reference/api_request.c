#include "reference/api_request.h"

#include <stdio.h>
#include <strings.h>

static bool equal_ignoring_case(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

/* RFC 9110 8.3.1: `type/subtype` without its parameters and the white space around it. */
static struct str media_type(struct str field)
{
    const char *end = field.len == 0 ? NULL : memchr(field.ptr, ';', field.len);

    if (end != NULL)
        field.len = (size_t)(end - field.ptr);
    while (field.len > 0 && (*field.ptr == ' ' || *field.ptr == '\t')) {
        field.ptr++;
        field.len--;
    }
    while (field.len > 0 && (field.ptr[field.len - 1] == ' ' || field.ptr[field.len - 1] == '\t'))
        field.len--;
    return field;
}

bool api_declares_json(const struct api_request *request)
{
    static const struct str suffix = {"+json", 5};
    struct str type = media_type(request->fields.content_type);

    if (equal_ignoring_case(type, STR("application/json")) ||
        equal_ignoring_case(type, STR("text/json")))
        return true;
    if (type.len <= suffix.len)
        return false;
    return equal_ignoring_case((struct str){type.ptr + type.len - suffix.len, suffix.len}, suffix);
}

enum api_json_err api_body_json(const struct api_request *request, json_t **out, char *why)
{
    json_error_t error;

    *out = NULL;
    if (request->fields.content_type_count > 0 && !api_declares_json(request)) {
        (void)snprintf(why, API_JSON_WHY_LEN,
                       "the body must be JSON: send it with Content-Type: application/json");
        return API_JSON_MEDIA_TYPE;
    }
    if (request->body.len == 0) {
        (void)snprintf(why, API_JSON_WHY_LEN, "the body is empty: a JSON object is expected");
        return API_JSON_EMPTY;
    }
    *out = json_loadb(request->body.ptr, request->body.len, JSON_REJECT_DUPLICATES, &error);
    if (*out == NULL) {
        (void)snprintf(why, API_JSON_WHY_LEN, "the body is no JSON: line %d column %d: %s",
                       error.line, error.column, error.text);
        return API_JSON_SYNTAX;
    }
    if (!json_is_object(*out)) {
        json_decref(*out);
        *out = NULL;
        (void)snprintf(why, API_JSON_WHY_LEN, "the body must be a JSON object");
        return API_JSON_SYNTAX;
    }
    return API_JSON_OK;
}
