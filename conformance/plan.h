/*
 * What a run will do: the selected cases with each binding that the target has, in order, and for
 * those that will not run the reason and the verdict. Made without any network.
 */
#ifndef CONFORMANCE_PLAN_H
#define CONFORMANCE_PLAN_H

#include <stdio.h>

#include "conformance/catalogue.h"
#include "conformance/job.h"
#include "lib/target.h"

struct plan_options {
    enum case_impact max_impact;
    unsigned bindings; /* 1 << enum binding; 0: all */
    int repeat;
    bool shuffle;
    uint64_t seed;
    unsigned shard; /* 1 ... shards; 0: all */
    unsigned shards;
};

/* A case that waits for the word of the probes: its feature is not claimed. */
struct plan_dependent {
    struct job job;
    const char *feature;
};

struct plan {
    struct job *jobs;
    size_t count;
    struct plan_dependent *dependents;
    size_t dependent_count;
    struct arena arena; /* of reasons */
};

/* selected: one flag a case of the catalogue. */
void plan_make(struct plan *p, const struct catalogue *c, const bool *selected,
               const struct target *target, const struct plan_options *o);
void plan_fini(struct plan *p);

/*
 * What becomes of a case whose feature is not claimed, after the probes of the feature have run:
 * N/A when all of them passed, else INCONCLUSIVE. results: of the run so far. reason has
 * CASE_TEXT_LEN bytes.
 */
enum verdict plan_probed(const json_t *results, const struct catalogue *c, const char *feature,
                         char *reason);

/* What `--plan` prints. */
void plan_print(const struct plan *p, FILE *out);

/* Bindings that the target can be reached with: 1 << enum binding. */
unsigned plan_bindings(const struct target *target);

#endif
