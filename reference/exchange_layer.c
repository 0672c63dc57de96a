#include "reference/exchange_layer.h"

#include <stdlib.h>

#include "lib/entropy.h"
#include "lib/lazy.h"
#include "reference/mutant.h"

enum {
    MID_SEQUENCES = 65536,
    PLAIN_MAX_LEN = 65507, /* UDP payload over IPv4 */
    SESSION_MAX_LEN =
        16384 - 256, /* one DTLS record (RFC 6347 4.1), with room for what surrounds it */
    OPTION_HEAD_MAX = 5
};

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
    l->pool = lazy_calloc(options->max_exchanges, sizeof *l->pool);
    l->confirming = lazy_calloc(heads, sizeof *l->confirming);
    l->confirming_mask = heads - 1;
    l->next_mid = xmalloc(MID_SEQUENCES * sizeof *l->next_mid);
    entropy_fill(l->next_mid, MID_SEQUENCES * sizeof *l->next_mid);
    entropy_fill(&l->random, sizeof l->random);
    entropy_fill(l->secret, sizeof l->secret);
    l->scratch = xmalloc(EXCHANGE_SCRATCH_LEN);
    return l;
}

void exchange_free_message(struct exchange *x)
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
        exchange_free_message(&(*l)->pool[i]);
    }
    dedup_free(&(*l)->dedup);
    lazy_free((*l)->pool, (*l)->options.max_exchanges, sizeof *(*l)->pool);
    lazy_free((*l)->confirming, (*l)->confirming_mask + 1, sizeof *(*l)->confirming);
    free((*l)->next_mid);
    free((*l)->scratch);
    free(*l);
    *l = NULL;
}

uint32_t exchange_index(const struct exchange *x)
{
    return (uint32_t)(x - x->layer->pool);
}

uint64_t exchange_session_id(const struct exchange_session *session)
{
    return session == NULL ? 0 : session->id;
}

struct exchange_peer exchange_to_peer(struct exchange *x)
{
    return (struct exchange_peer){&x->path, x->session};
}

/* --- own message IDs and the table of unconfirmed responses ------------------------------------
 */

static uint64_t peer_hash(const struct exchange_layer *l, const struct exchange_peer *peer,
                          uint16_t mid)
{
    struct dedup_key key = dedup_key(peer->path, exchange_session_id(peer->session), mid);

    return siphash13(l->secret, &key, sizeof key);
}

uint16_t exchange_new_mid(struct exchange_layer *l, const struct exchange_peer *peer)
{
    if (mutant_is(MUTANT_OWN_MID_CONSTANT))
        return 0x5ea1;
    return l->next_mid[peer_hash(l, peer, 0) % MID_SEQUENCES]++;
}

uint32_t *exchange_confirming_head(struct exchange_layer *l, const struct exchange_peer *peer,
                                   uint16_t own_mid)
{
    return &l->confirming[peer_hash(l, peer, own_mid) & l->confirming_mask];
}

void exchange_confirming_add(struct exchange_layer *l, struct exchange *x)
{
    struct exchange_peer peer = exchange_to_peer(x);
    uint32_t *head = exchange_confirming_head(l, &peer, x->own_mid);

    x->next = *head;
    *head = exchange_index(x) + 1;
}

void exchange_confirming_remove(struct exchange_layer *l, struct exchange *x)
{
    struct exchange_peer peer = exchange_to_peer(x);
    uint32_t *link = exchange_confirming_head(l, &peer, x->own_mid);

    while (*link != exchange_index(x) + 1)
        link = &l->pool[*link - 1].next;
    *link = x->next;
}

/* --- writing -----------------------------------------------------------------------------------
 */

void exchange_send(struct exchange_layer *l, const struct exchange_peer *peer, const char *bytes,
                   size_t len)
{
    l->hooks->send(l->arg, peer, (const uint8_t *)bytes, len);
}

/* An empty ACK or RST: the header alone (RFC 7252 4.1). */
void exchange_send_empty(struct exchange_layer *l, const struct exchange_peer *peer,
                         enum pdu_type type, uint16_t mid)
{
    char mem[PDU_HEADER_LEN];
    struct buf out = buf_over(mem, sizeof mem);

    (void)pdu_start(&out, type, PDU_CODE_EMPTY, mid, (struct str){NULL, 0});
    exchange_send(l, peer, out.ptr, out.len);
}

void exchange_count_response(struct exchange_layer *l, uint8_t code)
{
    static const enum metric by_class[] = {METRIC_RESPONSES_2, METRIC_RESPONSES_4,
                                           METRIC_RESPONSES_5};
    uint8_t class = pdu_class(code);

    metrics_add(l->metrics, by_class[class == 2 ? 0 : class - 3], 1);
}

/* The whole response in l->scratch. */
struct str exchange_write(struct exchange_layer *l, const struct answer_head *head,
                          const struct answer *answer)
{
    struct buf out = buf_over(l->scratch, EXCHANGE_SCRATCH_LEN);

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
