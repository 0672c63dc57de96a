/*
 * `seatrial new ID`: a case to begin with, on standard output.
 */
#ifndef CONFORMANCE_SCAFFOLD_H
#define CONFORMANCE_SCAFFOLD_H

#include "conformance/case.h"
#include "conformance/options.h"

enum exit_code scaffold_command(const struct options *o, const struct case_engine *engine);

#endif
