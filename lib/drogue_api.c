#include "lib/drogue_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/target_where.h"

struct drogue_call {
    struct adapter_call *call;
    const struct adapter_world *world;
    const struct target_api *api;
    const char *section;
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

/* Where the field of c's section stands, in space (TARGET_WHERE_LEN). */
static const char *where_is(const struct drogue_call *c, const char *field, char *space)
{
    return target_where_in(c->world->target, c->section, field, space);
}

/* The first line of the token file, in out. */
static bool read_token(const struct drogue_call *c, struct buf *out, char *why)
{
    const char *file = c->api->token_file;
    char where[TARGET_WHERE_LEN];
    char line[4096];
    FILE *f = fopen(file, "re");

    if (f == NULL || fgets(line, sizeof line, f) == NULL) {
        (void)snprintf(why, ADAPTER_WHY_LEN, "%s: %.200s cannot be read: %s",
                       where_is(c, "token_file", where), file,
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
static bool authorize(const struct drogue_call *c, struct buf *out, char *why)
{
    const struct target_api *api = c->api;

    if (api->token != NULL) {
        buf_add_format(out, "Bearer %s", api->token);
    } else if (api->token_file != NULL) {
        buf_add_str(out, STR("Bearer "));
        if (!read_token(c, out, why))
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

/* What libcurl says, and what that means for the target file. */
static json_t *no_answer(const struct drogue_call *c, const char *error)
{
    static const struct {
        const char *word, *field, *advice;
    } rows[] = {
        {"wrong version number", "url", "no TLS is spoken there: http:// in place of https://?"},
        {"self-signed",          "ca",
         "name the file of the authority (PEM) that signed the "
         "server's certificate"                                                                },
        {"local issuer",         "ca",
         "name the file of the authority (PEM) that signed the "
         "server's certificate"                                                                },
        {"certificate file",     "ca",  "the file cannot be read"                              },
        {"subject name",         "url", "the host must be the name in its certificate"         },
        {"Empty reply",          "url", "is it HTTP that is spoken there, or is it https://?"  },
        {"HTTP/0.9",             "url", "is it HTTP that is spoken there, or is it https://?"  },
        {"",                     "url", "is it running, are host and port right?"              },
    };
    char where[TARGET_WHERE_LEN];
    size_t i = 0;

    while (strstr(error, rows[i].word) == NULL)
        i++;
    return adapter_reply_failed(ADAPTER_BROKEN, 0, "%s: no answer from %.100s: %.150s: %s",
                                where_is(c, rows[i].field, where), c->api->url, error,
                                rows[i].advice);
}

static bool is_page(const struct http_answer *answer)
{
    static const char html[] = "text/html";

    return answer->content_type.len >= sizeof html - 1 &&
           memcmp(answer->content_type.ptr, html, sizeof html - 1) == 0;
}

/* A request for which a thing of another name cannot be missing. */
static bool is_first(const json_t *request)
{
    const char *op = adapter_text(request, "op");

    return op != NULL &&
           (strcmp(op, "create_application") == 0 || strcmp(op, "list_applications") == 0);
}

/* An answer of something else than the API, or to somebody else: a failure. NULL: it is none. */
static json_t *misdirected(const struct drogue_call *c, const struct http_answer *answer)
{
    const struct target_api *api = c->api;
    const char *url = api->url, *field = "url", *advice;
    json_t *refusal;
    char where[TARGET_WHERE_LEN];

    if (answer->status == 401 || answer->status == 403) {
        field = api->user != NULL ? "user" : api->token_file != NULL ? "token_file" : "token";
        advice = api->user != NULL ? "are user and password right?"
                 : api->token == NULL && api->token_file == NULL
                     ? "it wants a token, or user and password"
                     : "is the token right, and may it do this?";
    } else if (answer->status / 100 == 3) {
        advice = "it sends its clients elsewhere: give the address that it is at";
    } else if (answer->status / 100 == 5) {
        advice = "it is there, and fails: its own log says why";
    } else if ((answer->status == 404 || answer->status == 405) && is_first(c->call->request)) {
        advice = "is that the root of Drogue's API? What follows /api is added to it";
    } else if (is_page(answer)) {
        advice =
            "that is a page for people, not Drogue's API: are host and port right? What follows "
            "/api is added to it";
    } else {
        return NULL;
    }
    refusal = drogue_refusal(answer);
    json_t *failed = adapter_reply_failed(ADAPTER_REFUSED, answer->status, "%s: %.100s: %.200s: %s",
                                          where_is(c, field, where), url,
                                          adapter_text(refusal, "error"), advice);

    json_decref(refusal);
    return failed;
}

static void take_answer(void *arg, const struct http_answer *answer)
{
    struct drogue_call *c = arg;
    struct adapter_call *call = c->call;
    json_t *reply;

    reply = answer->status == 0 ? no_answer(c, answer->error) : misdirected(c, answer);
    if (reply == NULL)
        reply = c->reply(call->request, answer);
    free(c);
    call->answered(call, reply);
}

void drogue_send(const struct adapter_world *world, const struct target_api *api,
                 struct adapter_call *call, const struct drogue_request *request)
{
    char why[ADAPTER_WHY_LEN];
    struct buf url = buf_growing(), authorization = buf_growing();

    struct drogue_call *c = xcalloc(1, sizeof *c);

    *c = (struct drogue_call){call, world, api, request->section, request->reply};
    if (!authorize(c, &authorization, why)) {
        free(c);
        call->answered(call, adapter_reply_failed(ADAPTER_BROKEN, 0, "%s", why));
    } else {
        size_t len = strlen(api->url);

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
