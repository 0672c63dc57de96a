/* Requests of a fleet: publishes, their blocks, repetitions. RFC 7252 4.2, RFC 7959 2.5. */
#include "simulator/fleet_inside.h"
#include "simulator/identity.h"
#include "simulator/roster.h"

enum { MAX_GARBAGE = 200, BLOCK_MIN_SHIFT = 4 /* RFC 7959 2.2: SZX 0 is 16 bytes */ };

/* --- what is random about a publish, anew at each copy of it */

static double within(const struct profile_range *r, uint64_t random)
{
    return r->min + (r->max - r->min) * rng_part(random);
}

/* What a recorded run has sent there. */
static const struct trace_send *planned(const struct fleet *f, uint32_t i)
{
    const struct trace_send *send =
        trace_plan_send(f->options.plan, f->options.first + i, f->devices[i].sequence);

    assert(send != NULL); /* it was the plan that made it due */
    return send;
}

static uint16_t choose_ct_s(const struct fleet *f, uint32_t i)
{
    const struct device *d = &f->devices[i];
    const struct profile_class *c = fleet_class(f, d);

    if (f->options.plan != NULL)
        return planned(f, i)->ct_s;
    if (!fleet_happens(f, i, RNG_CT, d->sequence, c->ct_part))
        return 0;
    double ct_s = within(&c->ct_s, fleet_random(f, i, RNG_CT_LEN, d->sequence));

    return ct_s < 1 ? 1 : ct_s > 65535 ? 65535 : (uint16_t)ct_s;
}

static size_t drawn_payload_len(const struct fleet *f, uint32_t i)
{
    const struct device *d = &f->devices[i];
    const struct profile_class *c = fleet_class(f, d);
    double len = within(&c->payload_len, fleet_random(f, i, RNG_PAYLOAD, d->sequence));

    if (f->options.plan != NULL)
        len = planned(f, i)->payload_len;
    return len < MARKER_LEN ? MARKER_LEN : (size_t)len;
}

size_t fleet_payload_len(const struct fleet *f, uint32_t i)
{
    return f->hooked == NULL ? drawn_payload_len(f, i) : f->hooked[i].payload_len;
}

static uint8_t szx_of(int64_t block_len)
{
    uint8_t szx = 0;

    while (szx < 6 && (INT64_C(1) << (szx + BLOCK_MIN_SHIFT)) < block_len)
        szx++;
    return szx;
}

/* --- writing */

static void write_token(const struct fleet *f, uint32_t i, struct publish_wish *w)
{
    uint32_t number = f->options.first + i;
    uint32_t sequence = f->devices[i].sequence;

    w->token[0] = (uint8_t)(sequence >> 8);
    w->token[1] = (uint8_t)sequence;
    w->token_len = 2;
    if (f->shared == NULL)
        return;
    for (unsigned k = 0; k < 4; k++)
        w->token[2 + k] = (uint8_t)(number >> (24 - 8 * k));
    w->token_len = 6;
}

static bool needs_basic(enum profile_credential c)
{
    return c == PROFILE_BASIC || c == PROFILE_BASIC_DTLS || c == PROFILE_WRONG_PASSWORD;
}

/* Where texts of one request live while it is written. */
struct texts {
    struct roster_space space;
    uint8_t basic[PUBLISH_BASIC_LEN];
    char as[IDENTITY_DEVICE_LEN];
};

static void add_names(const struct fleet *f, uint32_t i, struct texts *t, struct publish_wish *w)
{
    const struct profile_class *c = fleet_class(f, &f->devices[i]);
    uint32_t number = f->options.first + i;
    unsigned how = (c->credential == PROFILE_WRONG_PASSWORD ? PUBLISH_WRONG : 0U) |
                   (c->through_gateway ? PUBLISH_GATEWAY : 0U);

    if (!f->options.is_listed) {
        if (needs_basic(c->credential)) {
            publish_basic(f->options.seed, number, how, t->basic);
            w->credential = (struct str){(const char *)t->basic, sizeof t->basic};
        }
        if (c->through_gateway) {
            identity_device(number, t->as);
            w->as = (struct str){t->as, sizeof t->as - 1};
        }
    } else if (needs_basic(c->credential)) {
        struct roster_secret secret;

        roster_secret(f->options.roster, number, &t->space, &secret);
        w->credential = secret.basic;
    }
}

