/* What a fleet makes of messages from the target. RFC 7252 4.2, 4.3, 5.2, 5.3.2; RFC 7959. */
#include "lib/msg.h"
#include "simulator/fleet_inside.h"

enum {
    CODE_EMPTY = 0,
    CODE_CHANGED = 2 << 5 | 4,
    CODE_CONTENT = 2 << 5 | 5,
    CODE_CONTINUE = 2 << 5 | 31,
    OPTION_BLOCK2 = 23,
};

static void reply_empty(struct fleet *f, uint32_t i, uint8_t type, uint16_t mid, int64_t now_us)
{
    uint8_t bytes[PUBLISH_EMPTY_LEN];

    publish_write_empty(type, mid, bytes);
    fleet_transmit(f, i, bytes, sizeof bytes, now_us);
}

static bool is_waiting(const struct device *d)
{
    return d->state == DEVICE_WAIT_ACK || d->state == DEVICE_WAIT_ANSWER;
}

/* Is it the token of the device's last request? */
static bool is_my_token(const struct fleet *f, uint32_t i, struct str token)
{
    const struct device *d = &f->devices[i];
    const uint8_t *bytes = (const uint8_t *)token.ptr;

    if (token.len != (f->shared == NULL ? 2U : 6U))
        return false;
    return bytes[0] == (uint8_t)(d->sequence >> 8) && bytes[1] == (uint8_t)d->sequence;
}

/* --- the end of a publish */

static void count_times(struct fleet *f, const struct device *d, int64_t now_us)
{
    tally_time(f->tally, TALLY_HIST_PUBLISH, now_us - d->intended_us);
    tally_time(f->tally, TALLY_HIST_PUBLISH_UNCORRECTED, now_us - d->sent_us);
}

static void acknowledged(struct fleet *f, uint32_t i, uint8_t code, int64_t now_us)
{
    struct device *d = &f->devices[i];

    tally_count(f->tally, TALLY_PUBLISH_ACKNOWLEDGED);
    fleet_notice(f, i, NOTICE_ACKNOWLEDGED, 0, now_us);
    if (d->ct_s == 0) {
        count_times(f, d, now_us);
        return;
    }
    if (code == CODE_CONTENT) {
        tally_count(f->tally, TALLY_WAIT_COMMAND);
        return;
    }
    tally_count(f->tally, TALLY_WAIT_EXPIRED);
    if (d->tries == 0) { /* of a repeated request nobody knows which copy arrived first */
        int64_t error_us = now_us - d->sent_us - d->ct_s * US_PER_S;

        tally_time(f->tally, TALLY_HIST_CT_ERROR, error_us < 0 ? -error_us : error_us);
    }
}

static void refused(struct fleet *f, uint32_t i, uint8_t code, int64_t now_us)
{
    struct device *d = &f->devices[i];
    bool by_client = code >> 5 == 4;

    tally_count(f->tally, by_client ? TALLY_PUBLISH_REFUSED : TALLY_PUBLISH_FAILED);
    fleet_notice(f, i, by_client ? NOTICE_REFUSED : NOTICE_UNDECIDED, 0, now_us);
    count_times(f, d, now_us);
}

/* The command in a 2.05: its marker says for whom it was meant. */
static void command_came(struct fleet *f, uint32_t i, struct str payload, int64_t now_us)
{
    struct marker marker;
    bool known = marker_read(payload, &marker) && marker.run == f->options.run;

    fleet_hook_command(f, i, payload, now_us);
    fleet_notice(f, i, known ? NOTICE_COMMAND : NOTICE_FOREIGN, known ? marker.sequence : 0,
                 now_us);
}

static void finish(struct fleet *f, uint32_t i, uint8_t code, int64_t now_us)
{
    struct device *d = &f->devices[i];

    fleet_hook_outcome(f, i, code, now_us);
    if (fleet_is_hostile(f, d)) {
        tally_count(f->tally, code >> 5 == 2 ? TALLY_HOSTILE_ACCEPTED : TALLY_HOSTILE_REFUSED);
        fleet_notice(f, i, code >> 5 == 5 ? NOTICE_UNDECIDED : NOTICE_REFUSED, 0, now_us);
    } else if (code >> 5 == 2) {
        acknowledged(f, i, code, now_us);
    } else {
        refused(f, i, code, now_us);
    }
    fleet_step(f, i, DEVICE_ANSWER, now_us);
}

/* --- blocks */

/* A download goes on: true, and the device asks for the next block. */
static bool downloads_on(struct fleet *f, uint32_t i, const struct msg *m)
{
    struct device *d = &f->devices[i];
    const struct msg_option *block2 = m->code == CODE_CONTENT ? msg_find(m, OPTION_BLOCK2) : NULL;
    uint64_t value = 0;

    if (block2 == NULL || block2->value.len > 3 || !msg_uint(block2->value, &value))
        return false;
    tally_count(f->tally, TALLY_BLOCK_RECEIVED);
    if ((value & 8) == 0 || (value & 7) == 7)
        return false;
    d->flags |= FLAG_DOWNLOAD;
    d->szx = (uint8_t)(value & 7);
    d->block = (uint16_t)((value >> 4) + 1);
    return true;
}

