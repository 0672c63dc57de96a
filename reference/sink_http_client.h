/*
 * A bounded number of HTTP requests at once over kept connections: libcurl's multi interface with
 * its traps closed. One thread uses it; no call blocks but sink_http_client_wait.
 *
 * HTTP/1.1; no redirects, no proxies, no cookies, no signals. TLS 1.2 or newer with verification.
 * What the receiver answers beyond its status is read and dropped, up to a bound.
 */
#ifndef REFERENCE_SINK_HTTP_CLIENT_H
#define REFERENCE_SINK_HTTP_CLIENT_H

#include <curl/curl.h>

#include "lib/base.h"
#include "reference/sink.h"
#include "reference/sink_http_answer.h"

struct sink_http_client;
struct sink_http_request; /* one on its way */

/* Whether the URL, the authorities' file and the token file can be used. False: why says. */
bool sink_http_client_check(const struct sink_options *options, char *why) MUST_CHECK;

/* For options that passed the check; NULL and why when the files have changed since. */
struct sink_http_client *sink_http_client_new(const struct sink_options *options,
                                              char *why) MUST_CHECK;
/* Breaks off what is on its way. */
void sink_http_client_free(struct sink_http_client **client);

/* The headers that each request carries besides its own: the end of a list of own ones. */
struct curl_slist *sink_http_client_headers(struct sink_http_client *client);

/* Sends a POST, or an OPTIONS that asks whether the receiver is there (headers from
 * sink_http_client_headers, no body). Borrows headers and body until the request ends. NULL when
 * as many as allowed are on their way. */
struct sink_http_request *sink_http_client_post(struct sink_http_client *client,
                                                struct curl_slist *headers, struct str body,
                                                void *arg) MUST_CHECK;
bool sink_http_client_ask(struct sink_http_client *client, void *arg) MUST_CHECK;

/* Ends the request without an answer. True: the receiver may have got it. */
bool sink_http_client_cancel(struct sink_http_client *client, struct sink_http_request *request);

/* Sends and receives what is possible. */
void sink_http_client_work(struct sink_http_client *client);
/* The next request that has ended: its arg, or NULL. */
void *sink_http_client_next(struct sink_http_client *client, struct sink_http_answer *out);
/* Until there is work, wake_fd is readable, or timeout_ms is over. */
void sink_http_client_wait(struct sink_http_client *client, int wake_fd, int timeout_ms);

#endif
