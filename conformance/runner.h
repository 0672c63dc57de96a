/*
 * Runs jobs: many at a time, those with tight time windows on at most one a core, exclusive ones
 * alone.
 *
 * One thread. After a case that failed, a known-good publish on a fresh device shows whether the
 * target still answers; when it does not, nothing more is run against it before it was recovered.
 * Cases that failed side by side meanwhile run once more, alone: the one that ends the target is
 * told from its neighbours, whose results are those of the second run.
 */
#ifndef CONFORMANCE_RUNNER_H
#define CONFORMANCE_RUNNER_H

#include "conformance/job.h"

struct runner_options {
    struct job_world world;
    int jobs;                      /* at a time, 1 or more */
    int timing_lanes;              /* of them, cases with tight timing */
    int retries;                   /* of a failed job */
    int64_t end_us;                /* of the whole run, clock_mono_us */
    const struct case_def *sanity; /* NULL: no checks of the target between cases */
    enum binding sanity_binding;
    /* Takes each result as it comes. */
    void (*take)(void *context, json_t *result);
    /* Brings the target back after it stopped answering; false: it cannot be. NULL: nobody can. */
    bool (*recover)(void *context);
    /* Is there a reason to stop now, such as a dead broker? NULL: none; else a text. */
    const char *(*broken)(void *context);
    /* NULL: none; else called when service_fd is readable. True: a running case has had the target
     * started again. */
    bool (*serve)(void *context);
    int service_fd;
    void *context;
};

struct runner_end {
    bool interrupted; /* SIGINT or SIGTERM */
    bool suite_error;
    bool target_lost; /* stopped answering and did not come back */
};

/* Runs each job; retries are made here. SIGINT, SIGTERM and SIGCHLD are blocked on return. */
struct runner_end runner_run(const struct runner_options *o, struct job *jobs, size_t count);

/* One sanity check before anything else; *result is the caller's. */
struct runner_end runner_check_sanity(const struct runner_options *o, json_t **result);

#endif
