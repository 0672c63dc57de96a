/*
 * HTTP requests of the testers, many at once, in the caller's loop: libcurl's multi interface.
 *
 * HTTP/1.1, TLS verified, no redirects, no proxies. One thread. Nothing blocks but
 * http_client_wait.
 */
#ifndef LIB_HTTP_CLIENT_H
#define LIB_HTTP_CLIENT_H

#include <poll.h>

#include "lib/base.h"

struct http_client;

struct http_answer {
    long status;       /* 0: none came */
    const char *error; /* then: why; never NULL */
    struct str content_type;
    struct str body;
};

struct http_request {
    const char *method;        /* "POST" */
    const char *url;           /* percent-encoded */
    const char *content_type;  /* NULL: none is sent */
    const char *authorization; /* value of the header field, or NULL */
    const char *ca;            /* PEM file; NULL: the system's */
    struct str body;
    /* Once, from http_client_work; also when the time is over. */
    void (*done)(void *arg, const struct http_answer *answer);
    void *arg;
};

/* timeout_us: of each request as a whole. */
struct http_client *http_client_new(int64_t timeout_us);
/* Requests on their way are dropped: their done is not called. */
void http_client_free(struct http_client **c);

/* Copies the request. */
void http_client_send(struct http_client *c, const struct http_request *request);
/* Sends and receives what is possible, calls done. */
void http_client_work(struct http_client *c);
/* Until there is work, one of fds has an event (revents is set), or timeout_ms is over. */
void http_client_wait(struct http_client *c, struct pollfd *fds, size_t count, int timeout_ms);

#endif
