/*
 * The request-target of HTTP (RFC 9112 3.2) taken apart: path segments and query parameters,
 * decoded.
 *
 * A segment is decoded after the split, so that `%2F` is a `/` inside a name. Dot segments are
 * names like any other: nothing here is a file. In the query `+` is a space, as HTML forms write
 * it. A broken escape, bytes that are not UTF-8, and a NUL are refused, not repaired: the target
 * names a device, and a guess could name another one.
 */
#ifndef REFERENCE_API_TARGET_H
#define REFERENCE_API_TARGET_H

#include "lib/base.h"
#include "lib/buf.h"

enum { API_MAX_SEGMENTS = 8, API_MAX_PARAMS = 16 };

enum api_target_err {
    API_TARGET_OK,
    API_TARGET_FORM,     /* neither `/path` nor `http://host/path`; `#`, white space or control
                            characters in it */
    API_TARGET_ESCAPE,   /* `%` without two hex digits */
    API_TARGET_UTF8,     /* a segment or a parameter is not UTF-8, or holds a NUL */
    API_TARGET_SEGMENTS, /* more than API_MAX_SEGMENTS: no resource of ours */
    API_TARGET_PARAMS,   /* more than API_MAX_PARAMS */
};

struct api_param {
    struct str name;
    struct str value;
};

struct api_target {
    struct str authority; /* `host:port` of the absolute form; empty in the usual form */
    struct str segment[API_MAX_SEGMENTS];
    size_t segment_count; /* 1 or more: `/` has one empty segment */
    struct api_param param[API_MAX_PARAMS];
    size_t param_count;
};

/* Everything in out points into text or into space, which has text.len bytes or more. */
enum api_target_err api_target_parse(struct str text, char *space,
                                     struct api_target *out) MUST_CHECK;

/* For people; a constant. */
const char *api_target_err_text(enum api_target_err err);

/* How many parameters have this name; *value is the first one's, or empty. */
size_t api_target_param(const struct api_target *t, const char *name, struct str *value);

/* Appends text with everything but RFC 3986 2.3's unreserved characters escaped. */
void api_percent_encode(struct buf *out, struct str text);

#endif
