/*
 * Metrics and health. /livez and /readyz need no token, so off loopback /readyz gives its reason
 * only to those who hold it; the reason is in the log too.
 */
#include "reference/api_functions.h"

#include "lib/clock.h"

void api_livez(const struct api_context *context, const struct api_request *request,
               struct api_reply *reply)
{
    UNUSED(context);
    UNUSED(request);
    api_reply_text(reply, 200, STR("alive\n"));
}

void api_readyz(const struct api_context *context, const struct api_request *request,
                struct api_reply *reply)
{
    char why[SERVER_WHY_LEN];

    if (api_ready_ask(context->ready, clock_mono_us(), why)) {
        api_reply_text(reply, 200, STR("ready\n"));
        return;
    }
    api_reply_text(reply, 503, STR("not ready"));
    if (request->trusted) {
        buf_add_str(&reply->body, STR(": "));
        buf_add_str(&reply->body, str_from(why));
    }
    buf_add_char(&reply->body, '\n');
}

void api_metrics(const struct api_context *context, const struct api_request *request,
                 struct api_reply *reply)
{
    UNUSED(context);
    UNUSED(request);
    api_reply_empty(reply, 200);
    reply->content_type = "text/plain; version=0.0.4";
    metrics_render(&reply->body);
}
