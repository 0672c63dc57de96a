#include "reference/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/crypto.h>

#include "lib/clock.h"
#include "lib/listen.h"
#include "lib/log.h"
#include "reference/api_context.h"
#include "reference/api_secret.h"
#include "reference/api_security.h"
#include "reference/api_server.h"
#include "reference/descriptors.h"

enum { STOP_WAIT_US = 1 * US_PER_S, STOP_LOOK_US = 2 * US_PER_MS };

struct api {
    struct api_backend backend;
    struct api_context context;
    bool needs_token;
    struct api_secret secret; /* empty when no address needs one */
    size_t count;
    struct addr addr[ADDR_LIST_MAX];
    struct api_server *server[ADDR_LIST_MAX];
};

bool api_read_token(struct api *a, const char *file, struct api_secret_text *out, char *why)
{
    out->text[0] = '\0';
    return !a->needs_token || api_token_load(file, out->text, why);
}

void api_take_token(struct api *a, struct api_secret_text *token)
{
    if (a->needs_token)
        api_secret_set(&a->secret, token->text);
    OPENSSL_cleanse(token, sizeof *token);
}

static bool load_token(struct api *a, const struct config *config, char *why)
{
    struct api_secret_text token;
    char path[512];

    for (size_t i = 0; i < config->http.count; i++)
        a->needs_token = a->needs_token || api_addr_needs_token(&config->http.addr[i]);
    if (!api_read_token(a, config->api_token_file, &token, why))
        return false;
    api_take_token(a, &token);
    if (a->needs_token)
        log_event(LOG_INFO, "api", "token", "file=%s",
                  log_quote(str_from(config->api_token_file), path, sizeof path));
    return true;
}

static bool start_one(struct api *a, const struct config *config, const struct addr *want,
                      char *why)
{
    static const struct listen_words words = {"HTTP API", "--http"};
    char text[ADDR_TEXT_LEN];
    bool open = !api_addr_needs_token(want);
    struct addr *bound = &a->addr[a->count];
    int fd = listen_open(want, &words, bound, why);

    if (fd < 0)
        return false;
    assert(open || a->secret.text[0] != '\0'); /* an empty token would let everybody in */
    struct api_server *server = api_server_start(fd, open ? NULL : &a->secret, config, &a->context);

    if (server == NULL) {
        (void)snprintf(why, API_WHY_LEN, "HTTP API: cannot serve %s: no threads or memory left",
                       addr_format(want, text));
        return false;
    }
    a->server[a->count++] = server;
    log_event(LOG_INFO, "api", "listening", "addr=%s token=%s", addr_format(bound, text),
              open ? "no" : "yes");
    return true;
}

/*
 * Connections for each address, so that descriptors never run out: the library would ask for one
 * more without a pause. False: there is not even room for one.
 */
static bool limit_connections(struct config *config, char *why)
{
    int64_t room = (int64_t)(descriptors_left() / config->http.count) - API_SURPLUS_CONNECTIONS;

    if (room < 1) {
        (void)snprintf(why, API_WHY_LEN,
                       "HTTP API: too few file descriptors: raise the limit (ulimit -n)");
        return false;
    }
    if (room < config->api_max_connections) {
        log_event(LOG_WARN, "api", "fewer-connections",
                  "api_max_connections=%lld why=\"limit of file descriptors\"", (long long)room);
        config->api_max_connections = room;
    }
    return true;
}

struct api *api_start(const struct config *config, const struct api_backend *backend, char *why)
{
    struct api *a = xcalloc(1, sizeof *a);
    struct config limited = *config;
    bool good;

    *why = '\0';
    api_secret_init(&a->secret);
    json_object_seed(0); /* before there are threads that make JSON objects */
    a->backend = *backend;
    a->context = (struct api_context){
        .backend = &a->backend,
        .ready = api_ready_new(&a->backend),
        .metrics = metrics_new(),
    };
    good = load_token(a, config, why) && limit_connections(&limited, why);
    for (size_t i = 0; i < config->http.count && good; i++)
        good = start_one(a, &limited, &config->http.addr[i], why);
    if (!good)
        api_stop(&a);
    return a;
}

static bool is_active(struct api *a)
{
    for (size_t i = 0; i < a->count; i++) {
        if (api_server_active(a->server[i]) > 0)
            return true;
    }
    return false;
}

void api_stop(struct api **api)
{
    static const struct timespec look = {0, STOP_LOOK_US * 1000};
    struct api *a = *api;

    if (a == NULL)
        return;
    int64_t until_us = clock_mono_us() + STOP_WAIT_US;

    for (size_t i = 0; i < a->count; i++)
        api_server_quiesce(a->server[i]);
    while (is_active(a) && clock_mono_us() < until_us)
        (void)nanosleep(&look, NULL);
    for (size_t i = 0; i < a->count; i++)
        api_server_stop(&a->server[i]);
    api_ready_free(&a->context.ready);
    api_secret_fini(&a->secret);
    free(a);
    *api = NULL;
}

size_t api_addr_count(const struct api *a)
{
    return a->count;
}

const struct addr *api_addr(const struct api *a, size_t i)
{
    assert(i < a->count);
    return &a->addr[i];
}
