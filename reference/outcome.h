/*
 * Every answer that the endpoint gives: X(id, class, detail, text), code and text in one table.
 *
 * The text is the response's diagnostic payload (RFC 7252 5.5.2): one sentence for each refusal,
 * and the same one for every authentication failure (AUTH-16).
 */
#ifndef REFERENCE_OUTCOME_H
#define REFERENCE_OUTCOME_H

#include "lib/base.h"

/* clang-format off */
/* OUTCOME_COMMAND's payload and option 4210 come from the command. */
#define OUTCOME_TABLE(X) \
    X(NONE, 0, 0, "") \
    X(CHANGED, 2, 4, "") \
    X(COMMAND, 2, 5, "") \
    X(CONTINUE, 2, 31, "") \
    X(BAD_PATH, 4, 0, "Path must be /v1/{channel}") \
    X(BAD_CHANNEL, 4, 0, "Channel must be non-empty UTF-8 without control characters, and not . or ..") \
    X(BAD_QUERY, 4, 0, "Parameters must be UTF-8") \
    X(BAD_CT, 4, 0, "Parameter ct must be a whole number of seconds") \
    X(PARAMETER_TWICE, 4, 0, "A parameter is given twice") \
    X(BAD_BLOCK, 4, 0, "A block has a size that is not allowed") \
    X(NO_SUCH_BLOCK, 4, 0, "There is no such block: the response has gone, or is shorter") \
    X(BAD_OPTION, 4, 2, "Unsupported critical option") \
    X(AUTHENTICATION_FAILED, 4, 3, "Authentication failed") \
    X(METHOD_NOT_ALLOWED, 4, 5, "Only POST publishes") \
    X(NOT_JSON, 4, 6, "Payload is not JSON") \
    X(RULE_REJECTED, 4, 6, "Rejected by a publish rule of the application") \
    X(SINK_REFUSED, 4, 6, "The receiver of events refused the event") \
    X(BLOCK_MISSING, 4, 8, "A block before this one is missing, start again") \
    X(PRECONDITION_FAILED, 4, 12, "A channel has no entity-tag, and it always exists") \
    X(TOO_LARGE, 4, 13, "Payload is larger than this endpoint takes") \
    X(INTERNAL, 5, 0, "Internal error") \
    X(RULES_UNDECODABLE, 5, 0, "The publish rules of the application cannot be decoded") \
    X(SINK_BROKEN, 5, 0, "Event sink does not work as it is configured") \
    X(OVERLOADED, 5, 3, "Overloaded, try again later") \
    X(AUTH_UNAVAILABLE, 5, 3, "Authentication not available, try again later") \
    X(SINK_DOWN, 5, 3, "Event sink not available, try again later") \
    X(DRAINING, 5, 3, "The endpoint is shutting down") \
    X(NO_PROXY, 5, 5, "This endpoint is no proxy")
/* clang-format on */

enum outcome {
#define X(id, class, detail, text) OUTCOME_##id,
    OUTCOME_TABLE(X)
#undef X
};

/* The code byte, class << 5 | detail. */
uint8_t outcome_code(enum outcome o);
/* Empty for success. */
struct str outcome_text(enum outcome o);

#endif
