/*
 * `seatrial doctor` and `seatrial clean`.
 */
#ifndef CONFORMANCE_DOCTOR_COMMAND_H
#define CONFORMANCE_DOCTOR_COMMAND_H

#include "conformance/case.h"
#include "conformance/options.h"

enum exit_code doctor_command(const struct options *o, const struct case_engine *engine);
enum exit_code clean_command(const struct options *o, const struct case_engine *engine);

#endif
