#include "reference/sink_testreceiver.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

static enum MHD_Result add_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct seen *s = arg;

    UNUSED(kind);
    buf_add_format(&s->headers, "%s: %s\n", name, value);
    return MHD_YES;
}

static void keep(struct MHD_Connection *c, const char *name, char out[64])
{
    const char *value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);

    (void)snprintf(out, 64, "%s", value == NULL ? "" : value);
}

/* Decides under the lock, and waits there if that is the decision. */
static int decide(struct receiver *r, struct seen *s)
{
    int status = r->decide == NULL ? MHD_HTTP_NO_CONTENT : r->decide(r, s);

    if (status == HANG) {
        while (!r->released)
            (void)pthread_cond_wait(&r->changed, &r->lock);
        status = MHD_HTTP_NO_CONTENT;
    }
    s->finished = true;
    r->open--;
    (void)pthread_cond_broadcast(&r->changed);
    return status;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result receive(void *arg, struct MHD_Connection *c, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *data_len, void **state)
{
    struct receiver *r = arg;
    struct seen *s = *state;
    struct MHD_Response *response;
    int status;

    UNUSED(version);
    (void)pthread_mutex_lock(&r->lock);
    if (s == NULL) {
        assert(r->count < MAX_SEEN);
        s = *state = &r->seen[r->count++];
        s->headers = s->body = buf_growing();
        s->line = xcalloc(1, strlen(url) + strlen(method) + 2);
        (void)sprintf(s->line, "%s %s", method, url);
        (void)MHD_get_connection_values(c, MHD_HEADER_KIND, add_header, s);
        buf_add_char(&s->headers, '\0');
        keep(c, "ce-device", s->device);
        keep(c, "ce-id", s->id);
        if (++r->open > r->most_open)
            r->most_open = r->open;
        (void)pthread_mutex_unlock(&r->lock);
        return MHD_YES;
    }
    if (*data_len > 0) {
        buf_add(&s->body, data, *data_len);
        *data_len = 0;
        (void)pthread_mutex_unlock(&r->lock);
        return MHD_YES;
    }
    (void)pthread_cond_broadcast(&r->changed);
    status = decide(r, s);
    (void)pthread_mutex_unlock(&r->lock);
    response = MHD_create_response_from_buffer(r->answer_len, xcalloc(1, r->answer_len + 1),
                                               MHD_RESPMEM_MUST_FREE);
    if (r->location != NULL)
        (void)MHD_add_response_header(response, "Location", r->location);
    enum MHD_Result queued = MHD_queue_response(c, (unsigned)status, response);

    MHD_destroy_response(response);
    return queued;
}

static void count_connection(void *arg, struct MHD_Connection *c, void **state,
                             enum MHD_ConnectionNotificationCode code)
{
    struct receiver *r = arg;

    UNUSED(c);
    UNUSED(state);
    (void)pthread_mutex_lock(&r->lock);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        r->connections++;
    (void)pthread_mutex_unlock(&r->lock);
}

void receiver_start(struct receiver *r, const char *cert, const char *key)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(r->port)};
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                     (cert == NULL ? 0U : (unsigned)MHD_USE_TLS);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_cond_init(&r->changed, NULL);
    r->daemon = MHD_start_daemon(flags, 0, NULL, NULL, receive, r, MHD_OPTION_SOCK_ADDR,
                                 (struct sockaddr *)&addr, MHD_OPTION_NOTIFY_CONNECTION,
                                 count_connection, r, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
                                 cert == NULL ? MHD_OPTION_END : MHD_OPTION_HTTPS_MEM_CERT, cert,
                                 MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_END);
    assert(r->daemon != NULL);
    r->port = MHD_get_daemon_info(r->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void receiver_release(struct receiver *r)
{
    (void)pthread_mutex_lock(&r->lock);
    r->released = true;
    (void)pthread_cond_broadcast(&r->changed);
    (void)pthread_mutex_unlock(&r->lock);
}

void receiver_await(struct receiver *r, size_t count)
{
    (void)pthread_mutex_lock(&r->lock);
    while (r->count < count)
        (void)pthread_cond_wait(&r->changed, &r->lock);
    (void)pthread_mutex_unlock(&r->lock);
}

void receiver_stop(struct receiver *r)
{
    receiver_release(r);
    MHD_stop_daemon(r->daemon);
    for (size_t i = 0; i < r->count; i++) {
        free(r->seen[i].line);
        buf_fini(&r->seen[i].headers);
        buf_fini(&r->seen[i].body);
    }
    (void)pthread_cond_destroy(&r->changed);
    (void)pthread_mutex_destroy(&r->lock);
}
