#include "reference/api_reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/utf8.h"

enum { MESSAGE_LEN = 640 };

void api_reply_init(struct api_reply *reply)
{
    *reply = (struct api_reply){.body = buf_growing()};
}

void api_reply_fini(struct api_reply *reply)
{
    buf_fini(&reply->body);
    if (reply->pieces.free != NULL)
        reply->pieces.free(reply->pieces.arg);
    reply->pieces = (struct api_pieces){.next = NULL};
    for (size_t i = 0; i < reply->header_count; i++)
        free(reply->header[i].value);
    reply->header_count = 0;
}

void api_reply_empty(struct api_reply *reply, unsigned status)
{
    reply->status = status;
    reply->content_type = NULL;
    buf_clear(&reply->body);
}

void api_reply_text(struct api_reply *reply, unsigned status, struct str text)
{
    api_reply_empty(reply, status);
    reply->content_type = "text/plain; charset=utf-8";
    buf_add_str(&reply->body, text);
}

static int add_bytes(const char *bytes, size_t len, void *out)
{
    buf_add(out, bytes, len);
    return 0;
}

void api_add_json(struct buf *out, const json_t *value)
{
    int failed = json_dump_callback(value, add_bytes, out, JSON_COMPACT | JSON_ENCODE_ANY);

    assert(failed == 0);
}

void api_reply_json(struct api_reply *reply, unsigned status, const json_t *value)
{
    api_reply_empty(reply, status);
    reply->content_type = "application/json";
    api_add_json(&reply->body, value);
}

void api_reply_header(struct api_reply *reply, const char *name, struct str value)
{
    assert(reply->header_count < API_MAX_HEADERS);
    reply->header[reply->header_count++] = (struct api_header){name, xstrdup(value)};
}

static void make_utf8(char *text)
{
    struct str rest = str_from(text);

    while (rest.len > 0) {
        size_t len = utf8_char_len(rest);

        if (len == 0) {
            text[(size_t)(rest.ptr - text)] = '?';
            len = 1;
        }
        rest = (struct str){rest.ptr + len, rest.len - len};
    }
}

void api_reply_error(struct api_reply *reply, unsigned status, const char *error,
                     const char *message, ...)
{
    char text[MESSAGE_LEN];
    va_list args;

    va_start(args, message);
    (void)vsnprintf(text, sizeof text, message, args);
    va_end(args);
    make_utf8(text);
    json_t *body = json_pack("{s:s,s:s}", "error", error, "message", text);

    assert(body != NULL);
    api_reply_json(reply, status, body);
    json_decref(body);
}
