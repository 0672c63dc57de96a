/*
 * The command line of seatrial: a command, options from one table for all commands, and arguments
 * that are no options (selectors, ids, files).
 */
#ifndef CONFORMANCE_OPTIONS_H
#define CONFORMANCE_OPTIONS_H

#include <stdio.h>

#include "conformance/fields.h"
#include "lib/base.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MD, FORMAT_HTML };

struct options {
    const char *command;
    struct texts args; /* what is no option; borrowed from argv */
    /* what is tested */
    const char *target;
    const char *scenarios; /* NULL: see options_scenarios */
    const char *application;
    const char *device;
    const char *password;
    const char *psk;
    const char *cert;
    const char *key;
    const char *ca;
    /* how it runs */
    int jobs; /* 0: by memory */
    int repeat;
    bool until_fail;
    int retries;
    bool no_flaky;
    bool shuffle;
    const char *seed; /* NULL: a fresh one */
    const char *shard;
    int impact;        /* enum case_impact: most dangerous that may run */
    bool impact_given; /* else it depends on the target */
    const char *binding;
    unsigned bindings; /* what it says, 1 << enum binding; 0: all */
    bool repeat_given;
    double speed;
    int fuzz;
    int64_t shrink_us;
    double time_slack;
    int64_t timeout_us; /* of the whole run */
    const char *backend;
    /* what it says */
    const char *out;
    const char *report;
    bool strict;
    const char *waivers;
    const char *baseline;
    bool trace;
    bool plan;
    bool keep;
    bool redact;
    int format; /* enum format */
    /* mutants, lint */
    const char *endpoint; /* program of the reference endpoint */
    const char *mutant;   /* for the mutants command: of the endpoint that is started */
    bool skip_sanity;
    bool judge_once;
    bool full;
    bool update;
    /* ends at once */
    bool help;
    bool version;
    bool man;
    bool completion_bash;
    bool completion_zsh;
    const char **base; /* of args, freed by options_fini */
};

enum options_verdict { OPTIONS_RUN, OPTIONS_EXIT_GOOD, OPTIONS_EXIT_USAGE };

/* Prints help, version or man page, or one line on stderr with what is wrong. Borrows argv until
 * options_fini. */
enum options_verdict options_load(int argc, char **argv, struct options *out) MUST_CHECK;
void options_fini(struct options *o);

/* Folder of the catalogue: --scenarios, else ./scenarios, else where it is installed. */
const char *options_scenarios(const struct options *o);

#endif
