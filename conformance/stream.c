#include "conformance/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/json.h"

static void write_line(struct stream *s, const json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    assert(text != NULL);
    (void)fprintf(s->file, "%s\n", text);
    (void)fflush(s->file);
    free(text);
}

bool stream_open(struct stream *s, const char *path, json_t *run, char *why)
{
    *s = (struct stream){.file = fopen(path, "we")};
    if (s->file == NULL) {
        (void)snprintf(why, 512, "%s: %s", path, strerror(errno));
        json_decref(run);
        return false;
    }
    (void)json_object_set_new(run, "type", json_string("run"));
    write_line(s, run);
    s->document = json_object();
    (void)json_object_set_new(s->document, "schema", json_string("seatrial-report/1"));
    (void)json_object_set_new(s->document, "run", run);
    (void)json_object_set_new(s->document, "results", json_array());
    return true;
}

enum verdict stream_verdict(const json_t *result)
{
    enum verdict v = VERDICT_ERROR;

    return verdict_from_name(str_from(json_text(result, "verdict")), &v) ? v : VERDICT_ERROR;
}

const json_t *stream_signature(const json_t *result)
{
    const json_t *findings = json_object_get(result, "findings");
    const json_t *worst = NULL;

    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *f = json_array_get(findings, i);

        if (worst == NULL || stream_verdict(f) > stream_verdict(worst))
            worst = f;
    }
    return worst;
}

bool stream_is_retried(const json_t *result)
{
    return json_is_true(json_object_get(result, "retried"));
}

void stream_take(struct stream *s, json_t *result)
{
    enum verdict v = stream_verdict(result);

    if (!stream_is_retried(result)) {
        s->tally.count[v]++;
        /* one that was judged again because of the speed is not flaky */
        if (json_number(result, "attempt") > 0 && (v == VERDICT_PASS || v == VERDICT_WARN) &&
            json_object_get(result, "speed") == NULL) {
            (void)json_object_set_new(result, "flaky", json_true());
            s->tally.flaky++;
        }
    }
    write_line(s, result);
    (void)json_array_append_new(json_object_get(s->document, "results"), result);
}

bool stream_close(struct stream *s)
{
    json_t *end = json_object();
    json_t *counts = json_object();
    bool ok;

    for (int v = 0; v < VERDICTS; v++)
        (void)json_object_set_new(counts, verdict_name((enum verdict)v),
                                  json_integer((json_int_t)s->tally.count[v]));
    (void)json_object_set_new(end, "type", json_string("end"));
    (void)json_object_set_new(end, "counts", counts);
    (void)json_object_set_new(end, "flaky", json_integer((json_int_t)s->tally.flaky));
    (void)json_object_set_new(end, "strays", json_integer((json_int_t)s->tally.strays));
    (void)json_object_set_new(end, "interrupted", json_boolean(s->tally.interrupted));
    (void)json_object_set_new(end, "unreachable", json_boolean(s->tally.unreachable));
    (void)json_object_set_new(end, "suite_error", json_boolean(s->tally.suite_error));
    (void)json_object_set_new(end, "exit_code", json_integer(verdict_exit_code(&s->tally)));
    write_line(s, end);
    (void)json_object_set_new(s->document, "end", end);
    ok = ferror(s->file) == 0;
    ok = fclose(s->file) == 0 && ok;
    s->file = NULL;
    return ok;
}

void stream_fini(struct stream *s)
{
    if (s->file != NULL)
        (void)fclose(s->file);
    json_decref(s->document);
    *s = (struct stream){.file = NULL};
}
