#include "reference/authn_testservice.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "reference/authn_question.h"

static enum auth_call call_of(const char *path)
{
    static const enum auth_call calls[] = {AUTH_CALL_PROVE, AUTH_CALL_KEY, AUTH_CALL_GATEWAY};

    for (size_t i = 0; i < COUNT(calls); i++) {
        if (strcmp(path, authn_question_path(calls[i])) == 0)
            return calls[i];
    }
    assert(false && "an endpoint asks nothing else");
    return AUTH_CALL_PROVE;
}

/* The question is whole: waits as long as the service hangs. */
static enum MHD_Result answer(struct testservice *s, enum auth_call call, struct buf *body,
                              struct MHD_Connection *connection)
{
    const char *authorization =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");

    (void)pthread_mutex_lock(&s->mutex);
    buf_fini(&s->last);
    s->last = *body;
    buf_add_char(&s->last, '\0');
    (void)snprintf(s->authorization, sizeof s->authorization, "%s",
                   authorization == NULL ? "" : authorization);
    s->asked[call]++;
    if (++s->waiting > s->most_waiting)
        s->most_waiting = s->waiting;
    (void)pthread_cond_broadcast(&s->changed);
    while (s->hangs)
        (void)pthread_cond_wait(&s->changed, &s->mutex);
    s->waiting--;
    const char *text = s->answer[call] != NULL ? s->answer[call] : "{\"outcome\":\"fail\"}";
    unsigned status = s->status;

    (void)pthread_mutex_unlock(&s->mutex);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result queued = MHD_queue_response(connection, status, response);

    MHD_destroy_response(response);
    return queued;
}

/* NOLINTNEXTLINE(readability-function-size): the library sets the parameters */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_len, void **request)
{
    struct buf *body = *request;

    UNUSED(version);
    assert(strcmp(method, "POST") == 0);
    if (body == NULL) {
        body = xcalloc(1, sizeof *body);
        *body = buf_growing();
        *request = body;
        return MHD_YES;
    }
    if (*data_len > 0) {
        buf_add(body, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    enum MHD_Result result = answer(cls, call_of(url), body, connection);

    *body = buf_growing(); /* the service has it now */
    return result;
}

static void end(void *cls, struct MHD_Connection *connection, void **request,
                enum MHD_RequestTerminationCode code)
{
    UNUSED(cls);
    UNUSED(connection);
    UNUSED(code);
    if (*request != NULL)
        buf_fini(*request);
    free(*request);
}

void testservice_start(struct testservice *s)
{
    s->status = 200;
    s->last = buf_growing();
    (void)pthread_mutex_init(&s->mutex, NULL);
    (void)pthread_cond_init(&s->changed, NULL);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(s->port)};

    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC, 0, NULL,
        NULL, handle, s, MHD_OPTION_SOCK_ADDR, &where, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
        MHD_OPTION_NOTIFY_COMPLETED, end, s, MHD_OPTION_END);
    assert(s->daemon != NULL);
    s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    (void)snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u/", (unsigned)s->port);
}

void testservice_stop(struct testservice *s)
{
    testservice_hang(s, false);
    MHD_stop_daemon(s->daemon);
    buf_fini(&s->last);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->mutex);
}

void testservice_says(struct testservice *s, enum auth_call call, const char *answer_text)
{
    (void)pthread_mutex_lock(&s->mutex);
    s->answer[call] = answer_text;
    (void)pthread_mutex_unlock(&s->mutex);
}

void testservice_hang(struct testservice *s, bool hangs)
{
    (void)pthread_mutex_lock(&s->mutex);
    s->hangs = hangs;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->mutex);
}

void testservice_await(struct testservice *s, size_t waiting)
{
    (void)pthread_mutex_lock(&s->mutex);
    while (s->waiting < waiting)
        (void)pthread_cond_wait(&s->changed, &s->mutex);
    (void)pthread_mutex_unlock(&s->mutex);
}

size_t testservice_asked(struct testservice *s, enum auth_call call)
{
    (void)pthread_mutex_lock(&s->mutex);
    size_t asked = s->asked[call];

    (void)pthread_mutex_unlock(&s->mutex);
    return asked;
}
