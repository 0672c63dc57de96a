#include "reference/sink.h"

#include <stdio.h>

#include "reference/sink_group.h"
#include "reference/sink_http.h"
#include "reference/sink_kind.h"

/* The kinds of sinks, by the beginning of the URL; `rest` says whether something stands behind it.
 */
static const struct kind {
    struct str scheme;
    bool rest;
    const struct sink_functions *fn;
} kinds[] = {
    {{"file:", 5},    true,  &sink_group_functions},
    {{"null:", 5},    false, &sink_group_functions},
    {{"http://", 7},  true,  &sink_http_functions },
    {{"https://", 8}, true,  &sink_http_functions },
};

static const struct sink_functions *functions_of(const char *url)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct kind *k = &kinds[i];

        if (strncmp(url, k->scheme.ptr, k->scheme.len) == 0 &&
            (url[k->scheme.len] != '\0') == k->rest)
            return k->fn;
    }
    return NULL;
}

bool sink_url_known(const char *url, char *why)
{
    if (functions_of(url) != NULL)
        return true;
    (void)snprintf(why, SINK_WHY_LEN,
                   "sink: expected file:PATH, null:, http://HOST/PATH or https://HOST/PATH, got "
                   "\"%.80s\"",
                   url);
    return false;
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
