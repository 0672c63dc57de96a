/*
 * The catalogue: every case and every requirement that the scenario folder holds.
 *
 * ROOT/requirements/ is the ledger (conformance/ledger.h). Every other folder is a
 * family: its files call `case{...}`. Some folders are neither (targets, waivers, swarm, common).
 * Everything is loaded into one Lua state, in the order of names, without any network.
 */
#ifndef CONFORMANCE_CATALOGUE_H
#define CONFORMANCE_CATALOGUE_H

#include "conformance/case.h"
#include "conformance/ledger.h"
#include "conformance/problems.h"
#include "lib/arena.h"

struct catalogue {
    lua_State *L;
    struct arena arena;
    struct case_def *cases; /* in the order of files and lines */
    size_t case_count;
    struct ledger ledger;
    struct catalogue_file *files; /* of cases */
    size_t file_count;
};

struct catalogue_file {
    const char *path;
    const char *shown; /* in messages */
};

/*
 * Loads everything below root (NULL: nothing) and the files of own, which are paths to case files.
 * engine->install may be NULL. False: problems says all that is wrong; catalogue_fini is due in
 * either case.
 */
bool catalogue_load(struct catalogue *c, const char *root, const struct texts *own,
                    const struct case_engine *engine, struct problems *problems) MUST_CHECK;
void catalogue_fini(struct catalogue *c);

/* Looks at the text of each file of cases: engine->inspect. */
void catalogue_inspect(const struct catalogue *c, const struct case_engine *engine,
                       struct problems *problems);

/* Capitals, digits and hyphens, as in CMD-002. */
bool catalogue_is_id(const char *id);
const struct case_def *catalogue_case(const struct catalogue *c, const char *id);

/* Does this case stand for the reference, or for a section inside it? `rfc7252/5.4` holds
 * `rfc7252/5.4.1` but not `rfc7252/5.41`. */
bool catalogue_ref_within(const char *ref, const char *outer);
/* Does the case, or a requirement that it names, refer to it? */
bool catalogue_case_refers(const struct catalogue *c, const struct case_def *def, const char *ref);

#endif
