/*
 * Reads and judges CloudEvents 1.0.2: structured JSON, and HTTP in both modes.
 *
 * What is readable is kept even when it is wrong: each breach of the specification is a fault that
 * names its attribute. Numbers inside `data` are never converted: data is the text as it stood.
 * The endpoint that is judged has an encoder of its own; nothing is shared.
 */
#ifndef LIB_CLOUDEVENT_H
#define LIB_CLOUDEVENT_H

#include "lib/arena.h"
#include "lib/base.h"
#include "lib/json_walk.h"

enum cloudevent_mode { CLOUDEVENT_STRUCTURED, CLOUDEVENT_BINARY, CLOUDEVENT_BATCHED };

/* What `data` is made of. */
enum cloudevent_data {
    CLOUDEVENT_NO_DATA,
    CLOUDEVENT_JSON,   /* structured: a JSON value that is no string; its text as it stood */
    CLOUDEVENT_TEXT,   /* structured: a JSON string; its characters. data_raw has its text */
    CLOUDEVENT_BASE64, /* structured: data_base64; the decoded bytes */
    CLOUDEVENT_BODY,   /* binary mode: the body */
};

enum cloudevent_type { CLOUDEVENT_STRING, CLOUDEVENT_INTEGER, CLOUDEVENT_BOOLEAN };

struct cloudevent_attribute {
    struct str name;
    struct str value; /* UTF-8; `12`, `true` */
    enum cloudevent_type type;
};

struct cloudevent_fault {
    const char *attribute; /* "time", "data_base64"; "" of the event as a whole */
    const char *text;      /* a sentence */
};

struct cloudevent_header {
    struct str name; /* any case */
    struct str value;
};

enum { CLOUDEVENT_MAX_ATTRIBUTES = 128, CLOUDEVENT_MAX_FAULTS = 32 };

struct cloudevent {
    enum cloudevent_mode mode;
    struct cloudevent_attribute attribute[CLOUDEVENT_MAX_ATTRIBUTES];
    size_t attribute_count;
    enum cloudevent_data data_kind;
    struct str data;
    struct str data_raw; /* structured: the JSON text of the member, with its quotes */
    struct cloudevent_fault fault[CLOUDEVENT_MAX_FAULTS];
    size_t fault_count;
    struct arena arena; /* all texts but faults' constants */
};

/*
 * One structured event. False: it is no JSON object, nothing can be said but its one fault; true
 * with faults or without. To be freed by cloudevent_fini in any case.
 */
bool cloudevent_read_json(struct cloudevent *e, struct str text) MUST_CHECK;

/*
 * One HTTP message: Content-Type tells the mode (CloudEvents HTTP 3.1, 3.2). Batches are not read:
 * cloudevent_batch_begin takes them apart. False as above.
 */
bool cloudevent_read_http(struct cloudevent *e, const struct cloudevent_header *headers,
                          size_t header_count, struct str body) MUST_CHECK;
void cloudevent_fini(struct cloudevent *e);

/* True for application/cloudevents-batch+json, in any case and with parameters. */
bool cloudevent_is_batch(struct str content_type);
/* Begins to walk over the events of a batch: cloudevent_read_json reads each value that
 * json_walk_next gives. False: the body is no JSON array. */
bool cloudevent_batch_begin(struct json_walk *w, struct str body) MUST_CHECK;

/* NULL when the event has no such attribute. */
const struct cloudevent_attribute *cloudevent_find(const struct cloudevent *e, const char *name);

const char *cloudevent_mode_name(enum cloudevent_mode mode);      /* "structured" */
const char *cloudevent_data_name(enum cloudevent_data data_kind); /* "json" "text" ... */

#endif
