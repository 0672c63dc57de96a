/*
 * One HTTP request as the API's functions see it: what it says, without the library that read it.
 */
#ifndef REFERENCE_API_REQUEST_H
#define REFERENCE_API_REQUEST_H

#include <jansson.h>

#include "lib/base.h"
#include "reference/api_target.h"

enum { API_MAX_NAMES = 2 };

/* Header fields that decide something. A field that came twice is a count, never a guess. */
struct api_fields {
    struct str host;
    struct str authorization;
    struct str content_type;
    struct str content_length;
    size_t host_count;
    size_t authorization_count;
    size_t content_type_count;
    size_t content_length_count;
    size_t transfer_encoding_count;
    size_t origin_count;
    size_t expect_count;
};

/* Everything is borrowed for the time of the call. */
struct api_request {
    struct str method;
    bool http_1_0; /* the only version in which Host may be missing */
    struct api_target target;
    struct str name[API_MAX_NAMES]; /* what stands for each `{}` of the route's pattern */
    struct api_fields fields;
    struct str body;
    bool trusted; /* came over loopback, or with the token */
};

/* Content-Type is JSON: `application/json`, `text/json` or `…+json`, with any parameter. */
bool api_declares_json(const struct api_request *request);

enum api_json_err { API_JSON_OK, API_JSON_MEDIA_TYPE, API_JSON_EMPTY, API_JSON_SYNTAX };

enum { API_JSON_WHY_LEN = 256 };

/*
 * The body as a JSON object, which is the caller's. A body without Content-Type may be JSON; one
 * that declares something else is API_JSON_MEDIA_TYPE. why (API_JSON_WHY_LEN bytes): what is wrong
 * and where. It may quote the body: for the client, never for a log.
 */
enum api_json_err api_body_json(const struct api_request *request, json_t **out,
                                char *why) MUST_CHECK;

#endif
