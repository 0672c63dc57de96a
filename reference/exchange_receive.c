#include "reference/exchange_layer.h"

#include "lib/tbl/coap_option.h"
#include "reference/mutant.h"

enum { MAX_COPIES = 8 }; /* of one request that are answered together */

/* An ACK or RST of ours: ends the repetition of a separate response (RFC 7252 4.2). */
static void settle(struct exchange_layer *l, const struct exchange_peer *from, uint16_t mid,
                   int64_t now_us)
{
    for (uint32_t i = *exchange_confirming_head(l, from, mid); i != 0; i = l->pool[i - 1].next) {
        struct exchange *x = &l->pool[i - 1];

        if (x->own_mid == mid && x->session == from->session &&
            (x->session != NULL || udp_path_equal(&x->path, from->path))) {
            exchange_step(x, EXCHANGE_ON_SETTLED, NULL, now_us);
            return;
        }
    }
}

/* The stored answer again, or what a code and a text rebuild, with the copy's own MID and token. */
static void answer_again(struct exchange_layer *l, const struct exchange_peer *from,
                         const struct pdu *p, const struct dedup_entry *e)
{
    struct answer answer = {.outcome = (enum outcome)e->outcome};

    if (mutant_is(MUTANT_CON_COPY_IGNORED))
        return;
    if (mutant_is(MUTANT_CON_COPY_ANSWERED_OTHERWISE))
        answer.outcome = OUTCOME_INTERNAL;
    struct answer_head head = {PDU_ACK, p->mid, p->token};

    if (e->stored == NULL) {
        struct str message = exchange_write(l, &head, &answer);

        exchange_send(l, from, message.ptr, message.len);
        return;
    }
    struct buf out = buf_over(l->scratch, EXCHANGE_SCRATCH_LEN);

    (void)pdu_start(&out, head.type, outcome_code(answer.outcome), head.mid, head.token);
    buf_add(&out, e->stored, e->stored_len);
    exchange_send(l, from, out.ptr, out.len);
}

/* What no endpoint does after an empty ACK; for mutants. */
static void send_changed(struct exchange_layer *l, const struct exchange_peer *from,
                         const struct pdu *p)
{
    struct answer answer = {.outcome = OUTCOME_CHANGED};
    struct answer_head head = {PDU_ACK, p->mid, p->token};
    struct str message = exchange_write(l, &head, &answer);

    exchange_send(l, from, message.ptr, message.len);
}

static void receive_copy(struct exchange_layer *l, const struct exchange_peer *from,
                         const struct pdu *p, const struct dedup_entry *e)
{
    metrics_add(l->metrics, METRIC_DUPLICATES, 1);
    if (p->type != PDU_CON)
        return;
    switch ((enum dedup_state)e->state) {
    case DEDUP_WORKING:
        if (l->pool[e->exchange].copies < MAX_COPIES)
            l->pool[e->exchange].copies++;
        break;
    case DEDUP_ACKED:
        if (mutant_is(MUTANT_COPY_AFTER_EMPTY_ACK_ANSWERED))
            send_changed(l, from, p);
        else if (!mutant_is(MUTANT_EMPTY_ACK_ONCE))
            exchange_send_empty(l, from, PDU_ACK, p->mid);
        break;
    case DEDUP_ANSWERED:
        answer_again(l, from, p, e);
        break;
    case DEDUP_SILENT:
        break;
    }
}

/* No exchange is free: 5.03 at once, without state beyond the dedup entry. */
static void refuse_overload(struct exchange_layer *l, const struct exchange_peer *from,
                            const struct pdu *p, struct dedup_entry *e)
{
    struct answer answer = {.outcome = OUTCOME_OVERLOADED};
    bool con = p->type == PDU_CON;
    struct answer_head head = {con ? PDU_ACK : PDU_NON, con ? p->mid : exchange_new_mid(l, from),
                               p->token};
    struct str message = exchange_write(l, &head, &answer);

    metrics_add(l->metrics, METRIC_OVERLOAD, 1);
    exchange_count_response(l, outcome_code(answer.outcome));
    e->state = con ? DEDUP_ANSWERED : DEDUP_SILENT;
    e->outcome = (uint8_t)answer.outcome;
    exchange_send(l, from, message.ptr, message.len);
}

static int64_t lifetime_us(const struct exchange_layer *l, bool con)
{
    if (mutant_is(MUTANT_DEDUP_FORGETS_EARLY))
        return US_PER_S;
    return con ? l->options.exchange_lifetime_us : l->options.non_lifetime_us;
}

