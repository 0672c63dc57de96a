#include "reference/endpoint.h"

#include <stdlib.h>

#include "lib/lazy.h"
#include "reference/dedup.h"
#include "reference/mutant.h"
#include "reference/publication.h"
#include "reference/wait.h"

enum {
    DECODE_LEN = 65536,            /* as long as the options of any datagram */
    IDENTITY_LEN = 8 * DECODE_LEN, /* each with its number and length */
    DEFAULT_SZX = 6                /* 1024 bytes: a larger command goes in blocks */
};

enum publish_state {
    PUBLISH_FREE,
    PUBLISH_HASHING,    /* a password hash is being computed; the request is kept in copy */
    PUBLISH_COMMITTING, /* the event is with the sink */
    PUBLISH_WAITING,    /* the event is safe; waits for a command */
};

enum publish_event {
    ON_CONFIRMED,
    ON_FAILED,
    ON_REFUSED,
    ON_BROKEN,
    ON_COMMAND,
    ON_TIMEOUT,
    ON_CANCELLED
};

/* What the sink says of an event. */
static const enum publish_event on_sink[] = {
    [SINK_OK] = ON_CONFIRMED,    [SINK_DONE] = ON_CONFIRMED, [SINK_FAILED] = ON_FAILED,
    [SINK_REFUSED] = ON_REFUSED, [SINK_BROKEN] = ON_BROKEN,
};

struct publish {
    struct endpoint *endpoint;
    struct timer timer; /* the end of ct */
    struct wait wait;
    struct command_delivery *held;
    int64_t wait_until_us;
    struct transfer_key transfer; /* of this request's blocks; set with ct or a Block option */
    struct block block1;          /* to be answered; has_block1 */
    struct block block2;          /* what the device prefers for a large command */
    bool has_block1;
    char *copy; /* options and payload, PUBLISH_HASHING only */
    size_t copy_options_len;
    size_t copy_payload_len;
    uint32_t generation; /* tickets of earlier publishes of this index are told by it */
    enum publish_state state;
    uint8_t copy_code;
};

struct endpoint {
    struct endpoint_parts parts;
    struct endpoint_options options;
    struct publish *publishes; /* by exchange */
    struct wait_table *waits;
    struct transfer_store *uploads;
    struct transfer_store *downloads;
    struct event_ids ids;
    bool draining;
    char decode[DECODE_LEN];
    char identity[IDENTITY_LEN];
};

struct endpoint *endpoint_new(const struct endpoint_parts *parts,
                              const struct endpoint_options *options)
{
    struct endpoint *e = xcalloc(1, sizeof *e);

    e->parts = *parts;
    e->options = *options;
    if (mutant_is(MUTANT_TOO_LARGE_ACCEPTED)) {
        e->options.max_payload_bytes *= 4;
        e->options.transfers.max_body_bytes *= 4;
    }
    e->waits = wait_table_new(options->max_exchanges);
    e->uploads = transfer_store_new(&e->options.transfers);
    e->downloads = transfer_store_new(&e->options.transfers);
    e->publishes = lazy_calloc(options->max_exchanges, sizeof *e->publishes);
    return e;
}

static uint32_t index_of(const struct publish *p)
{
    return (uint32_t)(p - p->endpoint->publishes);
}

static void let_go(struct command_delivery *held)
{
    if (--held->holders == 0)
        command_delivery_done(held);
}

/* Ends the publish without an answer. */
static void publish_end(struct publish *p)
{
    struct endpoint *e = p->endpoint;

    timer_cancel(e->parts.wheel, &p->timer);
    if (p->wait.link != NULL) {
        wait_remove(e->waits, &p->wait);
        metrics_add(e->parts.metrics, METRIC_WAITS, -1);
    }
    if (p->held != NULL)
        let_go(p->held);
    p->held = NULL;
    free(p->copy);
    p->copy = NULL;
    p->has_block1 = false;
    p->generation++;
    p->state = PUBLISH_FREE;
}

void endpoint_set_max_ct(struct endpoint *e, int64_t max_ct_us)
{
    e->options.max_ct_us = max_ct_us;
}

