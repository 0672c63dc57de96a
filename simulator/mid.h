/*
 * Message IDs of requests: none is used again towards the target within EXCHANGE_LIFETIME (RFC 7252
 * 4.4, 4.8.2), whoever sends.
 *
 * A device with an address of its own counts on by itself: its 65 536 numbers are two halves, and a
 * half may be entered again when the device left it EXCHANGE_LIFETIME ago, so that 132 requests a
 * second go on for ever. Devices that share a socket share its numbers, in blocks of 1024, 261
 * requests a second; and a number leads back to its device, as an empty ACK has nothing else.
 */
#ifndef SIMULATOR_MID_H
#define SIMULATOR_MID_H

#include "lib/base.h"

enum { MID_HALF = 32768, MID_BLOCK = 1024, MID_BLOCKS = 65536 / MID_BLOCK };
#define MID_LIFETIME_MS 247000

/* Of one device, embedded. Zeroed but for next, which is anything. */
struct mid_own {
    uint32_t entered_ms; /* when the current half was entered; 0: at the start */
    uint16_t next;
};

/* now_ms: of a clock that starts above 0. False: none is free now; try again at *free_ms. */
bool mid_take_own(struct mid_own *own, uint32_t now_ms, uint16_t *mid,
                  uint32_t *free_ms) MUST_CHECK;

/* Of the sockets of one worker. */
struct mid_shared;
struct mid_shared *mid_shared_new(size_t sockets, size_t devices);
void mid_shared_free(struct mid_shared **s);
bool mid_take_shared(struct mid_shared *s, uint32_t socket, uint32_t device, uint32_t now_ms,
                     uint16_t *mid, uint32_t *free_ms) MUST_CHECK;
/* The device that has taken the number and not released it; UINT32_MAX: nobody. */
uint32_t mid_device(const struct mid_shared *s, uint32_t socket, uint16_t mid);
void mid_release(struct mid_shared *s, uint32_t socket, uint16_t mid);

#endif
