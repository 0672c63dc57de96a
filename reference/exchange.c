#include "reference/exchange.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "lib/siphash.h"
#include "reference/dedup.h"
#include "reference/mutant.h"

enum {
    SCRATCH_LEN = 128 * 1024, /* a message being written */
    MID_SEQUENCES = 65536,
    INLINE_MESSAGE = 40,   /* a separate response this short needs no heap */
    MAX_COPIES = 8,        /* copies of one request that are answered together */
    PLAIN_MAX_LEN = 65507, /* UDP payload over IPv4 */
    SESSION_MAX_LEN =
        16384 - 256, /* one DTLS record (RFC 6347 4.1), with room for what surrounds it */
    OPTION_HEAD_MAX = 5
};

enum exchange_state {
    EXCHANGE_FREE,
    EXCHANGE_WORKING,    /* CON, not acknowledged yet: the timer sends the empty ACK */
    EXCHANGE_ACKED,      /* CON, empty ACK sent, no answer yet */
    EXCHANGE_NON,        /* NON, no answer yet */
    EXCHANGE_CONFIRMING, /* separate CON response sent: the timer repeats it */
};

enum exchange_event { ON_TIMER, ON_ANSWER, ON_SETTLED, ON_CLOSED };

struct exchange {
    struct udp_path path;
    struct exchange_session *session;
    struct exchange_layer *layer;
    struct timer timer;
    enum exchange_state state;
    uint32_t next; /* free list, or chain of those that are confirming; index + 1 */
    uint32_t session_next;
    uint32_t session_prev;
    uint16_t mid;     /* of the request */
    uint16_t own_mid; /* of the separate response */
    uint8_t token_len;
    uint8_t copies; /* of the request that wait for the same answer */
    uint8_t repeats;
    char token[PDU_MAX_TOKEN_LEN];
    int64_t interval_us;
    char *message; /* the separate response; inline_message or heap */
    size_t message_len;
    char inline_message[INLINE_MESSAGE];
};

struct exchange_layer {
    struct exchange_options options;
    struct timer_wheel *wheel;
    struct metrics *metrics;
    const struct exchange_hooks *hooks;
    void *arg;
    struct dedup *dedup;
    struct exchange *pool;
    size_t pool_used; /* entries ever handed out */
    uint32_t free_list;
    size_t count;
    uint32_t *confirming; /* heads of chains, index + 1 */
    size_t confirming_mask;
    uint16_t *next_mid;
    uint64_t random;
    uint8_t secret[SIPHASH_KEY_LEN];
    char *scratch;
};

static void *map_memory(size_t len)
{
    void *mem =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    assert(mem != MAP_FAILED);
    return mem;
}

static void fill_random(void *to, size_t len)
{
    uint8_t *at = to;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        assert(got > 0);
        at += got;
        len -= (size_t)got;
    }
}

struct exchange_layer *exchange_layer_new(const struct exchange_options *options,
                                          struct timer_wheel *wheel, struct metrics *metrics,
                                          const struct exchange_hooks *hooks, void *arg)
{
    struct exchange_layer *l = xcalloc(1, sizeof *l);
    size_t heads = 64;

    assert(options->max_exchanges > 0 && options->max_exchanges < UINT32_MAX / 2);
    while (heads < options->max_exchanges)
        heads *= 2;
    l->options = *options;
    l->wheel = wheel;
    l->metrics = metrics;
    l->hooks = hooks;
    l->arg = arg;
    l->dedup = dedup_new(options->dedup_entries, options->dedup_bytes, metrics,
                         wheel->tick * TIMER_TICK_US);
    l->pool = map_memory(options->max_exchanges * sizeof *l->pool);
    l->confirming = map_memory(heads * sizeof *l->confirming);
    l->confirming_mask = heads - 1;
    l->next_mid = xmalloc(MID_SEQUENCES * sizeof *l->next_mid);
    fill_random(l->next_mid, MID_SEQUENCES * sizeof *l->next_mid);
    fill_random(&l->random, sizeof l->random);
    fill_random(l->secret, sizeof l->secret);
    l->scratch = xmalloc(SCRATCH_LEN);
    return l;
}

static void free_message(struct exchange *x)
{
    if (x->message != x->inline_message)
        free(x->message);
    x->message = NULL;
}

void exchange_set_retry_after(struct exchange_layer *l, uint32_t retry_after_s)
{
    l->options.retry_after_s = retry_after_s;
}

void exchange_layer_free(struct exchange_layer **l)
{
    if (*l == NULL)
        return;
    for (size_t i = 0; i < (*l)->pool_used; i++) {
        timer_cancel((*l)->wheel, &(*l)->pool[i].timer);
        free_message(&(*l)->pool[i]);
    }
    dedup_free(&(*l)->dedup);
    (void)munmap((*l)->pool, (*l)->options.max_exchanges * sizeof *(*l)->pool);
    (void)munmap((*l)->confirming, ((*l)->confirming_mask + 1) * sizeof *(*l)->confirming);
    free((*l)->next_mid);
    free((*l)->scratch);
    free(*l);
    *l = NULL;
}

