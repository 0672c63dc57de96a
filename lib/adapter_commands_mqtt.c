/*
 * Commands over MQTT, as Drogue Cloud's MQTT integration takes them: a message to
 * `command/APPLICATION/DEVICE/COMMAND`. It says nothing of what came of the command.
 */
#include <stdlib.h>

#include "lib/adapter_command.h"
#include "lib/adapter_mqtt.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/target_where.h"

static const char section[] = "commands.mqtt";

/* A command that is not acknowledged. */
struct waiting {
    struct waiting *next;
    struct adapter_call *call;
    struct adapter_command command;
    char *topic;
    bool sent;
    int id;
    int64_t deadline_us;
};

struct mqtt_commands {
    struct adapter adapter;
    const struct target_broker *broker;
    struct mqtt *mqtt;
    struct waiting *waiting;
};

/* Takes reply. */
static void answer(struct waiting **link, json_t *reply)
{
    struct waiting *w = *link;
    struct adapter_call *call = w->call;

    *link = w->next;
    adapter_command_fini(&w->command);
    free(w->topic);
    free(w);
    call->answered(call, reply);
}

static json_t *reply_to(const struct mqtt_commands *a, const struct waiting *w, int reason)
{
    const struct target *t = a->adapter.world->target;
    char where[TARGET_WHERE_LEN];

    if (reason == 0)
        return adapter_reply_ok();
    if (reason == 16) /* MQTT 5 3.4.2.1: No matching subscribers */
        return adapter_reply_failed(ADAPTER_BROKEN, 0,
                                    "%s: nobody at %s takes what goes to %s: is the target "
                                    "connected to this broker?",
                                    target_where(t, "commands.mqtt.url", where), a->broker->url,
                                    w->topic);
    return adapter_reply_failed(
        ADAPTER_BROKEN, 0,
        "%s: %s refuses the command (reason %d): may this user write to that "
        "application?",
        target_where(t, "commands.mqtt.user", where), a->broker->url, reason);
}

static void send_waiting(struct mqtt_commands *a)
{
    struct waiting **link = &a->waiting;

    while (*link != NULL && mqtt_state(a->mqtt) == MQTT_UP) {
        struct waiting *w = *link;
        const struct mqtt_message m = {.topic = w->topic,
                                       .content_type = w->command.content_type,
                                       .payload = w->command.payload};
        int reason = w->sent ? 0 : mqtt_publish(a->mqtt, &m, &w->id);

        w->sent = true;
        if (reason != 0)
            answer(link, reply_to(a, w, reason));
        else
            link = &w->next;
    }
}

static void take_published(void *arg, int id, int reason)
{
    struct mqtt_commands *a = arg;
    struct waiting **link = &a->waiting;

    while (*link != NULL && !((*link)->sent && (*link)->id == id))
        link = &(*link)->next;
    if (*link != NULL)
        answer(link, reply_to(a, *link, reason));
}

/* Whether it was taken is not known, and twice would be one too many. */
static void down(void *arg)
{
    struct mqtt_commands *a = arg;
    struct waiting **link = &a->waiting;

    while (*link != NULL) {
        if ((*link)->sent)
            answer(link,
                   adapter_reply_failed(ADAPTER_BROKEN, 0, "%s: the connection to %s was lost",
                                        section, a->broker->url));
        else
            link = &(*link)->next;
    }
}

/* MQTT 5 4.7.1: a level of a topic holds none of these. */
static bool is_level(const char *text)
{
    return text[0] != '\0' && strpbrk(text, "/+#") == NULL;
}

static void call_commands(struct adapter *adapter, struct adapter_call *call)
{
    struct mqtt_commands *a = (struct mqtt_commands *)adapter;
    struct adapter_command c;
    struct buf topic = buf_growing();

    if (!adapter_command_read(call, &c))
        return;
    if (!is_level(c.application) || !is_level(c.device) || !is_level(c.name)) {
        call->answered(call,
                       adapter_reply_failed(ADAPTER_UNAVAILABLE, 0,
                                            "%s: a topic cannot carry a name that is empty or "
                                            "has one of / + # in it",
                                            section));
        adapter_command_fini(&c);
        return;
    }
    struct waiting *w = xcalloc(1, sizeof *w);
    struct waiting **last = &a->waiting;

    buf_add_format(&topic, "command/%s/%s/%s", c.application, c.device, c.name);
    w->topic = xstrdup(buf_str(&topic));
    w->command = c;
    w->call = call;
    w->deadline_us = clock_mono_us() + a->adapter.world->timeout_us;
    while (*last != NULL)
        last = &(*last)->next;
    *last = w;
    buf_fini(&topic);
    send_waiting(a);
}

static size_t commands_fds(struct adapter *adapter, struct pollfd *fds)
{
    return mqtt_fds(((struct mqtt_commands *)adapter)->mqtt, fds);
}

static int64_t commands_work(struct adapter *adapter, int64_t now_us)
{
    struct mqtt_commands *a = (struct mqtt_commands *)adapter;
    int64_t next_us = mqtt_work(a->mqtt, now_us);
    struct waiting **link = &a->waiting;

    send_waiting(a);
    while (*link != NULL) {
        if (now_us >= (*link)->deadline_us || mqtt_state(a->mqtt) == MQTT_REFUSED)
            answer(link, adapter_mqtt_failed(a->mqtt, a->adapter.world, a->broker, section));
        else
            link = &(*link)->next;
    }
    return next_us;
}

static void commands_free(struct adapter *adapter)
{
    struct mqtt_commands *a = (struct mqtt_commands *)adapter;

    mqtt_free(&a->mqtt);
    while (a->waiting != NULL)
        answer(&a->waiting,
               adapter_reply_failed(ADAPTER_BROKEN, 0, "%s: the run is over", section));
    free(a);
}

struct adapter *adapter_commands_mqtt(const struct adapter_world *world, char *why)
{
    static const struct adapter_functions functions = {.name = section,
                                                       .call = call_commands,
                                                       .fds = commands_fds,
                                                       .work = commands_work,
                                                       .free = commands_free};
    struct mqtt_commands *a = xcalloc(1, sizeof *a);

    a->adapter = (struct adapter){&functions, world};
    a->broker = &world->target->commands.broker;
    a->mqtt = adapter_mqtt_new(
        world, a->broker, section,
        &(struct mqtt_options){.down = down, .published = take_published, .arg = a}, why);
    if (a->mqtt != NULL)
        return &a->adapter;
    free(a);
    return NULL;
}
