#include "lib/dtls_track.h"

static void place_hello(struct dtls_track *t, struct dtls_record *r)
{
    t->client_base = r->message_seq;
    r->flight = r->message_seq == 0 ? 1 : 3;
    r->number = 1;
}

static void place_verify_request(struct dtls_track *t, struct dtls_record *r)
{
    t->server_base = (uint16_t)(r->message_seq + 1);
    r->flight = 2;
    r->number = 1;
}

static void place_server_message(struct dtls_track *t, struct dtls_record *r)
{
    if (r->messages & UINT32_C(1) << DTLS_SERVER_HELLO_DONE)
        t->done_seq = r->last_seq;
    if (t->done_seq > 0 && r->message_seq > t->done_seq) {
        r->flight = 6;
        r->number = r->message_seq - t->done_seq;
    } else {
        r->flight = 4;
        r->number = r->message_seq - t->server_base + 1;
    }
}

static void place_plain(struct dtls_track *t, struct dtls_record *r)
{
    if (r->to == DTLS_TO_TARGET && r->message == DTLS_CLIENT_HELLO)
        place_hello(t, r);
    else if (r->to == DTLS_TO_TARGET) {
        r->flight = 5;
        r->number = r->message_seq - t->client_base;
    } else if (r->message == DTLS_HELLO_VERIFY_REQUEST)
        place_verify_request(t, r);
    else
        place_server_message(t, r);
    if (r->number > t->highest[r->flight])
        t->highest[r->flight] = r->number;
}

/* ChangeCipherSpec and Finished come behind all others of their flight. A resumed handshake's
 * server ends with flight 4. */
static void place_behind(struct dtls_track *t, struct dtls_record *r, struct dtls_track_slot *slot)
{
    r->flight = r->to == DTLS_TO_TARGET ? 5 : t->done_seq > 0 ? 6 : 4;
    if (!slot->seen)
        slot->number = ++t->highest[r->flight];
    r->number = slot->number;
}

void dtls_track(struct dtls_track *t, struct dtls_record *r)
{
    struct dtls_track_slot *slots = t->slot[r->to];
    struct dtls_track_slot *slot;

    if (t->is_over)
        return;
    if (r->head.content == DTLS_HANDSHAKE && r->message >= 0) {
        place_plain(t, r);
        if (r->message_seq >= DTLS_TRACK_MESSAGES) /* no handshake is so long: its copies all count
                                                      as the first */
            return;
        slot = &slots[r->message_seq];
    } else if (r->head.content == DTLS_CHANGE_CIPHER_SPEC && r->head.epoch == 0) {
        slot = &slots[DTLS_TRACK_CIPHER];
        place_behind(t, r, slot);
    } else if (r->head.content == DTLS_HANDSHAKE && r->head.epoch > 0) {
        r->message = DTLS_FINISHED;
        slot = &slots[DTLS_TRACK_FINISHED];
        place_behind(t, r, slot);
    } else
        return;
    if (slot->seen && r->fragment_at <= slot->last_at)
        slot->copy++;
    slot->seen = true;
    slot->last_at = r->fragment_at;
    r->copy = slot->copy;
}
