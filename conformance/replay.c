#include "conformance/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "conformance/commands.h"
#include "conformance/json.h"
#include "conformance/report.h"
#include "conformance/runner.h"
#include "conformance/selector.h"
#include "conformance/stream.h"
#include "lib/buf.h"
#include "lib/clock.h"

struct replay {
    const struct options *o;
    const struct case_engine *engine;
    struct catalogue catalogue;
    struct tally tally;
    const char *path; /* of the recording that is judged */
};

static enum exit_code complain(const char *path, const char *why)
{
    (void)fprintf(stderr, "seatrial: %s: %s\n", path, why);
    return EXIT_USAGE;
}

/* Of a folder the recording in it; to be freed. */
static char *recording_of(const char *path)
{
    struct stat st;
    struct buf b = buf_growing();

    buf_add_str(&b, str_from(path));
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        buf_add_str(&b, STR("/recording.jsonl"));
    buf_add_char(&b, '\0');
    return b.ptr;
}

/* `about` of the recording's first line; NULL: why (CASE_TEXT_LEN) says. */
static json_t *read_head(const char *path, char *why)
{
    FILE *file = fopen(path, "re");
    json_error_t error = {.text = ""};
    json_t *head = file == NULL ? NULL : json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
    json_t *about = json_incref(json_object_get(head, "about"));

    if (file == NULL)
        (void)snprintf(why, CASE_TEXT_LEN, "%s", strerror(errno));
    else if (about == NULL)
        (void)snprintf(why, CASE_TEXT_LEN, "no recording of a case");
    if (file != NULL)
        (void)fclose(file);
    json_decref(head);
    return about;
}

static bool read_binding(const json_t *about, enum binding *out)
{
    for (int b = 0; b < BINDINGS; b++) {
        *out = (enum binding)b;
        if (strcmp(binding_name(*out), json_text(about, "binding")) == 0)
            return true;
    }
    return false;
}

/* What the recording has of the broker is all there is. */
static int no_broker(void *context, const char *name)
{
    UNUSED(context);
    UNUSED(name);
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void take(void *context, json_t *result)
{
    struct replay *r = context;

    r->tally.count[stream_verdict(result)]++;
    report_console_result(stdout, result, r->path);
    (void)fflush(stdout);
    json_decref(result);
}

static void judge(struct replay *r, const struct case_def *def, enum binding binding)
{
    struct runner_options options = {
        .world = {.L = r->catalogue.L,
                  .engine = r->engine,
                  .out_dir = "",
                  .time_slack = 1,
                  .trace = r->o->trace,
                  .recording = r->path,
                  .connect = no_broker},
        .jobs = 1,
        .timing_lanes = 1,
        .end_us = clock_mono_us() + r->o->timeout_us,
        .take = take,
        .context = r,
    };
    struct job job = {.def = def, .binding = binding};
    struct runner_end end = runner_run(&options, &job, 1);

    r->tally.interrupted = r->tally.interrupted || end.interrupted;
    r->tally.suite_error = r->tally.suite_error || end.suite_error;
}

static enum exit_code replay_one(struct replay *r)
{
    char why[CASE_TEXT_LEN];
    json_t *about = read_head(r->path, why);
    const struct case_def *def;
    enum exit_code code = EXIT_GOOD;
    enum binding binding;

    if (about == NULL)
        return complain(r->path, why);
    def = catalogue_case(&r->catalogue, json_text(about, "id"));
    if (def == NULL || !read_binding(about, &binding)) {
        (void)snprintf(why, sizeof why,
                       "there is no case %s; one of your own: seatrial replay FILE.lua DIR",
                       json_text(about, "id"));
        code = complain(r->path, why);
    } else {
        if (def->rev != json_number(about, "rev"))
            (void)printf("%s: recorded with rev %d of %s, judged by rev %d\n", r->path,
                         (int)json_number(about, "rev"), def->id, def->rev);
        judge(r, def, binding);
    }
    json_decref(about);
    return code;
}

enum exit_code replay_command(const struct options *o, const struct case_engine *engine)
{
    struct replay r = {.o = o, .engine = engine, .tally.strict = o->strict};
    enum exit_code code = EXIT_GOOD;

    if (!commands_load(o, engine, &r.catalogue)) /* case files among the arguments too */
        code = EXIT_USAGE;
    for (size_t i = 0; i < o->args.count && code == EXIT_GOOD; i++) {
        char *path;

        if (selector_is_file(o->args.item[i]))
            continue;
        path = recording_of(o->args.item[i]);
        r.path = path;
        code = replay_one(&r);
        free(path);
    }
    catalogue_fini(&r.catalogue);
    return code != EXIT_GOOD ? code : verdict_exit_code(&r.tally);
}
