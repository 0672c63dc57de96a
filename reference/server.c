#include "reference/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/udp.h"
#include "reference/probe.h"
#include "reference/worker.h"

_Static_assert((int)SERVER_WHY_LEN >= (int)AUTHN_CLIENT_WHY_LEN, "a complaint of the client fits");

enum { POLL_MS = 5, SINK_DRAIN_PART = 5, MAX_LISTENERS = 2 * ADDR_LIST_MAX };

struct listener {
    struct addr addr;
    bool dtls;
    int fd[CONFIG_MAX_WORKERS]; /* -1 when handed to its worker */
};

struct server {
    const struct config *config;
    struct listener listeners[MAX_LISTENERS];
    size_t listener_count;
    struct worker *workers[CONFIG_MAX_WORKERS];
    int worker_count;
    struct sink *sink;
    struct hash_pool *hashes;
    struct authn_client *authn; /* NULL: the registry knows the devices */
    struct command_bus *commands;
    struct dtls_context *dtls;
};

/* --- sockets -------------------------------------------------------------------------------------
 */

/* Without IPv6 the default address ::1 cannot be bound; one that the operator named must be. */
static bool may_be_missing(const struct config *config, const struct addr *a, int error)
{
    return !config->listen_given && a->sa.sa_family == AF_INET6 &&
           (error == EADDRNOTAVAIL || error == EAFNOSUPPORT);
}

static bool open_listener(struct server *s, const struct addr *a, bool dtls, char *why)
{
    struct listener *l = &s->listeners[s->listener_count];
    char text[ADDR_TEXT_LEN];

    *l = (struct listener){.addr = *a, .dtls = dtls};
    for (int i = 0; i < s->worker_count; i++)
        l->fd[i] = -1;
    for (int i = 0; i < s->worker_count; i++) {
        l->fd[i] = udp_open(&l->addr, i == 0 ? UDP_FIRST : UDP_FURTHER, why);
        if (l->fd[i] < 0 && i == 0 && may_be_missing(s->config, a, errno)) {
            log_event(LOG_WARN, "server", "no-ipv6", "addr=%s", addr_format(a, text));
            return true;
        }
        if (i == 0 && l->fd[i] >= 0) { /* port 0 becomes a real one */
            l->addr.len = sizeof l->addr.in6;
            (void)getsockname(l->fd[i], &l->addr.sa, &l->addr.len);
        }
        if (l->fd[i] < 0) {
            s->listener_count++; /* so that server_stop closes the ones before it */
            return false;
        }
    }
    s->listener_count++;
    log_event(LOG_INFO, "server", "listening", "scheme=%s addr=%s workers=%d",
              dtls ? "coaps" : "coap", addr_format(&l->addr, text), s->worker_count);
    return true;
}

static bool open_listeners(struct server *s, char *why)
{
    const struct config *c = s->config;

    for (size_t i = 0; i < c->coap.count; i++) {
        if (!open_listener(s, &c->coap.addr[i], false, why))
            return false;
    }
    for (size_t i = 0; i < c->coaps.count; i++) {
        if (!open_listener(s, &c->coaps.addr[i], true, why))
            return false;
    }
    return true;
}

/* --- start ---------------------------------------------------------------------------------------
 */

static void text_of_file(char *out, size_t cap, const char *given, const char *dir,
                         const char *name)
{
    if (given != NULL)
        (void)snprintf(out, cap, "%s", given);
    else
        (void)snprintf(out, cap, "%s/%s", dir, name);
}

/* The identity of the DTLS server: the configured files, or those that the demo has made. */
struct identity_files {
    char cert[4096];
    char key[4096];
};

static void find_identity(const struct config *c, struct identity_files *files)
{
    text_of_file(files->cert, sizeof files->cert, c->server_cert, c->data_dir, "server.crt");
    text_of_file(files->key, sizeof files->key, c->server_key, c->data_dir, "server.key");
}

/* NULL and why. */
static struct dtls_context *load_context(const struct config *c, char *why)
{
    struct identity_files files;

