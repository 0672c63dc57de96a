/*
 * The way between a DTLS client and the wire: what is lost, doubled, late, overtaken or corrupt on
 * it, by rules that name messages of the handshake.
 *
 * A datagram that no rule touches passes as it is; one that a rule touches is split, one record a
 * datagram. The rule that was added first and fits is taken.
 */
#ifndef LIB_DTLS_LINK_H
#define LIB_DTLS_LINK_H

#include "lib/dtls_track.h"

enum dtls_action { DTLS_DROP, DTLS_DUPLICATE, DTLS_DELAY, DTLS_REORDER, DTLS_CORRUPT };

/*
 * Zeroed fields fit all. With flight, number or message, skip and count mean repetitions of that
 * message with all its fragments; otherwise records.
 */
struct dtls_rule {
    enum dtls_action action; /* REORDER: the next record passes first; CORRUPT: last bit flipped */
    enum dtls_way to;
    int flight;  /* RFC 6347 4.2.4 */
    int number;  /* of the message in the flight, from 1 */
    int message; /* enum dtls_message */
    int content; /* enum dtls_content */
    int skip;
    int count;     /* 0: 1; negative: always */
    int64_t by_us; /* DELAY; REORDER: waits at most so long. 0: 50 ms */
};

/* Bytes are borrowed for the call. A record's action is NULL where no rule fits. */
struct dtls_link_hooks {
    /* What arrives at the end: datagrams to the target, single records to the device. */
    void (*deliver)(void *arg, enum dtls_way to, const uint8_t *bytes, size_t len, int64_t now_us);
    void (*record)(void *arg, const struct dtls_record *record, const char *action);
};

struct dtls_link_rule;
struct dtls_link_kept;

struct dtls_link {
    struct dtls_link_hooks hooks;
    void *arg;
    struct dtls_track track;
    struct dtls_link_rule *rules;
    struct dtls_link_kept *kept;
};

void dtls_link_init(struct dtls_link *l, const struct dtls_link_hooks *hooks, void *arg);
void dtls_link_fini(struct dtls_link *l);

void dtls_link_add(struct dtls_link *l, const struct dtls_rule *rule);
void dtls_link_clear(struct dtls_link *l); /* the rules; what is kept still comes */

/* Delivers now or later. deliver may call dtls_link_pass again. */
void dtls_link_pass(struct dtls_link *l, enum dtls_way to, const uint8_t *bytes, size_t len,
                    int64_t now_us);
/* INT64_MAX: nothing is kept. */
int64_t dtls_link_deadline_us(const struct dtls_link *l);
void dtls_link_tick(struct dtls_link *l, int64_t now_us);

/* `drop`, `duplicate`, `delay`, `reorder`, `corrupt`; false: nobody's name. */
const char *dtls_action_name(enum dtls_action action);
bool dtls_action_from_name(struct str name, enum dtls_action *out) MUST_CHECK;

#endif
