/* DTLS of a fleet: handshakes, sessions, records. RFC 6347. */
#include <stdio.h>
#include <stdlib.h>

#include "simulator/fleet_inside.h"
#include "simulator/roster.h"

enum { ALERT_CLOSE_NOTIFY = 0, ALERT_WARNING = 1, ALERT_LEN = 2 /* RFC 5246 7.2 */ };

static bool any_dtls(const struct profile *p)
{
    for (size_t i = 0; i < p->class_count; i++) {
        if (profile_is_dtls(p->classes[i].credential))
            return true;
    }
    return false;
}

/* --- handshakes */

static void send_flight(void *arg, uint32_t i, const uint8_t *bytes, size_t len)
{
    struct fleet *f = arg;

    fleet_send(f, i, bytes, len, f->now_us);
}

static void keep_ticket(struct fleet *f, uint32_t i, struct str ticket)
{
    if (f->tickets == NULL || ticket.len == 0 || fleet_class(f, &f->devices[i])->resume_part == 0)
        return;
    free((char *)f->tickets[i].ptr);
    f->tickets[i] = (struct str){xstrdup(ticket), ticket.len};
}

static void connected(struct fleet *f, uint32_t i, const struct handshake_result *r, int64_t now_us)
{
    struct device *d = &f->devices[i];

    f->keys[i] = *r->keys;
    d->flags |= FLAG_SESSION;
    fleet_flag(d, FLAG_RESUMED, r->resumed);
    f->connected++;
    keep_ticket(f, i, r->ticket);
    tally_count(f->tally, TALLY_HANDSHAKE_COMPLETED);
    if (r->resumed)
        tally_count(f->tally, TALLY_HANDSHAKE_RESUMED);
    tally_time(f->tally, TALLY_HIST_HANDSHAKE, now_us - d->sent_us);
    if (f->shared == NULL) /* a new session has message IDs of its own */
        d->mids.entered_ms = 0;
    fleet_step(f, i, DEVICE_CONNECTED, now_us);
}

static void done(void *arg, uint32_t i, const struct handshake_result *r, int64_t now_us)
{
    struct fleet *f = arg;
    struct device *d = &f->devices[i];
    bool hostile = fleet_is_hostile(f, d);

    if (r->outcome == HANDSHAKE_DONE) {
        connected(f, i, r, now_us);
        return;
    }
    if (r->outcome == HANDSHAKE_ABANDONED)
        tally_count(f->tally, TALLY_HANDSHAKE_ABANDONED);
    else if (hostile)
        tally_count(f->tally, TALLY_HOSTILE_REFUSED);
    else
        tally_count(f->tally, r->outcome == HANDSHAKE_REFUSED ? TALLY_HANDSHAKE_FAILED
                                                              : TALLY_HANDSHAKE_TIMEOUT);
    if (r->outcome == HANDSHAKE_ABANDONED && !hostile) {
        /* this was the one to be left half-way; the next is in earnest, from another port, as what
         * the target still says to the first one belongs to that */
        d->tries = 1;
        d->binding++;
        fleet_connect(f, i, now_us);
        return;
    }
    fleet_step(f, i, DEVICE_REFUSED, now_us);
}

static void fill_wish(const struct fleet *f, uint32_t i, const struct roster_secret *s,
                      struct handshake_wish *wish)
{
    const struct device *d = &f->devices[i];
    const struct profile_class *c = fleet_class(f, d);
    uint32_t number = d->sequence + 1;

    *wish = (struct handshake_wish){
        .psk_identity = s->psk_identity,
        .psk_key = s->psk_key,
        .certificate_der = s->certificate_der,
        .key_der = s->key_der,
        .slow_us = c->slow_us,
        .abandon = c->credential == PROFILE_STALL ||
                   (d->tries == 0 && fleet_happens(f, i, RNG_ABANDON, number, c->abandon_part)),
    };
    if (f->tickets != NULL && fleet_happens(f, i, RNG_RESUME, number, c->resume_part))
        wish->resume = f->tickets[i];
}

void fleet_connect(struct fleet *f, uint32_t i, int64_t now_us)
{
    struct device *d = &f->devices[i];
    struct roster_space space;
    struct roster_secret secret;
    struct handshake_wish wish;

    if (d->tries == 0) {
        d->sent_us = now_us;
        fleet_trace(f, i, TRACE_CONNECT, now_us);
    }
    roster_secret(f->options.roster, f->options.first + i, &space, &secret);
    fill_wish(f, i, &secret, &wish);
    if (!handshake_start(f->handshakes, i, &wish, now_us)) {
        tally_count(f->tally, TALLY_OWN_HANDSHAKE_HELD);
        fleet_step(f, i, DEVICE_HELD, now_us);
        return;
    }
    tally_count(f->tally, TALLY_HANDSHAKE_STARTED);
}

