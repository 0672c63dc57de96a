/*
 * Named deviations of this endpoint, for the conformance suite to prove itself on. At most one is
 * chosen, before the first thread starts, and never changes. A build without them
 * (-DSEATRIAL_MUTANTS=OFF) has none.
 */
#ifndef REFERENCE_MUTANT_H
#define REFERENCE_MUTANT_H

#include <stdio.h>

#include "lib/base.h"
#include "reference/mutant_table.h"

enum mutant {
    MUTANT_NONE,
#define X(id, name, text) MUTANT_##id,
    MUTANT_TABLE(X)
#undef X
};

/* False when there is no mutant of that name, or this build has none. */
bool mutant_choose(const char *name) MUST_CHECK;

/* Every mutant with what it does, a line each. */
void mutant_list(FILE *out);

#if SEATRIAL_MUTANTS
/* The one that was chosen; written by mutant_choose alone. */
extern enum mutant mutant_chosen;

static inline bool mutant_is(enum mutant m)
{
    return __builtin_expect(mutant_chosen == m, 0);
}
#else
static inline bool mutant_is(enum mutant m)
{
    UNUSED(m);
    return false;
}
#endif

#endif