/* The request that is under way, as often as it is wanted. Returns its length in f->plain. */
static size_t write_request(struct fleet *f, uint32_t i)
{
    const struct device *d = &f->devices[i];
    const struct profile_class *c = fleet_class(f, d);
    struct texts texts;
    struct publish_wish w = {
        .non = c->non && (d->flags & (FLAG_UPLOAD | FLAG_DOWNLOAD)) == 0,
        .mid = d->mid,
        .payload_len = fleet_payload_len(f, i),
        .marker = {.device = f->options.first + i,
                   .sequence = d->sequence,
                   .ct_s = d->ct_s,
                   .at_us = d->sent_us},
    };

    write_token(f, i, &w);
    add_names(f, i, &texts, &w);
    if (f->hooks != NULL)
        w.text = hooks_payload(f->hooks, f->options.first + i);
    if ((d->flags & FLAG_UPLOAD) != 0) {
        w.has_block1 = true;
        w.block1.szx = szx_of(c->block_len);
        w.block1.number = d->block;
        w.block1.more = ((size_t)d->block + 1) << (w.block1.szx + BLOCK_MIN_SHIFT) < w.payload_len;
    }
    if ((d->flags & FLAG_DOWNLOAD) != 0) {
        w.has_block1 = false;
        w.has_block2 = true;
        w.block2.szx = d->szx;
        w.block2.number = d->block;
    }
    return publish_write(&f->publish[d->class], &w, f->plain);
}

void fleet_transmit(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len, int64_t now_us)
{
    if ((f->devices[i].flags & FLAG_SESSION) != 0) {
        len = record_seal(f->crypto, &f->keys[i], RECORD_DATA, bytes, len, f->sealed);
        bytes = f->sealed;
    }
    fleet_send(f, i, bytes, len, now_us);
}

/* --- sending */

/* A message ID for what is to be sent next; false: none is free until *free_us. */
static bool take_mid(struct fleet *f, uint32_t i, int64_t now_us, int64_t *free_us)
{
    struct device *d = &f->devices[i];
    uint32_t now_ms = (uint32_t)((now_us - f->start_us) / US_PER_MS) + MID_LIFETIME_MS;
    uint32_t free_ms = now_ms;
    bool ok = f->shared == NULL ? mid_take_own(&d->mids, now_ms, &d->mid, &free_ms)
                                : mid_take_shared(f->shared, i % f->options.sockets, i, now_ms,
                                                  &d->mid, &free_ms);

    *free_us = now_us + (int64_t)(free_ms - now_ms) * US_PER_MS;
    return ok;
}

static void send_request(struct fleet *f, uint32_t i, int64_t now_us)
{
    size_t len = write_request(f, i);
    bool non = (f->plain[0] & 0x30) == 0x10; /* type 1, RFC 7252 3 */

    fleet_transmit(f, i, f->plain, len, now_us);
    fleet_step(f, i, non ? DEVICE_SENT_NON : DEVICE_SENT_CON, now_us);
}

/* What devices that speak no CoAP send. */
static void send_garbage(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];
    uint64_t random = fleet_random(f, i, RNG_GARBAGE, ++d->sequence);
    size_t len = 1 + (size_t)(random % MAX_GARBAGE);

    for (size_t k = 0; k < len; k++)
        f->plain[k] = (uint8_t)rng_mix(random + k);
    fleet_flag(d, FLAG_SCHEDULED, false);
    tally_count(f->tally, TALLY_HOSTILE_REFUSED);
    fleet_transmit(f, i, f->plain, len, now_us);
    fleet_settle(f, i, now_us);
}

/* True: the device goes on from another address, or has no session any more. */
static bool moves(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];
    const struct profile_class *c = fleet_class(f, d);
    uint32_t number = d->sequence + 1;

    if (f->shared == NULL && fleet_happens(f, i, RNG_REBIND, number, c->rebind_part)) {
        d->binding++;
        tally_count(f->tally, TALLY_SESSION_REBOUND);
    }
    if ((d->flags & FLAG_SESSION) == 0 ||
        !fleet_happens(f, i, RNG_RECONNECT, number, c->reconnect_part))
        return false;
    fleet_lose_session(f, i);
    d->state = DEVICE_OFFLINE;
    d->flags |= FLAG_PENDING;
    fleet_step(f, i, DEVICE_DUE, now_us);
    return true;
}

