/*
 * Several JSON reports on one page: a row a case and binding, a column an endpoint.
 */
#ifndef CONFORMANCE_MATRIX_H
#define CONFORMANCE_MATRIX_H

#include "conformance/case.h"
#include "conformance/options.h"

enum exit_code matrix_command(const struct options *o, const struct case_engine *engine);

#endif
