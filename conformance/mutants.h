/*
 * `seatrial mutants`: the suite proves itself. Every mutant of the reference endpoint is started,
 * the cases that claim to kill it are run against it, and each must fail at the field that it
 * claims.
 */
#ifndef CONFORMANCE_MUTANTS_H
#define CONFORMANCE_MUTANTS_H

#include <jansson.h>

#include "conformance/case.h"
#include "conformance/options.h"

/* What `PROGRAM --mutant list` prints, a line a mutant, the name first; to be freed. NULL: there is
 * no such program, or it has no mutants. program NULL: seatrial-endpoint beside this program or on
 * the PATH. */
char *mutants_list(const char *program);

enum mutants_kill {
    MUTANTS_KILLED,
    MUTANTS_ELSEWHERE, /* failed, but not at the field claimed */
    MUTANTS_SURVIVED,  /* nothing failed */
    MUTANTS_NOT_JUDGED /* the case did not run to a verdict about the target */
};

/* What the report of a run against a mutant says about one claim. */
enum mutants_kill mutants_judge(const json_t *document, const char *case_id, const char *field);

enum exit_code mutants_command(const struct options *o, const struct case_engine *engine);

#endif