void endpoint_free(struct endpoint **e)
{
    if (*e == NULL)
        return;
    for (size_t i = 0; i < (*e)->options.max_exchanges && (*e)->publishes[i].endpoint != NULL; i++)
        publish_end(&(*e)->publishes[i]);
    lazy_free((*e)->publishes, (*e)->options.max_exchanges, sizeof *(*e)->publishes);
    transfer_store_free(&(*e)->uploads);
    transfer_store_free(&(*e)->downloads);
    wait_table_free(&(*e)->waits);
    free(*e);
    *e = NULL;
}

static void finish(struct publish *p, struct answer *answer, int64_t now_us)
{
    struct exchange_layer *exchanges = p->endpoint->parts.exchanges;
    uint32_t exchange = index_of(p);

    if (p->has_block1)
        answer->block1 = &p->block1;
    publish_end(p);
    exchange_answer(exchanges, exchange, answer, now_us);
}

static void finish_with(struct publish *p, enum outcome outcome, int64_t now_us)
{
    struct answer answer = {.outcome = outcome};

    finish(p, &answer, now_us);
}

/* --- after the event is with the sink -----------------------------------------------------------
 */

/* One block of a body that was offered to this device. */
static bool finish_with_block(struct publish *p, struct block want, int64_t now_us)
{
    struct transfer_item item;

    if (!transfer_fetch(p->endpoint->downloads, &p->transfer, &want, now_us, &item))
        return false;
    struct answer answer = {.outcome = OUTCOME_COMMAND,
                            .command = item.label,
                            .payload = item.body,
                            .block2 = &want,
                            .etag = item.etag};

    finish(p, &answer, now_us);
    return true;
}

/* Answers with the command, in blocks when it is large (RFC 7959 2.4). False when it can be sent in
 * no way. */
static bool finish_with_command(struct publish *p, const struct command *c, int64_t now_us)
{
    struct endpoint *e = p->endpoint;
    struct transfer_item item = {.label = c->name, .body = c->payload};
    struct answer answer = {.outcome = OUTCOME_COMMAND, .command = c->name, .payload = c->payload};

    if (c->payload.len > block_size(&p->block2) &&
        transfer_offer(e->downloads, &p->transfer, &item, now_us))
        return finish_with_block(p, p->block2, now_us);
    if (!exchange_fits(e->parts.exchanges, index_of(p), c->name.len, c->payload.len))
        return false;
    finish(p, &answer, now_us);
    return true;
}

static bool deliver(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    struct metrics *metrics = p->endpoint->parts.metrics;

    delivery->holders++; /* keeps the command's bytes until they are sent */
    bool taken = finish_with_command(p, delivery->command, now_us);

    if (taken) {
        delivery->taken++;
        metrics_add(metrics, METRIC_COMMANDS_TAKEN, 1);
    }
    let_go(delivery);
    return taken;
}

/* A command that no message can carry is not cut, and not taken: the wait goes on (CMD-14). */
static void hold(struct publish *p, struct command_delivery *delivery, int64_t now_us);

static void take(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    if (mutant_is(MUTANT_COMMAND_WAITS_FULL_CT))
        hold(p, delivery, now_us);
    else
        (void)deliver(p, delivery, now_us);
}

static void on_timeout(struct timer *t, int64_t now_us);

static void confirmed(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    struct endpoint *e = p->endpoint;

    UNUSED(delivery);
    if (p->held != NULL && deliver(p, p->held, now_us))
        return;
    if (p->wait.link == NULL || e->draining || p->wait_until_us <= now_us) {
        finish_with(p, OUTCOME_CHANGED, now_us);
    } else {
        p->state = PUBLISH_WAITING;
        p->timer.fn = on_timeout;
        timer_set(e->parts.wheel, &p->timer, p->wait_until_us);
    }
}

static void failed(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    UNUSED(delivery);
    finish_with(p, mutant_is(MUTANT_SINK_DOWN_CHANGED) ? OUTCOME_CHANGED : OUTCOME_SINK_DOWN,
                now_us);
}

static void refused(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    UNUSED(delivery);
    finish_with(p, OUTCOME_SINK_REFUSED, now_us);
}

