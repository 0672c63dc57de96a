/*
 * What a worker tells the application side about its publishes.
 *
 * They go through a ring of one worker and one reader, without locks. When it is full the notice
 * is dropped and counted: the publishes concerned are then unchecked, never wrong.
 */
#ifndef SIMULATOR_NOTICE_H
#define SIMULATOR_NOTICE_H

#include <stdatomic.h>

#include "lib/base.h"

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
    _Atomic(uint64_t) dropped_acknowledged; /* of these, ACKNOWLEDGED ones of good devices */
    struct notice *notices;                 /* NOTICE_RING of them */
};

void notice_ring_init(struct notice_ring *r);
void notice_ring_fini(struct notice_ring *r);
void notice_post(struct notice_ring *r, const struct notice *n);
/* False: there is none. */
bool notice_take(struct notice_ring *r, struct notice *out) MUST_CHECK;

#endif
