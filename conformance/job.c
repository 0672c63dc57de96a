#include "conformance/job.h"

#include <errno.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/excerpt.h"
#include "conformance/json.h"
#include "lib/buf.h"

enum { MAX_TIMELINE = 500, MAX_LOG_LINE = 1 << 16 };
enum { FUZZ_DATAGRAM_US = 10000 }; /* what one may take, with its part of the fences */

void job_seed(uint64_t run_seed, const char *id, enum binding binding, uint8_t out[32])
{
    char text[256];
    int len = snprintf(text, sizeof text, "%016llx|%s|%s", (unsigned long long)run_seed, id,
                       binding_name(binding));

    assert(len > 0 && (size_t)len < sizeof text);
    if (EVP_Digest(text, (size_t)len, out, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

static void set_evidence_dir(struct job *job, const struct job_world *world)
{
    struct buf b = buf_over(job->evidence_dir, sizeof job->evidence_dir - 1);

    buf_add_format(&b, "%s/%s.%s", world->out_dir, job->def->id, binding_name(job->binding));
    if (job->round > 0)
        buf_add_format(&b, ".round%d", job->round + 1);
    if (job->attempt > 0)
        buf_add_format(&b, ".again%d", job->attempt);
    job->evidence_dir[b.overflow ? 0 : b.len] = '\0';
}

bool job_runs_alone(const struct job *job)
{
    return job->def->exclusive || job->fragile || job->accused;
}

static void child(const struct job *job, const struct job_world *world, int broker_fd)
{
    struct case_env env = {
        .target = world->target,
        .binding = job->binding,
        .run_seed = world->seed,
        .broker_fd = broker_fd,
        .evidence_dir = job->evidence_dir,
        .speed = world->speed,
        .time_slack = world->time_slack,
        .log_fd = job->log_fd,
        .trace = world->trace,
        .redact = world->redact,
        .mutant = world->mutant,
        .fuzz = world->fuzz,
        .shrink_us = world->shrink_us,
        .alone = world->alone || job_runs_alone(job),
        .accused = job->accused,
        .recording = world->recording,
        .attempt = job->round * 128 + job->attempt,
    };
    sigset_t none;

    (void)setpgid(0, 0);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    job_seed(world->seed, job->def->id, job->binding, env.seed);
    world->engine->execute(world->L, job->def, &env, job->report);
    (void)fflush(NULL);
    _exit(0);
}

static bool fail(char *reason, const char *what)
{
    (void)snprintf(reason, CASE_TEXT_LEN, "%s: %s", what, strerror(errno));
    return false;
}

bool job_start(struct job *job, const struct job_world *world, int64_t now_us, char *reason)
{
    int broker_fd;
    char name[160];

    (void)snprintf(name, sizeof name, "%s.%s", job->def->id, binding_name(job->binding));
    set_evidence_dir(job, world);
    job->log_mark = excerpt_mark(world->target_log);
    job->log_fd = memfd_create("case-log", MFD_CLOEXEC);
    if (job->log_fd < 0)
        return fail(reason, "no memory for a log");
    job->report =
        mmap(NULL, sizeof *job->report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (job->report == MAP_FAILED)
        return fail(reason, "no memory for a report");
    broker_fd = world->connect(world->context, name);
    if (broker_fd < 0) {
        (void)snprintf(reason, CASE_TEXT_LEN,
                       "the broker of registry, commands and events is gone");
        return false;
    }
    (void)fflush(NULL);
    job->pid = fork();
    if (job->pid == 0)
        child(job, world, broker_fd);
    (void)close(broker_fd);
    if (job->pid < 0) {
        job->pid = 0;
        return fail(reason, "fork");
    }
    (void)setpgid(job->pid, job->pid); /* whoever comes first */
    job->started_us = now_us;
    /* a guard against what hangs, and it may need as much work as at speed 1 */
    job->deadline_us = now_us +
                       (int64_t)((double)job->def->timeout_us * world->time_slack *
                                 (world->speed > 1 ? world->speed : 1)) +
                       world->fuzz * FUZZ_DATAGRAM_US;
    job->late = false;
    return true;
}

void job_kill(const struct job *job)
{
    if (job->pid > 0)
        (void)kill(-job->pid, SIGKILL);
}

/* --- its result ----------------------------------------------------------------------------------
 */

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text[0] != '\0')
        (void)json_object_set_new(object, name, json_of_text(text));
}

static json_t *json_of_finding(const struct case_finding *f)
{
    json_t *object = json_object();

    (void)json_object_set_new(object, "verdict", json_string(verdict_name(f->verdict)));
    set_text(object, "step", f->step);
    set_text(object, "field", f->field);
    set_text(object, "expected", f->expected);
    set_text(object, "got", f->got);
    set_text(object, "reason", f->reason);
    set_text(object, "file", f->file);
    if (f->line > 0)
        (void)json_object_set_new(object, "line", json_integer(f->line));
    return object;
}

/* The log's lines; of a long one the first and the last. */
static json_t *json_of_log(int fd)
{
    json_t *list = json_array();
    int copy = dup(fd);
    FILE *file = copy < 0 ? NULL : fdopen(copy, "re");
    char *line = NULL;
    size_t cap = 0;

    if (file == NULL)
        return list;
    rewind(file);
    while (getline(&line, &cap, file) > 0) {
        json_t *entry = json_loads(line, 0, NULL);

        if (json_is_object(entry))
            (void)json_array_append(list, entry);
        json_decref(entry);
        if (json_array_size(list) > MAX_TIMELINE)
            (void)json_array_remove(list, MAX_TIMELINE / 2);
    }
    free(line);
    (void)fclose(file);
    return list;
}

static json_t *result_head(const struct job *job, const struct job_world *world)
{
    const struct case_def *def = job->def;
    json_t *object = json_object();
    char seed[20];

    (void)snprintf(seed, sizeof seed, "%llx", (unsigned long long)world->seed);
    (void)json_object_set_new(object, "type", json_string("result"));
    (void)json_object_set_new(object, "case", json_of_text(def->id));
    (void)json_object_set_new(object, "rev", json_integer(def->rev));
    (void)json_object_set_new(object, "binding", json_string(binding_name(job->binding)));
    (void)json_object_set_new(object, "level", json_string(case_level_name(def->level)));
    (void)json_object_set_new(object, "title", json_of_text(def->title));
    (void)json_object_set_new(object, "family", json_of_text(def->family));
    (void)json_object_set_new(object, "refs", json_of_texts(&def->refs));
    (void)json_object_set_new(object, "file", json_of_text(def->file));
    (void)json_object_set_new(object, "line", json_integer(def->line));
    (void)json_object_set_new(object, "round", json_integer(job->round));
    (void)json_object_set_new(object, "attempt", json_integer(job->attempt));
    (void)json_object_set_new(object, "seed", json_string(seed));
    return object;
}

json_t *job_result_without_run(const struct job *job, const struct job_world *world,
                               enum verdict verdict, const char *reason)
{
    json_t *object = result_head(job, world);
    struct case_finding f = {.verdict = verdict};

    (void)snprintf(f.reason, sizeof f.reason, "%s", reason);
    (void)json_object_set_new(object, "verdict", json_string(verdict_name(verdict)));
    (void)json_object_set_new(object, "duration_us", json_integer(0));
    (void)json_object_set_new(object, "expectations", json_integer(0));
    (void)json_object_set_new(object, "findings", json_pack("[o]", json_of_finding(&f)));
    return object;
}

static void add_error(struct job *job, const char *format, ...) PRINTF_LIKE(2, 3);

static void add_error(struct job *job, const char *format, ...)
{
    struct case_finding f = {.verdict = VERDICT_ERROR, .line = job->def->line};
    va_list args;

    va_start(args, format);
    (void)vsnprintf(f.reason, sizeof f.reason, format, args);
    va_end(args);
    (void)snprintf(f.file, sizeof f.file, "%s", job->def->file);
    case_add_finding(job->report, &f);
}

/* What the process itself cannot have said. */
static void judge_end(struct job *job, int status)
{
    const struct case_report *report = job->report;

    if (job->late)
        add_error(job, "the case did not end within %lld s and was killed",
                  (long long)((job->deadline_us - job->started_us) / US_PER_S));
    else if (WIFSIGNALED(status))
        add_error(job, "the process of the case was ended by signal %d", WTERMSIG(status));
    else if (!report->done)
        add_error(job, "the process of the case ended early, with exit code %d",
                  WEXITSTATUS(status));
    else if (report->verdict == VERDICT_PASS && report->expectations == 0)
        add_error(job, "the case judged nothing: it has no expectation");
}

/* What the target logged meanwhile, of other cases beside this one too: a file of the evidence,
 * whose end stands in the result. */
static void add_target_log(const struct job *job, const struct job_world *world, json_t *object)
{
    struct buf text = buf_growing();
    struct buf path = buf_growing();
    FILE *file;

    if (world->target_log == NULL ||
        !excerpt_read(world->target_log, job->log_mark, world->redact, &text)) {
        buf_fini(&text);
        return;
    }
    buf_add_format(&path, "%s/target.log", job->evidence_dir);
    buf_add_char(&path, '\0');
    file = fopen(path.ptr, "we"); /* a full disk must not change a verdict */
    if (file != NULL) {
        (void)fwrite(text.ptr, 1, text.len, file);
        if (fclose(file) == 0)
            (void)json_object_set_new(object, "target_log", json_of_text(path.ptr));
    }
    buf_fini(&path);
    buf_fini(&text);
}

json_t *job_finish(struct job *job, const struct job_world *world, int status, int64_t now_us)
{
    json_t *object = result_head(job, world);
    json_t *findings = json_array();
    struct case_report *report = job->report;

    job_kill(job); /* what it has left behind */
    judge_end(job, status);
    for (int i = 0; i < report->finding_count && i < CASE_MAX_FINDINGS; i++)
        (void)json_array_append_new(findings, json_of_finding(&report->findings[i]));
    (void)json_object_set_new(object, "verdict", json_string(verdict_name(report->verdict)));
    (void)json_object_set_new(object, "duration_us", json_integer(now_us - job->started_us));
    (void)json_object_set_new(object, "expectations", json_integer(report->expectations));
    (void)json_object_set_new(object, "findings", findings);
    report->detail[sizeof report->detail - 1] = '\0';
    set_text(object, "detail", report->detail);
    if (report->verdict > VERDICT_NA)
        (void)json_object_set_new(object, "timeline", json_of_log(job->log_fd));
    if (report->has_evidence) {
        (void)json_object_set_new(object, "evidence", json_of_text(job->evidence_dir));
        if (report->verdict > VERDICT_NA)
            add_target_log(job, world, object);
    }
    (void)munmap(report, sizeof *report);
    (void)close(job->log_fd);
    job->pid = 0;
    job->report = NULL;
    return object;
}