static uint32_t index_of(const struct exchange *x)
{
    return (uint32_t)(x - x->layer->pool);
}

static uint64_t session_id(const struct exchange_session *session)
{
    return session == NULL ? 0 : session->id;
}

static struct exchange_peer peer_of(struct exchange *x)
{
    return (struct exchange_peer){&x->path, x->session};
}

/* --- own message IDs and the table of unconfirmed responses ------------------------------------
 */

static uint64_t peer_hash(const struct exchange_layer *l, const struct exchange_peer *peer,
                          uint16_t mid)
{
    struct dedup_key key = dedup_key(peer->path, session_id(peer->session), mid);

    return siphash13(l->secret, &key, sizeof key);
}

static uint16_t new_mid(struct exchange_layer *l, const struct exchange_peer *peer)
{
    if (mutant_is(MUTANT_OWN_MID_CONSTANT))
        return 0x5ea1;
    return l->next_mid[peer_hash(l, peer, 0) % MID_SEQUENCES]++;
}

static uint32_t *confirming_head(struct exchange_layer *l, const struct exchange_peer *peer,
                                 uint16_t own_mid)
{
    return &l->confirming[peer_hash(l, peer, own_mid) & l->confirming_mask];
}

static void confirming_add(struct exchange_layer *l, struct exchange *x)
{
    struct exchange_peer peer = peer_of(x);
    uint32_t *head = confirming_head(l, &peer, x->own_mid);

    x->next = *head;
    *head = index_of(x) + 1;
}

static void confirming_remove(struct exchange_layer *l, struct exchange *x)
{
    struct exchange_peer peer = peer_of(x);
    uint32_t *link = confirming_head(l, &peer, x->own_mid);

    while (*link != index_of(x) + 1)
        link = &l->pool[*link - 1].next;
    *link = x->next;
}

/* --- writing -----------------------------------------------------------------------------------
 */

static void send_to(struct exchange_layer *l, const struct exchange_peer *peer, const char *bytes,
                    size_t len)
{
    l->hooks->send(l->arg, peer, (const uint8_t *)bytes, len);
}

/* An empty ACK or RST: the header alone (RFC 7252 4.1). */
static void send_empty(struct exchange_layer *l, const struct exchange_peer *peer,
                       enum pdu_type type, uint16_t mid)
{
    char mem[PDU_HEADER_LEN];
    struct buf out = buf_over(mem, sizeof mem);

    (void)pdu_start(&out, type, PDU_CODE_EMPTY, mid, (struct str){NULL, 0});
    send_to(l, peer, out.ptr, out.len);
}

static void count_response(struct exchange_layer *l, uint8_t code)
{
    static const enum metric by_class[] = {METRIC_RESPONSES_2, METRIC_RESPONSES_4,
                                           METRIC_RESPONSES_5};
    uint8_t class = pdu_class(code);

    metrics_add(l->metrics, by_class[class == 2 ? 0 : class - 3], 1);
}

/* The whole response in l->scratch. */
static struct str write_response(struct exchange_layer *l, const struct answer_head *head,
                                 const struct answer *answer)
{
    struct buf out = buf_over(l->scratch, SCRATCH_LEN);

    answer_write(&out, head, answer, l->options.retry_after_s);
    assert(!out.overflow);
    return buf_str(&out);
}

bool exchange_fits(const struct exchange_layer *l, uint32_t exchange, size_t command_len,
                   size_t payload_len)
{
    size_t limit = l->pool[exchange].session == NULL ? PLAIN_MAX_LEN : SESSION_MAX_LEN;

    return PDU_HEADER_LEN + PDU_MAX_TOKEN_LEN + OPTION_HEAD_MAX + command_len + 1 + payload_len <=
           limit;
}

/* --- life of an exchange -----------------------------------------------------------------------
 */

