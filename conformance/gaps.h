/*
 * SCENARIOS/gaps.lua: where the suite does not prove itself on mutants, each with its reason. A row
 * is a mutant that no case can kill and the test that does, or a MUST that no mutant breaks:
 *
 *     { mutant = "no-fsync", by = "reference/sink_powercut_test", why = "..." },
 *     { requirement = "URL-17", why = "..." },
 */
#ifndef CONFORMANCE_GAPS_H
#define CONFORMANCE_GAPS_H

#include "conformance/problems.h"
#include "lib/arena.h"

struct gap {
    const char *mutant;      /* NULL: a requirement */
    const char *requirement; /* NULL: a mutant */
    const char *by;          /* of a mutant */
    const char *why;
};

struct gaps {
    struct gap *rows;
    size_t count;
    struct arena arena;
};

/* Of the folder; none when there is no such file. False: problems say what is wrong. */
bool gaps_load(struct gaps *g, const char *scenarios, struct problems *problems) MUST_CHECK;
void gaps_fini(struct gaps *g);

const struct gap *gaps_of_mutant(const struct gaps *g, const char *name);
const struct gap *gaps_of_requirement(const struct gaps *g, const char *id);

#endif
