#include "simulator/application.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/adapter_set.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/siphash.h"
#include "simulator/injector.h"
#include "simulator/marker.h"
#include "simulator/reconcile.h"
#include "simulator/rng.h"
#include "simulator/roster.h"

enum {
    CALLS = 64,              /* commands under way at once */
    PREFIX = 4 * MARKER_LEN, /* of a payload: what marker_read looks at */
    EVENTS_A_LOOK = 256,
    OF_COMMAND_LEN = 0x6c656e,
};

static const int64_t call_timeout_us = 10 * US_PER_S;
static const int64_t turn_us = 10 * US_PER_MS; /* notices come without a signal */
/* How long a second event is waited for at least when all else is decided. */
static const int64_t second_event_us = 200 * US_PER_MS;
static const int64_t settle_us = US_PER_S;       /* and any event, when something is open */
static const int64_t answer_us = 50 * US_PER_MS; /* from a command at the target to its device */
static const int64_t look_us = 5 * US_PER_MS;    /* of application_end */

struct command_call {
    struct adapter_call call; /* request NULL: free */
    struct application *a;
    uint32_t number;
};

struct application {
    struct application_options options;
    struct adapter_set set;
    struct roster *roster;
    struct reconcile *reconcile;
    struct injector *injector;
    struct command_call calls[CALLS];
    size_t calls_busy;
    uint64_t events_seen;
    bool events_cut; /* a broker's connection was lost: events may have been missed */
    char events_url[512];
    pthread_t thread;
    bool runs; /* the thread */
    pthread_mutex_t lock;
    /* under the lock, as is all that the thread works on while it does not wait */
    struct tally found;
    int64_t event_settle_us; /* events are there after it, as the target file says */
    int64_t last_event_us;
    bool stop;
};

/* --- events --------------------------------------------------------------------------------------
 */

/* The front of the payload, decoded into space (PREFIX bytes) where it must be. */
static struct str payload_of(const struct cloudevent_glance *g, uint8_t *space)
{
    struct str text = g->data;
    size_t len = 0;

    if (g->data_kind != CLOUDEVENT_BASE64)
        return text;
    if (text.len > PREFIX / 3 * 4)
        text.len = PREFIX / 3 * 4;
    return base64_decode(text, space, PREFIX, &len) ? (struct str){(const char *)space, len}
                                                    : (struct str){NULL, 0};
}

static uint32_t id_of(const struct cloudevent_glance *g)
{
    static const uint8_t key[SIPHASH_KEY_LEN] = {0};
    uint64_t source = siphash13(key, g->source.ptr, g->source.len);

    return (uint32_t)rng_mix(source ^ siphash13(key, g->id.ptr, g->id.len));
}

/* Drogue's registry and MQTT endpoint tell of other things in the same stream. */
static bool is_of_devices(const struct cloudevent_glance *g)
{
    return !str_equal(g->type, STR("io.drogue.registry.v1")) &&
           !str_equal(g->type, STR("io.drogue.connection.v1"));
}

static void take_notices(struct application *a)
{
    struct notice n;

    for (size_t i = 0; i < a->options.ring_count; i++)
        while (notice_take(&a->options.rings[i], &n))
            reconcile_notice(a->reconcile, &n);
}

static void take_event(void *arg, const struct cloudevent_glance *g)
{
    struct application *a = arg;
    struct marker m = {.run = 0};
    struct reconcile_event e = {.id = id_of(g)};
    uint8_t space[BASE64_DECODED_MAX(PREFIX / 3 * 4)];
    int64_t now_us = clock_mono_us();

    if (++a->events_seen % EVENTS_A_LOOK == 0)
        take_notices(a); /* their rings fill while a backlog of events is read */
    if (!is_of_devices(g))
        return;
    e.marked = marker_read(payload_of(g, space), &m);
    e.run = m.run;
    e.marker_device = m.device;
    e.sequence = m.sequence;
    e.sent_us = m.at_us;
    e.names_device = roster_number(a->roster, g->application, g->device, &e.device);
    a->last_event_us = now_us;
    /* others use the endpoint too, such as other slices: they have devices of their own */
    if (!(e.marked && m.run == a->options.run) && !e.names_device &&
        (e.marked || !roster_has_application(a->roster, g->application)))
        return;
    if (reconcile_event(a->reconcile, &e, now_us) && m.ct_s > 0)
        injector_wait(a->injector, m.device, m.sequence, now_us,
                      m.at_us + (int64_t)m.ct_s * US_PER_S);
}

