/*
 * What the tests of the endpoint do in their world: publish, confirm, command, and look at the last
 * answer.
 */
#ifndef REFERENCE_ENDPOINT_POST_FIXTURE_H
#define REFERENCE_ENDPOINT_POST_FIXTURE_H

#include "reference/endpoint_fixture.h"

struct post {
    const char *credential; /* `dev@app:secret` */
    const char *query;      /* or NULL */
    const char *payload;
    int format; /* or -1 */
    enum pdu_type type;
    const char *block2; /* raw option values, or NULL */
    const char *block1;
    const char *size1;
    const char *tag; /* Request-Tag */
};

static inline void add_text_option(struct pdu_writer *w, uint16_t number, const char *value)
{
    if (value != NULL)
        pdu_add_option(w, number, str_from(value));
}

static const struct post plain = {.credential = "dev@app:secret", .payload = "{}", .format = -1};

/* Sends a publish to channel `state` with a message ID of its own. */
static inline void send_post(struct world *w, const struct post *p)
{
    char mem[2048];
    struct buf b = buf_over(mem, sizeof mem);
    struct buf basic = buf_growing();
    struct udp_path path = {.socket = 0};
    struct exchange_peer from = {&path, NULL};
    struct pdu_writer pw = pdu_start(&b, p->type, 2, w->next_mid++, STR("t"));

    path.peer.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(4000)};
    path.peer.len = sizeof path.peer.in;
    pdu_add_option(&pw, 11, STR("v1"));
    pdu_add_option(&pw, 11, STR("state"));
    if (p->format >= 0)
        pdu_add_uint(&pw, 12, (uint32_t)p->format);
    add_text_option(&pw, 15, p->query);
    add_text_option(&pw, 23, p->block2);
    add_text_option(&pw, 27, p->block1);
    add_text_option(&pw, 60, p->size1);
    add_text_option(&pw, 292, p->tag);
    if (p->credential != NULL) {
        buf_add_str(&basic, STR("Basic "));
        base64_encode(&basic, p->credential, strlen(p->credential));
        pdu_add_option(&pw, 4209, buf_str(&basic));
    }
    pdu_add_payload(&pw, str_from(p->payload));
    exchange_receive(w->exchanges, &from, (const uint8_t *)b.ptr, b.len, w->now.mono_us);
    buf_fini(&basic);
}

static inline void post_with_query(struct world *w, const char *query)
{
    struct post p = plain;

    p.query = query;
    send_post(w, &p);
}

static inline void advance(struct world *w, int64_t us)
{
    w->now.mono_us += us;
    w->now.wall_us += us;
    timer_wheel_advance(&w->wheel, w->now.mono_us);
}

/* The code byte of the last answer; 0 when nothing was sent. */
static inline int last_code(const struct world *w)
{
    return w->sent_count == 0 ? 0 : w->sent[w->sent_count - 1].bytes[1];
}

static inline void confirm(struct world *w, size_t which, enum sink_err err)
{
    struct sink_result result = {w->put[which].ticket, err};

    endpoint_confirmed(w->endpoint, &result, w->now.mono_us);
}

/* A command to a device of `app`; how many waits took it by now comes from the metrics. */
static inline void send_command(struct world *w, const char *device, const char *name,
                                const char *payload)
{
    struct command c = {STR("app"), str_from(device), str_from(name), str_from(payload)};
    struct mail *m;
    bool complete;

    (void)command_dispatch(w->bus, &c, &complete); /* nobody answers it meanwhile */
    m = mailbox_take(&w->workers);
    assert_non_null(m);
    endpoint_command(w->endpoint, CONTAINER_OF(m, struct command_delivery, mail), w->now.mono_us);
}

static inline int64_t taken(const struct world *w)
{
    return w->metrics.value[METRIC_COMMANDS_TAKEN];
}

#endif
