/*
 * `--check`: a profile against an ideal endpoint in virtual time (virtual.h). No network, no
 * target; devices with DTLS publish without it.
 */
#ifndef SIMULATOR_CHECK_H
#define SIMULATOR_CHECK_H

#include "simulator/options.h"

enum swarm_exit check_command(const struct options *o);

#endif