static void receive_request(struct exchange_layer *l, const struct exchange_peer *from,
                            const struct pdu *p, int64_t now_us)
{
    struct dedup_key key = dedup_key(from->path, exchange_session_id(from->session), p->mid);
    struct dedup_entry *e = dedup_find(l->dedup, &key, now_us);
    bool con = p->type == PDU_CON;

    if (e != NULL &&
        !mutant_is(con ? MUTANT_CON_COPY_PROCESSED_TWICE : MUTANT_NON_COPY_PROCESSED_TWICE)) {
        receive_copy(l, from, p, e);
        return;
    }
    metrics_add(l->metrics, METRIC_REQUESTS, 1);
    e = dedup_add(l->dedup, &key, lifetime_us(l, con), now_us);
    struct exchange *x = exchange_take(l, from, p);

    if (x == NULL) {
        refuse_overload(l, from, p, e);
        return;
    }
    e->exchange = exchange_index(x);
    if (con && mutant_is(MUTANT_EMPTY_ACK_ALWAYS))
        exchange_step(x, EXCHANGE_ON_TIMER, NULL, now_us);
    else if (con && !mutant_is(MUTANT_ACK_LATE))
        timer_set(l->wheel, &x->timer, now_us + l->options.empty_ack_delay_us);
    else
        e->state = DEDUP_SILENT;
    l->hooks->request(l->arg, exchange_index(x), p);
}

static bool ignores(enum pdu_type type)
{
    return mutant_is(type == PDU_ACK ? MUTANT_SEPARATE_IGNORES_ACK : MUTANT_SEPARATE_IGNORES_RESET);
}

/* A ping, a format error, a response or a reserved class: RST to a CON, silence to a NON (RFC 7252
 * 4.2, 4.3). */
static void reject(struct exchange_layer *l, const struct exchange_peer *from, const struct pdu *p,
                   enum pdu_err err)
{
    bool ping = err == PDU_OK && p->code == PDU_CODE_EMPTY;

    if (p->type == PDU_NON && err != PDU_OK && mutant_is(MUTANT_MALFORMED_NON_ACKNOWLEDGED))
        exchange_send_empty(l, from, PDU_ACK, p->mid);
    if (p->type != PDU_CON || (ping && mutant_is(MUTANT_PING_IGNORED)))
        return;
    bool acknowledged = (ping && mutant_is(MUTANT_PING_ACKNOWLEDGED)) ||
                        (err != PDU_OK && mutant_is(MUTANT_MALFORMED_ACKNOWLEDGED));

    exchange_send_empty(l, from, acknowledged ? PDU_ACK : PDU_RST, p->mid);
}

/* For a mutant: does the path go on below the channel, and is there no query? */
static bool is_bare_sub_path(const struct pdu *p)
{
    struct pdu_options walk = pdu_options(p);
    struct pdu_option o;
    size_t segments = 0;
    bool query = false;

    while (pdu_next_option(&walk, &o)) {
        segments += o.number == OPTION_URI_PATH;
        query = query || o.number == OPTION_URI_QUERY;
    }
    return segments > 2 && !query;
}

void exchange_receive(struct exchange_layer *l, const struct exchange_peer *from,
                      const uint8_t *bytes, size_t len, int64_t now_us)
{
    struct pdu p;
    enum pdu_err err = pdu_parse(bytes, len, &p);
    bool request = err == PDU_OK && p.code != PDU_CODE_EMPTY && pdu_class(p.code) == 0;

    if (err != PDU_OK)
        metrics_add(l->metrics, METRIC_MALFORMED, 1);
    if (err == PDU_NOT_COAP)
        return;
    if ((p.type == PDU_ACK || p.type == PDU_RST) &&
        !(request && mutant_is(MUTANT_REQUEST_IN_ACK_PUBLISHED))) {
        /* anything but an empty one is ignored, a request in it too (RFC 7252 4.2) */
        if (err == PDU_OK && p.code == PDU_CODE_EMPTY && !ignores(p.type))
            settle(l, from, p.mid, now_us);
        return;
    }
    if (request && mutant_is(MUTANT_SUB_PATH_WITHOUT_QUERY_SILENT) && is_bare_sub_path(&p))
        return;
    if (request ||
        (err == PDU_OK && p.code != PDU_CODE_EMPTY && mutant_is(MUTANT_RESPONSE_CODE_ANSWERED)) ||
        (err == PDU_OK && p.code == PDU_CODE_EMPTY && mutant_is(MUTANT_PING_ANSWERED)))
        receive_request(l, from, &p, now_us);
    else
        reject(l, from, &p, err);
}
