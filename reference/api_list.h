/*
 * Lists of the registry API, sent in pages so that a long one needs no more memory than a short
 * one; and what both halves of that API share.
 */
#ifndef REFERENCE_API_LIST_H
#define REFERENCE_API_LIST_H

#include "reference/api_context.h"
#include "reference/api_reply.h"
#include "reference/api_request.h"

/*
 * Answers with the applications, or the devices of *app, that the query's labels, limit and offset
 * select. An entry that is there all the time is sent once, whatever changes around it meanwhile.
 */
void api_reply_list(const struct api_context *context, const struct api_request *request,
                    const struct str *app, struct api_reply *reply);

/* Answers for the registry; why may be NULL or empty. */
void api_reply_fault(struct api_reply *reply, enum registry_err err, const char *why);

/* metadata.name of a document, or empty. */
struct str api_metadata_name(const json_t *doc);

#endif