    find_identity(c, &files);
    struct dtls_context *context = dtls_context_new(files.cert, files.key, why);
    size_t len = strlen(why);

    if (context == NULL && c->server_cert == NULL && len < DTLS_WHY_LEN)
        (void)snprintf(why + len, SERVER_WHY_LEN - len,
                       "; name one with --cert and --key, or let --demo make it");
    return context;
}

static bool open_dtls(struct server *s, char *why)
{
    if (s->config->coaps.count == 0)
        return true;
    s->dtls = load_context(s->config, why);
    return s->dtls != NULL;
}

static struct sink_options sink_options_of(const struct config *c)
{
    return (struct sink_options){
        .url = c->sink,
        .rotate_bytes = c->sink_rotate_bytes,
        .max_bytes = c->sink_max_bytes,
        .mode = (enum sink_mode)c->sink_mode,
        .connections = c->sink_connections,
        .timeout_us = c->sink_timeout_us,
        .ca_file = c->sink_ca,
        .user = c->sink_user,
        .token_file = c->sink_token,
    };
}

static struct authn_client_options authn_options_of(const struct config *c)
{
    return (struct authn_client_options){
        .url = c->auth_url,
        .ca_file = c->auth_ca,
        .token_file = c->auth_token,
        .connections = c->auth_connections,
        .queue = (size_t)c->auth_queue,
        .timeout_us = c->auth_timeout_us,
    };
}

static bool open_authn(struct server *s, char *why)
{
    struct authn_client_options options = authn_options_of(s->config);

    if (s->config->auth_url == NULL)
        return true;
    s->authn = authn_client_new(&options, why);
    return s->authn != NULL;
}

bool server_check(const struct config *config, char *why)
{
    bool demo_makes_them = config->demo && config->server_cert == NULL;
    struct sink_options sink = sink_options_of(config);
    struct dtls_context *context;
    struct authn_client_options authn = authn_options_of(config);

    if (!sink_check(&sink, why) || (config->auth_url != NULL && !authn_client_check(&authn, why)))
        return false;
    if (config->coaps.count == 0 || demo_makes_them)
        return true;
    context = load_context(config, why);
    bool good = context != NULL;

    dtls_context_free(&context);
    return good;
}

static bool open_sink(struct server *s, char *why)
{
    struct sink_options options = sink_options_of(s->config);

    s->sink = sink_open(&options, why);
    return s->sink != NULL;
}

static void start_workers(struct server *s, struct registry *registry)
{
    struct worker_shared shared = {
        .config = s->config,
        .registry = registry,
        .sink = s->sink,
        .hashes = s->hashes,
        .authn = s->authn,
        .commands = s->commands,
        .dtls = s->dtls,
        .workers = s->worker_count,
    };

    for (int i = 0; i < s->worker_count; i++) {
        struct worker_socket sockets[MAX_LISTENERS];

        for (size_t k = 0; k < s->listener_count; k++) {
            sockets[k] = (struct worker_socket){s->listeners[k].fd[i], s->listeners[k].dtls};
            s->listeners[k].fd[i] = -1;
        }
        s->workers[i] = worker_new(&shared, sockets, s->listener_count);
    }
    for (int i = 0; i < s->worker_count; i++)
        worker_start(s->workers[i]);
}

static int count_workers(const struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->workers > 0)
        return config->workers;
    if (cores < 1)
        return 1;
    return cores > CONFIG_MAX_WORKERS ? CONFIG_MAX_WORKERS : (int)cores;
}

struct server *server_start(const struct config *config, struct registry *registry, char *why)
{
    struct server *s = xcalloc(1, sizeof *s);

    s->config = config;
    s->worker_count = count_workers(config);
    if (!open_authn(s, why) || !open_dtls(s, why) || !open_sink(s, why) ||
        !open_listeners(s, why)) {
        server_stop(&s);
        return NULL;
    }
    s->commands = command_bus_new();
    s->hashes = hash_pool_new(config->hash_threads, (size_t)config->hash_queue);
    start_workers(s, registry);
    return s;
}

