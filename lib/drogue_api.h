/*
 * Calls of Drogue Cloud's REST APIs: paths, authorization, what an answer means.
 */
#ifndef LIB_DROGUE_API_H
#define LIB_DROGUE_API_H

#include "lib/adapter.h"

struct drogue_call;
typedef json_t *(*drogue_reply_fn)(const json_t *request, const struct http_answer *answer);

/*
 * One HTTP request for call, which is answered with what reply makes of an HTTP answer; when none
 * comes, or api's token file cannot be read, or it is not such an API that answers, with a failure
 * that names the field of the target file. path begins with `/`, percent-encoded.
 */
struct drogue_request {
    const char *method;
    const char *path;
    const char *content_type;
    struct str body;
    drogue_reply_fn reply;
    const char *section; /* of the target file: `registry.drogue`, where the API is */
};
void drogue_send(const struct adapter_world *world, const struct target_api *api,
                 struct adapter_call *call, const struct drogue_request *request);

/* Appends text as one segment of a path or value of a query. */
void drogue_add_encoded(struct buf *path, const char *text);
/* refused, with the status and what the body says. */
json_t *drogue_refusal(const struct http_answer *answer);

#endif
