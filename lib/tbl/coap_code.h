/*
 * CoAP codes: X(id, class, detail, name). One row a code; CODE_TABLE(X) expands them.
 *
 * Numbers only, shared by the testers and the reference; tests and scenarios write literals.
 * RFC 7252 12.1, RFC 7959 2.9, RFC 8132 6, RFC 8516 4, RFC 8768 5.
 */
#ifndef LIB_TBL_COAP_CODE_H
#define LIB_TBL_COAP_CODE_H

/* clang-format off */
#define CODE_TABLE(X)                                           \
    X(EMPTY,                      0, 0,  "Empty")               \
    X(GET,                        0, 1,  "GET")                 \
    X(POST,                       0, 2,  "POST")                \
    X(PUT,                        0, 3,  "PUT")                 \
    X(DELETE,                     0, 4,  "DELETE")              \
    X(FETCH,                      0, 5,  "FETCH")               \
    X(PATCH,                      0, 6,  "PATCH")               \
    X(IPATCH,                     0, 7,  "iPATCH")              \
    X(CREATED,                    2, 1,  "Created")             \
    X(DELETED,                    2, 2,  "Deleted")             \
    X(VALID,                      2, 3,  "Valid")               \
    X(CHANGED,                    2, 4,  "Changed")             \
    X(CONTENT,                    2, 5,  "Content")             \
    X(CONTINUE,                   2, 31, "Continue")            \
    X(BAD_REQUEST,                4, 0,  "Bad Request")         \
    X(UNAUTHORIZED,               4, 1,  "Unauthorized")        \
    X(BAD_OPTION,                 4, 2,  "Bad Option")          \
    X(FORBIDDEN,                  4, 3,  "Forbidden")           \
    X(NOT_FOUND,                  4, 4,  "Not Found")           \
    X(METHOD_NOT_ALLOWED,         4, 5,  "Method Not Allowed")  \
    X(NOT_ACCEPTABLE,             4, 6,  "Not Acceptable")      \
    X(REQUEST_ENTITY_INCOMPLETE,  4, 8,  "Request Entity Incomplete") \
    X(CONFLICT,                   4, 9,  "Conflict")            \
    X(PRECONDITION_FAILED,        4, 12, "Precondition Failed") \
    X(REQUEST_ENTITY_TOO_LARGE,   4, 13, "Request Entity Too Large") \
    X(UNSUPPORTED_CONTENT_FORMAT, 4, 15, "Unsupported Content-Format") \
    X(UNPROCESSABLE_ENTITY,       4, 22, "Unprocessable Entity") \
    X(TOO_MANY_REQUESTS,          4, 29, "Too Many Requests")   \
    X(INTERNAL_SERVER_ERROR,      5, 0,  "Internal Server Error") \
    X(NOT_IMPLEMENTED,            5, 1,  "Not Implemented")     \
    X(BAD_GATEWAY,                5, 2,  "Bad Gateway")         \
    X(SERVICE_UNAVAILABLE,        5, 3,  "Service Unavailable") \
    X(GATEWAY_TIMEOUT,            5, 4,  "Gateway Timeout")     \
    X(PROXYING_NOT_SUPPORTED,     5, 5,  "Proxying Not Supported") \
    X(HOP_LIMIT_REACHED,          5, 8,  "Hop Limit Reached")
/* clang-format on */

/* The code byte: class in the upper three bits (RFC 7252 3). CODE_CHANGED is 0x44, 2.04. */
enum code {
#define X(id, class, detail, name) CODE_##id = (class) << 5 | (detail),
    CODE_TABLE(X)
#undef X
};

#endif
