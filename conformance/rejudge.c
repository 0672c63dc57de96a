#include "conformance/rejudge.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "conformance/diff.h"
#include "conformance/json.h"
#include "conformance/selector.h"
#include "conformance/stream.h"
#include "conformance/subrun.h"
#include "lib/buf.h"

enum { LOOK_MS = 20 };

bool rejudge_is_due(const json_t *result, double speed)
{
    enum verdict v = stream_verdict(result);

    bool unclear =
        (v == VERDICT_INCONCLUSIVE || v == VERDICT_NA) && json_number(result, "expectations") > 0;

    return speed > REJUDGE_SPEED && !stream_is_retried(result) &&
           (v == VERDICT_FAIL || v == VERDICT_WARN || unclear);
}

static char *below(const char *dir, const char *name)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%s/%s", dir, name);
    buf_add_char(&b, '\0');
    return b.ptr;
}

/* In the order of the old results, each once. */
static void add_cases(struct subrun *s, const struct options *o, const json_t *old)
{
    for (size_t i = 0; i < o->args.count; i++) {
        if (selector_is_file(o->args.item[i]))
            subrun_word(s, o->args.item[i]);
    }
    for (size_t i = 0; i < json_array_size(old); i++)
        subrun_word(s, json_text(json_array_get(old, i), "case"));
}

/* Waits for the child; passes an interruption on. */
static void wait_for(pid_t pid, bool *interrupted)
{
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        sigset_t pending;

        (void)sigpending(&pending);
        if (!*interrupted &&
            (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1)) {
            *interrupted = true;
            (void)kill(pid, SIGINT);
        }
        (void)poll(NULL, 0, LOOK_MS);
    }
}

static const json_t *find(const json_t *document, const json_t *old)
{
    const json_t *results = json_object_get(document, "results");

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);

        if (strcmp(json_text(result, "case"), json_text(old, "case")) == 0 &&
            strcmp(json_text(result, "binding"), json_text(old, "binding")) == 0)
            return result;
    }
    return NULL;
}

static json_t *match(const json_t *document, json_t *old)
{
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(old); i++) {
        json_t *before = json_array_get(old, i);
        json_t *result = json_copy((json_t *)(uintptr_t)find(document, before));
        enum verdict v = stream_verdict(result);

        if (result == NULL || v == VERDICT_SKIPPED || v == VERDICT_ERROR) {
            json_decref(result);
            continue;
        }
        (void)json_object_set_new(before, "retried", json_true());
        (void)json_object_set_new(result, "speed", json_integer(REJUDGE_SPEED));
        (void)json_object_set_new(result, "round", json_integer(json_number(before, "round")));
        (void)json_object_set_new(result, "attempt",
                                  json_integer(json_number(before, "attempt") + 1));
        (void)json_array_append_new(list, result);
    }
    return list;
}

json_t *rejudge_run(const struct options *o, const char *seed, const char *out_dir, json_t *old,
                    bool *interrupted)
{
    char *dir = below(out_dir, "again");
    char *report = below(dir, "report.json");
    char *log = below(dir, "run.log");
    struct buf kind = buf_growing();
    char why[DIFF_WHY_LEN] = "it cannot be started";
    char fuzz[16];
    json_t *document = NULL;
    struct subrun s;
    pid_t pid;

    buf_add_format(&kind, "json=%s", report);
    buf_add_char(&kind, '\0');
    (void)mkdir(dir, 0700);
    (void)remove(report); /* of an earlier run */
    subrun_init(&s, o);
    subrun_option(&s, "--target", o->target);
    subrun_option(&s, "--seed", seed);
    subrun_option(&s, "--mutant", o->mutant);
    subrun_option(&s, "--backend", o->backend);
    subrun_option(&s, "--out", dir);
    subrun_option(&s, "--report", kind.ptr);
    subrun_option(&s, "--jobs", "1");
    subrun_option(&s, "--impact", "restart"); /* what ran was allowed */
    (void)snprintf(fuzz, sizeof fuzz, "%d", o->fuzz);
    subrun_option(&s, "--fuzz", fuzz);
    subrun_speed(&s, REJUDGE_SPEED);
    subrun_word(&s, o->redact ? "--redact" : "--skip-sanity");
    add_cases(&s, o, old);
    pid = subrun_start(&s, log);
    if (pid > 0) {
        wait_for(pid, interrupted);
        document = diff_read(report, why);
    }
    if (document == NULL && !*interrupted)
        (void)fprintf(stderr, "seatrial: failures could not be judged again: %s; %s\n", why, log);
    subrun_fini(&s);
    buf_fini(&kind);
    free(dir);
    free(report);
    free(log);
    json_t *list = match(document, old);

    json_decref(document);
    return list;
}
