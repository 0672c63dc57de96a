/*
 * What became of one HTTP request, and what it means for the event: a table of status codes, a
 * table of libcurl's errors.
 */
#ifndef REFERENCE_SINK_HTTP_ANSWER_H
#define REFERENCE_SINK_HTTP_ANSWER_H

#include <curl/curl.h>

#include "reference/sink_carrier.h"

/*
 * error is what libcurl says, status what the receiver said (0: nothing), sent whether anything of
 * the request has left.
 *
 * 2xx taken. 408, 425, 429: failed, and not taken; 5xx and all that happens to a connection:
 * failed, and maybe taken once the request was sent. Other 4xx refused. Else broken: a redirection
 * (none is followed), a certificate that cannot be verified, an impossible URL.
 */
struct sink_answer sink_http_answer_of(CURLcode error, long status, bool sent);

#endif
