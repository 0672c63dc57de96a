/*
 * What became of one HTTP request, and what it means for the event: a table of status codes, a
 * table of libcurl's errors.
 */
#ifndef REFERENCE_SINK_HTTP_ANSWER_H
#define REFERENCE_SINK_HTTP_ANSWER_H

#include <curl/curl.h>

#include "lib/base.h"

enum sink_http_verdict {
    SINK_HTTP_TAKEN,   /* the receiver has the event */
    SINK_HTTP_REFUSED, /* it does not want it, now or later */
    SINK_HTTP_BROKEN,  /* it cannot work as this endpoint is configured */
    SINK_HTTP_FAILED,  /* it may work later */
};

struct sink_http_answer {
    enum sink_http_verdict verdict;
    bool maybe_taken;       /* SINK_HTTP_FAILED: the receiver may have the event all the same */
    long status;            /* 0: none came */
    int64_t retry_after_us; /* what the receiver asked for, or 0 */
    const char *error;      /* what failed; static, never NULL */
};

/*
 * error is what libcurl says, status what the receiver said (0: nothing), sent whether anything of
 * the request has left.
 *
 * 2xx taken. 408, 425, 429: failed, and not taken; 5xx and all that happens to a connection:
 * failed, and maybe taken once the request was sent. Other 4xx refused. Else broken: a redirection
 * (none is followed), a certificate that cannot be verified, an impossible URL.
 */
struct sink_http_answer sink_http_answer_of(CURLcode error, long status, bool sent);

/* For logs and metrics. */
const char *sink_http_verdict_name(enum sink_http_verdict v);

#endif