static void broken(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    UNUSED(delivery);
    finish_with(p, OUTCOME_SINK_BROKEN, now_us);
}

/* Of two commands in one wait the second is lost (CMD-07). */
static void hold(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    UNUSED(now_us);
    if (p->held != NULL ||
        (p->state == PUBLISH_COMMITTING && mutant_is(MUTANT_COMMAND_BEFORE_CONFIRMATION_LOST)))
        return;
    p->held = delivery;
    delivery->holders++;
}

static void wait_over(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    UNUSED(delivery);
    if (p->held != NULL && deliver(p, p->held, now_us)) /* of a mutant */
        return;
    finish_with(p, OUTCOME_CHANGED, now_us);
}

static void cancelled(struct publish *p, struct command_delivery *delivery, int64_t now_us)
{
    UNUSED(delivery);
    UNUSED(now_us);
    publish_end(p);
}

/* clang-format off */
static const struct transition {
    enum publish_state from;
    enum publish_event on;
    void (*action)(struct publish *p, struct command_delivery *delivery, int64_t now_us);
} transitions[] = {
    {PUBLISH_HASHING,    ON_CANCELLED, cancelled},
    {PUBLISH_COMMITTING, ON_CONFIRMED, confirmed}, /* then PUBLISH_WAITING, or free */
    {PUBLISH_COMMITTING, ON_FAILED,    failed},
    {PUBLISH_COMMITTING, ON_REFUSED,   refused},
    {PUBLISH_COMMITTING, ON_BROKEN,    broken},
    {PUBLISH_COMMITTING, ON_COMMAND,   hold},
    {PUBLISH_COMMITTING, ON_CANCELLED, cancelled},
    {PUBLISH_WAITING,    ON_COMMAND,   take},
    {PUBLISH_WAITING,    ON_TIMEOUT,   wait_over},
    {PUBLISH_WAITING,    ON_CANCELLED, cancelled},
};
/* clang-format on */

static void step(struct publish *p, enum publish_event on, struct command_delivery *delivery,
                 int64_t now_us)
{
    for (size_t i = 0; i < COUNT(transitions); i++) {
        if (transitions[i].from == p->state && transitions[i].on == on) {
            transitions[i].action(p, delivery, now_us);
            return;
        }
    }
    assert(false && "every event that can come has a row");
}

static void on_timeout(struct timer *t, int64_t now_us)
{
    step(CONTAINER_OF(t, struct publish, timer), ON_TIMEOUT, NULL, now_us);
}

/* --- from the request to the sink ---------------------------------------------------------------
 */

static uint64_t ticket_of(const struct publish *p)
{
    return (uint64_t)p->generation << 32 | index_of(p);
}

/* The publish that a ticket was given for, or NULL when it has ended. */
static struct publish *by_ticket(struct endpoint *e, uint64_t ticket)
{
    struct publish *p = &e->publishes[(uint32_t)ticket];

    return p->state != PUBLISH_FREE && p->generation == (uint32_t)(ticket >> 32) ? p : NULL;
}

/* A mutant's event that nobody should see: of a refused publish. */
static void publish_refused(struct publish *p, struct event *event)
{
    event->content_format = EVENT_NO_FORMAT;
    if (event_classify(event) == EVENT_OK)
        (void)!p->endpoint->parts.put(p->endpoint->parts.put_arg, ticket_of(p), event);
}

/* What mutants do between the event and the sink. */
static enum sink_err put_event(struct publish *p, uint64_t ticket, const struct event *event)
{
    const struct endpoint_parts *parts = &p->endpoint->parts;

    if (mutant_is(MUTANT_EVENT_LOST) ||
        (event->payload.len == 0 && mutant_is(MUTANT_EMPTY_PAYLOAD_UNPUBLISHED)))
        return SINK_DONE;
    bool early = mutant_is(MUTANT_ANSWERED_BEFORE_COMMIT) || mutant_is(MUTANT_WRITTEN_LATE);
    uint64_t nobody = ticket ^ UINT64_C(1) << 63; /* of another generation: its result is ignored */
    enum sink_err err = parts->put(parts->put_arg, early ? nobody : ticket, event);

