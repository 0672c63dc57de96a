/*
 * The commands of seatrial-swarm, and the texts of --help and the man page around the option table.
 */
#ifndef SIMULATOR_OPTIONS_PAGE_H
#define SIMULATOR_OPTIONS_PAGE_H

#include "lib/opt_help.h"

struct options_command {
    const char *name;
    const char *args; /* as shown */
    size_t min_args;
    size_t max_args;
    bool needs_load; /* a target and a profile */
};

extern const struct options_command options_commands[];
extern const size_t options_command_count;
extern const struct opt_page options_page;

#endif
