/*
 * Looks at a target before the first case: every call of every adapter once, and which cases
 * cannot say anything about it, and why. `clean` removes what an interrupted run has left.
 */
#ifndef CONFORMANCE_DOCTOR_H
#define CONFORMANCE_DOCTOR_H

#include <stdio.h>

#include "conformance/broker.h"
#include "conformance/case.h"
#include "lib/target.h"

enum { DOCTOR_WHY_LEN = 256 };

/*
 * b serves the target, whose addresses are resolved. Writes a line for each step. EXIT_GOOD,
 * EXIT_UNREACHABLE (the target does not answer), EXIT_SUITE (an adapter does not work).
 */
enum exit_code doctor_look(struct broker *b, const struct target *t, FILE *out) MUST_CHECK;

/*
 * What def can become with this binding, as far as the target file tells: VERDICT_PASS (it can
 * run), VERDICT_NA, VERDICT_INCONCLUSIVE; why (DOCTOR_WHY_LEN) says it for the last two.
 */
enum verdict doctor_expect(const struct target *t, const struct case_def *def, enum binding binding,
                           char *why) MUST_CHECK;

/* Removes all applications that carry the suite's label. b was started with `keep`. Writes what it
 * does. */
enum exit_code doctor_clean(struct broker *b, FILE *out) MUST_CHECK;

#endif
