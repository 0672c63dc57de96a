/*
 * `seatrial run`: from the options to the exit code.
 */
#ifndef CONFORMANCE_RUN_H
#define CONFORMANCE_RUN_H

#include "conformance/case.h"
#include "conformance/options.h"

enum exit_code run_command(const struct options *o, const struct case_engine *engine);

#endif
