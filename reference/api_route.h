/*
 * The table of routes: which method on which path is answered by which function.
 */
#ifndef REFERENCE_API_ROUTE_H
#define REFERENCE_API_ROUTE_H

#include "lib/base.h"
#include "reference/api_context.h"
#include "reference/api_reply.h"
#include "reference/api_request.h"

typedef void api_function(const struct api_context *context, const struct api_request *request,
                          struct api_reply *reply);

/* What of the program a route is about; a program without it does not have the route. */
enum api_part { API_PART_ANY, API_PART_REGISTRY, API_PART_DEVICES, API_PART_AUTHN };

struct api_route {
    const char *method;
    const char *pattern; /* `{}` stands for one segment that is not empty */
    api_function *answer;
    bool open; /* needs no token */
    enum api_part part;
};

/*
 * The route of the request's method and path, and the names in its path. NULL when there is none:
 * then reply holds 404, or 405 with Allow.
 */
const struct api_route *api_route_find(const struct api_context *context,
                                       struct api_request *request,
                                       struct api_reply *reply) MUST_CHECK;

#endif
