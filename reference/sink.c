#include "reference/sink.h"

#include <stdio.h>

#include "reference/sink_group.h"
#include "reference/sink_http.h"
#include "reference/sink_kind.h"
#if SEATRIAL_KAFKA
#include "reference/sink_kafka.h"
#endif
#if SEATRIAL_MQTT
#include "reference/sink_mqtt.h"
#endif

#if SEATRIAL_KAFKA
#define KAFKA_FUNCTIONS &sink_kafka_functions
#else
#define KAFKA_FUNCTIONS NULL
#endif
#if SEATRIAL_MQTT
#define MQTT_FUNCTIONS &sink_mqtt_functions
#else
#define MQTT_FUNCTIONS NULL
#endif

/* The kinds of sinks, by the beginning of the URL; `rest` says whether something stands behind it.
 * A kind without functions is left out of this build for want of package. */
static const struct kind {
    struct str scheme;
    bool rest;
    const struct sink_functions *fn;
    const char *package;
} kinds[] = {
    {{"file:", 5},     true,  &sink_group_functions, NULL              },
    {{"null:", 5},     false, &sink_group_functions, NULL              },
    {{"http://", 7},   true,  &sink_http_functions,  NULL              },
    {{"https://", 8},  true,  &sink_http_functions,  NULL              },
    {{"mqtt://", 7},   true,  MQTT_FUNCTIONS,        "libmosquitto-dev"},
    {{"mqtts://", 8},  true,  MQTT_FUNCTIONS,        "libmosquitto-dev"},
    {{"kafka://", 8},  true,  KAFKA_FUNCTIONS,       "librdkafka-dev"  },
    {{"kafkas://", 9}, true,  KAFKA_FUNCTIONS,       "librdkafka-dev"  },
};

static const struct kind *kind_of(const char *url)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct kind *k = &kinds[i];

        if (strncmp(url, k->scheme.ptr, k->scheme.len) == 0 &&
            (url[k->scheme.len] != '\0') == k->rest)
            return k;
    }
    return NULL;
}

static const struct sink_functions *functions_of(const char *url)
{
    return kind_of(url)->fn;
}

bool sink_url_known(const char *url, char *why)
{
    const struct kind *k = kind_of(url);

    if (k == NULL)
        (void)snprintf(why, SINK_WHY_LEN,
                       "sink: expected file:PATH, null:, http(s)://HOST/PATH, mqtt(s)://HOST or "
                       "kafka(s)://HOST, got \"%.80s\"",
                       url);
    else if (k->fn == NULL)
        (void)snprintf(why, SINK_WHY_LEN,
                       "sink: this program was built without %.*s: install %s and build it again",
                       (int)k->scheme.len, k->scheme.ptr, k->package);
    return k != NULL && k->fn != NULL;
}

bool sink_check(const struct sink_options *options, char *why)
{
    return sink_url_known(options->url, why) && functions_of(options->url)->check(options, why);
}

struct sink *sink_open(const struct sink_options *options, char *why)
{
    assert(options->max_bytes > 0);
    if (!sink_check(options, why))
        return NULL;
    const struct sink_functions *fn = functions_of(options->url);
    struct sink *s = fn->open(options, why);

    if (s != NULL)
        s->fn = fn;
    return s;
}

void sink_close(struct sink **s)
{
    if (*s != NULL)
        (*s)->fn->close(s);
}

bool sink_is_up(const struct sink *s)
{
    return s->fn->is_up(s);
}

void sink_drain(struct sink *s, int64_t until_us)
{
    s->fn->drain(s, until_us);
}

struct sink_port *sink_port_open(struct sink *s, struct metrics *metrics)
{
    struct sink_port *port = s->fn->port_open(s, metrics);

    port->fn = s->fn;
    return port;
}

void sink_port_close(struct sink_port **port)
{
    (*port)->fn->port_close(port);
}

int sink_port_wake_fd(const struct sink_port *port)
{
    return port->fn->port_wake_fd(port);
}

enum sink_err sink_put(struct sink_port *port, uint64_t ticket, const struct event *e)
{
    return port->fn->put(port, ticket, e);
}

void sink_flush(struct sink_port *port)
{
    port->fn->flush(port);
}

size_t sink_poll(struct sink_port *port, struct sink_result *out, size_t max)
{
    return port->fn->poll(port, out, max);
}
