#include "conformance/report.h"

#include <stdlib.h>
#include <string.h>

#include "conformance/json.h"
#include "conformance/stream.h"

/* In the order of kind_names. */
static void (*const kinds[])(const json_t *document, struct buf *out) = {
    report_junit, report_tap, report_json, report_md, report_html, report_badge,
};

void report_json(const json_t *document, struct buf *out)
{
    char *text = json_dumps(document, JSON_INDENT(1));

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

    buf_add_format(out, "seatrial run -t %s %s --seed %s", json_text(run, "target_argument"),
                   json_text(result, "case"), json_text(result, "seed"));
}

/* --- `junit=F,tap=-` -----------------------------------------------------------------------------
 */

static const char kind_names[] = "junit|tap|json|md|html|badge";

bool report_check(const char *spec, char *why)
{
    struct str path;
    int kind;

    while (*spec != '\0') {
        if (!report_list_next(&spec, kind_names, &kind, &path, why))
            return false;
    }
    return true;
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