    if (err == SINK_OK && mutant_is(MUTANT_EVENT_TWICE)) {
        struct event again = *event;

        event_new_id(&p->endpoint->ids, again.id);
        err = parts->put(parts->put_arg, nobody, &again);
    }
    return err == SINK_OK && early ? SINK_DONE : err;
}

static struct wait_key key_of(const struct endpoint *e, struct str application, struct str device)
{
    if (mutant_is(MUTANT_COMMAND_TO_ANY_DEVICE))
        device = (struct str){NULL, 0};
    if (mutant_is(MUTANT_COMMAND_TO_ANY_APPLICATION))
        application = (struct str){NULL, 0};
    return wait_key(e->waits, application, device);
}

/* Registers the wait first, so that a command that the event provokes finds it (CMD-06). */
static void register_wait(struct publish *p, const struct request *r,
                          const struct auth_grant *grant, int64_t now_us)
{
    struct endpoint *e = p->endpoint;
    int64_t max_s = e->options.max_ct_us / US_PER_S;
    int64_t ct_s = r->ct_s > (uint64_t)max_s ? max_s : (int64_t)r->ct_s;

    if (ct_s == 0 && mutant_is(MUTANT_CT_ZERO_WAITS))
        ct_s = 4;
    if (ct_s == 0 || mutant_is(MUTANT_CT_IGNORED))
        return;
    struct wait_key key = key_of(e, grant->app->name, grant->device->name);

    p->wait_until_us = now_us + ct_s * US_PER_S;
    if (mutant_is(MUTANT_CT_HALVED))
        p->wait_until_us -= ct_s * US_PER_S / 2;
    if (mutant_is(MUTANT_CT_LATE))
        p->wait_until_us += 5 * US_PER_S;
    wait_add(e->waits, &p->wait, &key);
    metrics_add(e->parts.metrics, METRIC_WAITS, 1);
}

static void publish(struct publish *p, const struct request *r, const struct auth_grant *grant,
                    const struct endpoint_now *now)
{
    struct endpoint *e = p->endpoint;
    struct publication_maker maker = {&e->ids, e->options.instance, e->parts.metrics};
    struct publication made;
    struct answer refusal = {.outcome = publication_make(&maker, r, grant, now->wall_us, &made)};

    if (refusal.outcome != OUTCOME_NONE) {
        refusal.reason = made.reason;
        if (refusal.outcome == OUTCOME_NOT_JSON && mutant_is(MUTANT_EVENT_ON_REFUSAL))
            publish_refused(p, &made.event);
        if (mutant_is(MUTANT_REFUSAL_ECHOES_PAYLOAD))
            refusal.reason = r->payload;
        finish(p, &refusal, now->mono_us);
        return;
    }
    p->state = PUBLISH_COMMITTING;
    register_wait(p, r, grant, now->mono_us);
    enum sink_err err = made.dropped ? SINK_DONE : put_event(p, ticket_of(p), &made.event);

    if (err == SINK_FULL) {
        metrics_add(e->parts.metrics, METRIC_OVERLOAD, 1);
        finish_with(p, OUTCOME_OVERLOADED, now->mono_us);
    } else if (err != SINK_OK) {
        step(p, on_sink[err], NULL, now->mono_us);
    }
}

/* Keeps what the second look at the request needs while the hash is computed. */
static void keep_copy(struct publish *p, const struct pdu *request)
{
    if (p->copy != NULL)
        return;
    p->state = PUBLISH_HASHING;
    p->copy = xmalloc(request->options.len + request->payload.len);
    p->copy_code = request->code;
    p->copy_options_len = request->options.len;
    p->copy_payload_len = request->payload.len;
    if (request->options.ptr != NULL)
        memcpy(p->copy, request->options.ptr, request->options.len);
    if (request->payload.ptr != NULL)
        memcpy(p->copy + request->options.len, request->payload.ptr, request->payload.len);
}

