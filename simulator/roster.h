/*
 * Who the devices of a run are to the target: their names, and what they prove themselves with.
 *
 * Either they come from the seed (identity.h, credentials.h), where a device that publishes
 * through a gateway has the secrets of its gateway; or from the target file's list of devices that
 * exist already, each number taking the first one that has what its class needs.
 *
 * Immutable, for any thread.
 */
#ifndef SIMULATOR_ROSTER_H
#define SIMULATOR_ROSTER_H

#include "lib/target.h"
#include "simulator/credentials.h"
#include "simulator/profile.h"

struct roster;

struct roster_options {
    const struct target *target;
    const struct profile *profile;
    uint64_t seed;
    uint32_t first_device;
    uint32_t device_count;
    const struct credentials *credentials; /* NULL: no class needs them, or a list has them */
};

enum { ROSTER_WHY_LEN = 1024 };

/* Borrows what options point to. NULL: why says what the list lacks. */
struct roster *roster_new(const struct roster_options *options, char *why) MUST_CHECK;
void roster_free(struct roster **r);

/* Texts are written here, and live until it is used again. */
struct roster_space {
    char bytes[2048];
};

struct roster_name {
    struct str application;
    struct str device; /* the device itself, not its gateway */
};
void roster_name(const struct roster *r, uint32_t device, struct roster_space *space,
                 struct roster_name *out);
/* The number of a device of this run; false: it is none. */
bool roster_number(const struct roster *r, struct str application, struct str device,
                   uint32_t *out) MUST_CHECK;

/* The applications of the run's devices in alphabetical order: the one behind `name`, or with NULL
 * the first. NULL: there is none. */
const char *roster_next_application(const struct roster *r, const char *name);

/* Is it the run's own? Never so with a list: others use its applications too. */
bool roster_has_application(const struct roster *r, struct str application);

/* Empty: it has no such thing. */
struct roster_secret {
    struct str basic; /* value of option 4209; wrong for PROFILE_WRONG_PASSWORD */
    struct str psk_identity;
    struct str psk_key; /* wrong for PROFILE_WRONG_PSK */
    struct str certificate_der;
    struct str key_der;
};
/* What a device of its class proves itself with. */
void roster_secret(const struct roster *r, uint32_t device, struct roster_space *space,
                   struct roster_secret *out);

#endif
