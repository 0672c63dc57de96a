/*
 * CoAP options: X(id, number, name, format, min_len, max_len, repeatable). OPTION_TABLE(X) expands
 * them in the order of their numbers.
 *
 * Critical, unsafe and no-cache-key follow from the number (RFC 7252 5.4.6). A value outside
 * min_len..max_len bytes, and a second instance of an option that is not repeatable, are treated as
 * an unrecognised option (RFC 7252 5.4.3, 5.4.5). That an option stands here says what it looks
 * like, not that a program supports it.
 */
#ifndef LIB_TBL_COAP_OPTION_H
#define LIB_TBL_COAP_OPTION_H

enum option_format { OPTION_EMPTY, OPTION_OPAQUE, OPTION_UINT, OPTION_STRING };

/* clang-format off */
/* RFC 7252 5.10; Observe RFC 7641 2; OSCORE RFC 8613 2; Hop-Limit RFC 8768 3; Q-Block RFC 9177 4.1;
 * EDHOC RFC 9668 3.1; Block and Size RFC 7959 2.1, 4; Echo and Request-Tag RFC 9175 2.2.1, 3.2.1;
 * No-Response RFC 7967 2; the last two are Drogue's own, which states no lengths for them. */
#define OPTION_TABLE(X)                                                      \
    X(IF_MATCH,       1,    "If-Match",       OPAQUE, 0, 8,     true)        \
    X(URI_HOST,       3,    "Uri-Host",       STRING, 1, 255,   false)       \
    X(ETAG,           4,    "ETag",           OPAQUE, 1, 8,     true)        \
    X(IF_NONE_MATCH,  5,    "If-None-Match",  EMPTY,  0, 0,     false)       \
    X(OBSERVE,        6,    "Observe",        UINT,   0, 3,     false)       \
    X(URI_PORT,       7,    "Uri-Port",       UINT,   0, 2,     false)       \
    X(LOCATION_PATH,  8,    "Location-Path",  STRING, 0, 255,   true)        \
    X(OSCORE,         9,    "OSCORE",         OPAQUE, 0, 255,   false)       \
    X(URI_PATH,       11,   "Uri-Path",       STRING, 0, 255,   true)        \
    X(CONTENT_FORMAT, 12,   "Content-Format", UINT,   0, 2,     false)       \
    X(MAX_AGE,        14,   "Max-Age",        UINT,   0, 4,     false)       \
    X(URI_QUERY,      15,   "Uri-Query",      STRING, 0, 255,   true)        \
    X(HOP_LIMIT,      16,   "Hop-Limit",      UINT,   1, 1,     false)       \
    X(ACCEPT,         17,   "Accept",         UINT,   0, 2,     false)       \
    X(Q_BLOCK1,       19,   "Q-Block1",       UINT,   0, 3,     false)       \
    X(LOCATION_QUERY, 20,   "Location-Query", STRING, 0, 255,   true)        \
    X(EDHOC,          21,   "EDHOC",          EMPTY,  0, 0,     false)       \
    X(BLOCK2,         23,   "Block2",         UINT,   0, 3,     false)       \
    X(BLOCK1,         27,   "Block1",         UINT,   0, 3,     false)       \
    X(SIZE2,          28,   "Size2",          UINT,   0, 4,     false)       \
    X(Q_BLOCK2,       31,   "Q-Block2",       UINT,   0, 3,     true)        \
    X(PROXY_URI,      35,   "Proxy-Uri",      STRING, 1, 1034,  false)       \
    X(PROXY_SCHEME,   39,   "Proxy-Scheme",   STRING, 1, 255,   false)       \
    X(SIZE1,          60,   "Size1",          UINT,   0, 4,     false)       \
    X(ECHO,           252,  "Echo",           OPAQUE, 1, 40,    false)       \
    X(NO_RESPONSE,    258,  "No-Response",    UINT,   0, 1,     false)       \
    X(REQUEST_TAG,    292,  "Request-Tag",    OPAQUE, 0, 8,     true)        \
    X(AUTHORIZATION,  4209, "Authorization",  STRING, 0, 65535, false)       \
    X(COMMAND,        4210, "Command",        STRING, 1, 255,   false)
/* clang-format on */

enum option {
#define X(id, number, name, format, min_len, max_len, repeatable) OPTION_##id = (number),
    OPTION_TABLE(X)
#undef X
};

#endif
