#include "simulator/metrics_listener.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <microhttpd.h>

#include "lib/listen.h"
#include "lib/metrics_process.h"

enum { CONNECTIONS = 16, IDLE_S = 10 };

struct metrics_listener {
    struct MHD_Daemon *daemon;
    char url[METRICS_LISTENER_URL_LEN];
    pthread_mutex_t lock;
    struct buf page; /* under the lock */
};

static enum MHD_Result reply(struct MHD_Connection *c, unsigned status, const char *type,
                             struct str body)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY); /* it does not write */
    enum MHD_Result sent = MHD_NO;

    if (r != NULL && MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
        (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES))
        sent = MHD_queue_response(c, status, r);
    if (r != NULL)
        MHD_destroy_response(r);
    return sent;
}

static enum MHD_Result reply_page(struct metrics_listener *l, struct MHD_Connection *c)
{
    struct buf text = buf_growing();
    enum MHD_Result sent;

    (void)pthread_mutex_lock(&l->lock);
    buf_add_str(&text, buf_str(&l->page));
    (void)pthread_mutex_unlock(&l->lock);
    metrics_process_render(&text);
    sent = reply(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", buf_str(&text));
    buf_fini(&text);
    return sent;
}

/* NOLINTNEXTLINE(readability-function-size): the library sets the parameters */
static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *path,
                              const char *method, const char *version, const char *body,
                              size_t *body_len, void **begun)
{
    UNUSED(version);
    UNUSED(body);
    UNUSED(body_len);
    UNUSED(begun);
    if (strcmp(path, "/metrics") != 0)
        return reply(c, MHD_HTTP_NOT_FOUND, "text/plain", STR("the page is /metrics\n"));
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return reply(c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", STR("only to be read\n"));
    return reply_page(cls, c);
}

/* A number alone is a port of this machine's own address. */
static bool read_where(const char *where, struct addr *out)
{
    char text[sizeof "127.0.0.1:65535"];
    size_t len = strlen(where);

    if (len == 0 || len > 5 || strspn(where, "0123456789") != len)
        return strchr(where, ':') != NULL && addr_parse(str_from(where), 0, out);
    (void)snprintf(text, sizeof text, "127.0.0.1:%s", where);
    return addr_parse(str_from(text), 0, out);
}

static bool serve(struct metrics_listener *l, const struct addr *want, char *why)
{
    static const struct listen_words words = {"metrics", "--metrics"};
    char text[ADDR_TEXT_LEN];
    struct addr bound;
    int fd = listen_open(want, &words, &bound, why);

    if (fd < 0)
        return false;
    l->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0,
                                 NULL, NULL, handle, l, MHD_OPTION_LISTEN_SOCKET, fd,
                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_END);
    if (l->daemon == NULL) {
        (void)close(fd);
        (void)snprintf(why, METRICS_LISTENER_WHY_LEN, "metrics: no thread or memory is left");
        return false;
    }
    (void)snprintf(l->url, sizeof l->url, "http://%s/metrics", addr_format(&bound, text));
    return true;
}

struct metrics_listener *metrics_listener_new(const char *where, char *why)
{
    struct metrics_listener *l = xcalloc(1, sizeof *l);
    struct addr want;
    bool ok;

    (void)pthread_mutex_init(&l->lock, NULL);
    l->page = buf_growing();
    ok = read_where(where, &want);
    if (!ok)
        (void)snprintf(why, METRICS_LISTENER_WHY_LEN,
                       "--metrics: \"%.64s\" is no address, such as 127.0.0.1:9683", where);
    if (!ok || !serve(l, &want, why))
        metrics_listener_free(&l);
    return l;
}

void metrics_listener_free(struct metrics_listener **l)
{
    if (*l == NULL)
        return;
    if ((*l)->daemon != NULL)
        MHD_stop_daemon((*l)->daemon);
    (void)pthread_mutex_destroy(&(*l)->lock);
    buf_fini(&(*l)->page);
    free(*l);
    *l = NULL;
}

const char *metrics_listener_url(const struct metrics_listener *l)
{
    return l->url;
}

void metrics_listener_show(struct metrics_listener *l, struct str page)
{
    (void)pthread_mutex_lock(&l->lock);
    buf_clear(&l->page);
    buf_add_str(&l->page, page);
    (void)pthread_mutex_unlock(&l->lock);
}
