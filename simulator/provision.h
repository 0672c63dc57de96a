/*
 * Brings the devices of a profile into the target's registry, and out of it again: as one file that
 * the target reads when it starts ({registry_file}), or through the target's registry adapter with
 * many calls under way, which may be begun again where it broke off.
 *
 * Everything carries the run's id as a label. Passwords are stored as they are: their hashes would
 * be what is measured.
 */
#ifndef SIMULATOR_PROVISION_H
#define SIMULATOR_PROVISION_H

#include <stdatomic.h>
#include <stdio.h>

#include "lib/target.h"
#include "simulator/credentials.h"
#include "simulator/profile.h"

struct provision_progress {
    uint64_t done; /* devices */
    uint64_t of;
    int64_t eta_us; /* INT64_MAX: not known yet */
};

struct provision_options {
    const struct target *target;
    const struct profile *profile;
    uint64_t seed;
    const char *run_id;
    uint32_t first_device;
    uint32_t device_count;
    const struct credentials *credentials; /* NULL: no class has certificates */
    bool only_devices; /* of a slice: provision_clean leaves the application to the others */
    /* A few times a second; NULL: nobody wants to know. */
    void (*progress)(void *arg, const struct provision_progress *p);
    void *arg;
    const _Atomic(bool) *stop; /* becomes true: give up; or NULL */
};

enum { PROVISION_WHY_LEN = 1024 };

enum provision_way {
    PROVISION_NOT,  /* the devices exist (registry.static), or the file names no registry */
    PROVISION_FILE, /* the target is started with {registry_file} */
    PROVISION_ADAPTER,
};
enum provision_way provision_way(const struct target *t);

/* Does some class need certificates? Then credentials_make is due before, with: */
bool provision_wants_x509(const struct profile *p);
/* A credentials_wish.kind_of; arg: the provision_options. */
enum credentials_kind provision_x509_kind(void *arg, uint32_t device);

/* Writes the file, for its owner only. False: why says. */
bool provision_write(const struct provision_options *o, const char *path, char *why) MUST_CHECK;
/* Through the adapter. What exists already is made as it should be. False: why says what, and of
 * which device; what was made stays. */
bool provision_run(const struct provision_options *o, char *why) MUST_CHECK;
/* Removes it through the adapter; what does not exist is fine. */
bool provision_clean(const struct provision_options *o, char *why) MUST_CHECK;
/* For targets without a registry: a line of names and secrets a device, under a line of titles.
 * False: it could not be written. */
bool provision_list(const struct provision_options *o, FILE *out) MUST_CHECK;

#endif
