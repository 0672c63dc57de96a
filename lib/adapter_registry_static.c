/* Devices that exist already, lent to one case at a time. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/adapter.h"
#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/clock.h"

/* A case that could have a device, were it not lent: others give theirs back. */
struct waiting {
    struct waiting *next;
    struct adapter_call *call;
    int64_t deadline_us;
};

struct static_registry {
    struct adapter adapter;
    bool *lent; /* of each device */
    struct waiting *waiting;
};

/* What a device that is asked for must have. */
struct wish {
    bool password;
    bool psk;
    bool cert;
    bool aliases;
};

static bool fits(const struct target_device *d, const struct wish *w)
{
    return (!w->password || d->password != NULL) && (!w->psk || d->psk != NULL) &&
           (!w->cert || d->cert != NULL) && (!w->aliases || d->aliases != NULL);
}

/* What no list of devices can give; NULL: nothing of the kind is asked for. */
static const char *find_impossible(const json_t *request)
{
    static const char *const fields[] = {"gateways", "spec"};
    const json_t *list = json_object_get(request, "credentials"), *item;
    size_t i;

    if (json_is_false(json_object_get(request, "enabled")))
        return "a disabled one";
    if (json_is_true(json_object_get(request, "exact")))
        return "one with credentials of the case's choice";
    for (i = 0; i < COUNT(fields); i++) {
        const json_t *field = json_object_get(request, fields[i]);

        if (json_array_size(field) > 0 || json_object_size(field) > 0)
            return fields[i];
    }
    json_array_foreach(list, i, item)
    {
        const char *hash = adapter_text(item, "hash");

        if (hash != NULL && strcmp(hash, "plain") != 0)
            return "a hashed password";
        if (adapter_text(item, "username") != NULL)
            return "a user name of its own";
        if (adapter_text(item, "not_before") != NULL || adapter_text(item, "not_after") != NULL)
            return "a key with a validity";
    }
    return json_array_size(list) > 1 ? "several credentials" : NULL;
}

/* A device without password and key is one with a certificate: its subject is its alias. */
static struct wish wish_of(const json_t *request)
{
    const json_t *list = json_object_get(request, "credentials"), *item;
    struct wish w = {0};
    size_t i;

    json_array_foreach(list, i, item)
    {
        w.password = w.password || adapter_text(item, "password") != NULL;
        w.psk = w.psk || adapter_text(item, "psk") != NULL;
    }
    bool aliases = json_array_size(json_object_get(request, "aliases")) > 0;

    w.cert = !w.password && !w.psk && aliases;
    w.aliases = !w.cert && aliases;
    return w;
}

static void set_text(json_t *reply, const char *name, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(reply, name, json_string(text));
}

/* The key's bytes in base64, whichever way the target file writes them. */
static void set_psk(json_t *reply, const struct target_device *d)
{
    static const char prefix[] = "base64:";
    struct buf b = buf_growing();

    if (strncmp(d->psk, prefix, strlen(prefix)) == 0)
        buf_add_str(&b, str_from(d->psk + strlen(prefix)));
    else
        base64_encode(&b, d->psk, strlen(d->psk));
    buf_add_char(&b, '\0');
    set_text(reply, "psk", b.ptr);
    buf_fini(&b);
}

static json_t *describe(const struct target_device *d)
{
    json_t *reply = adapter_reply_ok(), *aliases = json_array();

    set_text(reply, "application", d->application);
    set_text(reply, "device", d->device);
    set_text(reply, "password", d->password);
    set_text(reply, "username", d->username);
    set_text(reply, "psk_identity", d->psk_identity);
    set_text(reply, "cert", d->cert);
    set_text(reply, "key", d->key);
    if (d->psk != NULL)
        set_psk(reply, d);
    for (const char *const *a = d->aliases; a != NULL && *a != NULL; a++)
        (void)json_array_append_new(aliases, json_string(*a));
    (void)json_object_set_new(reply, "aliases", aliases);
    return reply;
}

static json_t *refuse(const char *what)
{
    return adapter_reply_failed(
        ADAPTER_UNAVAILABLE, 0,
        "the target file lists devices that exist already (registry.static); this needs %s", what);
}

/* A free device that fits; NULL, and whether there is one at all. */
static const struct target_device *take_free(struct static_registry *s, const struct wish *w,
                                             bool *exists)
{
    const struct target *t = s->adapter.world->target;

    *exists = false;
    for (size_t i = 0; i < t->registry.device_count; i++) {
        if (!fits(&t->registry.devices[i], w))
            continue;
        *exists = true;
        if (!s->lent[i]) {
            s->lent[i] = true;
            return &t->registry.devices[i];
        }
    }
    return NULL;
}

