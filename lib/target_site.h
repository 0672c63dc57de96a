/*
 * Where a target file's target lives: a folder of its own, free ports, and around it the helpers
 * that its file lists and the backend that an option names.
 */
#ifndef LIB_TARGET_SITE_H
#define LIB_TARGET_SITE_H

#include "lib/backend.h"
#include "lib/launch.h"
#include "lib/target.h"

struct target_site {
    struct target_places places;
    struct backend backend;
    struct launch helper[TARGET_MAX_HELPERS]; /* as the target file lists them */
    char dir[64];                             /* the target's own; "": there is none */
    char seed[24];
    bool unusable; /* a helper or the backend cannot be run as the file, or --backend, says */
};

/* What the options say. */
struct target_site_options {
    const char *target;    /* a name of SCENARIOS/targets, or a path: with a slash or .lua */
    const char *scenarios; /* folder */
    const char *backend;   /* of lib/backend.h, or NULL */
    uint64_t seed;
};

/* The folder SCENARIOS: ./scenarios where there is one, else that of the installation which this
 * program stands in, else `installed`. The text lives as long as the program. */
const char *target_site_scenarios(const char *installed);

/* coap://HOST and coaps://HOST have no target file. */
bool target_site_is_address(const char *target);

/* Makes folder, ports and placeholders, and reads the target file; starts nothing. Borrows the
 * options' texts. False: why (TARGET_WHY_LEN); target_site_close is due in either case. s must not
 * move afterwards. */
bool target_site_load(struct target_site *s, const struct target_site_options *o, struct target *t,
                      char *why) MUST_CHECK;

/* Starts the helpers, then the backend; log_file takes what the former print. False: why
 * (LAUNCH_WHY_LEN). */
bool target_site_start_helpers(struct target_site *s, const struct target *t, const char *log_file,
                               char *why) MUST_CHECK;
bool target_site_start_backend(struct target_site *s, const char *log_file, char *why) MUST_CHECK;

/* A folder with all that is in it. */
void target_site_remove(const char *dir);

/* Ends all that runs around the target, and removes its folder unless it is to be kept. Once more
 * does nothing. */
void target_site_close(struct target_site *s, bool keep);

#endif
