#include "lib/drogue_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base64.h"
#include "lib/buf.h"

struct drogue_call {
    struct adapter_call *call;
    drogue_reply_fn reply;
};

void drogue_add_encoded(struct buf *path, const char *text)
{
    for (; *text != '\0'; text++) {
        uint8_t c = (uint8_t)*text;
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                     strchr("-_~", c) != NULL;

        if (plain)
            buf_add_char(path, (char)c);
        else
            buf_add_format(path, "%%%02X", c);
    }
}

/* The first line of the file, in out. */
static bool read_token(const char *file, struct buf *out, char *why)
{
    char line[4096];
    FILE *f = fopen(file, "re");

    if (f == NULL || fgets(line, sizeof line, f) == NULL) {
        (void)snprintf(why, ADAPTER_WHY_LEN, "the token file %s cannot be read: %s", file,
                       f == NULL ? strerror(errno) : "it is empty");
        if (f != NULL)
            (void)fclose(f);
        return false;
    }
    (void)fclose(f);
    line[strcspn(line, "\r\n")] = '\0';
    buf_add_str(out, str_from(line));
    return true;
}

/* The value of `Authorization` into out; empty: none. */
static bool authorize(const struct target_api *api, struct buf *out, char *why)
{
    if (api->token != NULL) {
        buf_add_format(out, "Bearer %s", api->token);
    } else if (api->token_file != NULL) {
        buf_add_str(out, STR("Bearer "));
        if (!read_token(api->token_file, out, why))
            return false;
    } else if (api->user != NULL) {
        struct buf plain = buf_growing();

        buf_add_format(&plain, "%s:%s", api->user, api->password == NULL ? "" : api->password);
        buf_add_str(out, STR("Basic "));
        base64_encode(out, plain.ptr, plain.len);
        buf_fini(&plain);
    }
    buf_add_char(out, '\0');
    return true;
}

static void take_answer(void *arg, const struct http_answer *answer)
{
    struct drogue_call *c = arg;
    struct adapter_call *call = c->call;
    json_t *reply;

    if (answer->status == 0)
        reply = adapter_reply_failed(ADAPTER_BROKEN, 0, "no answer: %s", answer->error);
    else
        reply = c->reply(call->request, answer);
    free(c);
    call->answered(call, reply);
}

void drogue_send(const struct adapter_world *world, const struct target_api *api,
                 struct adapter_call *call, const struct drogue_request *request)
{
    char why[ADAPTER_WHY_LEN];
    struct buf url = buf_growing(), authorization = buf_growing();

    if (!authorize(api, &authorization, why)) {
        call->answered(call, adapter_reply_failed(ADAPTER_BROKEN, 0, "%s", why));
    } else {
        struct drogue_call *c = xcalloc(1, sizeof *c);
        size_t len = strlen(api->url);

        *c = (struct drogue_call){call, request->reply};
        buf_add(&url, api->url, len > 0 && api->url[len - 1] == '/' ? len - 1 : len);
        buf_add_format(&url, "%s", request->path);
        buf_add_char(&url, '\0');
        http_client_send(world->http,
                         &(struct http_request){
                             .method = request->method,
                             .url = url.ptr,
                             .content_type = request->content_type,
                             .authorization = authorization.len > 1 ? authorization.ptr : NULL,
                             .ca = api->ca,
                             .body = request->body,
                             .done = take_answer,
                             .arg = c,
                         });
    }
    buf_fini(&url);
    buf_fini(&authorization);
}

json_t *drogue_refusal(const struct http_answer *answer)
{
    json_t *body =
        json_loadb(answer->body.len == 0 ? "" : answer->body.ptr, answer->body.len, 0, NULL);
    const char *message = adapter_text(body, "message");
    json_t *reply;

    if (message != NULL)
        reply = adapter_reply_failed(ADAPTER_REFUSED, answer->status, "HTTP %ld: %s",
                                     answer->status, message);
    else
        reply = adapter_reply_failed(ADAPTER_REFUSED, answer->status, "HTTP %ld", answer->status);
    json_decref(body);
    return reply;
}
