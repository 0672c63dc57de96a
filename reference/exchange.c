#include "reference/exchange.h"

#include "reference/exchange_layer.h"

#include <stdlib.h>

#include "reference/mutant.h"

static void session_link(struct exchange_layer *l, struct exchange *x)
{
    uint32_t me = exchange_index(x) + 1;

    if (x->session == NULL)
        return;
    x->session_next = x->session->first_exchange;
    x->session_prev = 0;
    if (x->session_next != 0)
        l->pool[x->session_next - 1].session_prev = me;
    else
        l->hooks->busy(l->arg, x->session, true);
    x->session->first_exchange = me;
}

static void session_unlink(struct exchange_layer *l, struct exchange *x)
{
    if (x->session == NULL)
        return;
    if (x->session_next != 0)
        l->pool[x->session_next - 1].session_prev = x->session_prev;
    if (x->session_prev != 0)
        l->pool[x->session_prev - 1].session_next = x->session_next;
    else
        x->session->first_exchange = x->session_next;
    if (x->session->first_exchange == 0)
        l->hooks->busy(l->arg, x->session, false);
}

static void on_timer(struct timer *t, int64_t now_us);

struct exchange *exchange_take(struct exchange_layer *l, const struct exchange_peer *peer,
                               const struct pdu *p)
{
    struct exchange *x;

    if (l->free_list != 0) {
        x = &l->pool[l->free_list - 1];
        l->free_list = x->next;
    } else if (l->pool_used < l->options.max_exchanges) {
        x = &l->pool[l->pool_used++];
        x->layer = l;
        x->timer.fn = on_timer;
    } else {
        return NULL;
    }
    l->count++;
    x->path = *peer->path;
    x->session = peer->session;
    x->mid = p->mid;
    x->token_len = (uint8_t)p->token.len;
    if (x->token_len > 0)
        memcpy(x->token, p->token.ptr, x->token_len);
    x->copies = 1;
    x->repeats = 0;
    x->state = p->type == PDU_CON ? EXCHANGE_WORKING : EXCHANGE_NON;
    session_link(l, x);
    return x;
}

static void exchange_release(struct exchange *x)
{
    struct exchange_layer *l = x->layer;

    timer_cancel(l->wheel, &x->timer);
    exchange_free_message(x);
    session_unlink(l, x);
    x->next = l->free_list;
    l->free_list = exchange_index(x) + 1;
    l->count--;
}

/* The entry in which copies of this exchange's request find it, or NULL when it has gone. */
static struct dedup_entry *entry_of(struct exchange *x, int64_t now_us)
{
    struct dedup_key key = dedup_key(&x->path, exchange_session_id(x->session), x->mid);
    struct dedup_entry *e = dedup_find(x->layer->dedup, &key, now_us);

    return e != NULL && e->exchange == exchange_index(x) ? e : NULL;
}

typedef void action_fn(struct exchange *x, const struct answer *answer, int64_t now_us);

static void send_empty_ack(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    struct exchange_peer peer = exchange_to_peer(x);
    struct dedup_entry *e = entry_of(x, now_us);

    UNUSED(answer);
    if (!mutant_is(MUTANT_EMPTY_ACK_MISSING))
        exchange_send_empty(x->layer, &peer, PDU_ACK, x->mid);
    if (e != NULL)
        e->state = DEDUP_ACKED;
}

/* A CON response in its ACK (RFC 7252 5.2.1), once for each copy of the request that came
 * meanwhile. */
static void send_piggybacked(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    struct exchange_layer *l = x->layer;
    struct exchange_peer peer = exchange_to_peer(x);
    struct answer_head head = {
        PDU_ACK, x->mid, {x->token, x->token_len}
    };

    if (mutant_is(MUTANT_ACK_WITH_OTHER_MID))
        head.mid++;
    struct str message = exchange_write(l, &head, answer);
    struct dedup_entry *e = entry_of(x, now_us);

    for (unsigned i = 0; i < x->copies; i++)
        exchange_send(l, &peer, message.ptr, message.len);
    if (e == NULL)
        return;
    e->state = DEDUP_ANSWERED;
    e->outcome = (uint8_t)answer->outcome;
    e->exchange = DEDUP_NO_EXCHANGE;
    if (!answer_is_plain(answer)) {
        size_t head_len = PDU_HEADER_LEN + (size_t)x->token_len;

        dedup_store(l->dedup, e, (struct str){message.ptr + head_len, message.len - head_len});
    }
}

/* NON: one response (RFC 7252 5.2.3), or RST where the message itself is rejected (RFC
 * 7252 5.4.1, 4.3). */
static void send_non(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    struct exchange_layer *l = x->layer;
    struct exchange_peer peer = exchange_to_peer(x);

    UNUSED(now_us);
    if (answer->outcome == OUTCOME_BAD_OPTION) {
        exchange_send_empty(l, &peer, PDU_RST, x->mid);
        return;
    }
    struct answer_head head = {
        PDU_NON, exchange_new_mid(l, &peer), {x->token, x->token_len}
    };

    if (mutant_is(MUTANT_NON_ACKNOWLEDGED_TOO))
        exchange_send_empty(l, &peer, PDU_ACK, x->mid);
    if (mutant_is(MUTANT_NON_ANSWERED_BY_ACK)) {
        head.type = PDU_ACK;
        head.mid = x->mid;
    }
    struct str message = exchange_write(l, &head, answer);

    exchange_send(l, &peer, message.ptr, message.len);
    if (mutant_is(MUTANT_NON_ANSWERED_TWICE))
        exchange_send(l, &peer, message.ptr, message.len);
}

