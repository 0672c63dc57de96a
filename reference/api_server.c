#include "reference/api_server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <microhttpd.h>

#include "lib/log.h"
#include "reference/api_exchange.h"

enum {
    /* A whole request may take this many idle timeouts. */
    WATCH_FACTOR = 6,
};

struct api_server {
    struct MHD_Daemon *daemon;
    size_t max_connections;
    _Atomic size_t connections;
    struct api_exchange_setup setup;
    int quiesced_fd; /* -1 before api_server_quiesce */
};

/* The library's own complaints: about peers mostly, so they are limited and only for debugging. */
static void log_library(void *cls, const char *format, va_list args) PRINTF_LIKE(2, 0);

static void log_library(void *cls, const char *format, va_list args)
{
    static struct log_limit limit;
    char text[256];
    char quoted[300];

    UNUSED(cls);
    (void)vsnprintf(text, sizeof text, format, args);
    log_limited(&limit, LOG_DEBUG, "api", "http", "text=%s",
                log_quote(str_from(text), quoted, sizeof quoted));
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct api_server *server = cls;
    struct api_connection *context = *socket_context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

        assert(info != NULL);
        context = xcalloc(1, sizeof *context);
        context->watched = api_watch_enter(server->setup.watch, info->connect_fd);
        context->surplus = atomic_fetch_add(&server->connections, 1) >= server->max_connections;
        *socket_context = context;
        return;
    }
    api_watch_leave(server->setup.watch, &context->watched);
    atomic_fetch_sub(&server->connections, 1);
    free(context);
    *socket_context = NULL;
}

static unsigned seconds(int64_t us)
{
    return (unsigned)((us + US_PER_S - 1) / US_PER_S);
}

struct api_server *api_server_start(int listen_fd, struct api_secret *secret,
                                    const struct config *config, const struct api_context *context)
{
    struct api_server *server = xcalloc(1, sizeof *server);

    server->quiesced_fd = -1;
    server->max_connections = (size_t)config->api_max_connections;
    atomic_init(&server->connections, 0);
    server->setup = (struct api_exchange_setup){
        .secret = secret,
        .max_body = (size_t)config->api_max_body_bytes,
        .context = context,
        .watch = api_watch_new(config->api_timeout_us * WATCH_FACTOR),
    };
    atomic_init(&server->setup.active, 0);
    server->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
            MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, api_exchange_handle, &server->setup, /* */
        MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,      /* first: it logs the others' faults */
        MHD_OPTION_LISTEN_SOCKET, listen_fd,                /* */
        MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)config->api_max_connections + API_SURPLUS_CONNECTIONS,          /* */
        MHD_OPTION_CONNECTION_TIMEOUT, seconds(config->api_timeout_us),           /* */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)config->api_max_header_bytes, /* */
        MHD_OPTION_URI_LOG_CALLBACK, api_exchange_begin, &server->setup,          /* */
        MHD_OPTION_NOTIFY_COMPLETED, api_exchange_end, &server->setup,            /* */
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)close(listen_fd);
        api_server_stop(&server);
    }
    return server;
}

void api_server_quiesce(struct api_server *server)
{
    if (server->quiesced_fd < 0)
        server->quiesced_fd = MHD_quiesce_daemon(server->daemon);
}

size_t api_server_active(struct api_server *server)
{
    return atomic_load(&server->setup.active);
}

void api_server_stop(struct api_server **server)
{
    struct api_server *s = *server;

    if (s == NULL)
        return;
    if (s->daemon != NULL)
        MHD_stop_daemon(s->daemon);
    if (s->quiesced_fd >= 0)
        (void)close(s->quiesced_fd);
    api_watch_free(&s->setup.watch);
    free(s);
    *server = NULL;
}
