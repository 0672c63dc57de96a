#include "reference/sink_group.h"

#include <poll.h>
#include <stdlib.h>

enum {
    GROUPS = 64,         /* handed over and not back, a port; beyond it flushes are merged */
    EVENT_MIN_LEN = 128, /* no encoded event is shorter: bounds the number of tickets */
};

struct sink_ring {
    struct sink_port port;
    struct mail closed; /* in the sink's list */
    struct sink *sink;
    struct mailbox *writer; /* NULL: events are encoded and dropped */
    struct metrics *metrics;
    char *ring;
    size_t ring_cap;
    size_t head; /* where the next event goes */
    size_t tail; /* the oldest event that is not confirmed */
    uint64_t *tickets;
    size_t tickets_cap;
    size_t ticket_tail;
    size_t unconfirmed; /* events between tail and head */
    struct sink_group group[GROUPS];
    struct mail *idle;       /* groups not in use */
    struct sink_group *open; /* being filled */
    bool flush_wanted;       /* open is to be handed over as soon as another group is idle */
    struct mailbox confirmed;
    struct mail *returned; /* taken from confirmed, oldest first */
    size_t polled;         /* events of the first returned group that were given out */
};

static struct sink_ring *ring_of(struct sink_port *port)
{
    return CONTAINER_OF(port, struct sink_ring, port);
}

struct sink_port *sink_ring_open(struct sink *s, struct metrics *metrics)
{
    struct sink_ring *port = xcalloc(1, sizeof *port);

    port->sink = s;
    port->writer = sink_group_inbox(s);
    port->metrics = metrics;
    port->ring_cap = (size_t)sink_group_max_bytes(s);
    port->ring = xmalloc(port->ring_cap);
    port->tickets_cap = port->ring_cap / EVENT_MIN_LEN + 1;
    port->tickets = xmalloc(port->tickets_cap * sizeof *port->tickets);
    mailbox_init(&port->confirmed);
    for (size_t i = 0; i < GROUPS; i++) {
        port->group[i].back = &port->confirmed;
        port->group[i].mail.next = port->idle;
        port->idle = &port->group[i].mail;
    }
    return &port->port;
}

void sink_ring_close(struct sink_port **port)
{
    struct sink_ring *p = ring_of(*port);
    struct sink_result ignored[64];

    sink_ring_flush(*port);
    while (p->unconfirmed > 0) {
        struct pollfd wait = {.fd = p->confirmed.wake_fd, .events = POLLIN};

        if (sink_ring_poll(*port, ignored, COUNT(ignored)) == 0)
            (void)poll(&wait, 1, -1);
    }
    free(p->tickets);
    free(p->ring);
    sink_group_keep_port(p->sink, &p->closed);
    *port = NULL;
}

void sink_ring_free(struct mail *port)
{
    struct sink_ring *p = CONTAINER_OF(port, struct sink_ring, closed);

    mailbox_fini(&p->confirmed);
    free(p);
}

int sink_ring_wake_fd(const struct sink_port *port)
{
    return ((const struct sink_ring *)port)->confirmed.wake_fd;
}

/* Encodes e as a line into [at, at + room). Returns its length, or 0 when it does not fit. */
static size_t encode(struct sink_ring *port, const struct event *e, size_t at, size_t room)
{
    struct buf out = buf_over(port->ring + at, room);

    event_encode(e, &out);
    buf_add_char(&out, '\n');
    return out.overflow ? 0 : out.len;
}

/* Encodes e where there is room in one piece. Returns its length and place, or 0. */
static size_t place(struct sink_ring *port, const struct event *e, size_t *at)
{
    if (port->unconfirmed == 0)
        port->head = port->tail = 0;
    bool around = port->unconfirmed > 0 && port->head <= port->tail;
    size_t len = encode(port, e, port->head, (around ? port->tail : port->ring_cap) - port->head);

    *at = port->head;
    if (len == 0 && !around && port->tail > 0) {
        len = encode(port, e, 0, port->tail);
        *at = 0;
    }
    return len;
}

static void add_to_group(struct sink_ring *port, size_t at, size_t len)
{
    struct sink_group *g = port->open;

    if (g == NULL) {
        assert(port->idle != NULL); /* sink_flush keeps the last one open */
        g = CONTAINER_OF(port->idle, struct sink_group, mail);
        port->idle = port->idle->next;
        port->open = g;
        g->parts = g->events = 0;
        g->failed = false;
    }
    if (g->parts == 0 || g->end != at) {
        assert(g->parts < COUNT(g->part));
        g->part[g->parts++] = (struct iovec){port->ring + at, 0};
    }
    g->part[g->parts - 1].iov_len += len;
    g->events++;
    g->end = at + len;
}

enum sink_err sink_ring_put(struct sink_port *to, uint64_t ticket, const struct event *e)
{
    struct sink_ring *port = ring_of(to);
    size_t at;

    if (port->unconfirmed == port->tickets_cap)
        return SINK_FULL;
    size_t len = place(port, e, &at);

    if (len == 0)
        return SINK_FULL;
    assert(len >= EVENT_MIN_LEN);
    if (port->writer == NULL) {
        metrics_add(port->metrics, METRIC_PUBLISHED, 1);
        return SINK_DONE;
    }
    add_to_group(port, at, len);
    port->head = at + len;
    port->tickets[(port->ticket_tail + port->unconfirmed) % port->tickets_cap] = ticket;
    port->unconfirmed++;
    return SINK_OK;
}

void sink_ring_flush(struct sink_port *of)
{
    struct sink_ring *port = ring_of(of);
    struct sink_group *g = port->open;

    port->flush_wanted = g != NULL && port->idle == NULL;
    if (g == NULL || port->flush_wanted)
        return;
    port->open = NULL;
    mailbox_post(port->writer, &g->mail);
}

/* Frees the first returned group and its part of the ring. */
static void release_group(struct sink_ring *port)
{
    struct mail *mail = port->returned;

    port->returned = mail->next;
    port->polled = 0;
    port->tail = CONTAINER_OF(mail, struct sink_group, mail)->end;
    mail->next = port->idle;
    port->idle = mail;
    if (port->flush_wanted)
        sink_ring_flush(&port->port);
}

size_t sink_ring_poll(struct sink_port *of, struct sink_result *out, size_t max)
{
    struct sink_ring *port = ring_of(of);
    size_t count = 0;

    if (port->returned == NULL)
        port->returned = mailbox_take(&port->confirmed);
    while (count < max && port->returned != NULL) {
        const struct sink_group *g = CONTAINER_OF(port->returned, struct sink_group, mail);

        out[count].ticket = port->tickets[port->ticket_tail];
        out[count].err = g->failed ? SINK_FAILED : SINK_OK;
        metrics_add(port->metrics, g->failed ? METRIC_PUBLISH_FAILED : METRIC_PUBLISHED, 1);
        port->ticket_tail = (port->ticket_tail + 1) % port->tickets_cap;
        port->unconfirmed--;
        count++;
        if (++port->polled == g->events)
            release_group(port);
    }
    return count;
}
