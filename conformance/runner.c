#include "conformance/runner.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/json.h"
#include "lib/clock.h"

enum { MAX_POLL_MS = 1000 };

struct runner {
    const struct runner_options *o;
    struct job *queue; /* jobs that wait, in order; retries go to the end */
    size_t queued;
    struct job *running;
    size_t running_count;
    struct job *sanity; /* runs beside the others; NULL: none */
    char suspect[160];  /* the failed case that the sanity check is about */
    bool check_due;
    bool target_lost;
    int signal_fd;
    struct runner_end end;
};

static int open_signals(void)
{
    sigset_t set;
    int fd;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    assert(fd >= 0);
    return fd;
}

static void read_signals(struct runner *r)
{
    struct signalfd_siginfo info;

    while (read(r->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            r->end.interrupted = true;
    }
}

/* --- what may start ------------------------------------------------------------------------------
 */

static bool runs_alone(const struct job *job)
{
    return job->def->exclusive || job->fragile;
}

static bool may_start(const struct runner *r, const struct job *job)
{
    int timing = 0;

    if (r->running_count >= (size_t)r->o->jobs)
        return false;
    if (runs_alone(job) && (r->running_count > 0 || r->sanity != NULL))
        return false;
    for (size_t i = 0; i < r->running_count; i++) {
        if (runs_alone(&r->running[i]))
            return false;
        timing += r->running[i].def->timing;
    }
    return !job->def->timing || timing < r->o->timing_lanes;
}

static void take_without_run(struct runner *r, const struct job *job, enum verdict verdict,
                             const char *reason)
{
    r->o->take(r->o->context, job_result_without_run(job, &r->o->world, verdict, reason));
}

static void dequeue(struct runner *r, size_t i)
{
    r->queued--;
    memmove(&r->queue[i], &r->queue[i + 1], (r->queued - i) * sizeof *r->queue);
}

static void start(struct runner *r, size_t i)
{
    char reason[CASE_TEXT_LEN];
    struct job *job = &r->running[r->running_count];

    *job = r->queue[i];
    dequeue(r, i);
    if (job_start(job, &r->o->world, clock_mono_us(), reason)) {
        r->running_count++;
        return;
    }
    r->end.suite_error = true;
    take_without_run(r, job, VERDICT_ERROR, reason);
}

static void start_what_may(struct runner *r)
{
    bool waits_alone = false;

    for (size_t i = 0; i < r->queued;) {
        const struct job *job = &r->queue[i];

        if (job->preset != NULL) {
            take_without_run(r, job, job->preset_verdict, job->preset);
            dequeue(r, i);
        } else if (!r->check_due && r->sanity == NULL && !waits_alone && may_start(r, job)) {
            start(r, i);
        } else {
            /* what comes behind must not hold up a case that waits to run alone */
            waits_alone = waits_alone || runs_alone(job);
            i++;
        }
    }
}

/* --- sanity --------------------------------------------------------------------------------------
 */

static struct job *new_sanity_job(const struct runner_options *o)
{
    static int checks; /* each on a device of its own */
    struct job *job = xcalloc(1, sizeof *job);

    job->def = o->sanity;
    job->binding = o->sanity_binding;
    job->round = ++checks;
    return job;
}

static void lose_target(struct runner *r, const char *why)
{
    char reason[CASE_TEXT_LEN];

    if (r->o->recover != NULL && r->o->recover(r->o->context)) {
        (void)fprintf(stderr, "the target stopped answering during %s; it was started again\n",
                      r->suspect);
        return;
    }
    r->target_lost = r->end.target_lost = true;
    (void)snprintf(reason, sizeof reason, "the target stopped answering during %s", r->suspect);
    (void)fprintf(stderr, "%s: %s\n", reason, why);
    while (r->queued > 0) {
        take_without_run(r, &r->queue[0], VERDICT_INCONCLUSIVE, reason);
        dequeue(r, 0);
    }
}

/* Once nothing else runs, so that a busy target is not taken for a dead one. */
static void start_sanity(struct runner *r)
{
    char reason[CASE_TEXT_LEN];

    if (!r->check_due || r->running_count > 0 || r->sanity != NULL)
        return;
    r->check_due = false;
    r->sanity = new_sanity_job(r->o);
    if (!job_start(r->sanity, &r->o->world, clock_mono_us(), reason)) {
        r->end.suite_error = true;
        free(r->sanity);
        r->sanity = NULL;
    }
}

static const char *first_reason(const json_t *result)
{
    return json_text(json_array_get(json_object_get(result, "findings"), 0), "reason");
}

static void end_sanity(struct runner *r, int status)
{
    json_t *result = job_finish(r->sanity, &r->o->world, status, clock_mono_us());
    bool failed = strcmp(json_text(result, "verdict"), verdict_name(VERDICT_FAIL)) == 0;

    free(r->sanity);
    r->sanity = NULL;
    if (failed)
        lose_target(r, first_reason(result));
    json_decref(result);
}

/* --- what has ended ------------------------------------------------------------------------------
 */

static void note_failure(struct runner *r, const struct job *job, enum verdict verdict)
{
    if ((verdict != VERDICT_FAIL && !job->fragile) || r->o->sanity == NULL || r->check_due ||
        r->sanity != NULL)
        return;
    r->check_due = true;
    (void)snprintf(r->suspect, sizeof r->suspect, "%s.%s", job->def->id,
                   binding_name(job->binding));
}

static void end_job(struct runner *r, size_t i, int status)
{
    struct job job = r->running[i];
    json_t *result = job_finish(&job, &r->o->world, status, clock_mono_us());
    enum verdict verdict = VERDICT_ERROR;
    bool known = verdict_from_name(str_from(json_text(result, "verdict")), &verdict);

    assert(known);
    r->running[i] = r->running[--r->running_count];
    note_failure(r, &job, verdict);
    if (verdict == VERDICT_FAIL && job.attempt < r->o->retries && !r->end.interrupted) {
        (void)json_object_set_new(result, "retried", json_true());
        job.attempt++;
        r->queue[r->queued++] = job; /* its own place was freed */
    }
    r->o->take(r->o->context, result);
}

static void reap(struct runner *r)
{
    int status;

    for (size_t i = 0; i < r->running_count;) {
        if (waitpid(r->running[i].pid, &status, WNOHANG) == r->running[i].pid)
            end_job(r, i, status);
        else
            i++;
    }
    if (r->sanity != NULL && waitpid(r->sanity->pid, &status, WNOHANG) == r->sanity->pid)
        end_sanity(r, status);
}

static int64_t kill_late(struct job *job, int64_t now_us, int64_t next_us)
{
    if (!job->late && now_us >= job->deadline_us) {
        job->late = true;
        job_kill(job);
    }
    return !job->late && job->deadline_us < next_us ? job->deadline_us : next_us;
}

static void wait_for_something(struct runner *r)
{
    struct pollfd fds[] = {
        {r->signal_fd,                                POLLIN, 0},
        {r->o->serve == NULL ? -1 : r->o->service_fd, POLLIN, 0},
    };
    int64_t now_us = clock_mono_us();
    int64_t next_us = now_us + MAX_POLL_MS * US_PER_MS;

    for (size_t i = 0; i < r->running_count; i++)
        next_us = kill_late(&r->running[i], now_us, next_us);
    if (r->sanity != NULL)
        next_us = kill_late(r->sanity, now_us, next_us);
    (void)poll(fds, COUNT(fds), (int)((next_us - now_us) / US_PER_MS) + 1);
    read_signals(r);
    /* beside a hang-up it is a dead broker, which is seen elsewhere */
    if (r->o->serve != NULL && fds[1].revents == POLLIN)
        r->o->serve(r->o->context);
}

static void give_up(struct runner *r, enum verdict verdict, const char *reason)
{
    int status;

    for (size_t i = 0; i < r->running_count; i++) {
        json_t *result;

        job_kill(&r->running[i]);
        (void)waitpid(r->running[i].pid, &status, 0);
        result = job_finish(&r->running[i], &r->o->world, status, clock_mono_us());
        json_decref(result);
        take_without_run(r, &r->running[i], verdict, reason);
    }
    r->running_count = 0;
    if (r->sanity != NULL) {
        job_kill(r->sanity);
        (void)waitpid(r->sanity->pid, &status, 0);
        json_decref(job_finish(r->sanity, &r->o->world, status, clock_mono_us()));
        free(r->sanity);
        r->sanity = NULL;
    }
    while (r->queued > 0) {
        take_without_run(r, &r->queue[0], verdict, reason);
        dequeue(r, 0);
    }
}

/* True: the run is over, whatever is left. */
static bool must_stop(struct runner *r)
{
    const char *why = r->o->broken == NULL ? NULL : r->o->broken(r->o->context);

    if (r->end.interrupted) {
        give_up(r, VERDICT_SKIPPED, "interrupted");
    } else if (why != NULL) {
        r->end.suite_error = true;
        give_up(r, VERDICT_ERROR, why);
    } else if (clock_mono_us() >= r->o->end_us) {
        r->end.suite_error = true;
        give_up(r, VERDICT_ERROR, "the time for the whole run was over (--timeout)");
    } else {
        return false;
    }
    return true;
}

struct runner_end runner_run(const struct runner_options *o, struct job *jobs, size_t count)
{
    struct runner r = {.o = o};

    r.queue = xcalloc(count + 1, sizeof *r.queue);
    memcpy(r.queue, jobs, count * sizeof *jobs);
    r.queued = count;
    r.running = xcalloc((size_t)o->jobs + 1, sizeof *r.running);
    r.signal_fd = open_signals();
    for (;;) {
        start_what_may(&r);
        start_sanity(&r);
        if (r.queued == 0 && r.running_count == 0 && r.sanity == NULL)
            break;
        wait_for_something(&r);
        reap(&r);
        if (must_stop(&r))
            break;
    }
    (void)close(r.signal_fd);
    free(r.queue);
    free(r.running);
    return r.end;
}

static void keep(void *context, json_t *result)
{
    json_t **kept = context;

    json_decref(*kept);
    *kept = result;
}

struct runner_end runner_check_sanity(const struct runner_options *o, json_t **result)
{
    struct runner_options alone = *o;
    struct job *job = new_sanity_job(o);
    struct runner_end end;

    *result = NULL;
    alone.sanity = NULL;
    alone.retries = 0;
    alone.take = keep;
    alone.context = result;
    alone.broken = NULL;
    alone.recover = NULL;
    alone.serve = NULL;
    end = runner_run(&alone, job, 1);
    free(job);
    return end;
}
