/*
 * One HTTP answer, written by the API's functions: status, header fields, and a body that is either
 * whole or made piece by piece while it is sent.
 */
#ifndef REFERENCE_API_REPLY_H
#define REFERENCE_API_REPLY_H

#include <jansson.h>

#include "lib/base.h"
#include "lib/buf.h"

enum { API_MAX_HEADERS = 3 };

struct api_header {
    const char *name; /* a constant */
    char *value;      /* owned */
};

enum api_more { API_MORE, API_MORE_LAST, API_MORE_FAILED };

/* A body in pieces. `next` appends one to out; it is called again after API_MORE. */
struct api_pieces {
    enum api_more (*next)(void *arg, struct buf *out);
    void (*free)(void *arg);
    void *arg;
};

struct api_reply {
    unsigned status;
    const char *content_type; /* a constant; NULL: no body */
    struct buf body;
    struct api_pieces pieces; /* what follows body; next is NULL when nothing does */
    struct api_header header[API_MAX_HEADERS];
    size_t header_count;
};

void api_reply_init(struct api_reply *reply);
void api_reply_fini(struct api_reply *reply);

/* A status without a body. */
void api_reply_empty(struct api_reply *reply, unsigned status);
void api_reply_text(struct api_reply *reply, unsigned status, struct str text);
void api_reply_json(struct api_reply *reply, unsigned status, const json_t *value);
void api_reply_header(struct api_reply *reply, const char *name, struct str value);

/*
 * Drogue's error body: `{"error":"NotFound","message":"…"}`. The message is for people; bytes in it
 * that are not UTF-8 become `?`.
 */
void api_reply_error(struct api_reply *reply, unsigned status, const char *error,
                     const char *message, ...) PRINTF_LIKE(4, 5);

/* Appends value as compact JSON. */
void api_add_json(struct buf *out, const json_t *value);

#endif
