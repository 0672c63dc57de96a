/*
 * The command line of seatrial-swarm: a command (run when there is none), options from one table,
 * and arguments that are no options.
 */
#ifndef SIMULATOR_OPTIONS_H
#define SIMULATOR_OPTIONS_H

#include "lib/base.h"

/* The contract's exit codes. */
enum swarm_exit {
    SWARM_HELD = 0,        /* ran, SLO held */
    SWARM_BROKEN = 1,      /* SLO broken, or events lost, duplicated or misdelivered */
    SWARM_USAGE = 2,       /* usage, profile or target file wrong */
    SWARM_UNREACHABLE = 3, /* no answer from the target */
    SWARM_INVALID = 4,     /* the generator itself fell behind */
    SWARM_INTERRUPTED = 130,
};

enum options_search { SEARCH_DEVICES, SEARCH_RATE, SEARCH_HANDSHAKES };

struct options {
    const char *command;
    const char **args; /* what is no option; borrowed from argv */
    size_t arg_count;
    const char *target;
    const char *scenarios; /* set by options_load */
    const char *own_target;
    const char *endpoint;
    const char *mutant;
    const char *backend;
    int server_pid;
    const char *metrics_url;
    const char *profile;
    int64_t devices;
    const char *rate;
    double rate_per_s; /* of rate; NAN: not given */
    int64_t window;
    int64_t duration_us;
    const char *seed;
    uint64_t seed_number;
    bool devices_only; /* provision: no load follows */
    double compress;
    const char *slice;
    int64_t slice_index; /* from 0 */
    int64_t slice_count;
    const char *start_at;
    int64_t start_wall_us; /* 0: at once */
    int workers;
    int processes;
    const char *source;
    int64_t handshakes;
    int64_t answer_timeout_us;
    double max_ramp;
    const char *credentials;
    bool provision;
    bool keep;
    bool check;
    const char *record;
    const char *slo;
    int64_t max_lag_us;
    double max_steal;
    bool events;
    const char *out;
    const char *report;
    const char *metrics;
    bool no_tui;
    bool quiet;
    int search; /* enum options_search */
    int64_t budget_us;
    double most;
    const char *allow;
    double allow_part;
    bool help;
    bool version;
    bool man;
    bool completion_bash;
    bool completion_zsh;
    int argc; /* as main got them, to be shown again */
    char **argv;
    const char **words; /* args are a part of it; freed by options_fini */
};

enum options_verdict { OPTIONS_RUN, OPTIONS_EXIT_GOOD, OPTIONS_EXIT_USAGE };

/* Prints help, version or man page, or one line on stderr with what is wrong. Borrows argv until
 * options_fini. */
enum options_verdict options_load(int argc, char **argv, struct options *out) MUST_CHECK;
void options_fini(struct options *o);

#endif
