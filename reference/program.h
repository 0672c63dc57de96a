/*
 * The program between its configuration and its end: data directory, registry, demo, server, API,
 * signals.
 */
#ifndef REFERENCE_PROGRAM_H
#define REFERENCE_PROGRAM_H

#include "reference/config.h"

/* As documented in seatrial-endpoint(1), EXIT STATUS. */
enum program_exit { PROGRAM_OK = 0, PROGRAM_FAILED = 1, PROGRAM_USAGE = 2 };

/*
 * Runs until SIGTERM or SIGINT and returns the exit code. What cannot be opened is said in one line
 * on stderr. With config->check_only everything is opened and checked, nothing is served.
 */
enum program_exit program_run(const struct config *config);

#endif
