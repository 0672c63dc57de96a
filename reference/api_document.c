#include "reference/api_document.h"

json_t *api_document_take(const struct api_request *request, struct api_reply *reply)
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
