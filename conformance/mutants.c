#include "conformance/mutants.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/commands.h"
#include "conformance/diff.h"
#include "conformance/gaps.h"
#include "conformance/json.h"
#include "conformance/stream.h"
#include "conformance/subrun.h"
#include "lib/buf.h"
#include "lib/launch.h"
#include "lib/nearest.h"

enum { MAX_LIST = 1 << 20, MAX_NAME = 64, RUNS_A_CORE = 3 };

/* --- the list ------------------------------------------------------------------------------------
 */

static void child_list(const char *program, int fd)
{
    char *words[] = {NULL, NULL, NULL, NULL};

    words[0] = xstrdup(str_from(program));
    words[1] = xstrdup(STR("--mutant"));
    words[2] = xstrdup(STR("list"));
    (void)dup2(fd, STDOUT_FILENO);
    launch_extend_path();
    (void)execvp(words[0], words);
    _exit(127);
}

char *mutants_list(const char *program)
{
    char *text = xcalloc(1, MAX_LIST + 1);
    size_t len = 0;
    int status = 0;
    ssize_t got;
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
        free(text);
        return NULL;
    }
    if (pid == 0)
        child_list(program == NULL ? "seatrial-endpoint" : program, fds[1]);
    (void)close(fds[1]);
    while (len < MAX_LIST && (got = read(fds[0], text + len, MAX_LIST - len)) > 0)
        len += (size_t)got;
    (void)close(fds[0]);
    (void)waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && len > 0)
        return text;
    free(text);
    return NULL;
}

/* --- judging -------------------------------------------------------------------------------------
 */

static bool fails_at(const json_t *result, const char *field)
{
    const json_t *findings = json_object_get(result, "findings");

    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *f = json_array_get(findings, i);

        if (stream_verdict(f) >= VERDICT_WARN && stream_verdict(f) != VERDICT_ERROR &&
            (field == NULL || strcmp(json_text(f, "field"), field) == 0))
            return true;
    }
    return false;
}

enum mutants_kill mutants_judge(const json_t *document, const char *case_id, const char *field)
{
    const json_t *results = json_object_get(document, "results");
    enum mutants_kill kill = MUTANTS_NOT_JUDGED;

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        enum verdict v = stream_verdict(result);

        if (strcmp(json_text(result, "case"), case_id) != 0)
            continue;
        if ((v == VERDICT_FAIL || v == VERDICT_WARN) && fails_at(result, field))
            return MUTANTS_KILLED;
        if (v == VERDICT_FAIL || v == VERDICT_WARN)
            kill = MUTANTS_ELSEWHERE;
        else if (v == VERDICT_PASS && kill == MUTANTS_NOT_JUDGED)
            kill = MUTANTS_SURVIVED;
    }
    return kill;
}

/* --- runs ----------------------------------------------------------------------------------------
 */

struct mutant_run {
    char name[MAX_NAME];
    pid_t pid; /* 0: has ended, or never ran */
    json_t *document;
    size_t claims;
};

struct hunt {
    const struct options *o;
    struct catalogue catalogue;
    struct gaps gaps;
    struct mutant_run *runs;
    size_t count;
    char out_dir[PATH_MAX];
    json_t *page; /* what is printed: one object a claim */
    size_t bad;
    size_t errors;
};

/* With which target the mutant runs: what its claims say, else as asked. */
static const char *target_of(const struct hunt *h, const char *mutant)
{
    for (size_t i = 0; i < h->catalogue.case_count; i++) {
        const struct case_kill *claim = case_claim(&h->catalogue.cases[i], mutant);

        if (claim != NULL && claim->target != NULL)
            return claim->target;
    }
    return h->o->target == NULL ? "reference" : h->o->target;
}

static char *path_of(const struct hunt *h, const char *name, const char *ending)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%s/%s%s", h->out_dir, name, ending);
    buf_add_char(&b, '\0');
    return b.ptr;
}

static void start(struct hunt *h, struct mutant_run *run)
{
    char *log = path_of(h, run->name, ".log");
    char *report = path_of(h, run->name, ".json");
    char *out = path_of(h, run->name, "");
    struct buf kind = buf_growing();
    struct subrun s;

    buf_add_format(&kind, "json=%s", report);
    buf_add_char(&kind, '\0');
    subrun_init(&s, h->o);
    subrun_word(&s, "--skip-sanity");
    subrun_word(&s, "--judge-once");
    subrun_option(&s, "--shrink", "0s");
    subrun_option(&s, "--target", target_of(h, run->name));
    subrun_option(&s, "--mutant", run->name);
    subrun_option(&s, "--out", out);
    subrun_option(&s, "--report", kind.ptr);
    subrun_speed(&s, h->o->speed);
    for (size_t i = 0; i < h->catalogue.case_count; i++) {
        if (h->o->full || case_claim(&h->catalogue.cases[i], run->name) != NULL)
            subrun_word(&s, h->catalogue.cases[i].id);
    }
    run->pid = subrun_start(&s, log);
    if (run->pid < 0)
        run->pid = 0;
    subrun_fini(&s);
    buf_fini(&kind);
    free(log);
    free(report);
    free(out);
}