static void note_cut(void *arg)
{
    ((struct application *)arg)->events_cut = true;
}

/* --- commands ------------------------------------------------------------------------------------
 */

static size_t payload_len(const struct application *a, const struct reconcile_command *c)
{
    const struct application_options *o = &a->options;
    const struct profile *p = o->profile;
    int64_t download = p->classes[profile_class_of(p, o->seed, c->device)].download_len;
    double part = rng_part(rng_at(o->seed, c->number, OF_COMMAND_LEN));
    double len = download > 0
                     ? (double)download
                     : p->command_len.min + part * (p->command_len.max - p->command_len.min);

    return len < MARKER_LEN ? MARKER_LEN : (size_t)len;
}

/* The marker, filled up with text that no one takes for JSON. */
static json_t *request_of(struct application *a, const struct reconcile_command *c)
{
    struct marker m = {
        .run = a->options.run, .device = c->device, .sequence = c->number, .at_us = c->sent_us};
    size_t len = payload_len(a, c);
    uint8_t *payload = xmalloc(len);
    struct buf text = buf_growing();
    struct roster_space space;
    struct roster_name name;
    json_t *request;

    roster_name(a->roster, c->device, &space, &name);
    memset(payload, '.', len);
    marker_write(&m, payload);
    base64_encode(&text, payload, len);
    request = json_pack("{s:s, s:s%, s:s%, s:s, s:s%, s:s}", "op", "command", "application",
                        name.application.ptr, name.application.len, "device", name.device.ptr,
                        name.device.len, "name", "swarm", "payload_base64", text.ptr, text.len,
                        "content_type", "application/octet-stream");
    buf_fini(&text);
    free(payload);
    return request;
}

static void take_answer(struct adapter_call *call, json_t *reply)
{
    struct command_call *c = (struct command_call *)(void *)call;
    json_int_t status = json_integer_value(json_object_get(reply, "status"));
    bool ok = json_is_true(json_object_get(reply, "ok"));

    /* adapters in other languages need not know of a status */
    reconcile_command_answered(c->a->reconcile, c->number, ok && (status == 0 || status / 100 == 2),
                               clock_mono_us());
    json_decref(reply);
    json_decref(c->call.request);
    c->call.request = NULL;
    c->a->calls_busy--;
}

static void send_command(struct application *a, const struct reconcile_command *command)
{
    struct command_call *c = a->calls;
    struct adapter *commands = a->set.commands;

    while (c->call.request != NULL)
        c++;
    c->call.request = request_of(a, command);
    c->number = command->number;
    a->calls_busy++;
    reconcile_command_sent(a->reconcile, command);
    commands->functions->call(commands, &c->call);
}

static void send_commands(struct application *a)
{
    struct reconcile_command c;

    while (a->calls_busy < CALLS && injector_next(a->injector, clock_mono_us(), &c))
        send_command(a, &c);
}

/* --- the thread ----------------------------------------------------------------------------------
 */

/* How long there is nothing to do, at most. */
static int wait_ms(const struct application *a, int64_t next_us)
{
    int64_t now_us = clock_mono_us(), end_us = now_us + turn_us;

    if (a->calls_busy < CALLS && injector_deadline_us(a->injector) < end_us)
        end_us = injector_deadline_us(a->injector);
    if (next_us < end_us)
        end_us = next_us;
    return end_us <= now_us ? 0 : (int)((end_us - now_us + US_PER_MS - 1) / US_PER_MS);
}

