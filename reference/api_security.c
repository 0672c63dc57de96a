#include "reference/api_security.h"

#include <strings.h>

#include "reference/api_token.h"

static const struct access_row {
    unsigned status;
    const char *word;
    const char *challenge; /* WWW-Authenticate, RFC 6750 3 */
    const char *message;
} rows[] = {
    [API_ACCESS_ALLOWED] = {200, "allowed",             NULL,                                                 ""                                                                },
    [API_ACCESS_HOST] = {403, "host",                NULL,
                            "this address serves only its own machine: the Host header must be "
                         "localhost, 127.0.0.1 or [::1]"                                                                                                                        },
    [API_ACCESS_ORIGIN] = {403, "origin",              NULL,
                            "requests from web pages (with an Origin header) are refused"                                                                                       },
    [API_ACCESS_MISSING] = {401, "no-token",            "Bearer realm=\"seatrial\"",
                            "send Authorization: Bearer and the token of the endpoint's "
                            "API token file"                                                                                                                                    },
    [API_ACCESS_WRONG] = {403, "wrong-token",         "Bearer realm=\"seatrial\", error=\"invalid_token\"",
                            "this is not the token of the endpoint's API token file"                                                                                            },
    [API_ACCESS_SEVERAL] = {403, "several-credentials",
                            "Bearer realm=\"seatrial\", error=\"invalid_request\"",                           "more than one Authorization header"                              },
    [API_ACCESS_IN_QUERY] = {403, "token-in-query",
                            "Bearer realm=\"seatrial\", error=\"invalid_request\"",                           "credentials in the query are refused: send Authorization: Bearer"},
};

bool api_addr_needs_token(const struct addr *addr)
{
    return !addr_is_loopback(addr);
}

bool api_host_is_local(struct str host)
{
    static const struct str name = {"localhost", 9};
    char text[sizeof "127.0.0.1:65535"] = "127.0.0.1";
    struct addr addr;

    if (host.len >= name.len && strncasecmp(host.ptr, name.ptr, name.len) == 0) {
        size_t rest_len = host.len - name.len;

        if (rest_len == 0)
            return true;
        if (host.ptr[name.len] != ':' || rest_len > sizeof ":65535" - 1)
            return false;
        memcpy(text + strlen(text), host.ptr + name.len, rest_len);
        host = str_from(text); /* reads the port behind an address */
    }
    return addr_parse(host, 0, &addr) && addr_is_loopback(&addr);
}

static enum api_access check_local(const struct api_request *request)
{
    const struct api_fields *fields = &request->fields;
    struct str authority = request->target.authority;

    if (fields->origin_count > 0)
        return API_ACCESS_ORIGIN;
    if (fields->host_count != 1 || !api_host_is_local(fields->host))
        return API_ACCESS_HOST;
    if (authority.len > 0 && !api_host_is_local(authority))
        return API_ACCESS_HOST;
    return API_ACCESS_ALLOWED;
}

/* RFC 6750 2.1: `Bearer`, in any case (RFC 9110 11.1), spaces, the token. */
static bool take_bearer(struct str *field)
{
    static const struct str scheme = {"Bearer ", 7};

    if (field->len < scheme.len || strncasecmp(field->ptr, scheme.ptr, scheme.len) != 0)
        return false;
    *field = (struct str){field->ptr + scheme.len, field->len - scheme.len};
    while (field->len > 0 && *field->ptr == ' ')
        *field = (struct str){field->ptr + 1, field->len - 1};
    return true;
}

static bool has_query_credentials(const struct api_target *target)
{
    static const char *const names[] = {"token", "access_token", "api_key", "username"};
    struct str value;

    for (size_t i = 0; i < COUNT(names); i++) {
        if (api_target_param(target, names[i], &value) > 0)
            return true;
    }
    return false;
}

enum api_access api_security_check(struct str token, const struct api_request *request)
{
    struct str field = request->fields.authorization;

    if (token.len == 0)
        return check_local(request);
    if (has_query_credentials(&request->target))
        return API_ACCESS_IN_QUERY;
    if (request->fields.authorization_count == 0)
        return API_ACCESS_MISSING;
    if (request->fields.authorization_count > 1)
        return API_ACCESS_SEVERAL;
    if (!take_bearer(&field) || !api_token_equal(field, token))
        return API_ACCESS_WRONG;
    return API_ACCESS_ALLOWED;
}

const char *api_access_word(enum api_access access)
{
    return rows[access].word;
}

void api_security_refuse(enum api_access access, struct api_reply *reply)
{
    const struct access_row *row = &rows[access];

    assert(access != API_ACCESS_ALLOWED);
    api_reply_error(reply, row->status, "Forbidden", "%s", row->message);
    if (row->challenge != NULL)
        api_reply_header(reply, "WWW-Authenticate", str_from(row->challenge));
}
