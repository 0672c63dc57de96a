/*
 * For tests of auth: a registry in a temporary folder with a few applications and devices, one
 * worker's reader and auth over it, and questions written as C strings.
 */
#ifndef REFERENCE_AUTH_FIXTURE_H
#define REFERENCE_AUTH_FIXTURE_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "reference/auth.h"

struct auth_world {
    char folder[64];
    struct registry *registry;
    struct registry_reader *reader;
    struct hash_pool *pool;
    struct metrics *metrics;
    struct auth *auth;
};

/* A time in the middle of all validities, 2024-07-03T09:46:40Z. */
enum { AUTH_WORLD_WALL_S = 1720000000, AUTH_WORLD_NOW_US = 5000000 };

static inline void auth_world_path(const struct auth_world *w, const char *suffix, char *out,
                                   size_t cap)
{
    (void)snprintf(out, cap, "%s/registry.db%s", w->folder, suffix);
}

static inline void auth_world_open(struct auth_world *w)
{
    char path[128];
    char why[REGISTRY_WHY_LEN] = "";

    (void)snprintf(w->folder, sizeof w->folder, "/tmp/auth-test-XXXXXX");
    char *made = mkdtemp(w->folder);

    assert(made != NULL);
    auth_world_path(w, "", path, sizeof path);
    enum registry_err err = registry_open(path, &w->registry, why);

    assert(err == REGISTRY_OK);
    w->reader = registry_reader_new(w->registry);
    w->pool = hash_pool_new(1, 16);
    w->metrics = metrics_new();
    w->auth = auth_new(w->reader, w->pool,
                       &(struct auth_options){.cache_entries = 256, .cache_us = 60 * US_PER_S},
                       w->metrics);
}

static inline void auth_world_close(struct auth_world *w)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[128];

    auth_free(&w->auth);
    hash_pool_free(&w->pool);
    registry_reader_free(&w->reader);
    registry_close(&w->registry);
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        auth_world_path(w, suffixes[i], path, sizeof path);
        (void)unlink(path);
    }
    int removed = rmdir(w->folder);

    assert(removed == 0);
}

/* The document of an application or a device; spec is JSON with ' for ". */
static inline json_t *auth_world_document(const char *app, const char *device, const char *spec)
{
    char *text = xstrdup(str_from(spec));
    json_error_t error;

    for (char *p = text; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json_t *parsed = json_loads(text, 0, &error);

    assert(parsed != NULL);
    free(text);
    if (device == NULL)
        return json_pack("{s:{s:s}, s:o}", "metadata", "name", app, "spec", parsed);
    return json_pack("{s:{s:s, s:s}, s:o}", "metadata", "application", app, "name", device, "spec",
                     parsed);
}

/* Creates or replaces; device NULL: the application itself. */
static inline void auth_world_put(struct auth_world *w, const char *app, const char *device,
                                  const char *spec)
{
    json_t *document = auth_world_document(app, device, spec);
    char why[REGISTRY_WHY_LEN] = "";
    enum registry_err err;

    if (device == NULL) {
        err = registry_app_create(w->registry, document, why);
        if (err == REGISTRY_CONFLICT)
            err = registry_app_update(w->registry, str_from(app), document, why);
    } else {
        err = registry_device_create(w->registry, document, why);
        if (err == REGISTRY_CONFLICT)
            err =
                registry_device_update(w->registry, str_from(app), str_from(device), document, why);
    }
    if (err != REGISTRY_OK)
        (void)fprintf(stderr, "%s/%s: %s\n", app, device != NULL ? device : "", why);
    assert(err == REGISTRY_OK);
    json_decref(document);
    registry_quiescent(w->reader);
}

struct auth_world_row {
    const char *app;
    const char *device; /* NULL: the application itself */
    const char *spec;
};

static inline void auth_world_fill(struct auth_world *w, const struct auth_world_row *rows,
                                   size_t count)
{
    auth_world_open(w);
    for (size_t i = 0; i < count; i++)
        auth_world_put(w, rows[i].app, rows[i].device, rows[i].spec);
}

static inline void auth_world_delete(struct auth_world *w, const char *app, const char *device)
{
    enum registry_err err =
        device == NULL ? registry_app_delete(w->registry, str_from(app), NULL)
                       : registry_device_delete(w->registry, str_from(app), str_from(device), NULL);

    assert(err == REGISTRY_OK);
    registry_quiescent(w->reader);
}

/* NULL: the request does not have it. */
struct question {
    const char *basic; /* `user:password` */
    const char *application;
    const char *device;
    const char *as;
    struct identity *session;
    int64_t wall_s; /* 0: AUTH_WORLD_WALL_S */
};

static inline struct str auth_world_str(const char *text)
{
    return text != NULL ? str_from(text) : (struct str){NULL, 0};
}

static inline enum auth_result auth_world_ask(struct auth_world *w, struct question q,
                                              struct auth_grant *out)
{
    char value[1024] = "Basic ";
    int64_t wall_s = q.wall_s != 0 ? q.wall_s : AUTH_WORLD_WALL_S;

    if (q.basic != NULL)
        (void)EVP_EncodeBlock((uint8_t *)value + 6, (const uint8_t *)q.basic, (int)strlen(q.basic));
    struct auth_request request = {
        .session = q.session,
        .authorization = auth_world_str(q.basic != NULL ? value : NULL),
        .application = auth_world_str(q.application),
        .device = auth_world_str(q.device),
        .as = auth_world_str(q.as),
        .has_authorization = q.basic != NULL,
        .has_application = q.application != NULL,
        .has_device = q.device != NULL,
        .has_as = q.as != NULL,
    };

    return auth_check(w->auth, &request, AUTH_WORLD_NOW_US, wall_s * US_PER_S, 42, out);
}

/* As a worker does: waits for the hash and asks again. */
static inline enum auth_result auth_world_ask_until_known(struct auth_world *w, struct question q,
                                                          struct auth_grant *out)
{
    enum auth_result result;

    while ((result = auth_world_ask(w, q, out)) == AUTH_PENDING) {
        struct pollfd ready = {.fd = auth_wake_fd(w->auth), .events = POLLIN};
        uint64_t ticket = 0;
        int polled = poll(&ready, 1, 60000);
        size_t count = auth_poll(w->auth, AUTH_WORLD_NOW_US, &ticket, 1);

        assert(polled == 1 && count == 1 && ticket == 42);
    }
    return result;
}

#endif
