/*
 * What differs between two JSON reports: verdicts, signatures, durations.
 */
#ifndef CONFORMANCE_DIFF_H
#define CONFORMANCE_DIFF_H

#include <jansson.h>

#include "conformance/case.h"
#include "conformance/options.h"

enum { DIFF_WHY_LEN = 512 };

/* A JSON report, the caller's; NULL: why says what is wrong with the file. */
json_t *diff_read(const char *path, char *why);

/* The result of the same case, binding and round in a report, the last attempt; NULL: none.
 * Borrowed. */
const json_t *diff_find(const json_t *document, const json_t *result);

/* Did both fail at the same step and field? */
bool diff_same_signature(const json_t *a, const json_t *b);

/* One object a difference: case, binding, kind (new, gone, verdict, signature, duration), old, new.
 */
json_t *diff_make(const json_t *old, const json_t *fresh);

enum exit_code diff_command(const struct options *o, const struct case_engine *engine);

#endif
