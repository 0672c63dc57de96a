/*
 * The ledger: every requirement that cases stand for, as data. A file of SCENARIOS/requirements
 * returns a list of rows:
 *
 *     { id = "CMD-02", level = "MUST", text = "...", source = "DOC, 7252 5.9.1.5, 6.4", upstream =
 * "yes" },
 *
 * In `source` a number is an RFC and its sections. A row that no case can judge says testable =
 * false and why.
 */
#ifndef CONFORMANCE_LEDGER_H
#define CONFORMANCE_LEDGER_H

#include "conformance/case.h"
#include "conformance/problems.h"
#include "lib/arena.h"

struct requirement {
    const char *id;
    enum case_level level;
    const char *text;     /* one sentence in own words */
    const char *source;   /* as written */
    struct texts refs;    /* of source: `DOC`, `rfc7252/5.9.1.5`, `rfc7252/6.4` */
    const char *upstream; /* what the original endpoint does; NULL: not stated */
    bool testable;
    const char *why; /* not testable; NULL when it is */
    const char *file;
    int line;
};

struct ledger {
    struct requirement *rows;
    size_t count;
};

/* Runs the file and appends its rows; what is wrong goes to problems. shown lives as long as arena.
 */
void ledger_load(struct ledger *ledger, lua_State *L, const char *path, const char *shown,
                 struct arena *arena, struct problems *problems);
void ledger_fini(struct ledger *ledger);

const struct requirement *ledger_find(const struct ledger *ledger, const char *id);

/* `DOC, 7252 5.9.1.5, 6.4–6.6` as references; what stands in parentheses is left out. */
struct texts ledger_refs(const char *source, struct arena *arena);

#endif
