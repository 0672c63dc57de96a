#include "reference/api_exchange.h"

#include <stdlib.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "lib/addr.h"
#include "lib/log.h"
#include "reference/api_route.h"
#include "reference/api_security.h"
#include "reference/api_send.h"

enum {
    DROP_BYTES = 1024 * 1024, /* of a refused body that are still read */
};

struct exchange {
    char *target_text;
    char *space; /* decoded parts of the target */
    struct api_request request;
    const struct api_route *route; /* NULL: reply holds the refusal */
    struct buf body;
    size_t received;
    bool begun; /* the fields have been seen */
    struct api_reply reply;
};

static const struct api_connection *context_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    assert(info != NULL && info->socket_context != NULL);
    return info->socket_context;
}

void *api_exchange_begin(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct api_exchange_setup *setup = cls;
    struct exchange *x = xcalloc(1, sizeof *x);

    UNUSED(connection);
    atomic_fetch_add(&setup->active, 1);
    x->target_text = xstrdup(str_from(target));
    x->space = xmalloc(strlen(target));
    x->body = buf_growing();
    api_reply_init(&x->reply);
    return x;
}

void api_exchange_end(void *cls, struct MHD_Connection *connection, void **exchange,
                      enum MHD_RequestTerminationCode code)
{
    struct api_exchange_setup *setup = cls;
    struct exchange *x = *exchange;

    UNUSED(code);
    if (x == NULL)
        return;
    api_watch_again(setup->watch, context_of(connection)->watched);
    api_reply_fini(&x->reply);
    buf_fini(&x->body);
    free(x->space);
    free(x->target_text);
    free(x);
    *exchange = NULL;
    atomic_fetch_sub(&setup->active, 1);
}

/* --- the fields --- */

static const struct field_row {
    const char *name;
    size_t count_at;
    size_t value_at; /* SIZE_MAX: only counted */
} field_rows[] = {
    {"Host",                      offsetof(struct api_fields,    host_count),                              offsetof(struct api_fields,host)},
    {"Authorization",                           offsetof(struct api_fields,                                          authorization_count),
     offsetof(struct api_fields,authorization)},
    {"Content-Type",             offsetof(struct api_fields,                                          content_type_count),
     offsetof(struct api_fields,                                                               content_type)},
    {"Content-Length",  offsetof(struct api_fields,                  content_length_count),
     offsetof(struct api_fields,content_length)},
    {"Transfer-Encoding",      offsetof(struct api_fields,                                 transfer_encoding_count),                                                          SIZE_MAX                                                                             },
    {"Origin",offsetof(struct api_fields,origin_count),SIZE_MAX},
    {"Expect",      offsetof(struct api_fields,                                                      expect_count),                                                                                                                                               SIZE_MAX                                                                                                                                                                                                                                                                                    },
};

static enum MHD_Result take_field(void *cls, enum MHD_ValueKind kind, const char *name,
                                  size_t name_len, const char *value, size_t value_len)
{
    char *fields = cls;

    UNUSED(kind);
    for (size_t i = 0; i < COUNT(field_rows); i++) {
        const struct field_row *row = &field_rows[i];

        if (strlen(row->name) != name_len || strncasecmp(row->name, name, name_len) != 0)
            continue;
        (*(size_t *)(void *)(fields + row->count_at))++;
        if (row->value_at != SIZE_MAX)
            *(struct str *)(void *)(fields + row->value_at) = (struct str){value, value_len};
    }
    return MHD_YES;
}

/*
 * Two lengths, or a length and chunks: two readers could see two requests (RFC 9112 6.3). Two
 * hosts, or none: RFC 9112 3.2. The library's own strict mode is not used, since version 0.9.75
 * answers a missing Host with two header sections.
 */
static const char *find_ambiguity(const struct api_request *request)
{
    const struct api_fields *fields = &request->fields;

    if (fields->content_length_count + fields->transfer_encoding_count > 1)
        return "more than one of Content-Length and Transfer-Encoding";
    if (fields->host_count > 1 || (fields->host_count == 0 && !request->http_1_0))
        return "there must be one Host header";
    return NULL;
}

static size_t announced_bytes(const struct api_fields *fields)
{
    size_t value = 0;

    for (size_t i = 0; i < fields->content_length.len; i++) {
        char c = fields->content_length.ptr[i];

        if (c < '0' || c > '9' || value > SIZE_MAX / 100)
            return SIZE_MAX;
        value = value * 10 + (size_t)(c - '0');
    }
    return value;
}

/* --- refusals --- */

static void log_refusal(const struct exchange *x, struct MHD_Connection *connection,
                        const char *reason)
{
    static struct log_limit limit;
    char path[128];
    char peer[ADDR_TEXT_LEN] = "-";
    struct str target = {x->target_text, strcspn(x->target_text, "?")}; /* never the query */
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    if (info != NULL && info->client_addr != NULL) {
        struct addr addr = {.len = sizeof addr.in};

        if (info->client_addr->sa_family == AF_INET6)
            addr.len = sizeof addr.in6;
        memcpy(&addr.sa, info->client_addr, addr.len);
        (void)addr_format(&addr, peer);
    }
    log_limited(&limit, LOG_WARN, "api", "refused", "status=%u reason=%s path=%s peer=%s",
                x->reply.status, reason, log_quote(target, path, sizeof path), peer);
}

