/* Receives CloudEvents over HTTP, in all modes; answers 204, or what a case asks for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <microhttpd.h>

#include "lib/adapter.h"
#include "lib/buf.h"
#include "lib/target_where.h"

enum { MAX_HEADERS = 256, MAX_BODY = 16 << 20, MAX_URL = ADDR_TEXT_LEN + 16 };

struct http_sink {
    struct adapter adapter;
    struct MHD_Daemon *daemon;
    unsigned answer; /* status instead of taking the event; 0: as usual */
    char url[MAX_URL];
};

struct message {
    struct cloudevent_header header[MAX_HEADERS];
    size_t header_count;
    struct buf body;
    bool too_large;
};

static enum MHD_Result take_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct message *m = arg;

    UNUSED(kind);
    if (m->header_count == MAX_HEADERS)
        return MHD_NO;
    m->header[m->header_count++] = (struct cloudevent_header){
        str_from(name), value == NULL ? (struct str){NULL, 0}
              : str_from(value)
    };
    return MHD_YES;
}

/* As it was on the way, for people. */
static struct buf raw_of(const struct message *m)
{
    struct buf raw = buf_growing();

    for (size_t i = 0; i < m->header_count; i++) {
        buf_add_str(&raw, m->header[i].name);
        buf_add_str(&raw, STR(": "));
        buf_add_str(&raw, m->header[i].value);
        buf_add_str(&raw, STR("\r\n"));
    }
    buf_add_str(&raw, STR("\r\n"));
    buf_add_str(&raw, buf_str(&m->body));
    return raw;
}

static void give_batch(struct http_sink *s, struct json_walk *w)
{
    struct str key, value;
    struct buf scratch = buf_growing();

    while (json_walk_next(w, &key, &value))
        adapter_give_json(s->adapter.world, value, CLOUDEVENT_BATCHED, &scratch);
    buf_fini(&scratch);
}

static void give_event(struct http_sink *s, const struct message *m)
{
    struct cloudevent e;
    struct json_walk w;
    struct buf raw;

    for (size_t i = 0; i < m->header_count; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "%.*s", (int)m->header[i].name.len,
                       m->header[i].name.ptr);
        if (strcasecmp(name, "content-type") == 0 && cloudevent_is_batch(m->header[i].value) &&
            cloudevent_batch_begin(&w, buf_str(&m->body))) {
            give_batch(s, &w);
            return;
        }
    }
    raw = raw_of(m);
    (void)!cloudevent_read_http(&e, m->header, m->header_count, buf_str(&m->body));
    adapter_give(s->adapter.world, &e, buf_str(&raw));
    cloudevent_fini(&e);
    buf_fini(&raw);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    assert(response != NULL);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, "Allow", "POST, OPTIONS");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result serve(void *arg, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *part,
                             size_t *part_len, void **state)
{
    struct http_sink *s = arg;
    struct message *m = *state;

    UNUSED(url);
    UNUSED(version);
    if (m == NULL) {
        m = xcalloc(1, sizeof *m);
        m->body = buf_growing();
        *state = m;
        return MHD_YES;
    }
    if (*part_len > 0) {
        m->too_large = m->too_large || m->body.len + *part_len > MAX_BODY;
        if (!m->too_large)
            buf_add(&m->body, part, *part_len);
        *part_len = 0;
        return MHD_YES;
    }
    if (s->answer != 0)
        return answer(connection, s->answer);
    if (strcmp(method, "OPTIONS") == 0)
        return answer(connection, MHD_HTTP_NO_CONTENT);
    if (strcmp(method, "POST") != 0)
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
    if (m->too_large)
        return answer(connection, MHD_HTTP_CONTENT_TOO_LARGE);
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, m);
    give_event(s, m);
    return answer(connection, MHD_HTTP_NO_CONTENT);
}

static void forget(void *arg, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode code)
{
    struct message *m = *state;

    UNUSED(arg);
    UNUSED(connection);
    UNUSED(code);
    if (m != NULL)
        buf_fini(&m->body);
    free(m);
    *state = NULL;
}

static size_t sink_fds(struct adapter *a, struct pollfd *fds)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(((struct http_sink *)a)->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    fds[0] = (struct pollfd){.fd = info->epoll_fd, .events = POLLIN};
    return 1;
}

static int64_t sink_work(struct adapter *a, int64_t now_us)
{
    struct http_sink *s = (struct http_sink *)a;
    MHD_UNSIGNED_LONG_LONG left_ms;

    (void)MHD_run(s->daemon);
    return MHD_get_timeout(s->daemon, &left_ms) == MHD_YES ? now_us + (int64_t)left_ms * US_PER_MS
                                                           : INT64_MAX;
}

static void sink_call(struct adapter *a, struct adapter_call *call)
{
    const json_t *status = json_object_get(call->request, "answer");
    const char *op = adapter_text(call->request, "op");

    if (op == NULL || strcmp(op, "sink") != 0 || !json_is_integer(status)) {
        call->answered(call, adapter_reply_failed(ADAPTER_UNAVAILABLE, 0, "no such operation"));
        return;
    }
    ((struct http_sink *)a)->answer = (unsigned)json_integer_value(status);
    call->answered(call, adapter_reply_ok());
}

static void sink_free(struct adapter *a)
{
    struct http_sink *s = (struct http_sink *)a;

    MHD_stop_daemon(s->daemon);
    free(s);
}

static bool listen_at(struct http_sink *s, const char *address, char *why)
{
    char where[TARGET_WHERE_LEN];
    struct addr addr;
    bool ok = addr_parse(str_from(address), 0, &addr);

    assert(ok && "the target file was checked");
    UNUSED(ok);
    errno = 0;
    s->daemon = MHD_start_daemon(MHD_USE_EPOLL | (addr.sa.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0),
                                 0, NULL, NULL, serve, s, MHD_OPTION_SOCK_ADDR, &addr.sa,
                                 MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_END);
    if (s->daemon == NULL) {
        (void)snprintf(
            why, ADAPTER_WHY_LEN, "%s: the event sink cannot listen at %s: %s",
            target_where(s->adapter.world->target, "events.http_sink.listen", where), address,
            errno == EADDRINUSE      ? "another program has the port: take 0 for any that is free"
            : errno == EADDRNOTAVAIL ? "it is no address of this machine"
                                     : strerror(errno));
        return false;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    char text[ADDR_TEXT_LEN];

    addr.len = sizeof addr.in6;
    ok = getsockname(info->listen_fd, &addr.sa, &addr.len) == 0;
    assert(ok);
    (void)snprintf(s->url, sizeof s->url, "http://%s/", addr_format(&addr, text));
    return true;
}

struct adapter *adapter_events_http_sink(const struct adapter_world *world, char *why)
{
    static const struct adapter_functions functions = {.name = "events.http_sink",
                                                       .call = sink_call,
                                                       .fds = sink_fds,
                                                       .work = sink_work,
                                                       .free = sink_free};
    struct http_sink *s = xcalloc(1, sizeof *s);

    s->adapter = (struct adapter){&functions, world};
    if (listen_at(s, world->target->events.listen, why))
        return &s->adapter;
    free(s);
    return NULL;
}

const char *adapter_events_url(const struct adapter *a)
{
    return ((const struct http_sink *)a)->url;
}