void fleet_enqueue(struct fleet *f, uint32_t i)
{
    assert(f->queue_len < f->options.count);
    f->queue[(f->queue_head + f->queue_len++) % f->options.count] = i;
}

void fleet_serve_queue(struct fleet *f, int64_t now_us)
{
    while (f->queue_len > 0 &&
           handshakes_in_flight(f->handshakes) < (size_t)f->options.handshake.cap) {
        uint32_t i = f->queue[f->queue_head];

        f->queue_head = (f->queue_head + 1) % f->options.count;
        f->queue_len--;
        fleet_step(f, i, DEVICE_TURN, now_us);
    }
}

/* --- sessions */

void fleet_lose_session(struct fleet *f, uint32_t i)
{
    struct device *d = &f->devices[i];

    if ((d->flags & FLAG_SESSION) == 0)
        return;
    if ((d->flags & FLAG_RESUMED) != 0)
        handshake_cancel(f->handshakes, i);
    fleet_flag(d, FLAG_SESSION | FLAG_RESUMED, false);
    memset(&f->keys[i], 0, sizeof f->keys[i]);
    f->connected--;
}

static void alert(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len, int64_t now_us)
{
    if (len != ALERT_LEN || (bytes[0] == ALERT_WARNING && bytes[1] != ALERT_CLOSE_NOTIFY))
        return;
    tally_count(f->tally, TALLY_SESSION_CLOSED);
    fleet_step(f, i, DEVICE_CLOSED, now_us);
}

/* Counts what is wrong with a record. The target's last flight may come again: no harm. */
static void not_opened(struct fleet *f, enum record_got got)
{
    if (got != RECORD_OTHER_EPOCH)
        tally_count(f->tally,
                    got == RECORD_CUT ? TALLY_DATAGRAM_MALFORMED : TALLY_RECORD_DISCARDED);
}

static void open_records(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len,
                         int64_t now_us)
{
    while (len > 0 && (f->devices[i].flags & FLAG_SESSION) != 0) {
        struct record_opened opened;
        enum record_got got = record_open(f->crypto, &f->keys[i], bytes, len, f->opened, &opened);

        if (got != RECORD_GOOD)
            not_opened(f, got);
        else if (opened.type == RECORD_ALERT)
            alert(f, i, f->opened, opened.len, now_us);
        else if (opened.type == RECORD_DATA)
            fleet_message(f, i, f->opened, opened.len, now_us);
        if (got == RECORD_CUT)
            break;
        bytes += opened.used;
        len -= opened.used;
    }
}

void fleet_receive_secure(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len,
                          int64_t now_us)
{
    struct device *d = &f->devices[i];

    if ((d->flags & FLAG_RESUMED) != 0) {
        if (handshake_receive(f->handshakes, i, bytes, len, now_us))
            return; /* our last flight did not arrive, and has left again */
        fleet_flag(d, FLAG_RESUMED, false);
    }
    if ((d->flags & FLAG_SESSION) != 0)
        open_records(f, i, bytes, len, now_us);
    else if (d->state != DEVICE_CONNECTING ||
             !handshake_receive(f->handshakes, i, bytes, len, now_us))
        tally_count(f->tally, TALLY_DATAGRAM_UNEXPECTED);
}

/* --- set-up */

bool fleet_session_init(struct fleet *f, char *why)
{
    if (!any_dtls(f->profile))
        return true;
    if (f->shared != NULL) {
        (void)snprintf(why, FLEET_WHY_LEN,
                       "DTLS wants an address and port for each device: --source anyip:PREFIX, "
                       "or sockets:N with as many sockets as devices");
        return false;
    }
    struct handshake_options options = f->options.handshake;

    options.resumption = f->tickets != NULL;
    options.send = send_flight;
    options.done = done;
    options.arg = f;
    f->crypto = record_crypto_new();
    f->handshakes = handshakes_new(&options, why);
    return f->handshakes != NULL;
}

void fleet_session_fini(struct fleet *f)
{
    handshakes_free(&f->handshakes);
    if (f->crypto != NULL)
        record_crypto_free(&f->crypto);
}
