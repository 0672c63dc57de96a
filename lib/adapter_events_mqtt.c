/*
 * Events from an MQTT broker, as Drogue Cloud's MQTT integration gives them: topic
 * `app/APPLICATION`, structured, or with MQTT 5 in binary mode, which a user property of the
 * subscription asks for.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/adapter_mqtt.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/cloudevent_message.h"
#include "lib/target_where.h"

enum { MAX_PAIRS = 256 };

static const char section[] = "events.mqtt";

struct watched {
    struct watched *next;
    char *topic;
    int id; /* of the SUBSCRIBE; 0: none is on its way */
    bool subscribed;
    struct adapter_call *call; /* to be answered, or NULL */
    int64_t deadline_us;       /* of call */
};

struct mqtt_events {
    struct adapter adapter;
    const struct target_broker *broker;
    struct mqtt *mqtt;
    struct watched *watched;
};

/* --- events --------------------------------------------------------------------------------------
 */

/* As it was on the way, for people. */
static struct buf raw_of(const struct mqtt_message *m)
{
    struct buf raw = buf_growing();

    if (m->content_type != NULL)
        buf_add_format(&raw, "content type: %s\n", m->content_type);
    for (size_t i = 0; i < m->pair_count; i++)
        buf_add_format(&raw, "%s: %s\n", m->pairs[i].name, m->pairs[i].value);
    if (raw.len > 0)
        buf_add_char(&raw, '\n');
    buf_add_str(&raw, m->payload);
    return raw;
}

static void take_message(void *arg, const struct mqtt_message *m)
{
    struct mqtt_events *a = arg;
    struct cloudevent_header pairs[MAX_PAIRS];
    size_t count = m->pair_count < MAX_PAIRS ? m->pair_count : MAX_PAIRS;
    struct buf raw = raw_of(m);
    struct cloudevent e;

    for (size_t i = 0; i < count; i++)
        pairs[i] =
            (struct cloudevent_header){str_from(m->pairs[i].name), str_from(m->pairs[i].value)};
    if (a->broker->version == TARGET_MQTT_311)
        (void)!cloudevent_read_json(&e, m->payload);
    else
        (void)!cloudevent_read_mqtt(
            &e, m->content_type == NULL ? (struct str){NULL, 0} : str_from(m->content_type), pairs,
            count, m->payload);
    adapter_give(a->adapter.world, &e, buf_str(&raw));
    cloudevent_fini(&e);
    buf_fini(&raw);
}

/* --- subscriptions -------------------------------------------------------------------------------
 */

/* Takes reply. */
static void answer(struct watched *w, json_t *reply)
{
    struct adapter_call *call = w->call;

    w->call = NULL;
    if (call != NULL)
        call->answered(call, reply);
    else
        json_decref(reply);
}

static json_t *refused(const struct mqtt_events *a, const struct watched *w, int reason)
{
    char where[TARGET_WHERE_LEN];

    return adapter_reply_failed(ADAPTER_BROKEN, 0,
                                "%s: %s refuses to give the events of %s (reason %d): may this "
                                "user read that application?",
                                target_where(a->adapter.world->target, "events.mqtt.user", where),
                                a->broker->url, w->topic, reason);
}

static void subscribe(struct mqtt_events *a, struct watched *w)
{
    static const struct mqtt_pair binary = {"content-mode", "binary"};
    int reason = mqtt_subscribe(a->mqtt, w->topic, 0,
                                a->broker->mode == TARGET_MQTT_BINARY ? &binary : NULL, &w->id);

    if (reason != 0) {
        w->id = 0;
        answer(w, refused(a, w, reason));
    }
}

static void up(void *arg)
{
    struct mqtt_events *a = arg;

    for (struct watched *w = a->watched; w != NULL; w = w->next)
        subscribe(a, w);
}

static void down(void *arg)
{
    struct mqtt_events *a = arg;
    const struct adapter_world *world = a->adapter.world;
    bool cut = false;

    for (struct watched *w = a->watched; w != NULL; w = w->next) {
        cut |= w->subscribed;
        w->id = 0;
        w->subscribed = false;
    }
    if (cut && world->cut != NULL)
        world->cut(world->arg);
}

static void take_subscribed(void *arg, int id, int reason)
{
    struct mqtt_events *a = arg;

    for (struct watched *w = a->watched; w != NULL; w = w->next) {
        if (w->id != id)
            continue;
        w->id = 0;
        w->subscribed = reason < 128; /* MQTT 5 3.9.3 */
        answer(w, w->subscribed ? adapter_reply_ok() : refused(a, w, reason));
        return;
    }
}