static void *work(void *arg)
{
    struct application *a = arg;
    bool stop = false;

    while (!stop) {
        struct pollfd fds[ADAPTER_SET_MAX_FDS];
        size_t count;
        int timeout_ms;

        (void)pthread_mutex_lock(&a->lock);
        take_notices(a);
        int64_t next_us = adapter_set_work(&a->set, clock_mono_us());

        send_commands(a);
        count = adapter_set_fds(&a->set, fds);
        timeout_ms = wait_ms(a, next_us);
        stop = a->stop;
        (void)pthread_mutex_unlock(&a->lock);
        if (!stop)
            http_client_wait(a->set.world.http, fds, count, timeout_ms);
    }
    return NULL;
}

/* --- from outside --------------------------------------------------------------------------------
 */

static void init_calls(struct application *a)
{
    for (size_t i = 0; i < CALLS; i++) {
        a->calls[i].call.answered = take_answer;
        a->calls[i].a = a;
    }
}

static int64_t time_parameter(const struct target *t, const char *name)
{
    double seconds = NAN;
    bool known = target_parameter(t, name, &seconds);

    assert(known);
    return (int64_t)(seconds * (double)US_PER_S);
}

struct application *application_new(const struct application_options *options, char *why)
{
    struct application *a = xcalloc(1, sizeof *a);
    const struct target *t = options->target;
    int64_t ending_us;
    bool ok;

    a->options = *options;
    init_calls(a);
    tally_init(&a->found);
    (void)pthread_mutex_init(&a->lock, NULL);
    a->event_settle_us = time_parameter(t, "EVENT_SETTLE");
    ending_us = time_parameter(t, "COMMAND_SETTLE") + answer_us;
    a->injector = injector_new(
        options->seed, t->commands.kind == COMMANDS_NONE ? 0 : options->commands_per_s, ending_us);
    a->reconcile = reconcile_new(&(struct reconcile_options){
        .run = options->run,
        .first_device = (uint32_t)options->first_device,
        .device_count = (uint32_t)options->device_count,
        .sees_events = t->events.kind != EVENTS_NONE,
        .ending_us = ending_us,
        .tally = &a->found,
    });
    a->roster = roster_new(
        &(struct roster_options){
            .target = t,
            .profile = options->profile,
            .seed = options->seed,
            .first_device = (uint32_t)options->first_device,
            .device_count = (uint32_t)options->device_count,
        },
        why);
    a->set.world = (struct adapter_world){.target = t,
                                          .run_id = options->run_id,
                                          .timeout_us = call_timeout_us,
                                          .glance = take_event,
                                          .cut = note_cut,
                                          .arg = a};
    ok = a->roster != NULL && adapter_set_open(&a->set, ADAPTER_COMMANDS | ADAPTER_EVENTS, why);
    if (ok)
        adapter_set_events_url(&a->set, a->events_url, sizeof a->events_url);
    else
        application_free(&a);
    return a;
}

const char *application_events_url(const struct application *a)
{
    return a->events_url;
}

/* --- what brokers are told */

struct watch {
    struct adapter_call call;
    json_t *reply; /* NULL: not answered */
};

static void take_watched(struct adapter_call *call, json_t *reply)
{
    CONTAINER_OF(call, struct watch, call)->reply = reply;
}

static bool watch(struct application *a, const char *name, char *why)
{
    struct adapter *events = a->set.events;
    struct watch w = {
        .call = {.request = json_pack("{s:s, s:s}", "op", "watch", "application", name),
                 .answered = take_watched}
    };
    const char *error;

    events->functions->call(events, &w.call);
    while (w.reply == NULL) /* the adapter knows when to give up */
        adapter_set_turn(&a->set, clock_mono_us() + US_PER_S);
    bool ok = json_is_true(json_object_get(w.reply, "ok"));

    error = adapter_text(w.reply, "error");
    if (!ok)
        (void)snprintf(why, APPLICATION_WHY_LEN, "%s", error == NULL ? "no events" : error);
    json_decref(w.reply);
    json_decref(w.call.request);
    return ok;
}

