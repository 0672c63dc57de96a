/*
 * The search for the most that an endpoint carries: a state machine without clock and I/O. It says
 * which trial to run next; the caller runs it and says what came out.
 *
 * Ramp geometrically until an SLO breaks, bisect between the highest good and the lowest broken
 * load, confirm the answer by a long trial. Against noise: a short trial near the edge is repeated
 * and the majority decides; the broken end of the last bracket must have broken twice, or more
 * often if that is odd; after a broken confirmation all trials are long. What to do next follows
 * from the points alone. Then the Universal Scalability Law is fitted through them (usl.h).
 */
#ifndef SIMULATOR_CAPACITY_H
#define SIMULATOR_CAPACITY_H

#include "lib/base.h"

enum capacity_phase { CAPACITY_RAMP, CAPACITY_BISECT, CAPACITY_CONFIRM, CAPACITY_FINISHED };

enum capacity_verdict {
    CAPACITY_HELD,
    CAPACITY_BROKEN,
    CAPACITY_INVALID, /* the generator was the limit: the answer is a lower bound */
};

struct capacity_options {
    double first;      /* load of the first trial */
    double least;      /* smallest load of interest */
    double most;       /* what the generator may be asked for */
    double growth;     /* of the ramp, as 2.0 */
    double precision;  /* relative width at which bisection ends, as 0.05 */
    double noise;      /* a margin within it of 1 is near the edge, as 0.15 */
    int64_t short_us;  /* of ramp and bisection trials */
    int64_t long_us;   /* of the confirmation */
    int64_t budget_us; /* of all trials together, with what they take on top */
};

struct capacity_trial {
    double load;
    int64_t duration_us;
    enum capacity_phase phase;
};

struct capacity_outcome {
    enum capacity_verdict verdict;
    double achieved;   /* what was really carried, in the unit of load */
    double latency_us; /* mean, for the report */
    double margin;     /* of the SLO that came nearest to breaking: measured / bound */
    int64_t
        elapsed_us; /* all the time that it took, from set-up to the last answer; 0: not known */
};

struct capacity_point {
    struct capacity_trial trial;
    struct capacity_outcome outcome;
};

enum { CAPACITY_POINT_MAX = 256 };

struct capacity {
    struct capacity_options options;
    enum capacity_phase phase;
    struct capacity_point point[CAPACITY_POINT_MAX];
    size_t point_count;
    int64_t spent_us;
    int64_t overhead_us; /* the most that a trial took on top of its duration */
    double good;         /* highest load that held; 0: none yet */
    double broken;       /* lowest that broke; INFINITY: none yet */
    double limit;        /* lowest at which the generator was the limit; INFINITY: none yet */
    bool confirmed;      /* good, by a long trial */
    bool is_out_of_budget;
    struct capacity_trial next;
};

void capacity_init(struct capacity *c, const struct capacity_options *options);
/* False: the search has finished. */
bool capacity_next(const struct capacity *c, struct capacity_trial *out) MUST_CHECK;
void capacity_report(struct capacity *c, const struct capacity_outcome *outcome);

struct capacity_answer {
    double capacity;     /* the highest load that held */
    double low;          /* interval of confidence, 95 % */
    double high;         /* INFINITY: nothing broke */
    bool is_lower_bound; /* the generator, `most` or the budget ended the search */
    const char *why;     /* a sentence about that, or that nothing held; NULL: nothing to say */
};
void capacity_answer(const struct capacity *c, struct capacity_answer *out);

#endif
