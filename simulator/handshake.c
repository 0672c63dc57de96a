#include "simulator/handshake.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lib/buf.h"
#include "lib/timer.h"
#include "simulator/handshake_ssl.h"

enum {
    LIMIT_US = 60000000,
    HELD = 8192, /* what comes while a slow device thinks */
    EPOCH_SHIFT = 48,
    NO_ALERT = -1,
};

/* FREE -> THINKING (slow ones) -> WAITING -> ... -> FREE, or LINGERING once resumed. */
enum state {
    FREE,
    THINKING,  /* before a flight; what comes is held */
    WAITING,   /* for the target's flight */
    LINGERING, /* done; the last flight may have to be sent again */
    STATES,
};

struct handshake {
    struct handshakes *owner;
    struct handshake *next;  /* in its bucket, or free */
    struct handshake *older; /* lingering ones, in a ring with its head in the owner */
    struct handshake *newer;
    enum state state;
    struct timer timer;
    int64_t end_us;     /* of its time */
    int64_t since_us;   /* THINKING: it has been */
    int64_t thought_us; /* in all; OpenSSL's timers do not run then */
    unsigned repeats;
    struct buf held; /* datagrams, each behind its length (uint16_t) */
    struct handshake_ssl tls;
    char identity[HANDSHAKE_PSK_MAX];
    char key[HANDSHAKE_PSK_MAX];
};

struct handshakes {
    struct handshake_shared shared;
    struct record_crypto *crypto;
    struct timer_wheel wheel;
    bool has_wheel; /* its first tick is the first handshake's */
    size_t in_flight;
    struct handshake *all; /* 2 * cap: as many may linger as fly */
    struct handshake *idle;
    struct handshake lingering; /* head of the ring */
    struct handshake **buckets;
    size_t bucket_mask;
    struct buf ticket;
    uint8_t plain[RECORD_MAX_PLAIN]; /* of records that are only checked */
};

/* --- which device's --- */

static struct handshake **place_of(const struct handshakes *h, uint32_t device)
{
    uint32_t mixed = device * UINT32_C(2654435769); /* Fibonacci hashing */
    struct handshake **at = &h->buckets[(mixed >> 7) & h->bucket_mask];

    while (*at != NULL && (*at)->tls.device != device)
        at = &(*at)->next;
    return at;
}

/* The device has none any more. */
static void release(struct handshake *s)
{
    struct handshakes *h = s->owner;
    struct handshake **at = place_of(h, s->tls.device);

    assert(*at == s);
    *at = s->next;
    timer_cancel(&h->wheel, &s->timer);
    handshake_ssl_close(&s->tls);
    if (s->state == LINGERING) {
        s->older->newer = s->newer;
        s->newer->older = s->older;
    } else
        h->in_flight--;
    s->state = FREE;
    s->next = h->idle;
    h->idle = s;
}

/* The caller's may be gone when OpenSSL asks. */
static void keep_psk(struct handshake *s)
{
    struct handshake_wish *wish = &s->tls.wish;

    assert(wish->psk_identity.len <= HANDSHAKE_PSK_MAX && wish->psk_key.len <= HANDSHAKE_PSK_MAX);
    if (wish->psk_identity.len == 0)
        return;
    memcpy(s->identity, wish->psk_identity.ptr, wish->psk_identity.len);
    memcpy(s->key, wish->psk_key.ptr, wish->psk_key.len);
    wish->psk_identity.ptr = s->identity;
    wish->psk_key.ptr = s->key;
}

static struct handshake *take_one(struct handshakes *h, uint32_t device,
                                  const struct handshake_wish *wish)
{
    struct handshake *s;

    if (h->idle == NULL)
        release(h->lingering.newer); /* the oldest */
    s = h->idle;
    assert(s != NULL);
    h->idle = s->next;
    s->repeats = 0;
    s->thought_us = 0;
    buf_clear(&s->held);
    s->tls = (struct handshake_ssl){.device = device, .wish = *wish};
    keep_psk(s);
    s->next = NULL;
    *place_of(h, device) = s;
    h->in_flight++;
    return s;
}

