/*
 * Commands that need no target: profiles, diff, merge.
 */
#ifndef SIMULATOR_COMMANDS_H
#define SIMULATOR_COMMANDS_H

#include "simulator/options.h"

enum swarm_exit profiles_command(const struct options *o);
enum swarm_exit compare_command(const struct options *o);
enum swarm_exit join_command(const struct options *o);

#endif
