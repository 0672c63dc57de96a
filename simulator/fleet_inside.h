/*
 * What the parts of a fleet share. Others see fleet.h.
 */
#ifndef SIMULATOR_FLEET_INSIDE_H
#define SIMULATOR_FLEET_INSIDE_H

#include "simulator/fleet.h"
#include "simulator/fleet_device.h"
#include "simulator/hooks.h"
#include "simulator/impair.h"
#include "simulator/publish.h"
#include "simulator/rng.h"

/* What a hook has asked for. */
struct fleet_hooked {
    uint32_t payload_len;
    uint32_t delay_ms;
};

struct fleet {
    struct fleet_options options;
    const struct profile *profile;
    struct publish publish[PROFILE_CLASS_MAX];
    struct device *devices;
    struct record_keys *keys; /* lazy */
    struct str *tickets;      /* lazy; of classes that resume */
    struct wheel *wheel;
    struct mid_shared *shared; /* NULL: each device has its own */
    struct tally *tally;
    struct handshakes *handshakes; /* NULL: nobody needs DTLS */
    struct record_crypto *crypto;
    struct impair *out; /* NULL: the way is good */
    struct impair *in;
    struct hooks *hooks;         /* NULL: the profile has none */
    struct fleet_hooked *hooked; /* with hooks; by device */
    uint32_t *queue;             /* of devices that wait for a handshake: a ring of `count` */
    uint32_t queue_head;
    uint32_t queue_len;
    int64_t start_us;
    int64_t storm_us; /* when the next storm begins; INT64_MAX: none */
    size_t storm_stage;
    uint32_t cursor; /* closed loop: the next device to be asked */
    bool is_stopped;
    size_t in_flight;
    size_t connected;
    size_t waiting;
    int64_t now_us; /* of the call that runs */
    uint8_t plain[PUBLISH_MAX + PUBLISH_OVERHEAD];
    uint8_t sealed[PUBLISH_MAX + PUBLISH_OVERHEAD + RECORD_OVERHEAD];
    uint8_t opened[RECORD_MAX_PLAIN];
};

static inline uint64_t fleet_random(const struct fleet *f, uint32_t i, enum rng_use use,
                                    uint32_t number)
{
    return rng_nth(f->options.seed, f->options.first + i, use, number);
}

/* Does what comes about with this part of chance? */
static inline bool fleet_happens(const struct fleet *f, uint32_t i, enum rng_use use,
                                 uint32_t number, double part)
{
    return part > 0 && rng_part(fleet_random(f, i, use, number)) < part;
}

static inline const struct profile_class *fleet_class(const struct fleet *f, const struct device *d)
{
    return &f->profile->classes[d->class];
}

static inline bool fleet_is_dtls(const struct fleet *f, const struct device *d)
{
    return profile_is_dtls(fleet_class(f, d)->credential);
}

static inline bool fleet_is_hostile(const struct fleet *f, const struct device *d)
{
    return profile_is_hostile(fleet_class(f, d)->credential);
}

static inline void fleet_flag(struct device *d, uint16_t flag, bool on)
{
    d->flags = (uint16_t)(on ? d->flags | flag : d->flags & ~flag);
}

static inline bool fleet_is_closed_loop(const struct fleet *f)
{
    return f->options.window > 0;
}

/* fleet.c */
void fleet_timer(struct fleet *f, uint32_t i, int64_t deadline_us);

/* fleet_step.c */
void fleet_step(struct fleet *f, uint32_t i, enum device_event event, int64_t now_us);
void fleet_notice(struct fleet *f, uint32_t i, enum notice_kind kind, uint32_t command,
                  int64_t now_us);

/* fleet_schedule.c */
/* A device that needs a session first connects when the profile says so. */
void fleet_begin_later(struct fleet *f, uint32_t i);
/* The device is free: when does it publish next? */
void fleet_schedule(struct fleet *f, uint32_t i, int64_t now_us);
/* Its publish is over, in whatever way. */
void fleet_settle(struct fleet *f, uint32_t i, int64_t now_us);
void fleet_set_busy(struct fleet *f, struct device *d, bool busy);
/* Publishes whose time has come and that were not begun. */
uint64_t fleet_overdue(const struct fleet *f, uint32_t i, int64_t now_us);

/* fleet_publish.c */
void fleet_publish(struct fleet *f, uint32_t i, int64_t now_us);
void fleet_next_block(struct fleet *f, uint32_t i, int64_t now_us);
void fleet_retransmit(struct fleet *f, uint32_t i, int64_t now_us);
void fleet_give_up(struct fleet *f, uint32_t i, int64_t now_us);
size_t fleet_payload_len(const struct fleet *f, uint32_t i);
void fleet_await(struct fleet *f, uint32_t i, int64_t now_us);
/* Plain CoAP to the target, in a record where there is a session. */
void fleet_transmit(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len, int64_t now_us);

/* fleet_way.c */
void fleet_way_init(struct fleet *f);
void fleet_way_fini(struct fleet *f);
/* A datagram as it is, to the port that the device's class uses. */
void fleet_send(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len, int64_t now_us);

/* fleet_answer.c */
void fleet_message(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len, int64_t now_us);

/* fleet_hook.c: the profile's Lua, and what is written down */
bool fleet_hook_init(struct fleet *f, char *why) MUST_CHECK;
void fleet_hook_fini(struct fleet *f);
void fleet_hook_start(struct fleet *f, uint32_t i);
/* May change ct_s of the device, and what fleet_hook_payload says. */
void fleet_hook_publish(struct fleet *f, uint32_t i, size_t payload_len, int64_t now_us);
void fleet_hook_command(struct fleet *f, uint32_t i, struct str payload, int64_t now_us);
/* A publish has ended, by a response or as TRACE_TIMEOUT, TRACE_RESET. */
void fleet_hook_outcome(struct fleet *f, uint32_t i, uint8_t code, int64_t now_us);
void fleet_trace(struct fleet *f, uint32_t i, enum trace_kind kind, int64_t at_us);

/* fleet_session.c */
bool fleet_session_init(struct fleet *f, char *why) MUST_CHECK;
void fleet_session_fini(struct fleet *f);
void fleet_connect(struct fleet *f, uint32_t i, int64_t now_us);
void fleet_enqueue(struct fleet *f, uint32_t i);
void fleet_serve_queue(struct fleet *f, int64_t now_us);
void fleet_lose_session(struct fleet *f, uint32_t i);
void fleet_receive_secure(struct fleet *f, uint32_t i, const uint8_t *bytes, size_t len,
                          int64_t now_us);

#endif
