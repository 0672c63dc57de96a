#include "lib/target.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/target_fields.h"
#include "lib/target_parameter.h"
#include "lib/target_where.h"

static void init(struct target *t, const char *shown)
{
    *t = (struct target){.ciphers_rfc7252 = true};
    t->file = arena_str(&t->arena, str_from(shown)).ptr;
    target_parameters_init(t);
}

static void check_whole(struct target_reader *r, const struct target *t)
{
    if (t->coap.host == NULL && t->coaps.host == NULL && r->problems.len == 0)
        target_reader_say(r, NULL,
                          "\"coap\" and \"coaps\" are both missing: say where the "
                          "endpoint is, as in coap = \"coap://host:5683\"");
}

static bool read_at(struct target *t, struct str text, const char *shown, const char *folder,
                    const struct target_places *places, char *why)
{
    struct target_reader r = {.source = text, .shown = shown, .folder = folder, .places = places};

    init(t, shown);
    t->source = arena_str(&t->arena, text);
    r.arena = &t->arena;
    r.problems = buf_growing();
    bool ok = target_lua_run(&r, why);

    if (ok) {
        target_read_fields(&r, t);
        check_whole(&r, t);
        target_parameters_derive(t);
        ok = r.problems.len == 0;
        if (!ok)
            (void)snprintf(why, TARGET_WHY_LEN, "%.*s", (int)r.problems.len - 1, r.problems.ptr);
    }
    buf_fini(&r.problems);
    target_lua_close(&r);
    if (!ok)
        target_fini(t);
    return ok;
}

bool target_read(struct target *t, struct str text, const char *shown,
                 const struct target_places *places, char *why)
{
    return read_at(t, text, shown, "", places, why);
}

static bool read_whole(const char *path, struct buf *out)
{
    enum { MAX_FILE = 1 << 20 };
    FILE *f = fopen(path, "rbe");
    char part[4096];
    size_t len;

    if (f == NULL)
        return false;
    while ((len = fread(part, 1, sizeof part, f)) > 0 && out->len < MAX_FILE)
        buf_add(out, part, len);
    bool ok = ferror(f) == 0;

    (void)fclose(f);
    return ok;
}

bool target_load(struct target *t, const char *path, const struct target_places *places, char *why)
{
    char folder[PATH_MAX];
    struct buf text = buf_growing();

    *t = (struct target){0};
    if (realpath(path, folder) == NULL || !read_whole(folder, &text)) {
        (void)snprintf(why, TARGET_WHY_LEN, "%s: cannot be read: %s", path, strerror(errno));
        buf_fini(&text);
        return false;
    }
    *strrchr(folder, '/') = '\0';
    bool ok = read_at(t, buf_str(&text), path, folder, places, why);

    buf_fini(&text);
    return ok;
}

static void add_feature(const char **features, const char *name)
{
    while (*features != NULL)
        features++;
    *features = name;
}

static void use_device(struct target *t, const struct target_device *device)
{
    enum { FEATURES = 4 };
    const char **features = arena_take(&t->arena, FEATURES, sizeof *features);
    struct target_device *d = arena_take(&t->arena, 1, sizeof *d);
    const char **texts[] = {&d->application,  &d->device, &d->password, &d->username,
                            &d->psk_identity, &d->psk,    &d->cert,     &d->key};

    *d = *device;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (*texts[i] != NULL)
            *texts[i] = arena_str(&t->arena, str_from(*texts[i])).ptr;
    d->aliases = NULL;
    if (d->password != NULL)
        add_feature(features, "auth.basic");
    if (d->psk != NULL)
        add_feature(features, "auth.psk");
    if (d->cert != NULL)
        add_feature(features, "auth.x509");
    t->features = features;
    t->registry.kind = REGISTRY_STATIC;
    t->registry.devices = d;
    t->registry.device_count = 1;
}

bool target_from_url(struct target *t, const char *url, const struct target_device *device,
                     char *why)
{
    init(t, "command line");
    if (!target_take_address(&t->arena, url, "coap://", COAP_PORT, &t->coap) &&
        !target_take_address(&t->arena, url, "coaps://", COAPS_PORT, &t->coaps)) {
        (void)snprintf(why, TARGET_WHY_LEN,
                       "%s: expected coap://host[:port] or coaps://host[:port]", url);
        target_fini(t);
        return false;
    }
    t->name = arena_str(&t->arena, str_from(url)).ptr;
    target_parameters_derive(t);
    if (device != NULL)
        use_device(t, device);
    return true;
}

void target_fini(struct target *t)
{
    arena_fini(&t->arena);
    *t = (struct target){0};
}

static bool resolve(const struct target *t, struct target_address *a, const char *field, char *why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;
    char port[8], where[TARGET_WHERE_LEN];

    if (a->host == NULL)
        return true;
    (void)snprintf(port, sizeof port, "%u", a->port);
    int err = getaddrinfo(a->host, port, &hints, &found);

    if (err != 0) {
        (void)snprintf(why, TARGET_WHY_LEN, "%s: the host %s cannot be found: %s",
                       target_where(t, field, where), a->host, gai_strerror(err));
        return false;
    }
    assert(found->ai_addrlen <= sizeof(struct sockaddr_in6));
    memcpy(&a->addr.in6, found->ai_addr, found->ai_addrlen);
    a->addr.len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool target_resolve(struct target *t, char *why)
{
    return resolve(t, &t->coap, "coap", why) && resolve(t, &t->coaps, "coaps", why);
}

bool target_claims(const struct target *t, const char *feature)
{
    for (const char *const *f = t->features; f != NULL && *f != NULL; f++)
        if (strcmp(*f, feature) == 0)
            return true;
    return false;
}
