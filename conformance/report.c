#include "conformance/report.h"

#include <stdlib.h>
#include <string.h>

#include "conformance/json.h"
#include "conformance/stream.h"

/* In the order of kind_names. */
static void (*const kinds[])(const json_t *document, struct buf *out) = {
    report_junit, report_tap, report_json, report_md, report_html, report_badge,
};

/* Of the document: they hold everything. */
static const char *const parts[] = {"run", "results", "end"};

/* One judgement, as one looks for it first. */
static json_t *json_of_judgement(const json_t *result)
{
    struct buf reason = buf_growing();
    json_t *object;

    if (stream_signature(result) != NULL)
        report_add_finding(&reason, stream_signature(result));
    buf_add_char(&reason, '\0');
    object = json_pack(
        "{s:s, s:s, s:s, s:s, s:O?, s:I, s:s}", "id", json_text(result, "case"), "binding",
        json_text(result, "binding"), "verdict", json_text(result, "verdict"), "level",
        json_text(result, "level"), "refs", json_object_get(result, "refs"), "duration_us",
        (json_int_t)json_number(result, "duration_us"), "seed", json_text(result, "seed"));
    (void)json_object_set_new(object, "reason", json_of_text(reason.ptr));
    buf_fini(&reason);
    return object;
}

/* The document as conformance/schema/report.schema.json describes it. */
void report_json(const json_t *document, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");
    json_t *whole = json_object();
    json_t *cases = json_array();
    char *text;

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);

        if (!stream_is_retried(result))
            (void)json_array_append_new(cases, json_of_judgement(result));
    }
    (void)json_object_set(whole, "schema", json_object_get(document, "schema"));
    (void)json_object_set(whole, "target",
                          json_object_get(json_object_get(document, "run"), "target"));
    (void)json_object_set(whole, "totals",
                          json_object_get(json_object_get(document, "end"), "counts"));
    (void)json_object_set_new(whole, "cases", cases);
    for (size_t i = 0; i < COUNT(parts); i++)
        (void)json_object_set(whole, parts[i], json_object_get(document, parts[i]));
    text = json_dumps(whole, JSON_INDENT(1));
    json_decref(whole);
    assert(text != NULL);
    buf_add_str(out, str_from(text));
    buf_add_char(out, '\n');
    free(text);
}

void report_add_finding(struct buf *out, const json_t *finding)
{
    const char *field = json_text(finding, "field");
    const char *expected = json_text(finding, "expected");
    const char *got = json_text(finding, "got");
    const char *reason = json_text(finding, "reason");

    if (field[0] != '\0')
        buf_add_format(out, "%s: ", field);
    if (reason[0] != '\0')
        buf_add_str(out, str_from(reason));
    if (reason[0] != '\0' && (expected[0] != '\0' || got[0] != '\0'))
        buf_add_str(out, STR("; "));
    if (expected[0] != '\0')
        buf_add_format(out, "expected %s", expected);
    if (got[0] != '\0')
        buf_add_format(out, "%sgot %s", expected[0] != '\0' ? ", " : "", got);
}

void report_add_again(struct buf *out, const json_t *document, const json_t *result)
{
    const json_t *run = json_object_get(document, "run");

    /* a case of a file of one's own is in no catalogue */
    bool own = strcmp(json_text(result, "family"), "own") == 0;

    buf_add_format(out, "seatrial run -t %s %s --seed %s", json_text(run, "target_argument"),
                   json_text(result, own ? "file" : "case"), json_text(run, "seed"));
}

/* --- `junit=F,tap=-` -----------------------------------------------------------------------------
 */

static const char kind_names[] = "junit|tap|json|md|html|badge";

bool report_check(const char *spec, char *why)
{
    return report_list_check(spec, kind_names, why);
}

bool report_write(const char *spec, const json_t *document, char *why)
{
    bool ok = true;

    while (*spec != '\0' && ok) {
        struct buf text = buf_growing();
        struct str path;
        int kind;

        ok = report_list_next(&spec, kind_names, &kind, &path, why);
        if (ok) {
            kinds[kind](document, &text);
            ok = report_list_write(path, &text, why);
        }
        buf_fini(&text);
    }
    return ok;
}
