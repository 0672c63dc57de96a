/*
 * What stands around the trials of a command: profile, target and its process, devices in its
 * registry, sources. The same for run, capacity, provision and cleanup.
 */
#ifndef SIMULATOR_SETUP_H
#define SIMULATOR_SETUP_H

#include <signal.h>
#include <stdatomic.h>

#include "lib/target_site.h"
#include "simulator/options.h"
#include "simulator/profile.h"
#include "simulator/source.h"
#include "simulator/trace_file.h"

struct setup {
    const struct options *options;
    const struct trace_plan *plan;
    struct profile profile;
    struct target target;
    struct target_site site;
    struct launch launch;
    struct source source;
    char *log_file;
    int64_t all_devices; /* of all slices */
    int64_t first_device;
    int64_t devices; /* of this slice */
    int64_t window;  /* of this slice; 0: open loop */
    int workers;
};

enum { SETUP_WHY_LEN = 1024 };

/*
 * Reads profile and target, and checks that the options fit. plan: a recorded run, whose profile
 * and devices count in place of the options; NULL: none. No network but the look-up of the target's
 * host. False: why says all that is wrong; exit code 2. setup_close is due in either case.
 */
bool setup_read(struct setup *s, const struct options *o, const struct trace_plan *plan,
                char *why) MUST_CHECK;

/* The part of the devices and of the window that one of several processes plays; the first is 0. */
void setup_take_slice(struct setup *s, int64_t index, int64_t count);

/* Starts the helpers that the target file lists. False: why; exit code 3, or 2 when
 * s->site.unusable. */
bool setup_start_helpers(struct setup *s, char *why) MUST_CHECK;
/* Starts the backend that the options name, and the target where its file says how;
 * s->site.places is complete. False: why; exit code 3, or 2 when s->launch.unusable. */
bool setup_start(struct setup *s, char *why) MUST_CHECK;
/* Does anybody answer at the addresses that the profile's devices use? False: why; exit code 3. */
bool setup_probe(const struct setup *s, char *why) MUST_CHECK;

void setup_close(struct setup *s);

/* OUT, made if it is not there; false: why. */
bool setup_make_out(const struct options *o, char *why) MUST_CHECK;
const char *setup_out(const struct options *o);
/* OUT/name, to be freed. */
char *setup_path(const struct options *o, const char *name);

/* SIGINT and SIGTERM so far; and whether there was one. */
extern volatile sig_atomic_t setup_interrupts;
extern _Atomic(bool) setup_is_interrupted;
void setup_catch_signals(void);
/* As if there was one. */
void setup_interrupt(void);

#endif
