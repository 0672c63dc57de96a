/*
 * The questions of Drogue Cloud's device authentication as JSON (facts 7.3), written by a bare
 * endpoint and read by the service.
 */
#ifndef REFERENCE_AUTHN_QUESTION_H
#define REFERENCE_AUTHN_QUESTION_H

#include <jansson.h>

#include "lib/buf.h"
#include "reference/auth_question.h"

/* `/api/v1/auth` and its like: where that is asked, by POST. */
const char *authn_question_path(enum auth_call call);

/* Appends the body. Texts must be UTF-8. */
void authn_question_write(const struct auth_question *question, struct buf *out);

/*
 * body: of a request for that call; what it says is borrowed, the chain is the question's own. NULL
 * or a sentence that says what was expected. A certificate that is none, or more of them than are
 * looked at, is no fault of the body: the chain is NULL, which proves nothing.
 */
const char *authn_question_read(enum auth_call call, const json_t *body,
                                struct auth_question *out) MUST_CHECK;
/* Frees the chain. */
void authn_question_fini(struct auth_question *question);

#endif
