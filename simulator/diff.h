/*
 * Is one run worse than another? What is compared are quantiles of times, rates, shares of failure
 * and what the endpoint used. Worse is what is worse by more than is allowed and than noise
 * explains (diff_statistics.h); a wrong event or command is worse without allowance.
 */
#ifndef SIMULATOR_DIFF_H
#define SIMULATOR_DIFF_H

#include <stdio.h>

#include "simulator/options.h"
#include "simulator/result.h"

/*
 * Writes the comparison of two results, old and fresh. allow: 0.05 for five percent. SWARM_HELD,
 * SWARM_BROKEN when fresh is worse, SWARM_INVALID when either is invalid and says nothing.
 */
enum swarm_exit diff_results(const struct result *old, const struct result *fresh, double allow,
                             struct buf *out);

/* The same of two JSON reports, to out. SWARM_USAGE: a file cannot be read; said on err. */
enum swarm_exit diff_command(const char *const *files, size_t count, double allow, FILE *out,
                             FILE *err);

#endif
