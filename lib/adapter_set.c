#include "lib/adapter_set.h"

#include <stdio.h>

#include "lib/clock.h"

static bool same_program(const char *const *a, const char *const *b)
{
    if (a == NULL || b == NULL)
        return false;
    while (*a != NULL && *b != NULL && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return *a == NULL && *b == NULL;
}

static bool open_registry(struct adapter_set *s, const struct target *t, char *why)
{
    switch (t->registry.kind) {
    case REGISTRY_NONE:
        return true;
    case REGISTRY_DROGUE:
        s->registry = adapter_registry_drogue(&s->world);
        break;
    case REGISTRY_STATIC:
        s->registry = adapter_registry_static(&s->world);
        break;
    case REGISTRY_EXEC:
        s->registry = adapter_exec(&s->world, "registry", t->registry.exec, why);
        break;
    }
    return s->registry != NULL;
}

static bool open_commands(struct adapter_set *s, const struct target *t, char *why)
{
    switch (t->commands.kind) {
    case COMMANDS_NONE:
        return true;
    case COMMANDS_HTTP:
        s->commands = adapter_commands_http(&s->world);
        break;
    case COMMANDS_MQTT:
        s->commands = adapter_commands_mqtt(&s->world, why);
        break;
    case COMMANDS_KAFKA:
        s->commands = adapter_commands_kafka(&s->world, why);
        break;
    case COMMANDS_EXEC:
        s->commands = s->registry != NULL && same_program(t->commands.exec, t->registry.exec)
                          ? s->registry
                          : adapter_exec(&s->world, "commands", t->commands.exec, why);
        break;
    }
    return s->commands != NULL;
}

static bool open_events(struct adapter_set *s, const struct target *t, char *why)
{
    switch (t->events.kind) {
    case EVENTS_NONE:
        return true;
    case EVENTS_HTTP_SINK:
        s->events = adapter_events_http_sink(&s->world, why);
        break;
    case EVENTS_MQTT:
        s->events = adapter_events_mqtt(&s->world, why);
        break;
    case EVENTS_KAFKA:
        s->events = adapter_events_kafka(&s->world, why);
        break;
    case EVENTS_FILE:
        s->events = adapter_events_file(&s->world);
        break;
    case EVENTS_EXEC:
        if (s->registry != NULL && same_program(t->events.exec, t->registry.exec))
            s->events = s->registry;
        else if (s->commands != NULL && same_program(t->events.exec, t->commands.exec))
            s->events = s->commands;
        else
            s->events = adapter_exec(&s->world, "events", t->events.exec, why);
        break;
    }
    return s->events != NULL;
}

bool adapter_set_open(struct adapter_set *s, unsigned which, char *why)
{
    const struct target *t = s->world.target;

    s->world.http = http_client_new(s->world.timeout_us);
    return ((which & ADAPTER_REGISTRY) == 0 || open_registry(s, t, why)) &&
           ((which & ADAPTER_COMMANDS) == 0 || open_commands(s, t, why)) &&
           ((which & ADAPTER_EVENTS) == 0 || open_events(s, t, why));
}

void adapter_set_close(struct adapter_set *s)
{
    struct adapter *adapters[ADAPTER_SET_MAX];
    size_t count = adapter_set_list(s, adapters);

    http_client_free(&s->world.http);
    for (size_t i = 0; i < count; i++)
        adapters[i]->functions->free(adapters[i]);
    s->registry = s->commands = s->events = NULL;
}

void adapter_set_events_url(const struct adapter_set *s, char *out, size_t cap)
{
    const struct target *t = s->world.target;

    out[0] = '\0';
    if (s->events == NULL)
        return;
    if (t->events.kind == EVENTS_HTTP_SINK)
        (void)snprintf(out, cap, "%s",
                       t->events.url != NULL ? t->events.url : adapter_events_url(s->events));
    else if (t->events.kind == EVENTS_FILE)
        (void)snprintf(out, cap, "file:%s", t->events.file);
}

size_t adapter_set_list(const struct adapter_set *s, struct adapter *out[ADAPTER_SET_MAX])
{
    struct adapter *const all[] = {s->registry, s->commands, s->events};
    size_t count = 0;

    for (size_t i = 0; i < COUNT(all); i++) {
        bool known = all[i] == NULL;

        for (size_t k = 0; k < count; k++)
            known = known || out[k] == all[i];
        if (!known)
            out[count++] = all[i];
    }
    return count;
}

size_t adapter_set_fds(const struct adapter_set *s, struct pollfd *fds)
{
    struct adapter *adapters[ADAPTER_SET_MAX];
    size_t adapter_count = adapter_set_list(s, adapters), count = 0;

    for (size_t i = 0; i < adapter_count; i++)
        if (adapters[i]->functions->fds != NULL)
            count += adapters[i]->functions->fds(adapters[i], fds + count);
    return count;
}

int64_t adapter_set_work(struct adapter_set *s, int64_t now_us)
{
    struct adapter *adapters[ADAPTER_SET_MAX];
    size_t count = adapter_set_list(s, adapters);
    int64_t next_us = INT64_MAX;

    http_client_work(s->world.http);
    for (size_t i = 0; i < count; i++) {
        if (adapters[i]->functions->work != NULL) {
            int64_t at_us = adapters[i]->functions->work(adapters[i], now_us);

            next_us = at_us < next_us ? at_us : next_us;
        }
    }
    return next_us;
}

void adapter_set_turn(struct adapter_set *s, int64_t end_us)
{
    struct pollfd fds[ADAPTER_SET_MAX_FDS];
    int64_t next_us = adapter_set_work(s, clock_mono_us());
    int64_t wait_us = (next_us < end_us ? next_us : end_us) - clock_mono_us();

    if (wait_us > US_PER_S)
        wait_us = US_PER_S;
    http_client_wait(s->world.http, fds, adapter_set_fds(s, fds),
                     wait_us < 0 ? 0 : (int)((wait_us + US_PER_MS - 1) / US_PER_MS));
}