/* --- how it ends --- */

static void tell(struct handshake *s, const struct handshake_result *result, int64_t now_us)
{
    struct handshakes *h = s->owner;

    h->shared.options.done(h->shared.options.arg, s->tls.device, result, now_us);
}

/* Done may begin anew at once, so nothing of s is touched behind it. */
static void end(struct handshake *s, enum handshake_outcome outcome, int64_t now_us)
{
    struct handshake_result result = {
        .outcome = outcome,
        .alert = outcome == HANDSHAKE_REFUSED ? s->tls.alert : NO_ALERT,
        .alert_is_ours = outcome == HANDSHAKE_REFUSED && s->tls.alert_is_ours,
        .repeats = s->repeats,
    };

    release(s);
    tell(s, &result, now_us);
}

/* Until the target shows that it is done too, or has had time enough. */
static void linger(struct handshake *s, int64_t now_us)
{
    struct handshakes *h = s->owner;

    s->state = LINGERING;
    h->in_flight--;
    s->newer = &h->lingering;
    s->older = h->lingering.older;
    s->older->newer = s;
    h->lingering.older = s;
    handshake_ssl_close(&s->tls);
    timer_set(&h->wheel, &s->timer, now_us + h->shared.options.limit_us);
}

/* The records of a datagram that a new session has to do with. */
struct tail {
    bool has_handshake; /* the target's Finished */
    bool has_more;      /* data, or an alert */
};

/* With keys, marks those of the handshake as accepted: OpenSSL has read them. */
static struct tail walk(struct handshakes *h, struct record_keys *keys, const uint8_t *bytes,
                        size_t len)
{
    struct tail t = {0};
    struct record_head head;

    for (; record_head_read(bytes, len, &head); bytes += head.len, len -= head.len) {
        struct record_opened opened;

        if (head.number >> EPOCH_SHIFT == 0)
            continue;
        if (head.type != RECORD_HANDSHAKE) {
            t.has_more = true;
            continue;
        }
        t.has_handshake = true;
        if (keys != NULL &&
            record_open(h->crypto, keys, bytes, len, h->plain, &opened) == RECORD_GOOD)
            assert(opened.used == head.len);
    }
    return t;
}

/* True: the datagram has nothing else. */
static bool finish(struct handshake *s, const uint8_t *bytes, size_t len, int64_t now_us)
{
    struct handshakes *h = s->owner;
    struct handshake_result result = {
        .outcome = HANDSHAKE_DONE,
        .resumed = handshake_ssl_is_resumed(&s->tls),
        .alert = NO_ALERT,
        .repeats = s->repeats,
    };
    struct record_secrets secrets;
    struct record_keys keys;
    struct tail t;

    handshake_ssl_secrets(&s->tls, &secrets);
    record_keys_make(h->crypto, &secrets, &keys);
    t = walk(h, &keys, bytes, len);
    buf_clear(&h->ticket);
    handshake_ssl_ticket(&s->tls, &h->ticket);
    result.keys = &keys;
    result.ticket = buf_str(&h->ticket);
    if (result.resumed)
        linger(s, now_us);
    else
        release(s);
    tell(s, &result, now_us);
    OPENSSL_cleanse(&secrets, sizeof secrets);
    OPENSSL_cleanse(&keys, sizeof keys);
    return !t.has_more;
}

/* --- how it goes on --- */

static int64_t tls_us(const struct handshake *s, int64_t now_us)
{
    return now_us - s->thought_us;
}

static void wait_for_target(struct handshake *s, int64_t now_us)
{
    int64_t left_us = handshake_ssl_left_us(&s->tls, tls_us(s, now_us));
    int64_t at_us = left_us >= 0 ? now_us + left_us : INT64_MAX;

    s->state = WAITING;
    timer_set(&s->owner->wheel, &s->timer, at_us < s->end_us ? at_us : s->end_us);
}