static void answer(struct fleet *f, uint32_t i, const struct msg *m, int64_t now_us)
{
    struct device *d = &f->devices[i];
    bool first_part = (d->flags & FLAG_DOWNLOAD) == 0;

    if (m->code == CODE_CONTINUE && (d->flags & FLAG_UPLOAD) != 0) {
        d->block++;
        fleet_step(f, i, DEVICE_CONTINUE, now_us);
        return;
    }
    if (m->code == CODE_CONTENT && first_part && d->ct_s > 0)
        command_came(f, i, m->payload, now_us);
    if (downloads_on(f, i, m)) {
        fleet_flag(d, FLAG_UPLOAD, false);
        fleet_step(f, i, DEVICE_CONTINUE, now_us);
        return;
    }
    finish(f, i, m->code, now_us);
}

/* --- messages */

static void acknowledgement(struct fleet *f, uint32_t i, const struct msg *m, int64_t now_us)
{
    const struct device *d = &f->devices[i];

    if (m->mid != d->mid || (d->state != DEVICE_WAIT_ACK && m->code == CODE_EMPTY)) {
        tally_count(f->tally,
                    m->mid == d->mid ? TALLY_ANSWER_DUPLICATE : TALLY_DATAGRAM_UNEXPECTED);
    } else if (m->code == CODE_EMPTY) {
        fleet_step(f, i, DEVICE_EMPTY_ACK, now_us);
    } else if (!is_my_token(f, i, m->token)) {
        tally_count(f->tally, TALLY_DATAGRAM_UNEXPECTED);
    } else if (d->state != DEVICE_WAIT_ACK) {
        tally_count(f->tally, TALLY_ANSWER_DUPLICATE);
    } else {
        answer(f, i, m, now_us);
    }
}

/* A response in a CON or NON. */
static void separate(struct fleet *f, uint32_t i, const struct msg *m, int64_t now_us)
{
    struct device *d = &f->devices[i];
    bool mine = is_my_token(f, i, m->token);
    bool copy = mine && !is_waiting(d);

    if (m->type == MSG_CON)
        reply_empty(f, i, mine ? PUBLISH_ACK : PUBLISH_RST, m->mid, now_us);
    if (!mine) {
        tally_count(f->tally, TALLY_DATAGRAM_UNEXPECTED);
        return;
    }
    if (copy || (d->tries > 0 && d->peer_mid == m->mid && (d->flags & FLAG_DOWNLOAD) != 0)) {
        tally_count(f->tally, TALLY_ANSWER_DUPLICATE);
        return;
    }
    tally_count(f->tally, TALLY_ANSWER_SEPARATE);
    d->peer_mid = m->mid;
    answer(f, i, m, now_us);
}

static void reset(struct fleet *f, uint32_t i, const struct msg *m, int64_t now_us)
{
    const struct device *d = &f->devices[i];

    if (m->mid == d->mid && is_waiting(d))
        fleet_step(f, i, DEVICE_RESET, now_us);
    else
        tally_count(f->tally, TALLY_DATAGRAM_UNEXPECTED);
}

/* The most frequent message by far, without reading it as a whole: ACK 2.04 with nothing in it. */
static bool is_plain_success(const struct fleet *f, const struct device *d, const uint8_t *bytes,
                             size_t len)
{
    return f->shared == NULL && len == 6 && bytes[0] == 0x62 && bytes[1] == CODE_CHANGED &&
           d->state == DEVICE_WAIT_ACK && bytes[2] == d->mid >> 8 && bytes[3] == (uint8_t)d->mid &&
           bytes[4] == (uint8_t)(d->sequence >> 8) && bytes[5] == (uint8_t)d->sequence;
}

void fleet_message(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len, int64_t now_us)
{
    struct msg m;
    size_t where;

    if (is_plain_success(f, &f->devices[i], bytes, len)) {
        finish(f, i, CODE_CHANGED, now_us);
        return;
    }
    if (msg_read(bytes, len, &m, &where) != MSG_GOOD) {
        tally_count(f->tally, TALLY_DATAGRAM_MALFORMED);
        return;
    }
    if (m.type == MSG_RST) {
        reset(f, i, &m, now_us);
    } else if (m.type == MSG_ACK) {
        acknowledgement(f, i, &m, now_us);
    } else if (m.code >> 5 >= 2 && m.code >> 5 <= 5) {
        separate(f, i, &m, now_us);
    } else {
        /* requests and pings: a device serves none (RFC 7252 4.2) */
        if (m.type == MSG_CON)
            reply_empty(f, i, PUBLISH_RST, m.mid, now_us);
        tally_count(f->tally, TALLY_DATAGRAM_UNEXPECTED);
    }
}
