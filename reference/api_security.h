/*
 * Who may use the HTTP API.
 *
 * An address on loopback takes no token: whoever runs programs on this machine may. A web page in a
 * browser on this machine may not, so there the Host must be this machine's own name (a page that
 * rebinds its DNS name to 127.0.0.1 cannot forge it) and no Origin may be given (a page of another
 * site cannot leave it out).
 *
 * Any other address takes the bearer token (RFC 6750 2.1) in one Authorization field. A credential
 * in the query is refused even when it is right, since addresses end up in logs and histories.
 */
#ifndef REFERENCE_API_SECURITY_H
#define REFERENCE_API_SECURITY_H

#include "lib/addr.h"
#include "lib/base.h"
#include "reference/api_reply.h"
#include "reference/api_request.h"

enum api_access {
    API_ACCESS_ALLOWED,
    API_ACCESS_HOST,     /* 403: Host is missing, double or foreign */
    API_ACCESS_ORIGIN,   /* 403: from a web page */
    API_ACCESS_MISSING,  /* 401: no token */
    API_ACCESS_WRONG,    /* 403: another token, or another scheme */
    API_ACCESS_SEVERAL,  /* 403: more than one Authorization */
    API_ACCESS_IN_QUERY, /* 403: credentials in the query */
};

/* token is empty on an address that takes none. */
enum api_access api_security_check(struct str token, const struct api_request *request) MUST_CHECK;

/* One word for logs. */
const char *api_access_word(enum api_access access);

/* The answer to a refused request. */
void api_security_refuse(enum api_access access, struct api_reply *reply);

/* Loopback takes no token, any other address does. */
bool api_addr_needs_token(const struct addr *addr);

/* Host names this machine's loopback: `localhost`, 127.x.x.x or [::1], with any port or none. */
bool api_host_is_local(struct str host);

#endif
