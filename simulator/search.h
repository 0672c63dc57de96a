/*
 * The command capacity: trials on one running target until the search machine (capacity.h) has its
 * answer.
 */
#ifndef SIMULATOR_SEARCH_H
#define SIMULATOR_SEARCH_H

#include "simulator/options.h"

enum swarm_exit capacity_command(const struct options *o);

#endif