static struct auth_request auth_request_of(struct endpoint *e, uint32_t exchange,
                                           const struct request *r)
{
    struct exchange_peer peer = exchange_peer_of(e->parts.exchanges, exchange);

    return (struct auth_request){
        .session = e->parts.identity(peer.session),
        .authorization = r->authorization.value,
        .application = r->params[REQUEST_APPLICATION].value,
        .device = r->params[REQUEST_DEVICE].value,
        .as = r->params[REQUEST_AS].value,
        .has_authorization = r->authorization.given,
        .has_application = r->params[REQUEST_APPLICATION].given,
        .has_device = r->params[REQUEST_DEVICE].given,
        .has_as = r->params[REQUEST_AS].given,
    };
}

/* --- blocks
 * --------------------------------------------------------------------------------------- */

/* Names the body that this request's blocks are of: by peer, sender, device and options (BLK-04,
 * BLK-06). */
static struct transfer_key name_transfer(struct publish *p, const struct pdu *pdu,
                                         const struct auth_grant *grant)
{
    struct endpoint *e = p->endpoint;
    struct exchange_peer peer = exchange_peer_of(e->parts.exchanges, index_of(p));
    struct dedup_key from = dedup_key(peer.path, peer.session == NULL ? 0 : peer.session->id, 0);
    struct buf parts = buf_over(e->identity, sizeof e->identity);

    if (!mutant_is(MUTANT_BLOCKS_OF_ANYBODY_JOIN)) {
        buf_add(&parts, &from, sizeof from);
        buf_add_str(&parts, grant->sender->uid);
        buf_add_str(&parts, grant->device->uid);
    }
    request_add_identity(pdu, &parts);
    assert(!parts.overflow);
    return transfer_key(e->uploads, buf_str(&parts));
}

/* Adds a block to its upload. True: r->payload is now the whole of it. False: the request was
 * answered. */
static bool collect(struct publish *p, struct request *r, int64_t now_us)
{
    static const enum outcome outcomes[] = {
        [TRANSFER_CONTINUE] = OUTCOME_CONTINUE,   [TRANSFER_INCOMPLETE] = OUTCOME_BLOCK_MISSING,
        [TRANSFER_TOO_LARGE] = OUTCOME_TOO_LARGE, [TRANSFER_BAD_BLOCK] = OUTCOME_BAD_BLOCK,
        [TRANSFER_FULL] = OUTCOME_OVERLOADED,
    };
    struct endpoint *e = p->endpoint;
    struct upload_block in = {r->block1, r->payload, r->size1};
    enum transfer_err err = transfer_upload(e->uploads, &p->transfer, &in, now_us, &r->payload);
    struct answer answer = {.outcome = outcomes[err]};

    p->block1 = r->block1;
    p->has_block1 = err == TRANSFER_COMPLETE || err == TRANSFER_CONTINUE;
    if (err == TRANSFER_COMPLETE)
        return true;
    if (err == TRANSFER_TOO_LARGE)
        answer.size1 = (uint32_t)e->options.max_payload_bytes; /* RFC 7959 4 */
    finish(p, &answer, now_us);
    return false;
}

/* What was asked for once the sender is known: a block of an answer, a block of a publish, or a
 * publish. */
static void granted(struct publish *p, const struct pdu *pdu, struct request *r,
                    const struct auth_grant *grant, const struct endpoint_now *now)
{
    struct endpoint *e = p->endpoint;

    p->block2 = r->has_block2 ? r->block2 : (struct block){.szx = DEFAULT_SZX};
    p->has_block1 = false;
    if (r->has_block1 || r->has_block2 || r->ct_s > 0)
        p->transfer = name_transfer(p, pdu, grant);
    if (p->block2.num > 0 && !mutant_is(MUTANT_BLOCK2_PUBLISHES)) {
        /* only fetches: a block of an earlier answer publishes nothing (BLK-05) */
        if (!finish_with_block(p, p->block2, now->mono_us))
            finish_with(p, OUTCOME_NO_SUCH_BLOCK, now->mono_us);
        return;
    }
    if (r->has_block1 && mutant_is(MUTANT_EACH_BLOCK_AN_EVENT))
        r->has_block1 = false;
    if (r->has_block1 && !collect(p, r, now->mono_us))
        return;
    if (r->payload.len > e->options.max_payload_bytes) {
        struct answer answer = {.outcome = OUTCOME_TOO_LARGE,
                                .size1 = (uint32_t)e->options.max_payload_bytes};

        finish(p, &answer, now->mono_us);
        return;
    }
    struct transfer_key upload = p->transfer;

    publish(p, r, grant, now);
    if (r->has_block1)
        transfer_done(e->uploads, &upload);
}

