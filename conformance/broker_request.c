/* What cases ask for: handed to the adapter that can do it, and its reply handed back. */
#include <stdlib.h>
#include <sys/socket.h>

#include "conformance/broker_server.h"

struct request {
    struct adapter_call call;
    struct server *server;
    struct conn *conn; /* lives as long as the server */
    json_t *json;
    const struct operation *operation;
    bool cleaning;      /* the broker's own: nobody waits for the reply */
    struct request *of; /* watching: what is answered when that is */
    json_t *reply;      /* its good reply until then */
};

enum target_part { REGISTRY, COMMANDS, EVENTS, BROKER };
enum effect { NOTHING, MAKES, REMOVES };

static const struct operation {
    const char *op;
    enum target_part part;
    enum effect effect;
    bool device;
} operations[] = {
    {"create_application", REGISTRY, MAKES,   false},
    {"update_application", REGISTRY, NOTHING, false},
    {"delete_application", REGISTRY, REMOVES, false},
    {"create_device",      REGISTRY, MAKES,   true },
    {"update_device",      REGISTRY, NOTHING, true },
    {"delete_device",      REGISTRY, REMOVES, true },
    {"list_applications",  REGISTRY, NOTHING, false},
    {"command",            COMMANDS, NOTHING, true },
    {"sink",               EVENTS,   NOTHING, false},
    {"no_such_operation",  REGISTRY, NOTHING, false}, /* the doctor's: adapters must refuse it */
    {"subscribe",          BROKER,   NOTHING, false},
    {"restart",            BROKER,   NOTHING, false},
};

/* The broker's own calls to an adapter that watches. */
static const struct operation watching = {"watch", EVENTS, NOTHING, false};
static const struct operation unwatching = {"unwatch", EVENTS, NOTHING, false};

static struct adapter *adapter_of(const struct server *s, enum target_part part)
{
    struct adapter *const adapters[] = {s->adapters.registry, s->adapters.commands,
                                        s->adapters.events, NULL};

    return adapters[part];
}

static void send_reply(struct conn *c, json_t *id, json_t *reply)
{
    if (c->fd >= 0) {
        if (id != NULL)
            (void)json_object_set(reply, "id", id);
        char *text = json_dumps(reply, JSON_COMPACT);

        frame_put(&c->out, str_from(text));
        free(text);
    }
    json_decref(reply);
}

static void remember(struct conn *c, const char *application, const char *device)
{
    if (c->made_count == c->made_cap) {
        c->made_cap = c->made_cap == 0 ? 4 : 2 * c->made_cap;
        c->made = xrealloc(c->made, c->made_cap * sizeof *c->made);
    }
    c->made[c->made_count++] = (struct made){xstrdup(str_from(application)),
                                             device == NULL ? NULL : xstrdup(str_from(device))};
}

static void forget(struct conn *c, const char *application, const char *device)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->made_count; i++) {
        struct made *m = &c->made[i];
        bool gone = strcmp(m->application, application) == 0 &&
                    (device == NULL || (m->device != NULL && strcmp(m->device, device) == 0));

        if (gone) {
            free(m->application);
            free(m->device);
        } else {
            c->made[kept++] = *m;
        }
    }
    c->made_count = kept;
}

/* The names of devices that exist already are not this run's own: both parts count. */
static void subscribe(struct server *s, struct conn *c, const json_t *from, bool device)
{
    const char *application = adapter_text(from, "application");
    const char *name = adapter_text(from, "device");
    bool shared = s->options->target->registry.kind == REGISTRY_STATIC;

    if (device && name != NULL)
        route_add(&c->names, shared ? application : NULL, name);
    else if (!device && !shared && application != NULL)
        route_add(&c->names, NULL, application);
}

static void apply_effect(struct server *s, struct request *r, const json_t *reply)
{
    bool device = r->operation->device;
    const json_t *from = adapter_text(reply, "application") != NULL ? reply : r->json;
    const char *application = adapter_text(from, "application");
    const char *name = device ? adapter_text(from, "device") : NULL;

    if (application == NULL || (device && name == NULL))
        return;
    if (r->operation->effect == REMOVES)
        forget(r->conn, application, name);
    if (r->operation->effect != MAKES)
        return;
    subscribe(s, r->conn, from, device);
    remember(r->conn, application, name);
    if (r->conn->fd < 0 || s->finishing) /* the case has not waited */
        server_clean(s, r->conn);
}

