/*
 * Verdicts of a case, and what they make of the whole run: its exit code.
 */
#ifndef CONFORMANCE_VERDICT_H
#define CONFORMANCE_VERDICT_H

#include "lib/base.h"

/* From the best to the worst: of several findings the worst counts. */
enum verdict {
    VERDICT_PASS,
    VERDICT_SKIPPED,      /* by the user */
    VERDICT_NA,           /* feature not claimed, and a probe confirmed that it is refused */
    VERDICT_WAIVED,       /* an expected failure was seen */
    VERDICT_INCONCLUSIVE, /* a precondition was not met */
    VERDICT_WARN,         /* a SHOULD is broken */
    VERDICT_STALE_WAIVER, /* an expected failure was not seen */
    VERDICT_FAIL,
    VERDICT_ERROR, /* suite, script or adapter: never the target */
    VERDICTS
};

/* `PASS`, `N/A`, `STALE-WAIVER`. */
const char *verdict_name(enum verdict v);
bool verdict_from_name(struct str name, enum verdict *out) MUST_CHECK;
enum verdict verdict_worse(enum verdict a, enum verdict b);

enum exit_code {
    EXIT_GOOD = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_UNREACHABLE = 3,
    EXIT_SUITE = 4,
    EXIT_NOTHING = 5,
    EXIT_INTERRUPTED = 130,
};

/* What a run has seen. */
struct tally {
    size_t count[VERDICTS];
    size_t flaky;
    size_t strays; /* events of no case */
    bool interrupted;
    bool bad_script;  /* usage, script, catalogue or target file */
    bool unreachable; /* the target, at the start */
    bool suite_error; /* outside of a case: the broker's death */
    bool strict;      /* WARN fails */
    bool no_flaky;    /* flaky fails */
};

enum exit_code verdict_exit_code(const struct tally *t);

#endif
