/*
 * Named deviations of this endpoint, for the conformance suite to prove itself on. One, or a bundle
 * of them that together make another endpoint, is chosen before the first thread starts, and never
 * changes. A build without them (-DSEATRIAL_MUTANTS=OFF) has none.
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
        MUTANT_COUNT
};

/* Chooses a mutant, or all of a bundle, and nothing else. False when there is none of that name, or
 * this build has none. */
bool mutant_choose(const char *name) MUST_CHECK;

/* Chooses none. */
void mutant_clear(void);

/* Every mutant with what it does, a line each; bundles are made of these. */
void mutant_list(FILE *out);

#if SEATRIAL_MUTANTS
/* Those that were chosen; written by mutant_choose and mutant_clear alone. */
extern bool mutant_chosen[MUTANT_COUNT];

static inline bool mutant_is(enum mutant m)
{
    return __builtin_expect(mutant_chosen[m], 0);
}
#else
static inline bool mutant_is(enum mutant m)
{
    UNUSED(m);
    return false;
}
#endif

#endif
