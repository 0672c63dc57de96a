#include <poll.h>
#include <stdlib.h>

#include "reference/sink_flow.h"

static struct sink_flow_port *of(struct sink_port *port)
{
    return CONTAINER_OF(port, struct sink_flow_port, port);
}

struct sink_port *sink_flow_port_open(struct sink *s, struct metrics *metrics)
{
    struct sink_flow_port *port = xcalloc(1, sizeof *port);

    port->sink = (struct sink_flow *)s;
    port->metrics = metrics;
    port->texts = buf_growing();
    port->space = buf_growing();
    mailbox_init(&port->answered);
    return &port->port;
}

void sink_flow_port_close(struct sink_port **port)
{
    struct sink_flow_port *p = of(*port);
    struct sink_result ignored[64];

    p->closing = true;
    sink_flow_look(p->sink);
    while (p->bytes > 0) {
        struct pollfd wait = {.fd = p->answered.wake_fd, .events = POLLIN};

        if (sink_flow_port_poll(*port, ignored, COUNT(ignored)) == 0)
            (void)poll(&wait, 1, -1);
    }
    buf_fini(&p->texts);
    buf_fini(&p->space);
    sink_flow_keep_port(p->sink, &p->closed);
    *port = NULL;
}

void sink_flow_port_free(struct mail *port)
{
    struct sink_flow_port *p = CONTAINER_OF(port, struct sink_flow_port, closed);

    mailbox_fini(&p->answered);
    free(p);
}

int sink_flow_port_wake_fd(const struct sink_port *port)
{
    return ((const struct sink_flow_port *)port)->answered.wake_fd;
}

/* Lays the encoded event out in the memory behind x. */
static void lay_out(struct sink_flow_event *x, const struct sink_flow_port *port, struct str body)
{
    char *to = x->bytes + port->texts.len;

    memcpy(x->bytes, port->texts.ptr, port->texts.len);
    if (body.len > 0)
        memcpy(to, body.ptr, body.len);
    x->letter.texts = x->bytes;
    x->letter.body = (struct str){to, body.len};
}

/* Events of one sender in one application stay in order, as `partitionkey` would keep them. */
static uint64_t lane_key(const struct sink_flow_port *port, const struct event *e)
{
    const uint8_t *key = sink_flow_shared(port->sink)->key;
    const uint64_t parts[] = {
        siphash13(key, e->application.ptr, e->application.len),
        siphash13(key, e->sender.ptr, e->sender.len),
    };

    return siphash13(key, parts, sizeof parts);
}

enum sink_err sink_flow_port_put(struct sink_port *to, uint64_t ticket, const struct event *e)
{
    struct sink_flow_port *port = of(to);
    const struct sink_flow_shared *shared = sink_flow_shared(port->sink);
    struct str body;

    if (port->bytes + e->payload.len >= shared->max_bytes)
        return SINK_FULL; /* before it is copied */
    buf_clear(&port->texts);
    buf_clear(&port->space);
    size_t count =
        shared->carrier->fn->encode(shared->carrier, e, &port->texts, &port->space, &body);
    struct sink_flow_event *x;
    size_t size = sizeof *x + port->texts.len + body.len;

    if (port->bytes + size > shared->max_bytes)
        return SINK_FULL;
    x = xmalloc(size);
    *x = (struct sink_flow_event){.port = port, .ticket = ticket, .size = size};
    x->letter.text_count = count;
    x->lane.key = lane_key(port, e);
    lay_out(x, port, body);
    port->bytes += size;
    mailbox_post(shared->inbox, &x->mail);
    return SINK_OK;
}

void sink_flow_port_flush(struct sink_port *port)
{
    UNUSED(port); /* sink_flow_port_put hands over at once: there is no group to wait for */
}

size_t sink_flow_port_poll(struct sink_port *of_port, struct sink_result *out, size_t max)
{
    struct sink_flow_port *port = of(of_port);
    size_t count = 0;

    if (port->returned == NULL)
        port->returned = mailbox_take(&port->answered);
    while (count < max && port->returned != NULL) {
        struct sink_flow_event *x = CONTAINER_OF(port->returned, struct sink_flow_event, mail);

        port->returned = x->mail.next;
        out[count++] = (struct sink_result){x->ticket, x->err};
        metrics_add(port->metrics, x->err == SINK_OK ? METRIC_PUBLISHED : METRIC_PUBLISH_FAILED, 1);
        port->bytes -= x->size;
        free(x);
    }
    return count;
}
