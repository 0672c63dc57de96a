/*
 * What a run says in the end, and what must never happen: the counters of wrong events and wrong
 * commands, each with a sentence.
 */
#ifndef SIMULATOR_RESULT_VERDICT_H
#define SIMULATOR_RESULT_VERDICT_H

#include "simulator/options.h"
#include "simulator/result.h"

struct result_wrong {
    enum tally_counter counter;
    bool needs_generator; /* may be the generator's own fault when it fell behind */
    const char *text;     /* what it means that the counter is not 0 */
};

enum { RESULT_WRONG_COUNT = 8 };
extern const struct result_wrong result_wrongs[RESULT_WRONG_COUNT];

/*
 * From counters, slo[] and invalid[] of r. Wrong events and commands count even when the generator
 * fell behind, as being slow cannot cause them; an SLO, and a command that did not come, do not.
 * interrupted: by a person; wrong events still make it BROKEN.
 */
enum result_verdict result_verdict_of(const struct result *r, bool interrupted);

/* `GOOD`, `BROKEN` ... */
const char *result_verdict_name(enum result_verdict v);
enum swarm_exit result_verdict_exit(enum result_verdict v);

#endif
