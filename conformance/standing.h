/*
 * How a requirement stands after a run, with each binding: the worst verdict of its cases. Markdown
 * and HTML show it as a matrix.
 */
#ifndef CONFORMANCE_STANDING_H
#define CONFORMANCE_STANDING_H

#include <jansson.h>

#include "conformance/case.h"

/* False: no case of the requirement ran with the binding. Retried results do not count. */
bool standing_of(const json_t *document, const char *requirement, enum binding binding,
                 enum verdict *out) MUST_CHECK;

#endif