bool application_watch(struct application *a, char *why)
{
    const struct adapter *events = a->set.events;
    const char *name = NULL;

    if (events == NULL || !events->functions->watches)
        return true;
    while ((name = roster_next_application(a->roster, name)) != NULL) {
        if (!watch(a, name, why))
            return false;
    }
    return true;
}

bool application_sees_events(const struct application *a)
{
    return a->options.target->events.kind != EVENTS_NONE;
}

void application_begin(struct application *a)
{
    assert(!a->runs);
    injector_begin(a->injector, clock_mono_us());
    a->runs = pthread_create(&a->thread, NULL, work, a) == 0;
    assert(a->runs);
}

void application_calm(struct application *a)
{
    (void)pthread_mutex_lock(&a->lock);
    injector_calm(a->injector);
    (void)pthread_mutex_unlock(&a->lock);
}

void application_take(struct application *a, struct tally *out)
{
    (void)pthread_mutex_lock(&a->lock);
    tally_add(out, &a->found);
    tally_clear(&a->found);
    (void)pthread_mutex_unlock(&a->lock);
}

static void stop_thread(struct application *a)
{
    if (!a->runs)
        return;
    (void)pthread_mutex_lock(&a->lock);
    a->stop = true;
    (void)pthread_mutex_unlock(&a->lock);
    (void)pthread_join(a->thread, NULL);
    a->runs = false;
    a->stop = false;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* All is decided, or nothing has come for a while. */
static bool is_settled(struct application *a, int64_t start_us)
{
    bool settled;

    (void)pthread_mutex_lock(&a->lock);
    int64_t quiet_us =
        clock_mono_us() - (a->last_event_us > start_us ? a->last_event_us : start_us);

    settled = quiet_us >= most(settle_us, 3 * a->event_settle_us) ||
              (quiet_us >= most(second_event_us, a->event_settle_us) &&
               reconcile_open(a->reconcile) == 0);
    (void)pthread_mutex_unlock(&a->lock);
    return settled;
}

static struct reconcile_losses losses_of(const struct application *a)
{
    const struct adapter *events = a->set.events;
    struct reconcile_losses losses = {.notices = 0};
    struct pollfd fds[ADAPTER_MAX_FDS];

    for (size_t i = 0; i < a->options.ring_count; i++) {
        losses.notices += atomic_load(&a->options.rings[i].dropped);
        losses.acknowledged += atomic_load(&a->options.rings[i].dropped_acknowledged);
    }
    /* a program that has ended has nothing to poll */
    losses.events_cut =
        a->events_cut || (a->options.target->events.kind == EVENTS_EXEC &&
                          events->functions->fds((struct adapter *)(uintptr_t)events, fds) == 0);
    return losses;
}

void application_end(struct application *a, int64_t limit_us, struct tally *out)
{
    int64_t start_us = clock_mono_us();
    struct timespec pause = {.tv_nsec = look_us * 1000};
    struct reconcile_losses losses;

    application_calm(a);
    while (a->runs && !is_settled(a, start_us) && clock_mono_us() - start_us < limit_us)
        (void)nanosleep(&pause, NULL);
    stop_thread(a);
    take_notices(a);
    losses = losses_of(a);
    reconcile_end(a->reconcile, &losses);
    application_take(a, out);
}

void application_free(struct application **a)
{
    struct application *x = *a;

    if (x == NULL)
        return;
    stop_thread(x);
    if (x->set.world.http != NULL)
        adapter_set_close(&x->set);
    for (size_t i = 0; i < CALLS; i++)
        json_decref(x->calls[i].call.request);
    roster_free(&x->roster);
    injector_free(&x->injector);
    reconcile_free(&x->reconcile);
    tally_fini(&x->found);
    (void)pthread_mutex_destroy(&x->lock);
    free(x);
    *a = NULL;
}