/* NULL: wait, unless it is the last time. */
static json_t *lend(struct static_registry *s, const json_t *request, bool last)
{
    const char *impossible = find_impossible(request);
    struct wish w = wish_of(request);
    bool exists;
    char what[160];

    if (impossible != NULL)
        return refuse(impossible);
    const struct target_device *d = take_free(s, &w, &exists);

    if (d != NULL)
        return describe(d);
    if (exists && !last)
        return NULL;
    (void)snprintf(what, sizeof what, "a device%s%s%s%s%s", w.password ? " with a password" : "",
                   w.psk ? " with a pre-shared key" : "", w.cert ? " with a certificate" : "",
                   w.aliases ? " with an alias" : "",
                   exists ? " that no other case uses at the moment" : "");
    return refuse(what);
}

static void wait_for_device(struct static_registry *s, struct adapter_call *call)
{
    struct waiting *w = xcalloc(1, sizeof *w), **link = &s->waiting;

    *w = (struct waiting){NULL, call, clock_mono_us() + s->adapter.world->timeout_us / 2};
    while (*link != NULL)
        link = &(*link)->next;
    *link = w;
}

/* The oldest first. */
static int64_t serve_waiting(struct adapter *a, int64_t now_us)
{
    struct static_registry *s = (struct static_registry *)a;
    int64_t next_us = INT64_MAX;

    for (struct waiting **link = &s->waiting; *link != NULL;) {
        struct waiting *w = *link;
        json_t *reply = lend(s, w->call->request, now_us >= w->deadline_us);

        if (reply == NULL) {
            next_us = w->deadline_us < next_us ? w->deadline_us : next_us;
            link = &w->next;
            continue;
        }
        struct adapter_call *call = w->call;

        *link = w->next;
        free(w);
        call->answered(call, reply);
    }
    return next_us;
}

static json_t *give_back(struct static_registry *s, const json_t *request)
{
    const struct target *t = s->adapter.world->target;
    const char *application = adapter_text(request, "application");
    const char *device = adapter_text(request, "device");

    for (size_t i = 0; application != NULL && device != NULL && i < t->registry.device_count; i++)
        if (strcmp(t->registry.devices[i].application, application) == 0 &&
            strcmp(t->registry.devices[i].device, device) == 0)
            s->lent[i] = false;
    return adapter_reply_ok();
}

/* The application is the device's own; a case cannot choose it, nor its trust anchors. */
static json_t *pretend_application(const json_t *request)
{
    json_t *reply;

    if (json_is_false(json_object_get(request, "enabled")))
        return refuse("a disabled application");
    if (json_object_size(json_object_get(request, "spec")) > 0)
        return refuse("an application with a spec of its own");
    reply = adapter_reply_ok();
    if (adapter_text(request, "application") != NULL)
        set_text(reply, "application", adapter_text(request, "application"));
    return reply;
}

static void static_call(struct adapter *a, struct adapter_call *call)
{
    struct static_registry *s = (struct static_registry *)a;
    const char *op = adapter_text(call->request, "op");
    json_t *reply;

    if (op == NULL)
        op = "";
    bool release = json_is_true(json_object_get(call->request, "release"));

    if (strcmp(op, "create_device") == 0)
        reply = lend(s, call->request, false);
    else if (strcmp(op, "delete_device") == 0 && release)
        reply = give_back(s, call->request);
    else if (strcmp(op, "create_application") == 0 || strcmp(op, "update_application") == 0)
        reply = pretend_application(call->request);
    else if (strcmp(op, "delete_application") == 0 && release)
        reply = adapter_reply_ok();
    else if (strcmp(op, "list_applications") == 0)
        reply = json_pack("{s:b, s:[]}", "ok", 1, "applications");
    else
        reply = refuse("a registry that can be changed");
    if (reply == NULL)
        wait_for_device(s, call);
    else
        call->answered(call, reply);
}

static void static_free(struct adapter *a)
{
    struct static_registry *s = (struct static_registry *)a;

    while (s->waiting != NULL) {
        struct waiting *w = s->waiting;

        s->waiting = w->next;
        free(w);
    }
    free(s->lent);
    free(s);
}

struct adapter *adapter_registry_static(const struct adapter_world *world)
{
    static const struct adapter_functions functions = {
        .name = "registry.static", .call = static_call, .work = serve_waiting, .free = static_free};
    struct static_registry *s = xcalloc(1, sizeof *s);

    s->adapter = (struct adapter){&functions, world};
    s->lent = xcalloc(world->target->registry.device_count + 1, sizeof *s->lent);
    return &s->adapter;
}