static void session_link(struct exchange_layer *l, struct exchange *x)
{
    uint32_t me = index_of(x) + 1;

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

static struct exchange *exchange_take(struct exchange_layer *l, const struct exchange_peer *peer,
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
    memcpy(x->token, p->token.ptr, p->token.len);
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
    free_message(x);
    session_unlink(l, x);
    x->next = l->free_list;
    l->free_list = index_of(x) + 1;
    l->count--;
}

/* The entry in which copies of this exchange's request find it, or NULL when it has gone. */
static struct dedup_entry *entry_of(struct exchange *x, int64_t now_us)
{
    struct dedup_key key = dedup_key(&x->path, session_id(x->session), x->mid);
    struct dedup_entry *e = dedup_find(x->layer->dedup, &key, now_us);

    return e != NULL && e->exchange == index_of(x) ? e : NULL;
}

typedef void action_fn(struct exchange *x, const struct answer *answer, int64_t now_us);

static void send_empty_ack(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    struct exchange_peer peer = peer_of(x);
    struct dedup_entry *e = entry_of(x, now_us);

    UNUSED(answer);
    if (!mutant_is(MUTANT_EMPTY_ACK_MISSING))
        send_empty(x->layer, &peer, PDU_ACK, x->mid);
    if (e != NULL)
        e->state = DEDUP_ACKED;
}

/* A CON response in its ACK (RFC 7252 5.2.1), once for each copy of the request that came
 * meanwhile. */
static void send_piggybacked(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    struct exchange_layer *l = x->layer;
    struct exchange_peer peer = peer_of(x);
    struct answer_head head = {
        PDU_ACK, x->mid, {x->token, x->token_len}
    };

    if (mutant_is(MUTANT_ACK_WITH_OTHER_MID))
        head.mid++;
    struct str message = write_response(l, &head, answer);
    struct dedup_entry *e = entry_of(x, now_us);

    for (unsigned i = 0; i < x->copies; i++)
        send_to(l, &peer, message.ptr, message.len);
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
    struct exchange_peer peer = peer_of(x);

    UNUSED(now_us);
    if (answer->outcome == OUTCOME_BAD_OPTION) {
        send_empty(l, &peer, PDU_RST, x->mid);
        return;
    }
    struct answer_head head = {
        PDU_NON, new_mid(l, &peer), {x->token, x->token_len}
    };

    if (mutant_is(MUTANT_NON_ANSWERED_BY_ACK)) {
        head.type = PDU_ACK;
        head.mid = x->mid;
    }
    struct str message = write_response(l, &head, answer);

    send_to(l, &peer, message.ptr, message.len);
    if (mutant_is(MUTANT_NON_ANSWERED_TWICE))
        send_to(l, &peer, message.ptr, message.len);
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
    struct exchange_peer peer = peer_of(x);

    x->own_mid = new_mid(l, &peer);
    struct answer_head head = {
        PDU_CON, x->own_mid, {x->token, x->token_len}
    };
    struct str message = write_response(l, &head, answer);

    x->message = message.len <= sizeof x->inline_message ? x->inline_message : xmalloc(message.len);
    x->message_len = message.len;
    memcpy(x->message, message.ptr, message.len);
    confirming_add(l, x);
    x->interval_us = first_interval_us(l);
    if (mutant_is(MUTANT_SEPARATE_REPEATED_EARLY))
        x->interval_us /= 8;
    timer_set(l->wheel, &x->timer, now_us + x->interval_us);
    send_to(l, &peer, message.ptr, message.len);
}

static void repeat_separate(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    struct exchange_layer *l = x->layer;
    struct exchange_peer peer = peer_of(x);

    UNUSED(answer);
    x->repeats++;
    if (!mutant_is(MUTANT_SEPARATE_WITHOUT_BACKOFF))
        x->interval_us *= 2;
    if (mutant_is(MUTANT_SEPARATE_REPEATED_CHANGED))
        x->message[3] = (char)(x->message[3] + 1);
    timer_set(l->wheel, &x->timer, now_us + x->interval_us);
    metrics_add(l->metrics, METRIC_RETRANSMISSIONS, 1);
    send_to(l, &peer, x->message, x->message_len);
}

static void end_confirming(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    UNUSED(answer);
    UNUSED(now_us);
    confirming_remove(x->layer, x);
}

static void cancel(struct exchange *x, const struct answer *answer, int64_t now_us)
{
    UNUSED(answer);
    UNUSED(now_us);
    x->layer->hooks->cancelled(x->layer->arg, index_of(x));
}

/* clang-format off */
static const struct transition {
    enum exchange_state from;
    enum exchange_event on;
    action_fn *action;
    enum exchange_state to;
} transitions[] = {
    {EXCHANGE_WORKING,    ON_TIMER,   send_empty_ack,   EXCHANGE_ACKED},
    {EXCHANGE_WORKING,    ON_ANSWER,  send_piggybacked, EXCHANGE_FREE},
    {EXCHANGE_WORKING,    ON_CLOSED,  cancel,           EXCHANGE_FREE},
    {EXCHANGE_ACKED,      ON_ANSWER,  send_separate,    EXCHANGE_CONFIRMING},
    {EXCHANGE_ACKED,      ON_CLOSED,  cancel,           EXCHANGE_FREE},
    {EXCHANGE_NON,        ON_ANSWER,  send_non,         EXCHANGE_FREE},
    {EXCHANGE_NON,        ON_CLOSED,  cancel,           EXCHANGE_FREE},
    {EXCHANGE_CONFIRMING, ON_TIMER,   repeat_separate,  EXCHANGE_CONFIRMING},
    {EXCHANGE_CONFIRMING, ON_SETTLED, end_confirming,   EXCHANGE_FREE},
    {EXCHANGE_CONFIRMING, ON_CLOSED,  end_confirming,   EXCHANGE_FREE},
};
/* clang-format on */

static void step(struct exchange *x, enum exchange_event on, const struct answer *answer,
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

    step(x, given_up ? ON_SETTLED : ON_TIMER, NULL, now_us);
}

void exchange_answer(struct exchange_layer *l, uint32_t exchange, const struct answer *answer,
                     int64_t now_us)
{
    assert(exchange < l->pool_used && answer->outcome != OUTCOME_NONE);
    count_response(l, outcome_code(answer->outcome));
    step(&l->pool[exchange], ON_ANSWER, answer, now_us);
}

void exchange_session_closed(struct exchange_layer *l, struct exchange_session *session,
                             int64_t now_us)
{
    while (session->first_exchange != 0)
        step(&l->pool[session->first_exchange - 1], ON_CLOSED, NULL, now_us);
}

struct exchange_peer exchange_peer_of(const struct exchange_layer *l, uint32_t exchange)
{
    return peer_of(&l->pool[exchange]);
}

size_t exchange_count(const struct exchange_layer *l)
{
    return l->count;
}

/* --- receiving ---------------------------------------------------------------------------------
 */

/* An ACK or RST of ours: ends the repetition of a separate response (RFC 7252 4.2). */
static void settle(struct exchange_layer *l, const struct exchange_peer *from, uint16_t mid,
                   int64_t now_us)
{
    for (uint32_t i = *confirming_head(l, from, mid); i != 0; i = l->pool[i - 1].next) {
        struct exchange *x = &l->pool[i - 1];

        if (x->own_mid == mid && x->session == from->session &&
            (x->session != NULL || udp_path_equal(&x->path, from->path))) {
            step(x, ON_SETTLED, NULL, now_us);
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
        struct str message = write_response(l, &head, &answer);

        send_to(l, from, message.ptr, message.len);
        return;
    }
    struct buf out = buf_over(l->scratch, SCRATCH_LEN);

    (void)pdu_start(&out, head.type, outcome_code(answer.outcome), head.mid, head.token);
    buf_add(&out, e->stored, e->stored_len);
    send_to(l, from, out.ptr, out.len);
}

/* What no endpoint does after an empty ACK; for mutants. */
static void send_changed(struct exchange_layer *l, const struct exchange_peer *from,
                         const struct pdu *p)
{
    struct answer answer = {.outcome = OUTCOME_CHANGED};
    struct answer_head head = {PDU_ACK, p->mid, p->token};
    struct str message = write_response(l, &head, &answer);

    send_to(l, from, message.ptr, message.len);
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
            send_empty(l, from, PDU_ACK, p->mid);
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
    struct answer_head head = {con ? PDU_ACK : PDU_NON, con ? p->mid : new_mid(l, from), p->token};
    struct str message = write_response(l, &head, &answer);

    metrics_add(l->metrics, METRIC_OVERLOAD, 1);
    count_response(l, outcome_code(answer.outcome));
    e->state = con ? DEDUP_ANSWERED : DEDUP_SILENT;
    e->outcome = (uint8_t)answer.outcome;
    send_to(l, from, message.ptr, message.len);
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
    struct dedup_key key = dedup_key(from->path, session_id(from->session), p->mid);
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
    e->exchange = index_of(x);
    if (con && mutant_is(MUTANT_EMPTY_ACK_ALWAYS))
        step(x, ON_TIMER, NULL, now_us);
    else if (con)
        timer_set(l->wheel, &x->timer, now_us + l->options.empty_ack_delay_us);
    else
        e->state = DEDUP_SILENT;
    l->hooks->request(l->arg, index_of(x), p);
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
        send_empty(l, from, PDU_ACK, p->mid);
    if (p->type != PDU_CON || (ping && mutant_is(MUTANT_PING_IGNORED)))
        return;
    bool acknowledged = (ping && mutant_is(MUTANT_PING_ACKNOWLEDGED)) ||
                        (err != PDU_OK && mutant_is(MUTANT_MALFORMED_ACKNOWLEDGED));

    send_empty(l, from, acknowledged ? PDU_ACK : PDU_RST, p->mid);
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
    if (request ||
        (err == PDU_OK && p.code != PDU_CODE_EMPTY && mutant_is(MUTANT_RESPONSE_CODE_ANSWERED)))
        receive_request(l, from, &p, now_us);
    else
        reject(l, from, &p, err);
}
