/*
 * One load on one target, from the first device to the last answer: workers, a row a second, and
 * what came out. Target, devices and application stand ready; a search makes many trials of them.
 */
#ifndef SIMULATOR_TRIAL_H
#define SIMULATOR_TRIAL_H

#include <signal.h>

#include "lib/target.h"
#include "simulator/application.h"
#include "simulator/engine.h"
#include "simulator/fleet.h"
#include "simulator/result.h"
#include "simulator/roster.h"
#include "simulator/source.h"

struct trial {
    const struct target *target;   /* resolved */
    const struct profile *profile; /* its stages have their final lengths */
    const struct source *source;
    uint64_t seed;
    uint64_t run;
    int64_t first_device;
    int64_t devices;     /* of this process */
    int64_t all_devices; /* of all slices: what rate_per_s is of */
    int workers;
    double rate_per_s; /* NAN: by the profile's period */
    double compress;
    int64_t window;
    int64_t handshakes;
    int64_t answer_timeout_us;
    int64_t start_wall_us;  /* 0: at once */
    struct engine *engine;  /* other processes that play the rest of the devices; NULL: none */
    const char *record_dir; /* NULL: nothing is recorded */
    struct str ca_pem;
    const struct roster *roster;
    const struct trace_plan *plan;   /* replay; NULL: by the profile */
    struct application *application; /* NULL: nobody looks at events */
    struct notice_ring *rings;       /* one a worker; with application */
    /* After each second; may be NULL. */
    void (*progress)(void *arg, const struct result *r);
    void *arg;
    struct server_watch *server;             /* fills in what is known of machine and target */
    const volatile sig_atomic_t *interrupts; /* 1: end early; more: end now */
};

enum { TRIAL_WHY_LEN = 512 };

/* r is initialised, and takes everything but verdicts. False: why says what cannot be. */
bool trial_run(const struct trial *t, struct result *r, char *why) MUST_CHECK;

#endif