static void refuse_too_large(const struct api_exchange_setup *setup, struct exchange *x)
{
    x->route = NULL;
    api_reply_error(&x->reply, 413, "PayloadTooLarge", "the body may have %zu bytes",
                    setup->max_body);
}

static enum api_access check_access(struct api_secret *secret, const struct api_request *request)
{
    char token[API_TOKEN_CAP] = "";

    if (secret != NULL)
        api_secret_copy(secret, token);
    enum api_access access = api_security_check(str_from(token), request);

    OPENSSL_cleanse(token, sizeof token);
    return access;
}

/* Decides what can be decided before the body is read. Returns the reason of a refusal or NULL. */
static const char *examine(const struct api_exchange_setup *setup, struct exchange *x, bool surplus)
{
    struct api_request *request = &x->request;
    enum api_target_err err =
        api_target_parse(str_from(x->target_text), x->space, &request->target);
    enum api_access access = check_access(setup->secret, request);
    const char *ambiguity = find_ambiguity(request);

    request->trusted = access == API_ACCESS_ALLOWED;
    if (ambiguity != NULL) {
        api_reply_error(&x->reply, 400, "BadRequest", "%s", ambiguity);
        return "ambiguous";
    }
    const struct api_route *route =
        err == API_TARGET_OK ? api_route_find(setup->context, request, &x->reply) : NULL;
    bool open = setup->secret != NULL && route != NULL && route->open;

    if (!request->trusted && !open) {
        api_reply_fini(&x->reply);
        api_security_refuse(access, &x->reply);
        return api_access_word(access);
    }
    if (err == API_TARGET_SEGMENTS)
        api_reply_error(&x->reply, 404, "NotFound", "%s", api_target_err_text(err));
    else if (err != API_TARGET_OK)
        api_reply_error(&x->reply, 400, "BadRequest", "%s", api_target_err_text(err));
    if (surplus && route != NULL && !route->open) {
        api_reply_error(&x->reply, 503, "ServiceUnavailable",
                        "too many connections: come again, or raise --api-max-connections");
        api_reply_header(&x->reply, "Retry-After", STR("1"));
        return "connections";
    }
    x->route = route;
    if (route != NULL && announced_bytes(&request->fields) > setup->max_body) {
        refuse_too_large(setup, x);
        return "body-size";
    }
    return NULL;
}

static enum MHD_Result begin(struct api_exchange_setup *setup, struct exchange *x,
                             struct MHD_Connection *connection)
{
    const struct api_fields *fields = &x->request.fields;
    bool surplus = context_of(connection)->surplus;

    x->begun = true;
    (void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_field, &x->request.fields);
    metrics_add(setup->context->metrics, METRIC_API_REQUESTS, 1);
    const char *reason = examine(setup, x, surplus);

    if (reason != NULL) {
        metrics_add(setup->context->metrics, METRIC_API_REFUSED, 1);
        log_refusal(x, connection, reason);
    }
    if (x->route == NULL && (fields->expect_count > 0 || find_ambiguity(&x->request) != NULL ||
                             announced_bytes(fields) > DROP_BYTES))
        return api_send(&x->reply, connection, true);
    return MHD_YES;
}

static enum MHD_Result take_body(struct api_exchange_setup *setup, struct exchange *x,
                                 struct MHD_Connection *connection, struct str data)
{
    x->received += data.len;
    if (x->received > setup->max_body && x->route != NULL) {
        refuse_too_large(setup, x);
        metrics_add(setup->context->metrics, METRIC_API_REFUSED, 1);
        log_refusal(x, connection, "body-size");
    }
    if (x->route != NULL)
        buf_add(&x->body, data.ptr, data.len);
    return x->received <= setup->max_body + DROP_BYTES ? MHD_YES : MHD_NO;
}

/* NOLINTNEXTLINE(readability-function-size): the library sets the parameters */
enum MHD_Result api_exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_len, void **exchange)
{
    struct api_exchange_setup *setup = cls;
    struct exchange *x = *exchange;

    UNUSED(url);
    if (!x->begun) {
        x->request.method = str_from(method);
        x->request.http_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
        return begin(setup, x, connection);
    }
    if (*data_len > 0) {
        struct str piece = {data, *data_len};

        *data_len = 0;
        return take_body(setup, x, connection, piece);
    }
    api_watch_rest(setup->watch, context_of(connection)->watched);
    if (x->route != NULL) {
        x->request.body = buf_str(&x->body);
        x->route->answer(setup->context, &x->request, &x->reply);
    }
    return api_send(&x->reply, connection, context_of(connection)->surplus);
}
