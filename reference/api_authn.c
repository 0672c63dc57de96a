/*
 * Drogue Cloud's device authentication, `/api/v1/auth`, `/api/v1/keys` and `/api/v1/authorize_as`
 * (facts 7.3): 200 with the outcome, else Drogue's error body. Who may ask is what api_security
 * says: there is no OAuth.
 */
#include "reference/api_document.h"
#include "reference/api_functions.h"
#include "reference/authn_question.h"

static void reply_unavailable(enum authn_err err, struct api_reply *reply)
{
    static const char *const texts[] = {
        [AUTHN_OVERLOADED] = "too many passwords are being verified",
        [AUTHN_STORE] = "the registry's database failed",
    };

    api_reply_error(reply, 503, "ServiceUnavailable", "%s", texts[err]);
    api_reply_header(reply, "Retry-After", STR("1"));
}

static void answer(const struct api_context *context, enum auth_call call,
                   const struct api_request *request, struct api_reply *reply)
{
    struct auth_question question;
    json_t *body = api_document_take(request, reply);
    json_t *outcome = NULL;

    if (body == NULL)
        return;
    const char *fault = authn_question_read(call, body, &question);
    enum authn_err err = AUTHN_OK;

    if (fault == NULL)
        err = authn_service_answer(context->backend->authn, &question, &outcome);
    if (fault != NULL)
        api_reply_error(reply, 400, "BadRequest", "%s", fault);
    else if (err != AUTHN_OK)
        reply_unavailable(err, reply);
    else
        api_reply_json(reply, 200, outcome);
    json_decref(outcome);
    authn_question_fini(&question);
    json_decref(body);
}

void api_authn_prove(const struct api_context *context, const struct api_request *request,
                     struct api_reply *reply)
{
    answer(context, AUTH_CALL_PROVE, request, reply);
}

void api_authn_key(const struct api_context *context, const struct api_request *request,
                   struct api_reply *reply)
{
    answer(context, AUTH_CALL_KEY, request, reply);
}

void api_authn_gateway(const struct api_context *context, const struct api_request *request,
                       struct api_reply *reply)
{
    answer(context, AUTH_CALL_GATEWAY, request, reply);
}