static void handle(struct publish *p, const struct pdu *pdu, const struct endpoint_now *now)
{
    struct endpoint *e = p->endpoint;
    struct request r;
    struct auth_grant grant;
    enum outcome refusal = request_read(pdu, &e->options.request, e->decode, &r);

    if (refusal == OUTCOME_NONE && e->draining)
        refusal = OUTCOME_DRAINING;
    if (refusal != OUTCOME_NONE) {
        finish_with(p, refusal, now->mono_us);
        return;
    }
    struct auth_request ask = auth_request_of(e, index_of(p), &r);

    switch (auth_check(e->parts.auth, &ask, now->mono_us, now->wall_us, ticket_of(p), &grant)) {
    case AUTH_GRANTED:
        granted(p, pdu, &r, &grant, now);
        break;
    case AUTH_REFUSED:
        finish_with(p, OUTCOME_AUTHENTICATION_FAILED, now->mono_us);
        break;
    case AUTH_PENDING:
        keep_copy(p, pdu);
        break;
    case AUTH_OVERLOADED:
        metrics_add(e->parts.metrics, METRIC_OVERLOAD, 1);
        finish_with(p, OUTCOME_OVERLOADED, now->mono_us);
        break;
    case AUTH_UNAVAILABLE:
        finish_with(p, OUTCOME_AUTH_UNAVAILABLE, now->mono_us);
        break;
    }
}

void endpoint_request(struct endpoint *e, uint32_t exchange, const struct pdu *request,
                      const struct endpoint_now *now)
{
    struct publish *p = &e->publishes[exchange];

    assert(p->state == PUBLISH_FREE);
    p->endpoint = e;
    handle(p, request, now);
}

void endpoint_authenticate_again(struct endpoint *e, uint64_t ticket,
                                 const struct endpoint_now *now)
{
    struct publish *p = by_ticket(e, ticket);

    if (p == NULL || p->state != PUBLISH_HASHING)
        return;
    struct pdu pdu = {
        .code = p->copy_code,
        .options = {p->copy,                       p->copy_options_len},
        .payload = {p->copy + p->copy_options_len, p->copy_payload_len},
    };

    handle(p, &pdu, now);
}

void endpoint_cancelled(struct endpoint *e, uint32_t exchange)
{
    step(&e->publishes[exchange], ON_CANCELLED, NULL, 0);
}

void endpoint_confirmed(struct endpoint *e, const struct sink_result *result, int64_t now_us)
{
    struct publish *p = by_ticket(e, result->ticket);

    if (p != NULL)
        step(p, on_sink[result->err], NULL, now_us);
}

void endpoint_command(struct endpoint *e, struct command_delivery *delivery, int64_t now_us)
{
    const struct command *c = delivery->command;
    struct wait_key key = key_of(e, c->application, c->device);
    struct wait *next;

    delivery->holders++; /* this loop */
    for (struct wait *w = wait_first(e->waits, &key); w != NULL; w = next) {
        struct publish *p = CONTAINER_OF(w, struct publish, wait);

        next = wait_next(w);
        step(p, ON_COMMAND, delivery, now_us);
    }
    let_go(delivery);
}

void endpoint_drain(struct endpoint *e, int64_t now_us)
{
    e->draining = true;
    for (size_t i = 0; i < e->options.max_exchanges && e->publishes[i].endpoint != NULL; i++) {
        if (e->publishes[i].state == PUBLISH_WAITING)
            step(&e->publishes[i], ON_TIMEOUT, NULL, now_us);
    }
}

size_t endpoint_wait_count(const struct endpoint *e)
{
    return wait_count(e->waits);
}
