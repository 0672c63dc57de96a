/*
 * `seatrial lint`: do the ledger and the catalogue belong together, and is nothing missing?
 */
#ifndef CONFORMANCE_LINT_H
#define CONFORMANCE_LINT_H

#include "conformance/catalogue.h"
#include "conformance/options.h"

/*
 * A testable MUST without a case, a case without a row of the ledger, a level that is not that of
 * the row, a row that is said to be untestable and has a case, a case that kills no mutant; with
 * lock (the text of a catalogue.lock, NULL: none) ids that have gone and changes without a new
 * revision; with mutants (names, one a line, NULL: not known) kills of mutants that do not exist,
 * and mutants that no case kills.
 */
void lint_check(const struct catalogue *c, const char *lock, const char *mutants,
                struct problems *problems);

/* The text of catalogue.lock: a line a case: id, rev, level, references. */
void lint_lock(const struct catalogue *c, struct buf *out);

enum exit_code lint_command(const struct options *o, const struct case_engine *engine);

#endif