static void note_left(struct server *s, const struct request *r, const json_t *reply)
{
    const char *device = adapter_text(r->json, "device");

    if (json_integer_value(json_object_get(reply, "status")) == 404)
        return;
    s->summary.left++;
    server_note(s, "%s %s%s%s was not removed: %s", r->operation->device ? "device" : "application",
                adapter_text(r->json, "application"), device == NULL ? "" : "/",
                device == NULL ? "" : device, adapter_text(reply, "error"));
}

/* Takes reply; r is gone. */
static void end_request(struct request *r, json_t *reply)
{
    if (r->cleaning)
        json_decref(reply);
    else
        send_reply(r->conn, json_object_get(r->json, "id"), reply);
    json_decref(r->json);
    free(r);
}

static struct request *request_new(struct server *s, struct conn *c, const struct operation *o,
                                   json_t *json)
{
    struct request *r = xcalloc(1, sizeof *r);

    r->call.request = json;
    r->server = s;
    r->conn = c;
    r->json = json;
    r->operation = o;
    return r;
}

static void hand_over(struct server *s, struct request *r,
                      void (*answered)(struct adapter_call *call, json_t *reply))
{
    struct adapter *a = adapter_of(s, r->operation->part);

    r->call.answered = answered;
    s->pending++;
    a->functions->call(a, &r->call);
}

/* The application is watched, or cannot be: now the case hears of it. */
static void take_watched(struct adapter_call *call, json_t *reply)
{
    struct request *w = CONTAINER_OF(call, struct request, call), *r = w->of;

    w->server->pending--;
    if (r == NULL || !json_is_true(json_object_get(reply, "ok"))) {
        if (r != NULL) {
            json_decref(r->reply);
            end_request(r, reply);
        } else {
            json_decref(reply);
        }
    } else {
        json_decref(reply);
        end_request(r, r->reply);
    }
    json_decref(w->json);
    free(w);
}

/* Tells an adapter that watches of an application that was made or removed. of: whose reply waits
 * for it, or NULL. */
static void watch(struct server *s, struct request *of, const struct operation *o, struct conn *c,
                  const char *application)
{
    struct request *w =
        request_new(s, c, o, json_pack("{s:s, s:s}", "op", o->op, "application", application));

    w->of = of;
    hand_over(s, w, take_watched);
}

static bool is_watching(const struct server *s)
{
    return s->adapters.events != NULL && s->adapters.events->functions->watches;
}

/* After r has succeeded. True: its reply waits. */
static bool adapt_watching(struct server *s, struct request *r, json_t *reply)
{
    const json_t *from = adapter_text(reply, "application") != NULL ? reply : r->json;
    const char *application = adapter_text(from, "application");

    if (!is_watching(s) || application == NULL)
        return false;
    if (r->operation->effect == REMOVES && !r->operation->device)
        watch(s, NULL, &unwatching, r->conn, application);
    if (r->operation->effect != MAKES)
        return false;
    r->reply = reply;
    watch(s, r, &watching, r->conn, application);
    return true;
}

static void take_reply(struct adapter_call *call, json_t *reply)
{
    struct request *r = CONTAINER_OF(call, struct request, call);
    struct server *s = r->server;
    bool ok = json_is_true(json_object_get(reply, "ok"));

    s->pending--;
    if (ok)
        apply_effect(s, r, reply);
    else if (r->cleaning)
        note_left(s, r, reply);
    if (!ok || !adapt_watching(s, r, reply))
        end_request(r, reply);
}

/* Takes json. */
static void start(struct server *s, struct conn *c, const struct operation *o, json_t *json,
                  bool cleaning)
{
    struct request *r = request_new(s, c, o, json);

    r->cleaning = cleaning;
    hand_over(s, r, take_reply);
}

static void take_subscription(struct conn *c, const json_t *json)
{
    const json_t *names = json_object_get(json, "names"), *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        if (json_is_string(name))
            route_add(&c->names, NULL, json_string_value(name));
    }
}