static void think(struct handshake *s, int64_t now_us)
{
    int64_t at_us = now_us + s->tls.wish.slow_us;

    s->state = THINKING;
    s->since_us = now_us;
    timer_set(&s->owner->wheel, &s->timer, at_us < s->end_us ? at_us : s->end_us);
}

/* After a call of OpenSSL about the datagram (NULL: none). False: it is for record_open. */
static bool settle(struct handshake *s, enum handshake_step step, const uint8_t *bytes, size_t len,
                   int64_t now_us)
{
    switch (step) {
    case HANDSHAKE_WAITS:
        wait_for_target(s, now_us);
        return true;
    case HANDSHAKE_FINISHED:
        return finish(s, bytes, len, now_us);
    case HANDSHAKE_FAILED:
        end(s, HANDSHAKE_REFUSED, now_us);
        return true;
    case HANDSHAKE_SILENT:
        end(s, HANDSHAKE_TIMED_OUT, now_us);
        return true;
    case HANDSHAKE_STOPPED:
        end(s, HANDSHAKE_ABANDONED, now_us);
        return true;
    }
    return true;
}

static bool turn(struct handshake *s, const uint8_t *bytes, size_t len, int64_t now_us)
{
    return settle(s, handshake_ssl_turn(&s->tls, bytes, len, tls_us(s, now_us)), bytes, len,
                  now_us);
}

static void begin(struct handshake *s, int64_t now_us)
{
    handshake_ssl_open(&s->tls, &s->owner->shared);
    (void)turn(s, NULL, 0, now_us);
}

/* --- slow devices --- */

static void hold(struct handshake *s, const uint8_t *bytes, size_t len)
{
    uint16_t short_len = (uint16_t)len;

    if (s->held.ptr == NULL)
        s->held = buf_over(xmalloc(HELD), HELD);
    if (len > UINT16_MAX || s->held.cap - s->held.len < sizeof short_len + len)
        return; /* repetitions: as if lost */
    buf_add(&s->held, &short_len, sizeof short_len);
    buf_add(&s->held, bytes, len);
}

/* Reads what was held, as long as the handshake goes on. */
static void read_held(struct handshake *s, int64_t now_us)
{
    enum handshake_step step = HANDSHAKE_WAITS;
    const uint8_t *bytes = NULL;
    uint16_t len = 0;

    for (size_t at = 0; at < s->held.len && step == HANDSHAKE_WAITS; at += sizeof len + len) {
        memcpy(&len, s->held.ptr + at, sizeof len);
        bytes = (const uint8_t *)s->held.ptr + at + sizeof len;
        step = handshake_ssl_turn(&s->tls, bytes, len, tls_us(s, now_us));
    }
    buf_clear(&s->held);
    (void)settle(s, step, bytes, len, now_us);
}

/* --- timers, a function a state --- */

static void stop_thinking(struct handshake *s, int64_t now_us)
{
    s->thought_us += now_us - s->since_us;
    if (now_us >= s->end_us)
        end(s, HANDSHAKE_TIMED_OUT, now_us);
    else if (s->tls.ssl == NULL)
        begin(s, now_us);
    else
        read_held(s, now_us);
}

static void stop_waiting(struct handshake *s, int64_t now_us)
{
    if (now_us >= s->end_us)
        end(s, HANDSHAKE_TIMED_OUT, now_us);
    else
        (void)settle(s, handshake_ssl_repeat(&s->tls, &s->repeats, tls_us(s, now_us)), NULL, 0,
                     now_us);
}

static void stop_lingering(struct handshake *s, int64_t now_us)
{
    UNUSED(now_us);
    release(s);
}

static void on_timer(struct timer *t, int64_t now_us)
{
    static void (*const functions[STATES])(struct handshake *, int64_t) = {
        [THINKING] = stop_thinking,
        [WAITING] = stop_waiting,
        [LINGERING] = stop_lingering,
    };
    struct handshake *s = CONTAINER_OF(t, struct handshake, timer);

    functions[s->state](s, now_us);
}

