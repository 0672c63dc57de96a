/*
 * Looks at a target before the first case: every call of every adapter once. `clean` removes what
 * an interrupted run has left.
 */
#ifndef CONFORMANCE_DOCTOR_H
#define CONFORMANCE_DOCTOR_H

#include <stdio.h>

#include "conformance/broker.h"
#include "conformance/verdict.h"
#include "lib/target.h"

/*
 * b serves the target, whose addresses are resolved. Writes a line for each step. EXIT_GOOD,
 * EXIT_UNREACHABLE (the target does not answer), EXIT_SUITE (an adapter does not work).
 */
enum exit_code doctor_look(struct broker *b, const struct target *t, FILE *out) MUST_CHECK;

/* Removes all applications that carry the suite's label. b was started with `keep`. Writes what it
 * does. */
enum exit_code doctor_clean(struct broker *b, FILE *out) MUST_CHECK;

#endif
