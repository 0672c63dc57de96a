/*
 * One device of a fleet: all that it is while it does nothing, in one line of the cache.
 */
#ifndef SIMULATOR_FLEET_DEVICE_H
#define SIMULATOR_FLEET_DEVICE_H

#include "simulator/device.h"
#include "simulator/mid.h"
#include "simulator/wheel.h"

enum {
    FLAG_PENDING = 1,     /* a publish is due and waits for a session */
    FLAG_FREE = 2,        /* the device was free when its time came: schedule lag counts */
    FLAG_UPLOAD = 4,      /* the publish goes in blocks */
    FLAG_DOWNLOAD = 8,    /* its answer comes in blocks */
    FLAG_RESUMED = 16,    /* the handshake's last flight may have to be sent again */
    FLAG_SESSION = 32,    /* has keys */
    FLAG_BUSY = 64,       /* counted as in flight */
    FLAG_MOVED = 128,     /* whether it moves before the next publish has been decided */
    FLAG_SCHEDULED = 256, /* intended_us is the time of the next publish */
};

struct device {
    int64_t intended_us; /* of the publish under way, or of the next */
    int64_t sent_us;     /* when the publish, or the handshake, began */
    double load;         /* its place in the schedule (pace.h) */
    struct wheel_timer timer;
    uint32_t sequence;  /* publishes so far, the one under way included */
    uint32_t rested_ms; /* since when it may publish again, from the start of the run */
    struct mid_own mids;
    uint16_t mid; /* of the message under way */
    uint16_t ct_s;
    uint16_t block;    /* the next one of an upload or download */
    uint16_t peer_mid; /* of the last separate response */
    uint16_t flags;
    uint8_t state; /* enum device_state */
    uint8_t class;
    uint8_t tries;
    uint8_t binding;
    uint8_t szx; /* of the download */
};

_Static_assert(sizeof(struct device) == 64, "one line of the cache");

#endif
