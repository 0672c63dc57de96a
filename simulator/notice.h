/*
 * What a worker tells the application side about its publishes, and the marker by which an event or
 * a command is known again.
 *
 * Notices go through a ring of one worker and one reader, without locks. When it is full the notice
 * is dropped and counted: the publishes concerned are then unchecked, never wrong.
 */
#ifndef SIMULATOR_NOTICE_H
#define SIMULATOR_NOTICE_H

#include <stdatomic.h>

#include "lib/base.h"
#include "lib/buf.h"

enum notice_kind {
    NOTICE_SENT,         /* a publish leaves for the first time */
    NOTICE_ACKNOWLEDGED, /* 2.04, or 2.05 */
    NOTICE_REFUSED,      /* 4.xx: no event may come of it */
    NOTICE_UNDECIDED,    /* 5.xx, Reset, or no answer: one event may come of it */
    NOTICE_COMMAND,      /* a command has come; command is its number. Beside ACKNOWLEDGED */
    NOTICE_FOREIGN,      /* a command has come that carries no marker of this run */
};

struct notice {
    int64_t at_us;
    uint32_t device;
    uint32_t sequence; /* of the device's publishes, from 1 */
    uint32_t command;
    uint8_t kind;
    bool hostile;  /* no event may come of it, whatever was answered */
    uint16_t ct_s; /* of SENT: the wait that was asked for; 0: none */
};

enum { NOTICE_RING = 65536 };

struct notice_ring {
    _Alignas(64) _Atomic(uint32_t) written;
    _Alignas(64) _Atomic(uint32_t) read;
    _Atomic(uint64_t) dropped;
    struct notice *notices; /* NOTICE_RING of them */
};

void notice_ring_init(struct notice_ring *r);
void notice_ring_fini(struct notice_ring *r);
void notice_post(struct notice_ring *r, const struct notice *n);
/* False: there is none. */
bool notice_take(struct notice_ring *r, struct notice *out) MUST_CHECK;

/*
 * The marker, JSON of fixed length in front of every payload of a publish and of a command:
 *
 *   {"run":"0123456789abcdef","device":0000000001,"seq":0000000007,"ct":0030,"at":00000000012345678}
 *
 * but with leading blanks in place of leading zeros, which JSON forbids. at: microseconds of the
 * machine's monotonic clock. In a command seq is the command's number and ct 0. What follows the
 * marker in a JSON payload is blanks; in others anything.
 */
struct marker {
    uint64_t run;
    uint32_t device;
    uint32_t sequence;
    uint32_t ct_s;
    int64_t at_us;
};

enum { MARKER_LEN = 96 }; /* to be asserted against the text's real length */

void marker_write(const struct marker *m, uint8_t *out);
/* False: the bytes do not begin with a marker. Reads re-serialised JSON too (other spacing). */
bool marker_read(struct str payload, struct marker *out) MUST_CHECK;

#endif
