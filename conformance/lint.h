/*
 * `seatrial lint`: do the ledger and the catalogue belong together, and is nothing missing?
 */
#ifndef CONFORMANCE_LINT_H
#define CONFORMANCE_LINT_H

#include "conformance/catalogue.h"
#include "conformance/gaps.h"
#include "conformance/options.h"

struct lint {
    const struct catalogue *catalogue;
    const struct gaps *gaps;
    const char *lock;    /* the text of a catalogue.lock; NULL: none */
    const char *mutants; /* names, one a line; NULL: not known */
};

/*
 * A testable row without a case, a case without a row of the ledger, a level that is not that of
 * the row, a row that is said to be untestable and has a case; a MUST none of whose cases claims to
 * kill a mutant, a mutant that two cases claim. With lock ids that have gone and changes without a
 * new revision; with mutants kills of mutants that do not exist, and mutants that no case kills.
 * What stands in the gaps is left out, and a mistake where it is not true.
 */
void lint_check(const struct lint *l, struct problems *problems);

/* The part of it that a case has alone: rows that do not exist, none at all, another level. */
void lint_check_refs(const struct catalogue *c, const struct case_def *def,
                     struct problems *problems);

/* The text of catalogue.lock: a line a case: id, rev, level, references. */
void lint_lock(const struct catalogue *c, struct buf *out);

enum exit_code lint_command(const struct options *o, const struct case_engine *engine);

#endif