static void read_report(struct hunt *h, struct mutant_run *run)
{
    char *report = path_of(h, run->name, ".json");
    char why[DIFF_WHY_LEN];

    run->document = diff_read(report, why);
    if (run->document == NULL)
        (void)fprintf(stderr, "seatrial: %s; %s/%s.log says why\n", why, h->out_dir, run->name);
    free(report);
}

/* Waits for one of the runs. */
static void reap(struct hunt *h)
{
    pid_t pid = waitpid(-1, NULL, 0);

    for (size_t i = 0; i < h->count; i++) {
        if (pid > 0 && h->runs[i].pid == pid) {
            h->runs[i].pid = 0;
            read_report(h, &h->runs[i]);
        }
    }
}

static void run_all(struct hunt *h)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    /* almost all of a run is waiting */
    int most = h->o->jobs > 0 ? h->o->jobs : RUNS_A_CORE * (cores > 0 ? (int)cores : 1);
    int running = 0;

    for (size_t i = 0; i < h->count; i++) {
        if (h->runs[i].claims == 0 && !h->o->full)
            continue;
        if (running == most) {
            reap(h);
            running--;
        }
        start(h, &h->runs[i]);
        running += h->runs[i].pid != 0;
    }
    for (; running > 0; running--)
        reap(h);
}

/* Is the mutant killed as each of its claims says? */
static bool is_in_order(const struct hunt *h, const struct mutant_run *run)
{
    for (size_t i = 0; i < h->catalogue.case_count; i++) {
        const struct case_kill *claim = case_claim(&h->catalogue.cases[i], run->name);

        if (claim != NULL &&
            (run->document == NULL || mutants_judge(run->document, h->catalogue.cases[i].id,
                                                    claim->field) != MUTANTS_KILLED))
            return false;
    }
    return true;
}

/* A busy machine may have been in the way: once more, alone, and what comes then counts. */
static void run_doubtful_again(struct hunt *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct mutant_run *run = &h->runs[i];

        if (is_in_order(h, run))
            continue;
        (void)fprintf(stderr, "%s is not killed as claimed: once more, alone\n", run->name);
        json_decref(run->document);
        run->document = NULL;
        start(h, run);
        if (run->pid != 0)
            reap(h);
    }
}

/* --- the command ---------------------------------------------------------------------------------
 */

static const char *const kill_texts[] = {
    [MUTANTS_KILLED] = "killed",
    [MUTANTS_ELSEWHERE] = "killed elsewhere",
    [MUTANTS_SURVIVED] = "SURVIVED",
    [MUTANTS_NOT_JUDGED] = "not judged",
};

static void note(struct hunt *h, const char *mutant, const char *case_id, const char *field,
                 const char *result)
{
    json_t *object = json_object();

    (void)json_object_set_new(object, "mutant", json_of_text(mutant));
    (void)json_object_set_new(object, "case", json_of_text(case_id));
    (void)json_object_set_new(object, "field", json_of_text(field == NULL ? "" : field));
    (void)json_object_set_new(object, "result", json_of_text(result));
    (void)json_array_append_new(h->page, object);
}

/* Kills by cases that do not claim it are recorded only. */
static void judge_others(struct hunt *h, const struct mutant_run *run)
{
    for (size_t i = 0; i < h->catalogue.case_count; i++) {
        const struct case_def *def = &h->catalogue.cases[i];

        if (case_claim(def, run->name) == NULL &&
            mutants_judge(run->document, def->id, NULL) == MUTANTS_KILLED)
            note(h, run->name, def->id, NULL, "also killed");
    }
}

static void judge_run(struct hunt *h, const struct mutant_run *run)
{
    const struct gap *gap = gaps_of_mutant(&h->gaps, run->name);

    if (run->claims == 0) {
        note(h, run->name, gap == NULL ? "" : gap->by, NULL,
             gap == NULL ? "no case claims it" : "killed by a test");
        h->bad += gap == NULL;
    }
    for (size_t i = 0; i < h->catalogue.case_count; i++) {
        const struct case_def *def = &h->catalogue.cases[i];
        const struct case_kill *claim = case_claim(def, run->name);
        enum mutants_kill kill = MUTANTS_NOT_JUDGED;

        if (claim == NULL)
            continue;
        if (run->document != NULL)
            kill = mutants_judge(run->document, def->id, claim->field);
        note(h, run->name, def->id, claim->field, kill_texts[kill]);
        h->bad += kill == MUTANTS_ELSEWHERE || kill == MUTANTS_SURVIVED;
        h->errors += kill == MUTANTS_NOT_JUDGED;
    }
    if (h->o->full && run->document != NULL)
        judge_others(h, run);
}