/* --- end -----------------------------------------------------------------------------------------
 */

static bool all_drained(const struct server *s)
{
    for (int i = 0; i < s->worker_count; i++) {
        if (s->workers[i] != NULL && !worker_is_drained(s->workers[i]))
            return false;
    }
    return true;
}

static void drain(struct server *s)
{
    int64_t until_us = clock_mono_us() + s->config->drain_us;

    /* what the sink gives up in time, devices are still told */
    if (s->sink != NULL)
        sink_drain(s->sink, until_us - s->config->drain_us / SINK_DRAIN_PART);
    for (int i = 0; i < s->worker_count; i++) {
        if (s->workers[i] != NULL)
            worker_drain(s->workers[i]);
    }
    while (!all_drained(s) && clock_mono_us() < until_us)
        (void)poll(NULL, 0, POLL_MS);
    if (!all_drained(s))
        log_event(LOG_WARN, "server", "drain-timeout", "after_ms=%lld",
                  (long long)(s->config->drain_us / US_PER_MS));
}

void server_stop(struct server **server)
{
    struct server *s = *server;

    if (s == NULL)
        return;
    drain(s);
    for (int i = 0; i < s->worker_count; i++)
        worker_stop(&s->workers[i]);
    for (size_t k = 0; k < s->listener_count; k++) {
        for (int i = 0; i < s->worker_count; i++) {
            if (s->listeners[k].fd[i] >= 0)
                (void)close(s->listeners[k].fd[i]);
        }
    }
    hash_pool_free(&s->hashes);
    authn_client_free(&s->authn);
    command_bus_free(&s->commands);
    sink_close(&s->sink);
    dtls_context_free(&s->dtls);
    free(s);
    *server = NULL;
}

bool server_reload(struct server *s, const struct config *config, char *why)
{
    struct worker_settings settings = {
        .max_ct_us = config->max_ct_us,
        .retry_after_s = (uint32_t)(config->retry_after_us / US_PER_S),
    };
    struct identity_files files;

    find_identity(config, &files);
    if (s->dtls != NULL && !dtls_context_reload(s->dtls, files.cert, files.key, why))
        return false;
    for (int i = 0; i < s->worker_count; i++)
        worker_change(s->workers[i], &settings);
    return true;
}

struct command_bus *server_commands(struct server *s)
{
    return s->commands;
}

/* --- health --------------------------------------------------------------------------------------
 */

static bool takes_a_turn(struct worker *w, int64_t until_us)
{
    uint64_t before = worker_turns(w);

    do {
        worker_wake(w);
        if (worker_turns(w) != before)
            return true;
        (void)poll(NULL, 0, 1);
    } while (clock_mono_us() < until_us);
    return false;
}

bool server_answers(struct server *s, int64_t timeout_us, char *why)
{
    int64_t until_us = clock_mono_us() + timeout_us;
    char text[ADDR_TEXT_LEN];

    for (int i = 0; i < s->worker_count; i++) {
        if (!takes_a_turn(s->workers[i], until_us)) {
            (void)snprintf(why, SERVER_WHY_LEN, "worker %d is stuck", i);
            return false;
        }
    }
    for (size_t k = 0; k < s->listener_count; k++) {
        const struct listener *l = &s->listeners[k];

        if (!(l->dtls ? probe_coaps : probe_coap)(&l->addr, until_us)) {
            (void)snprintf(why, SERVER_WHY_LEN, "%s listener %s does not answer",
                           l->dtls ? "coaps" : "coap", addr_format(&l->addr, text));
            return false;
        }
    }
    return true;
}

bool server_ready(struct server *s, int64_t timeout_us, char *why)
{
    if (!server_answers(s, timeout_us, why))
        return false;
    if (!sink_is_up(s->sink)) {
        (void)snprintf(why, SERVER_WHY_LEN, "the event sink fails");
        return false;
    }
    return true;
}