/* --- all of a worker --- */

struct handshakes *handshakes_new(const struct handshake_options *options, char *why)
{
    struct handshakes *h = xcalloc(1, sizeof *h);
    size_t count = 2 * (size_t)options->cap;
    size_t buckets = 1;

    assert(options->cap > 0);
    h->lingering.older = h->lingering.newer = &h->lingering;
    h->ticket = buf_growing();
    if (!handshake_shared_init(&h->shared, options, why)) {
        handshakes_free(&h);
        return NULL;
    }
    if (options->limit_us == 0)
        h->shared.options.limit_us = LIMIT_US;
    h->crypto = record_crypto_new();
    while (buckets < count)
        buckets *= 2;
    h->buckets = xcalloc(buckets, sizeof *h->buckets);
    h->bucket_mask = buckets - 1;
    h->all = xcalloc(count, sizeof *h->all);
    for (size_t i = count; i-- > 0;) {
        h->all[i] = (struct handshake){.owner = h, .next = h->idle, .timer.fn = on_timer};
        h->idle = &h->all[i];
    }
    return h;
}

void handshakes_free(struct handshakes **h)
{
    struct handshakes *gone = *h;

    if (gone == NULL)
        return;
    *h = NULL;
    for (size_t i = 0; gone->all != NULL && i < 2 * (size_t)gone->shared.options.cap; i++) {
        handshake_ssl_close(&gone->all[i].tls);
        free(gone->all[i].held.ptr);
    }
    handshake_shared_fini(&gone->shared);
    record_crypto_free(&gone->crypto);
    buf_fini(&gone->ticket);
    free(gone->all);
    free(gone->buckets);
    free(gone);
}

bool handshake_start(struct handshakes *h, uint32_t device, const struct handshake_wish *wish,
                     int64_t now_us)
{
    struct handshake *s;

    handshake_cancel(h, device);
    if (h->in_flight == (size_t)h->shared.options.cap)
        return false;
    if (!h->has_wheel)
        timer_wheel_init(&h->wheel, now_us);
    h->has_wheel = true;
    s = take_one(h, device, wish);
    s->end_us = now_us + h->shared.options.limit_us;
    if (wish->slow_us > 0)
        think(s, now_us);
    else
        begin(s, now_us);
    return true;
}

/* True: it was for the handshake that is over. */
static bool receive_late(struct handshake *s, const uint8_t *bytes, size_t len)
{
    struct tail t = walk(s->owner, NULL, bytes, len);

    if (t.has_more) {
        release(s);
        return false;
    }
    if (t.has_handshake)
        handshake_ssl_send_again(&s->tls);
    return true;
}

bool handshake_receive(struct handshakes *h, uint32_t device, const uint8_t *bytes, size_t len,
                       int64_t now_us)
{
    struct handshake *s = *place_of(h, device);

    if (s == NULL)
        return false;
    if (len < RECORD_HEAD) /* not even one; to OpenSSL an empty datagram would be the end */
        return true;
    if (s->state == LINGERING)
        return receive_late(s, bytes, len);
    if (s->state == WAITING && s->tls.wish.slow_us == 0)
        return turn(s, bytes, len, now_us);
    if (s->tls.ssl != NULL) /* else before its first flight: a stray one */
        hold(s, bytes, len);
    if (s->state == WAITING)
        think(s, now_us);
    return true;
}

void handshake_cancel(struct handshakes *h, uint32_t device)
{
    struct handshake *s = *place_of(h, device);

    if (s != NULL)
        release(s);
}

size_t handshakes_in_flight(const struct handshakes *h)
{
    return h->in_flight;
}

int64_t handshakes_deadline_us(const struct handshakes *h)
{
    return h->has_wheel ? timer_wheel_deadline_us(&h->wheel) : INT64_MAX;
}

void handshakes_tick(struct handshakes *h, int64_t now_us)
{
    if (h->has_wheel)
        timer_wheel_advance(&h->wheel, now_us);
}
