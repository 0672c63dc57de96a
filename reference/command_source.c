#include "reference/command_source.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/thread.h"
#include "reference/command_check.h"
#include "reference/command_feed.h"
#include "reference/metrics.h"
#if SEATRIAL_KAFKA
#include "reference/command_kafka.h"
#define KAFKA_FUNCTIONS &command_kafka_functions
#else
#define KAFKA_FUNCTIONS NULL
#endif
#if SEATRIAL_MQTT
#include "reference/command_mqtt.h"
#define MQTT_FUNCTIONS &command_mqtt_functions
#else
#define MQTT_FUNCTIONS NULL
#endif

enum { LOOK_MS = 1000, AWAIT_MS = 2 };

struct command_intake {
    struct registry *registry;
    struct command_bus *bus;
    struct metrics *metrics;
};

struct command_source {
    const struct command_feed_functions *fn;
    struct command_intake intake;
    struct command_feed *feed;
    pthread_t thread;
    int wake_fd;
    _Atomic bool stop;
    _Atomic bool up;
};

/* By the beginning of the URL; without functions: left out of this build for want of package. */
static const struct kind {
    struct str scheme;
    const struct command_feed_functions *fn;
    const char *package;
} kinds[] = {
    {{"mqtt://", 7},   MQTT_FUNCTIONS,  "libmosquitto-dev"},
    {{"mqtts://", 8},  MQTT_FUNCTIONS,  "libmosquitto-dev"},
    {{"kafka://", 8},  KAFKA_FUNCTIONS, "librdkafka-dev"  },
    {{"kafkas://", 9}, KAFKA_FUNCTIONS, "librdkafka-dev"  },
};

static const struct kind *kind_of(const char *url)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strncmp(url, kinds[i].scheme.ptr, kinds[i].scheme.len) == 0)
            return &kinds[i];
    return NULL;
}

bool command_source_url_known(const char *url, char *why)
{
    const struct kind *k = kind_of(url);

    if (k == NULL)
        (void)snprintf(
            why, COMMAND_SOURCE_WHY_LEN,
            "commands: expected mqtt://HOST, mqtts://HOST, kafka://HOST or kafkas://HOST, "
            "got \"%.80s\"",
            url);
    else if (k->fn == NULL)
        (void)snprintf(why, COMMAND_SOURCE_WHY_LEN,
                       "commands: this program was built without %.*s: install %s and build it "
                       "again",
                       (int)k->scheme.len, k->scheme.ptr, k->package);
    return k != NULL && k->fn != NULL;
}

bool command_source_check(const struct command_source_options *options, char *why)
{
    return command_source_url_known(options->url, why) &&
           kind_of(options->url)->fn->check(options, why);
}

void command_intake_take(struct command_intake *intake, const struct command *command)
{
    static struct log_limit limit;
    const char *obstacle =
        command_obstacle(intake->registry, command->application, command->device);
    char application[64], device[64];
    bool complete;

    if (obstacle == NULL && (command->name.len == 0 || command->name.len > COMMAND_NAME_MAX))
        obstacle = "the command's name must have 1 to 255 bytes";
    if (obstacle != NULL) {
        log_limited(&limit, LOG_WARN, "command", "dropped",
                    "application=%s device=%s reason=\"%s\"",
                    log_quote(command->application, application, sizeof application),
                    log_quote(command->device, device, sizeof device), obstacle);
        return;
    }
    metrics_add(intake->metrics, METRIC_COMMANDS, 1);
    (void)command_dispatch(intake->bus, command, &complete);
}

static void set_up(struct command_source *s, bool up)
{
    static struct log_limit limit;

    if (s->up != up)
        log_limited(&limit, LOG_INFO, "command", up ? "up" : "down", "by=%s", s->fn->name);
    s->up = up;
}

static void *run(void *arg)
{
    struct command_source *s = arg;

    while (!s->stop) {
        set_up(s, s->fn->work(s->feed));
        s->fn->wait(s->feed, s->wake_fd, LOOK_MS);
    }
    return NULL;
}

struct command_source *command_source_open(const struct command_source_options *options,
                                           struct registry *registry, struct command_bus *bus,
                                           char *why)
{
    if (!command_source_check(options, why))
        return NULL;
    struct command_source *s = xcalloc(1, sizeof *s);

    s->fn = kind_of(options->url)->fn;
    s->intake = (struct command_intake){registry, bus, metrics_new()};
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert(s->wake_fd >= 0);
    s->feed = s->fn->open(options, &s->intake, why);
    if (s->feed != NULL && thread_start(&s->thread, run, s))
        return s;
    if (s->feed != NULL) {
        (void)snprintf(why, COMMAND_SOURCE_WHY_LEN, "commands: cannot start the thread");
        s->fn->free(&s->feed);
    }
    (void)close(s->wake_fd);
    free(s);
    return NULL;
}

void command_source_close(struct command_source **source)
{
    struct command_source *s = *source;
    uint64_t one = 1;

    if (s == NULL)
        return;
    s->stop = true;
    ssize_t ignored = write(s->wake_fd, &one, sizeof one);

    UNUSED(ignored);
    (void)pthread_join(s->thread, NULL);
    s->fn->free(&s->feed);
    (void)close(s->wake_fd);
    free(s);
    *source = NULL;
}

bool command_source_await(struct command_source *s, int64_t timeout_us)
{
    int64_t end_us = clock_mono_us() + timeout_us;

    while (!s->up && clock_mono_us() < end_us)
        (void)poll(NULL, 0, AWAIT_MS);
    return s->up;
}

bool command_source_is_up(const struct command_source *s)
{
    return s->up;
}
