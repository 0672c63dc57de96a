/*
 * One run of a case with one binding: a forked process of its own process group, its report in
 * shared memory, its log in a file without a name. Whatever ends it, both stay.
 */
#ifndef CONFORMANCE_JOB_H
#define CONFORMANCE_JOB_H

#include <jansson.h>
#include <sys/types.h>

#include "conformance/case.h"

/* What all jobs of a run have in common. */
struct job_world {
    lua_State *L;
    const struct case_engine *engine;
    const struct target *target; /* NULL only in tests */
    uint64_t seed;
    const char *out_dir; /* absolute */
    double speed;
    double time_slack;
    const char *mutant; /* case_env.mutant of all jobs */
    int fuzz;           /* datagrams of each fuzzing case; 0: what it says */
    int64_t shrink_us;
    bool alone; /* one case at a time */
    bool trace;
    bool redact;
    const char *target_log; /* grows while jobs run; NULL: there is none */
    const char *recording;  /* case_env.recording of all jobs; NULL: they meet the target */
    /* A connection to the broker for a run of this name; -1: there is none to have. */
    int (*connect)(void *context, const char *name);
    void *context;
};

struct job {
    const struct case_def *def;
    enum binding binding;
    int round;          /* of --repeat */
    int attempt;        /* of --retries */
    const char *preset; /* reason why it does not run; NULL: it runs */
    enum verdict preset_verdict;
    bool fragile; /* it may end the target, which is gentle: it runs alone, and is followed by a
                   * sanity check whatever its verdict is */
    bool accused; /* the target stopped answering while it and others ran: again, alone */
    bool beside;  /* has run beside others */
    /* while it runs */
    pid_t pid; /* 0: it does not run */
    struct case_report *report;
    int log_fd;
    int64_t log_mark; /* excerpt_mark of the target's log at the start */
    int64_t started_us;
    int64_t deadline_us;
    bool late; /* was killed at its deadline */
    char evidence_dir[512];
};

/* Does no other run beside it? */
bool job_runs_alone(const struct job *job);

/* False: the process or the connection could not be made; reason (CASE_TEXT_LEN) says why. */
bool job_start(struct job *job, const struct job_world *world, int64_t now_us,
               char *reason) MUST_CHECK;
void job_kill(const struct job *job);

/*
 * After the process has ended with this status (waitpid): its result as an object of the result
 * stream, the caller's. The job does not run any more.
 */
json_t *job_finish(struct job *job, const struct job_world *world, int status, int64_t now_us);

/* The result of a job that never ran. */
json_t *job_result_without_run(const struct job *job, const struct job_world *world,
                               enum verdict verdict, const char *reason);

/* SHA-256 of run seed, case id and binding: the same in whatever order and company cases run. */
void job_seed(uint64_t run_seed, const char *id, enum binding binding, uint8_t out[32]);

#endif
