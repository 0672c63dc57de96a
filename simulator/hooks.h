/*
 * Hooks of a profile: Lua functions that see what their device does and may change what it
 * publishes. One state a worker; a profile without hooks never comes here.
 *
 * A device is a table of its own, in which scripts keep what they need; chance comes from (seed,
 * device, how often it asked). So what a device does is the same whichever worker has it, as long
 * as the script keeps nothing outside of the device. Memory and instructions of a call are bounded.
 */
#ifndef SIMULATOR_HOOKS_H
#define SIMULATOR_HOOKS_H

#include "simulator/profile.h"

struct hooks;

struct hooks_options {
    const struct profile *profile; /* with hooks; borrowed */
    uint64_t seed;
    int64_t device_count; /* of this worker: memory grows with it */
};

enum { HOOKS_WHY_LEN = PROFILE_WHY_LEN };

/* NULL: why says. */
struct hooks *hooks_new(const struct hooks_options *options, char *why) MUST_CHECK;
void hooks_free(struct hooks **h);

/* Each does nothing when the profile has no such hook. at_us: since the start of the run. */
void hooks_on_start(struct hooks *h, uint32_t device);

struct hooks_publish {
    uint32_t sequence;
    int64_t at_us;
    /* may be changed: */
    uint32_t ct_s;
    size_t payload_len;
    int64_t delay_us; /* the next publish comes no sooner after this one; 0: as the schedule says */
};

void hooks_on_publish(struct hooks *h, uint32_t device, struct hooks_publish *publish);
/* The text that the last on_publish gave to stand behind the marker; empty: it gave none. Borrowed
 * until the device's next hook. */
struct str hooks_payload(const struct hooks *h, uint32_t device);

struct hooks_event {
    uint32_t sequence;
    int64_t at_us;
    uint8_t code;       /* of a response, as on the wire */
    int64_t latency_us; /* of a response */
    struct str payload; /* of a command */
};

void hooks_on_response(struct hooks *h, uint32_t device, const struct hooks_event *event);
void hooks_on_command(struct hooks *h, uint32_t device, const struct hooks_event *event);
void hooks_on_timeout(struct hooks *h, uint32_t device, const struct hooks_event *event);

/* Errors in hooks so far: the profile is wrong, and the run says nothing. What the hook was asked
 * to change is as it was. */
uint64_t hooks_error_count(const struct hooks *h);
/* The first one, `file:line: message`; NULL: none. */
const char *hooks_error(const struct hooks *h);

#endif