/* ACK_TIMEOUT times a random factor, then doubling (RFC 7252 4.2). */
static int64_t first_interval_us(struct exchange_layer *l)
{
    l->random = l->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    double part = (double)(l->random >> 11) / (double)(UINT64_C(1) << 53);

    return (int64_t)((double)l->options.ack_timeout_us *
                     (1 + part * (l->options.ack_random_factor - 1)));
}

static void send_separate(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    struct exchange_layer *l = x->layer;
    struct exchange_peer peer = exchange_to_peer(x);

    x->own_mid = exchange_new_mid(l, &peer);
    struct answer_head head = {
        PDU_CON, x->own_mid, {x->token, x->token_len}
    };
    struct str message = exchange_write(l, &head, answer);

    x->message = message.len <= sizeof x->inline_message ? x->inline_message : xmalloc(message.len);
    x->message_len = message.len;
    memcpy(x->message, message.ptr, message.len);
    exchange_confirming_add(l, x);
    x->interval_us = first_interval_us(l);
    if (mutant_is(MUTANT_SEPARATE_REPEATED_EARLY))
        x->interval_us /= 8;
    timer_set(l->wheel, &x->timer, now_us + x->interval_us);
    exchange_send(l, &peer, message.ptr, message.len);
}

static void repeat_separate(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    struct exchange_layer *l = x->layer;
    struct exchange_peer peer = exchange_to_peer(x);

    UNUSED(answer);
    x->repeats++;
    if (!mutant_is(MUTANT_SEPARATE_WITHOUT_BACKOFF))
        x->interval_us *= 2;
    if (mutant_is(MUTANT_SEPARATE_REPEATED_CHANGED))
        x->message[3] = (char)(x->message[3] + 1);
    timer_set(l->wheel, &x->timer, now_us + x->interval_us);
    metrics_add(l->metrics, METRIC_RETRANSMISSIONS, 1);
    exchange_send(l, &peer, x->message, x->message_len);
}

static void end_confirming(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    UNUSED(answer);
    UNUSED(now_us);
    exchange_confirming_remove(x->layer, x);
}

static void cancel(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    UNUSED(answer);
    UNUSED(now_us);
    x->layer->hooks->cancelled(x->layer->arg, exchange_index(x));
}

/* clang-format off */
static const struct transition {
    enum exchange_state from;
    enum exchange_event on;
    action_fn *action;
    enum exchange_state to;
} transitions[] = {
    {EXCHANGE_WORKING,    EXCHANGE_ON_TIMER,   send_empty_ack,   EXCHANGE_ACKED},
    {EXCHANGE_WORKING,    EXCHANGE_ON_ANSWER,  send_piggybacked, EXCHANGE_FREE},
    {EXCHANGE_WORKING,    EXCHANGE_ON_CLOSED,  cancel,           EXCHANGE_FREE},
    {EXCHANGE_ACKED,      EXCHANGE_ON_ANSWER,  send_separate,    EXCHANGE_CONFIRMING},
    {EXCHANGE_ACKED,      EXCHANGE_ON_CLOSED,  cancel,           EXCHANGE_FREE},
    {EXCHANGE_NON,        EXCHANGE_ON_ANSWER,  send_non,         EXCHANGE_FREE},
    {EXCHANGE_NON,        EXCHANGE_ON_CLOSED,  cancel,           EXCHANGE_FREE},
    {EXCHANGE_CONFIRMING, EXCHANGE_ON_TIMER,   repeat_separate,  EXCHANGE_CONFIRMING},
    {EXCHANGE_CONFIRMING, EXCHANGE_ON_SETTLED, end_confirming,   EXCHANGE_FREE},
    {EXCHANGE_CONFIRMING, EXCHANGE_ON_CLOSED,  end_confirming,   EXCHANGE_FREE},
};
/* clang-format on */

void exchange_step(struct exchange *x, enum exchange_event on, const struct answer *answer,
                   int64_t now_us)
{
    for (size_t i = 0; i < COUNT(transitions); i++) {
        const struct transition *t = &transitions[i];

        if (t->from != x->state || t->on != on)
            continue;
        t->action(x, answer, now_us);
        x->state = t->to;
        if (x->state == EXCHANGE_FREE)
            exchange_release(x);
        return;
    }
    assert(false && "every event that can come has a row");
}

static int max_repeats(const struct exchange_layer *l)
{
    if (mutant_is(MUTANT_SEPARATE_NEVER_REPEATED))
        return 0;
    return l->options.max_retransmit + (mutant_is(MUTANT_SEPARATE_REPEATED_FOR_EVER) ? 2 : 0);
}

static void on_timer(struct timer *t, int64_t now_us)
{
    struct exchange *x = CONTAINER_OF(t, struct exchange, timer);
    bool given_up = x->state == EXCHANGE_CONFIRMING && x->repeats >= max_repeats(x->layer);

    exchange_step(x, given_up ? EXCHANGE_ON_SETTLED : EXCHANGE_ON_TIMER, NULL, now_us);
}

void exchange_answer(struct exchange_layer *l, uint32_t exchange, const struct answer *answer,
                     int64_t now_us)
{
    assert(exchange < l->pool_used && answer->outcome != OUTCOME_NONE);
    exchange_count_response(l, outcome_code(answer->outcome));
    exchange_step(&l->pool[exchange], EXCHANGE_ON_ANSWER, answer, now_us);
}

void exchange_session_closed(struct exchange_layer *l, struct exchange_session *session,
                             int64_t now_us)
{
    while (session->first_exchange != 0)
        exchange_step(&l->pool[session->first_exchange - 1], EXCHANGE_ON_CLOSED, NULL, now_us);
}

struct exchange_peer exchange_peer_of(const struct exchange_layer *l, uint32_t exchange)
{
    return exchange_to_peer(&l->pool[exchange]);
}

size_t exchange_count(const struct exchange_layer *l)
{
    return l->count;
}
