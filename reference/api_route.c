#include "reference/api_route.h"

#include "reference/api_functions.h"

#define APPS "/api/registry/v1alpha1/apps"
#define DEVICES APPS "/{}/devices"

static const struct api_route routes[] = {
    {"GET",    "/livez",                                   api_livez,         true,  API_PART_ANY     },
    {"GET",    "/readyz",                                  api_readyz,        true,  API_PART_ANY     },
    {"GET",    "/metrics",                                 api_metrics,       false, API_PART_ANY     },
    {"GET",    APPS,                                       api_app_list,      false, API_PART_REGISTRY},
    {"POST",   APPS,                                       api_app_create,    false, API_PART_REGISTRY},
    {"GET",    APPS "/{}",                                 api_app_get,       false, API_PART_REGISTRY},
    {"PUT",    APPS "/{}",                                 api_app_update,    false, API_PART_REGISTRY},
    {"DELETE", APPS "/{}",                                 api_app_delete,    false, API_PART_REGISTRY},
    {"GET",    DEVICES,                                    api_device_list,   false, API_PART_REGISTRY},
    {"POST",   DEVICES,                                    api_device_create, false, API_PART_REGISTRY},
    {"GET",    DEVICES "/{}",                              api_device_get,    false, API_PART_REGISTRY},
    {"PUT",    DEVICES "/{}",                              api_device_update, false, API_PART_REGISTRY},
    {"DELETE", DEVICES "/{}",                              api_device_delete, false, API_PART_REGISTRY},
    {"POST",   "/api/command/v1alpha1/apps/{}/devices/{}", api_command_send,  false, API_PART_DEVICES },
    {"POST",   "/api/v1/auth",                             api_authn_prove,   false, API_PART_AUTHN   },
    {"POST",   "/api/v1/keys",                             api_authn_key,     false, API_PART_AUTHN   },
    {"POST",   "/api/v1/authorize_as",                     api_authn_gateway, false, API_PART_AUTHN   },
};

static bool has_part(const struct api_backend *backend, enum api_part part)
{
    switch (part) {
    case API_PART_ANY:
        return true;
    case API_PART_REGISTRY:
        return backend->registry != NULL;
    case API_PART_DEVICES:
        return backend->commands != NULL;
    case API_PART_AUTHN:
        return backend->authn != NULL;
    }
    return false;
}

static bool path_matches(const char *pattern, struct api_request *request)
{
    const struct api_target *target = &request->target;
    size_t names = 0;
    size_t i = 0;

    while (*pattern == '/') {
        struct str want = {pattern + 1, strcspn(pattern + 1, "/")};

        if (i == target->segment_count)
            return false;
        struct str got = target->segment[i++];

        if (str_equal(want, STR("{}"))) {
            if (got.len == 0)
                return false;
            request->name[names++] = got;
        } else if (!str_equal(want, got)) {
            return false;
        }
        pattern = want.ptr + want.len;
    }
    return i == target->segment_count;
}

/* RFC 9110 9.3.2: HEAD is GET without the body, which the HTTP library leaves out. */
static bool method_matches(const char *method, struct str got)
{
    return str_equal(str_from(method), got) ||
           (strcmp(method, "GET") == 0 && str_equal(got, STR("HEAD")));
}

const struct api_route *api_route_find(const struct api_context *context,
                                       struct api_request *request, struct api_reply *reply)
{
    char allow_bytes[64];
    struct buf allow = buf_over(allow_bytes, sizeof allow_bytes);

    for (size_t i = 0; i < COUNT(routes); i++) {
        const struct api_route *route = &routes[i];

        if (!has_part(context->backend, route->part) || !path_matches(route->pattern, request))
            continue;
        if (method_matches(route->method, request->method))
            return route;
        buf_add_str(&allow, allow.len == 0 ? STR("") : STR(", "));
        buf_add_str(&allow, str_from(route->method));
        if (strcmp(route->method, "GET") == 0)
            buf_add_str(&allow, STR(", HEAD"));
    }
    if (allow.len == 0) {
        api_reply_error(reply, 404, "NotFound", "no such resource");
        return NULL;
    }
    assert(!allow.overflow);
    api_reply_error(reply, 405, "MethodNotAllowed", "this resource answers %.*s", (int)allow.len,
                    allow.ptr);
    api_reply_header(reply, "Allow", buf_str(&allow)); /* RFC 9110 15.5.6 */
    return NULL;
}