static void print(const struct hunt *h)
{
    if (h->o->format == FORMAT_JSON) {
        (void)json_dumpf(h->page, stdout, JSON_INDENT(2));
        (void)printf("\n");
        return;
    }
    if (h->o->format == FORMAT_MD)
        (void)printf("| mutant | case | field | result |\n|---|---|---|---|\n");
    for (size_t i = 0; i < json_array_size(h->page); i++) {
        const json_t *row = json_array_get(h->page, i);

        if (h->o->format == FORMAT_MD)
            (void)printf("| %s | %s | %s | %s |\n", json_text(row, "mutant"),
                         json_text(row, "case"), json_text(row, "field"), json_text(row, "result"));
        else
            (void)printf("%-17s %-32s %-12s %s\n", json_text(row, "result"),
                         json_text(row, "mutant"), json_text(row, "case"), json_text(row, "field"));
    }
    if (h->o->format == FORMAT_TEXT)
        (void)printf("\n%zu mutants; %zu claims or mutants not in order, %zu not judged\n",
                     h->count, h->bad, h->errors);
}

/* A run for each line of list that the arguments, which are names of mutants, ask for. */
static void make_runs(struct hunt *h, const char *list)
{
    for (const char *at = list; *at != '\0'; at += *at == '\n') {
        struct mutant_run run = {.pid = 0};
        size_t len = strcspn(at, " \n");
        bool wanted = h->o->args.count == 0;

        (void)snprintf(run.name, sizeof run.name, "%.*s", (int)len, at);
        at += strcspn(at, "\n");
        for (size_t i = 0; i < h->o->args.count; i++)
            wanted = wanted || strcmp(h->o->args.item[i], run.name) == 0;
        if (len == 0 || !wanted)
            continue;
        for (size_t i = 0; i < h->catalogue.case_count; i++)
            run.claims += case_claim(&h->catalogue.cases[i], run.name) != NULL;
        h->runs = xrealloc(h->runs, (h->count + 1) * sizeof *h->runs);
        h->runs[h->count++] = run;
    }
}

static void complain_of_name(const char *name, const char *list)
{
    struct nearest n = nearest_to(str_from(name));
    char *copy = xstrdup(str_from(list));
    char *rest = NULL;

    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        line[strcspn(line, " ")] = '\0';
        nearest_offer(&n, line);
    }
    if (n.found != NULL)
        (void)fprintf(stderr, "seatrial: there is no mutant \"%s\", did you mean \"%s\"?\n", name,
                      n.found);
    else
        (void)fprintf(stderr,
                      "seatrial: there is no mutant \"%s\" (seatrial-endpoint --mutant list)\n",
                      name);
    free(copy);
}

/* Names that are asked for and no mutant's are told; false: there is one. */
static bool check_names(const struct hunt *h, const char *list)
{
    bool ok = true;

    for (size_t i = 0; i < h->o->args.count; i++) {
        const char *name = h->o->args.item[i];
        bool known = false;

        for (size_t k = 0; k < h->count; k++)
            known = known || strcmp(h->runs[k].name, name) == 0;
        if (!known)
            complain_of_name(name, list);
        ok = ok && known;
    }
    return ok;
}

static enum exit_code hunt(struct hunt *h)
{
    bool known;

    char *list = mutants_list(h->o->endpoint);

    if (list == NULL) {
        (void)fprintf(stderr,
                      "seatrial: there is no seatrial-endpoint with mutants (--endpoint names "
                      "one; it is built without -DSEATRIAL_MUTANTS=OFF)\n");
        return EXIT_USAGE;
    }
    make_runs(h, list);
    known = check_names(h, list);
    free(list);
    if (!known)
        return EXIT_USAGE;
    if ((mkdir(h->o->out, 0700) != 0 && errno != EEXIST) ||
        realpath(h->o->out, h->out_dir) == NULL) {
        (void)fprintf(stderr, "seatrial: --out %s: %s\n", h->o->out, strerror(errno));
        return EXIT_USAGE;
    }
    run_all(h);
    run_doubtful_again(h);
    for (size_t i = 0; i < h->count; i++)
        judge_run(h, &h->runs[i]);
    print(h);
    if (h->count == 0)
        return EXIT_NOTHING;
    if (h->errors > 0)
        return EXIT_SUITE;
    return h->bad > 0 ? EXIT_FAILED : EXIT_GOOD;
}

enum exit_code mutants_command(const struct options *o, const struct case_engine *engine)
{
    struct options without_args = *o;
    struct hunt h = {.o = o, .page = json_array()};
    enum exit_code code = EXIT_USAGE;
    struct problems problems;

    without_args.args.count = 0; /* they are mutants, no case files */
    problems_init(&problems);
    if (commands_load(&without_args, engine, &h.catalogue) &&
        gaps_load(&h.gaps, options_scenarios(o), &problems))
        code = hunt(&h);
    commands_complain(&problems);
    problems_fini(&problems);
    gaps_fini(&h.gaps);
    for (size_t i = 0; i < h.count; i++)
        json_decref(h.runs[i].document);
    free(h.runs);
    json_decref(h.page);
    catalogue_fini(&h.catalogue);
    return code;
}
