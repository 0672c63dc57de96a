/*
 * Service level objectives, what a run must hold:
 *
 *     publish.p99 < 50ms; error_rate < 0.1%; events.lost == 0; rate >= 1000/s
 *
 * Rules are separated by `;` or a new line. A rule is NAME OP BOUND. Names are those of
 * tally_table.h and figure.h: a counter (`event.lost`), a figure (`error_rate`), or a histogram
 * with a statistic (`publish.p99.9`: any percentile, min, max, mean, deviation, count); a plural
 * (`events.lost`) and some short forms (`cmd.p99`) mean the same. OP is < <= > >= == or !=. A time
 * needs a unit; a ratio is `0.1%` or `0.001`; a rate may end in `/s`.
 */
#ifndef SIMULATOR_SLO_H
#define SIMULATOR_SLO_H

#include "simulator/result.h"
#include "simulator/show.h"

enum slo_subject { SLO_COUNTER, SLO_FIGURE, SLO_HIST };
enum slo_stat { SLO_PERCENTILE, SLO_MIN, SLO_MAX, SLO_MEAN, SLO_DEVIATION, SLO_COUNT };
enum slo_op { SLO_LE, SLO_LT, SLO_GE, SLO_GT, SLO_EQ, SLO_NE };

struct slo_rule {
    const char *text;         /* as it was written */
    enum slo_subject subject; /* what index is of: tally_counter, figure, tally_hist */
    size_t index;
    enum slo_stat stat; /* of a histogram */
    double part;        /* of SLO_PERCENTILE, 0..1 */
    enum slo_op op;
    double bound; /* in the unit of what is measured: us, 1, 1/s */
};

struct slo {
    struct slo_rule rule[RESULT_SLO_MAX];
    size_t count;
    struct arena arena;
};

enum { SLO_WHY_LEN = 1024 };

/*
 * False: *s is empty, and why (SLO_WHY_LEN) says in three lines what is wrong, the rule, and a
 * caret below the place. No rule at all is right.
 */
bool slo_parse(struct slo *s, struct str text, char *why) MUST_CHECK;
void slo_fini(struct slo *s);

/* Of what the rule measures, and of its bound. */
enum show_unit slo_unit(const struct slo_rule *rule);

/* Writes r->slo. What r has nothing to tell from is unknown, but times of that which was tried and
 * never came to its end are broken. */
void slo_judge(const struct slo *s, struct result *r);
/* Does the rule hold, or is nothing known? */
bool slo_holds(const struct slo_rule *rule, const struct result *r);

/*
 * How near the rule comes to breaking that comes nearest: measured / bound, or its inverse for a
 * lower bound. At most 1 when all hold, INFINITY when there is no way between (== and !=); 0 when
 * nothing is known.
 */
double slo_margin(const struct slo *s, const struct result *r);

#endif
