/*
 * A CloudEvent in the binary content mode of the HTTP protocol binding: its attributes as headers.
 */
#ifndef REFERENCE_EVENT_HTTP_H
#define REFERENCE_EVENT_HTTP_H

#include "reference/event_pairs.h"

/* Not fewer than event_http_headers ever writes. */
enum { EVENT_HTTP_HEADERS_MAX = EVENT_PAIRS_MAX };

/*
 * Appends the header fields, each as `Name: value`, or `Name;` for an empty value, with a NUL
 * behind it: what libcurl takes. Returns how many. The event must be classified; its payload is
 * the body as it came.
 *
 * CloudEvents HTTP 3.1.3.2: of the values, space, double quote, percent sign and every byte that is
 * not printable ASCII are percent-encoded. datacontenttype is the header Content-Type (3.1.1),
 * written as it is. A byte that is not UTF-8 becomes U+FFFD.
 */
size_t event_http_headers(const struct event *e, struct buf *out);

#endif
