/*
 * The sinks `http:` and `https:`: CloudEvents over HTTP, one POST an event, a bounded number at
 * once over kept connections: libcurl's multi interface with its traps closed.
 *
 * HTTP/1.1; no redirects, no proxies, no cookies, no signals. TLS 1.2 or newer with verification.
 * What the receiver answers beyond its status is read and dropped, up to a bound.
 */
#ifndef REFERENCE_SINK_HTTP_H
#define REFERENCE_SINK_HTTP_H

#include "reference/sink_kind.h"

extern const struct sink_functions sink_http_functions;

#endif