static struct watched **find(struct mqtt_events *a, const char *topic)
{
    struct watched **link = &a->watched;

    while (*link != NULL && strcmp((*link)->topic, topic) != 0)
        link = &(*link)->next;
    return link;
}

static void watch(struct mqtt_events *a, const char *topic, struct adapter_call *call)
{
    struct watched *w = *find(a, topic);

    if (w != NULL && w->subscribed) {
        call->answered(call, adapter_reply_ok());
        return;
    }
    if (w != NULL && w->call != NULL) {
        call->answered(
            call, adapter_reply_failed(ADAPTER_BROKEN, 0, "%s: is asked for twice at once", topic));
        return;
    }
    if (w == NULL) {
        w = xcalloc(1, sizeof *w);
        w->topic = xstrdup(str_from(topic));
        w->next = a->watched;
        a->watched = w;
    }
    w->call = call;
    w->deadline_us = clock_mono_us() + a->adapter.world->timeout_us;
    if (mqtt_state(a->mqtt) == MQTT_UP && w->id == 0)
        subscribe(a, w);
}

static void forget(struct watched **link)
{
    struct watched *w = *link;

    *link = w->next;
    free(w->topic);
    free(w);
}

static void unwatch(struct mqtt_events *a, const char *topic)
{
    struct watched **link = find(a, topic);

    if (*link == NULL || (*link)->call != NULL)
        return;
    mqtt_unsubscribe(a->mqtt, topic);
    forget(link);
}

static void call_events(struct adapter *adapter, struct adapter_call *call)
{
    struct mqtt_events *a = (struct mqtt_events *)adapter;
    const char *op = adapter_text(call->request, "op");
    const char *application = adapter_text(call->request, "application");
    struct buf topic = buf_growing();

    buf_add_format(&topic, "app/%s", application == NULL ? "" : application);
    buf_add_char(&topic, '\0');
    if (op != NULL && application != NULL && strcmp(op, "watch") == 0) {
        watch(a, topic.ptr, call);
    } else if (op != NULL && application != NULL && strcmp(op, "unwatch") == 0) {
        unwatch(a, topic.ptr);
        call->answered(call, adapter_reply_ok());
    } else {
        call->answered(call,
                       adapter_reply_failed(ADAPTER_UNAVAILABLE, 0, "events come from a broker"));
    }
    buf_fini(&topic);
}

/* --- the loop ------------------------------------------------------------------------------------
 */

static size_t events_fds(struct adapter *adapter, struct pollfd *fds)
{
    return mqtt_fds(((struct mqtt_events *)adapter)->mqtt, fds);
}

static int64_t events_work(struct adapter *adapter, int64_t now_us)
{
    struct mqtt_events *a = (struct mqtt_events *)adapter;
    int64_t next_us = mqtt_work(a->mqtt, now_us);

    for (struct watched *w = a->watched; w != NULL; w = w->next)
        if (w->call != NULL && (now_us >= w->deadline_us || mqtt_state(a->mqtt) == MQTT_REFUSED))
            answer(w, adapter_mqtt_failed(a->mqtt, a->adapter.world, a->broker, section));
    return next_us;
}

static void events_free(struct adapter *adapter)
{
    struct mqtt_events *a = (struct mqtt_events *)adapter;

    mqtt_free(&a->mqtt);
    while (a->watched != NULL)
        forget(&a->watched);
    free(a);
}

struct adapter *adapter_events_mqtt(const struct adapter_world *world, char *why)
{
    static const struct adapter_functions functions = {.name = section,
                                                       .watches = true,
                                                       .call = call_events,
                                                       .fds = events_fds,
                                                       .work = events_work,
                                                       .free = events_free};
    struct mqtt_events *a = xcalloc(1, sizeof *a);

    a->adapter = (struct adapter){&functions, world};
    a->broker = &world->target->events.broker;
    a->mqtt = adapter_mqtt_new(world, a->broker, section,
                               &(struct mqtt_options){.up = up,
                                                      .down = down,
                                                      .subscribed = take_subscribed,
                                                      .message = take_message,
                                                      .arg = a},
                               why);
    if (a->mqtt != NULL)
        return &a->adapter;
    free(a);
    return NULL;
}
