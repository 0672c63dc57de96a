/*
 * Slices of one run, each made by a process of its own (--slice I/N), as one result: counters and
 * histograms add up, seconds are laid over each other by the wall clock, objectives are judged
 * again. Percentiles of a second cannot be added: the worst slice's stands for all.
 */
#ifndef SIMULATOR_MERGE_H
#define SIMULATOR_MERGE_H

#include <stdio.h>

#include "simulator/options.h"
#include "simulator/result.h"

enum { MERGE_WHY_LEN = 512 };

/*
 * Into out, which is initialised and empty; parts are not changed, and stay in any order. False:
 * why names the two parts that do not belong together: another seed, profile, target, or devices
 * that both have.
 */
bool merge_results(struct result *out, const struct result *parts, size_t count,
                   char *why) MUST_CHECK;

/* Of JSON reports to a JSON report on out; said on err when it cannot be, SWARM_USAGE. Otherwise
 * the exit code of the merged verdict. */
enum swarm_exit merge_command(const char *const *files, size_t count, FILE *out, FILE *err);

#endif
