#include <poll.h>
#include <stdlib.h>

#include "reference/sink_http.h"

static struct sink_http_port *of(struct sink_port *port)
{
    return CONTAINER_OF(port, struct sink_http_port, port);
}

struct sink_port *sink_http_port_open(struct sink *s, struct metrics *metrics)
{
    struct sink_http_port *port = xcalloc(1, sizeof *port);

    port->sink = (struct sink_http *)s;
    port->metrics = metrics;
    port->headers = buf_growing();
    port->body = buf_growing();
    mailbox_init(&port->answered);
    return &port->port;
}

void sink_http_port_close(struct sink_port **port)
{
    struct sink_http_port *p = of(*port);
    struct sink_result ignored[64];

    p->closing = true;
    sink_http_look(p->sink);
    while (p->bytes > 0) {
        struct pollfd wait = {.fd = p->answered.wake_fd, .events = POLLIN};

        if (sink_http_port_poll(*port, ignored, COUNT(ignored)) == 0)
            (void)poll(&wait, 1, -1);
    }
    buf_fini(&p->headers);
    buf_fini(&p->body);
    sink_http_keep_port(p->sink, &p->closed);
    *port = NULL;
}

void sink_http_port_free(struct mail *port)
{
    struct sink_http_port *p = CONTAINER_OF(port, struct sink_http_port, closed);

    mailbox_fini(&p->answered);
    free(p);
}

int sink_http_port_wake_fd(const struct sink_port *port)
{
    return ((const struct sink_http_port *)port)->answered.wake_fd;
}

/* Makes headers and body; returns the number of headers. */
static size_t encode(struct sink_http_port *port, const struct event *e, struct str *body)
{
    static const char structured[] = "Content-Type: application/cloudevents+json; charset=utf-8";

    buf_clear(&port->headers);
    if (sink_http_shared(port->sink)->mode == SINK_BINARY) {
        *body = e->payload;
        return event_http_headers(e, &port->headers);
    }
    buf_add(&port->headers, structured, sizeof structured);
    buf_clear(&port->body);
    event_encode(e, &port->body);
    *body = buf_str(&port->body);
    return 1;
}

/* Lays the encoded event out in the memory behind x. */
static void lay_out(struct sink_http_event *x, const struct sink_http_port *port, struct str body)
{
    char *texts = (char *)&x->header[x->header_count];
    char *text = texts;

    memcpy(texts, port->headers.ptr, port->headers.len);
    for (size_t i = 0; i < x->header_count; i++) {
        x->header[i] = (struct curl_slist){text, &x->header[i + 1]};
        text += strlen(text) + 1;
    }
    x->header[x->header_count - 1].next = sink_http_shared(port->sink)->more_headers;
    x->body = (struct str){text, body.len};
    if (body.len > 0)
        memcpy(text, body.ptr, body.len);
}

/* Events of one sender in one application stay in order, as `partitionkey` would keep them. */
static uint64_t lane_key(const struct sink_http_port *port, const struct event *e)
{
    const uint8_t *key = sink_http_shared(port->sink)->key;
    const uint64_t parts[] = {
        siphash13(key, e->application.ptr, e->application.len),
        siphash13(key, e->sender.ptr, e->sender.len),
    };

    return siphash13(key, parts, sizeof parts);
}

enum sink_err sink_http_port_put(struct sink_port *to, uint64_t ticket, const struct event *e)
{
    struct sink_http_port *port = of(to);
    const struct sink_http_shared *shared = sink_http_shared(port->sink);
    struct str body;

    if (port->bytes + e->payload.len >= shared->max_bytes)
        return SINK_FULL; /* before it is copied */
    size_t count = encode(port, e, &body);
    struct sink_http_event *x;
    size_t size = sizeof *x + count * sizeof x->header[0] + port->headers.len + body.len;

    if (port->bytes + size > shared->max_bytes)
        return SINK_FULL;
    x = xmalloc(size);
    *x = (struct sink_http_event){.port = port, .ticket = ticket, .size = size};
    x->header_count = count;
    x->lane.key = lane_key(port, e);
    lay_out(x, port, body);
    port->bytes += size;
    mailbox_post(shared->inbox, &x->mail);
    return SINK_OK;
}

void sink_http_port_flush(struct sink_port *port)
{
    UNUSED(port); /* sink_http_port_put hands over at once: there is no group to wait for */
}

size_t sink_http_port_poll(struct sink_port *of_port, struct sink_result *out, size_t max)
{
    struct sink_http_port *port = of(of_port);
    size_t count = 0;

    if (port->returned == NULL)
        port->returned = mailbox_take(&port->answered);
    while (count < max && port->returned != NULL) {
        struct sink_http_event *x = CONTAINER_OF(port->returned, struct sink_http_event, mail);

        port->returned = x->mail.next;
        out[count++] = (struct sink_result){x->ticket, x->err};
        metrics_add(port->metrics, x->err == SINK_OK ? METRIC_PUBLISHED : METRIC_PUBLISH_FAILED, 1);
        port->bytes -= x->size;
        free(x);
    }
    return count;
}