/* ---- the target, killed and started again ---- */

static void take_restart(struct server *s, struct conn *c, json_t *id)
{
    if (!s->options->can_restart) {
        send_reply(c, id,
                   adapter_reply_failed(ADAPTER_UNAVAILABLE, 0,
                                        "restart: the suite does not start this target"));
    } else if (s->restart.conn != NULL) {
        send_reply(
            c, id,
            adapter_reply_failed(ADAPTER_BROKEN, 0, "restart: another case has asked for it"));
    } else {
        s->restart.conn = c;
        s->restart.id = json_incref(id);
        s->restart.asked = false;
    }
}

void server_ask_restart(struct server *s)
{
    static const char text[] = "restart";

    if (s->restart.conn == NULL || s->restart.asked || s->pending > 0)
        return;
    s->restart.asked = true;
    (void)send(s->control_fd, text, sizeof text - 1, MSG_NOSIGNAL);
}

void server_restarted(struct server *s, const char *text)
{
    bool ok = strcmp(text, "started") == 0;

    if (s->restart.conn == NULL)
        return;
    send_reply(s->restart.conn, s->restart.id,
               ok ? adapter_reply_ok()
                  : adapter_reply_failed(ADAPTER_BROKEN, 0, "restart: %s", text));
    json_decref(s->restart.id);
    s->restart.conn = NULL;
    s->restart.id = NULL;
}

static const struct operation *find_operation(const char *op)
{
    for (size_t i = 0; op != NULL && i < COUNT(operations); i++)
        if (strcmp(op, operations[i].op) == 0)
            return &operations[i];
    return NULL;
}

void server_request(struct server *s, struct conn *c, struct str text)
{
    static const char *const parts[] = {"registry", "commands", "events"};
    json_t *json = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
    json_t *id = json_object_get(json, "id");
    const char *op = adapter_text(json, "op");
    const struct operation *o = find_operation(op);

    if (o == NULL) {
        send_reply(c, id,
                   adapter_reply_failed(ADAPTER_BROKEN, 0, "the broker knows no operation \"%s\"",
                                        op == NULL ? "" : op));
    } else if (strcmp(o->op, "restart") == 0) {
        take_restart(s, c, id);
    } else if (o->part == BROKER) {
        take_subscription(c, json);
        send_reply(c, id, adapter_reply_ok());
    } else if (adapter_of(s, o->part) == NULL) {
        send_reply(c, id,
                   adapter_reply_failed(ADAPTER_UNAVAILABLE, 0, "%s: the target file has no %s",
                                        o->op, parts[o->part]));
    } else {
        if (o->effect == MAKES && s->options->target->registry.kind != REGISTRY_STATIC)
            subscribe(s, c, json, o->device);
        start(s, c, o, json, false);
        return;
    }
    json_decref(json);
}

static bool has_application(const struct made *made, size_t count, const char *application)
{
    for (size_t i = 0; i < count; i++)
        if (made[i].device == NULL && strcmp(made[i].application, application) == 0)
            return true;
    return false;
}

static void remove_made(struct server *s, struct conn *c, const struct made *m)
{
    const char *op = m->device != NULL ? "delete_device" : "delete_application";

    start(s, c, find_operation(op),
          json_pack("{s:s, s:b, s:s, s:s*}", "op", op, "release", 1, "application", m->application,
                    "device", m->device),
          true);
}

void server_clean(struct server *s, struct conn *c)
{
    bool cascades = s->options->target->registry.kind == REGISTRY_DROGUE;
    bool keep = s->options->keep && s->options->target->registry.kind != REGISTRY_STATIC;
    struct made *made = c->made;
    size_t count = c->made_count;

    c->made = NULL;
    c->made_count = c->made_cap = 0;
    /* devices come behind their application in the list, and go before it */
    for (size_t i = count; i-- > 0;)
        if (!keep && (made[i].device == NULL || !cascades ||
                      !has_application(made, count, made[i].application)))
            remove_made(s, c, &made[i]);
    for (size_t i = 0; i < count; i++) {
        free(made[i].application);
        free(made[i].device);
    }
    free(made);
}
