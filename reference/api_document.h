/*
 * The JSON document in a request's body, or the refusal of what is none.
 */
#ifndef REFERENCE_API_DOCUMENT_H
#define REFERENCE_API_DOCUMENT_H

#include "reference/api_reply.h"
#include "reference/api_request.h"

/* The body as an object, to be freed by the caller; NULL: the reply says why. */
json_t *api_document_take(const struct api_request *request, struct api_reply *reply) MUST_CHECK;

#endif