void fleet_publish(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];
    const struct profile_class *c = fleet_class(f, d);
    int64_t free_us;

    if (c->credential == PROFILE_GARBAGE) {
        send_garbage(f, i, now_us);
        return;
    }
    if (d->sequence > 0 && (d->flags & FLAG_MOVED) == 0) {
        d->flags |= FLAG_MOVED;
        if (moves(f, i, now_us))
            return;
    }
    if (!take_mid(f, i, now_us, &free_us)) {
        tally_count(f->tally, TALLY_OWN_MID_HELD);
        fleet_timer(f, i, free_us);
        return;
    }
    d->sequence++;
    d->sent_us = now_us;
    d->tries = 0;
    d->block = 0;
    d->ct_s = choose_ct_s(f, i);
    fleet_hook_publish(f, i, drawn_payload_len(f, i), now_us);
    fleet_flag(d, FLAG_SCHEDULED | FLAG_PENDING | FLAG_MOVED, false);
    fleet_flag(d, FLAG_UPLOAD, c->block_len > 0 && (int64_t)fleet_payload_len(f, i) > c->block_len);
    fleet_trace(f, i, TRACE_PUBLISH, d->intended_us);
    tally_count(f->tally, TALLY_PUBLISH_INTENDED);
    tally_count(f->tally, TALLY_PUBLISH_SENT);
    if ((d->flags & FLAG_FREE) != 0)
        tally_time(f->tally, TALLY_HIST_SCHEDULE_LAG, now_us - d->intended_us);
    if (d->ct_s > 0) {
        tally_count(f->tally, TALLY_WAIT_STARTED);
        f->waiting++;
    }
    if ((d->flags & FLAG_UPLOAD) != 0)
        tally_count(f->tally, TALLY_BLOCK_SENT);
    fleet_notice(f, i, NOTICE_SENT, 0, now_us);
    send_request(f, i, now_us);
}

void fleet_next_block(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];
    int64_t free_us;

    if (f->shared != NULL)
        mid_release(f->shared, i % f->options.sockets, d->mid);
    if (!take_mid(f, i, now_us, &free_us)) {
        /* a transfer does not outlive the lifetime of a message ID */
        tally_count(f->tally, TALLY_OWN_MID_HELD);
        d->state = DEVICE_WAIT_ANSWER;
        fleet_give_up(f, i, now_us);
        return;
    }
    d->tries = 0;
    if ((d->flags & FLAG_UPLOAD) != 0)
        tally_count(f->tally, TALLY_BLOCK_SENT);
    send_request(f, i, now_us);
}

/* Until the next repetition: at random between ACK_TIMEOUT and ACK_RANDOM_FACTOR times that,
 * doubled each time (RFC 7252 4.2). */
static int64_t interval_us(const struct fleet *f, uint32_t i)
{
    const struct device *d = &f->devices[i];
    double random = rng_part(fleet_random(f, i, RNG_INTERVAL, d->mid));
    double factor = 1 + (f->options.ack_random_factor - 1) * random;

    return (int64_t)((double)f->options.ack_timeout_us * factor) << d->tries;
}

void fleet_retransmit(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];
    size_t len = write_request(f, i);

    d->tries++;
    tally_count(f->tally, TALLY_RETRANSMISSION);
    fleet_transmit(f, i, f->plain, len, now_us);
    fleet_timer(f, i, now_us + interval_us(f, i));
}

/* The timer of a request that has just left, or was just acknowledged. */
void fleet_await(struct fleet *f, uint32_t i, int64_t now_us)
{
    const struct device *d = &f->devices[i];

    if (d->state == DEVICE_WAIT_ACK) {
        fleet_timer(f, i, now_us + interval_us(f, i));
        return;
    }
    fleet_timer(f, i, now_us + d->ct_s * US_PER_S + f->options.answer_timeout_us);
}

void fleet_give_up(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];
    bool hostile = fleet_is_hostile(f, d);

    tally_count(f->tally, hostile ? TALLY_HOSTILE_REFUSED : TALLY_PUBLISH_TIMEOUT);
    fleet_hook_outcome(f, i, TRACE_TIMEOUT, now_us);
    fleet_notice(f, i, NOTICE_UNDECIDED, 0, now_us);
    if ((d->flags & FLAG_SESSION) != 0) { /* it may be dead: the next publish makes a new one */
        fleet_lose_session(f, i);
        d->state = DEVICE_OFFLINE;
    } else {
        d->state = DEVICE_READY;
    }
    fleet_settle(f, i, now_us);
}
