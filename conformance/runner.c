#include "conformance/runner.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/json.h"
#include "conformance/stream.h"
#include "lib/clock.h"

enum { MAX_POLL_MS = 1000 };

/* A result that is not given away yet: whether the target lives is not known. */
struct held {
    struct job job;
    json_t *result;
};

struct runner {
    const struct runner_options *o;
    struct job *queue; /* jobs that wait, in order; retries go to the end */
    size_t queued;
    struct job *running;
    size_t running_count;
    struct job *sanity; /* runs beside the others; NULL: none */
    char suspect[160];  /* the failed case that the sanity check is about */
    struct held *held;  /* what ended badly since the check became due, the suspect first */
    size_t held_count;
    size_t accused; /* jobs that run alone to find the one that ends the target, or will */
    bool found;     /* that one */
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

static bool may_start(const struct runner *r, const struct job *job)
{
    int timing = 0;

    if (r->running_count >= (size_t)r->o->jobs)
        return false;
    if (job_runs_alone(job) && (r->running_count > 0 || r->sanity != NULL))
        return false;
    for (size_t i = 0; i < r->running_count; i++) {
        if (job_runs_alone(&r->running[i]))
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
        for (size_t k = 0; r->running_count > 1 && k < r->running_count; k++)
            r->running[k].beside = true;
        return;
    }
    r->accused -= job->accused;
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
            waits_alone = waits_alone || job_runs_alone(job);
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

static void settle(struct runner *r, struct job job, json_t *result)
{
    enum verdict verdict = stream_verdict(result);

    if (verdict == VERDICT_FAIL && job.attempt < r->o->retries && !job.accused &&
        !r->end.interrupted) {
        (void)json_object_set_new(result, "retried", json_true());
        job.attempt++;
        r->queue[r->queued++] = job; /* its own place was freed */
    }
    r->o->take(r->o->context, result);
}

static void settle_held(struct runner *r)
{
    size_t count = r->held_count;

    r->held_count = 0;
    for (size_t i = 0; i < count; i++)
        settle(r, r->held[i].job, r->held[i].result);
}

static void add_detail(json_t *result, const char *line)
{
    struct buf text = buf_growing();

    buf_add_format(&text, "%s%s\n", json_text(result, "detail"), line);
    buf_add_char(&text, '\0');
    (void)json_object_set_new(result, "detail", json_of_text(text.ptr));
    buf_fini(&text);
}

/* What made it fail by itself stays its signature, as a waiver may expect that. */
static void blame(json_t *result, const char *reason)
{
    json_t *finding;

    if (stream_verdict(result) == VERDICT_FAIL) {
        add_detail(result, reason);
        return;
    }
    finding = json_pack("{s:s, s:s, s:s}", "verdict", verdict_name(VERDICT_FAIL), "field", "target",
                        "reason", reason);
    if (json_object_get(result, "findings") == NULL)
        (void)json_object_set_new(result, "findings", json_array());
    (void)json_array_insert_new(json_object_get(result, "findings"), 0, finding);
    (void)json_object_set_new(result, "verdict", json_string(verdict_name(VERDICT_FAIL)));
}

/* The cases that ran when the target ended run once more, one at a time and before all others; the
 * suspect last, as it answers for what none of them does alone. What they found does not count. */
static void accuse(struct runner *r)
{
    size_t count = r->held_count;

    memmove(&r->queue[count], r->queue, r->queued * sizeof *r->queue);
    r->queued += count;
    r->held_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct job *job = &r->queue[count - 1 - i];

        *job = r->held[i].job;
        job->accused = true;
        json_decref(r->held[i].result);
    }
    r->accused = count;
    r->found = false;
    (void)fprintf(stderr,
                  "the target stopped answering beside %s; it was started again, and the %zu cases "
                  "that failed meanwhile run alone\n",
                  r->suspect, count);
}

/* The target lives again. */
static void find_guilty(struct runner *r)
{
    char reason[CASE_TEXT_LEN];

    if (r->held_count > 0 && !r->held[0].job.accused &&
        (r->held_count > 1 || r->held[0].job.beside)) {
        accuse(r);
        return;
    }
    (void)snprintf(reason, sizeof reason, "the target stopped answering during %s", r->suspect);
    (void)fprintf(stderr, "%s; it was started again\n", reason);
    r->found = true;
    if (r->held_count == 1)
        blame(r->held[0].result, reason);
    settle_held(r);
}

/* After the check behind the last one that was accused. */
static void close_accusation(struct runner *r)
{
    if (!r->found && r->held_count == 1)
        blame(r->held[0].result,
              "the target stopped answering while this and other cases ran, and goes on answering "
              "when each of them runs alone");
    settle_held(r);
}

static void lose_target(struct runner *r, const char *why)
{
    char reason[CASE_TEXT_LEN];

    if (r->o->recover != NULL && r->o->recover(r->o->context)) {
        find_guilty(r);
        return;
    }
    settle_held(r);
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
        settle_held(r);
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
    enum verdict verdict = stream_verdict(result);
    /* an adapter that says nothing may have ended with the target */
    bool failed = verdict == VERDICT_FAIL || (verdict == VERDICT_ERROR && r->o->recover != NULL);

    free(r->sanity);
    r->sanity = NULL;
    if (failed)
        lose_target(r, first_reason(result));
    else if (r->held_count == 1 && r->held[0].job.accused && r->accused == 0)
        close_accusation(r);
    else
        settle_held(r);
    json_decref(result);
}

/* --- what has ended ------------------------------------------------------------------------------
 */

/* An error may be that of an adapter that ended with the target. */
static bool asks_for_check(const struct runner *r, const struct job *job, enum verdict verdict)
{
    return verdict == VERDICT_FAIL || job->fragile || job->accused ||
           (verdict == VERDICT_ERROR && r->o->recover != NULL);
}

static void note_failure(struct runner *r, const struct job *job, enum verdict verdict)
{
    if (!asks_for_check(r, job, verdict) || r->o->sanity == NULL || r->check_due ||
        r->sanity != NULL)
        return;
    r->check_due = true;
    (void)snprintf(r->suspect, sizeof r->suspect, "%s.%s", job->def->id,
                   binding_name(job->binding));
}

/* Is the result to be kept until the check? What passed while the target went is good. */
static bool must_wait(const struct runner *r, const struct job *job, enum verdict verdict)
{
    return r->check_due && r->o->recover != NULL &&
           (job->accused || (!job->fragile && verdict >= VERDICT_INCONCLUSIVE));
}

static void end_job(struct runner *r, size_t i, int status)
{
    struct job job = r->running[i];
    json_t *result = job_finish(&job, &r->o->world, status, clock_mono_us());
    enum verdict verdict = stream_verdict(result);

    r->running[i] = r->running[--r->running_count];
    r->accused -= job.accused;
    note_failure(r, &job, verdict);
    if (must_wait(r, &job, verdict))
        r->held[r->held_count++] = (struct held){job, result};
    else
        settle(r, job, result);
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
    if (r->o->serve != NULL && fds[1].revents == POLLIN && r->o->serve(r->o->context) &&
        r->running_count == 1 && r->running[0].accused)
        r->found |= r->running[0].def->impact != CASE_RESTART; /* it has seen it end, alone */
}

static void give_up(struct runner *r, enum verdict verdict, const char *reason)
{
    int status;

    settle_held(r);
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
    r.held = xcalloc(count + 1, sizeof *r.held);
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
    free(r.held);
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
