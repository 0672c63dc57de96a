/*
 * Reads a result from its JSON report, without loss. What newer versions added is passed over, what
 * older ones did not have stays zero or not known.
 */
#ifndef SIMULATOR_REPORT_READ_H
#define SIMULATOR_REPORT_READ_H

#include "lib/buf.h"
#include "simulator/result.h"

#define REPORT_READ_SCHEMA "seatrial-swarm-result/1"

enum { REPORT_READ_WHY_LEN = 512 };

/* Into an empty result (result_init), the caller's to end in either case. False: why. */
bool report_read(struct result *r, struct str text, char *why) MUST_CHECK;
/* The same from a file; inits r. False: why names the file, and r is not to be ended. */
bool report_read_file(struct result *r, const char *path, char *why) MUST_CHECK;

#endif
