#include "conformance/report.h"

#include <string.h>

#include "conformance/json.h"
#include "conformance/markup.h"
#include "conformance/standing.h"
#include "conformance/stream.h"

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 "
    "1em;color:#222}\n"
    "table{border-collapse:collapse;margin:1em 0}th,td{border:1px solid #ccc;padding:.25em .5em;"
    "text-align:left;vertical-align:top}\n"
    ".v{color:#fff;font-weight:600;font-size:.85em;padding:.05em "
    ".45em;border-radius:.2em;white-space:nowrap}"
    "\n"
    "pre{background:#f6f6f6;padding:.7em;overflow:auto}\n"
    "details{margin:.6em 0;border:1px solid #ccc;padding:.4em .8em}\n"
    ".ladder{font:12px monospace;max-width:none}.ladder .life{stroke:#bbb}.ladder "
    ".arrow{stroke:#333}\n"
    "@media(prefers-color-scheme:dark){body,.ladder text{background:#181818;color:#ddd;fill:#ddd}"
    "pre{background:#222}.ladder .arrow{stroke:#ccc}}\n";

static void add_verdict(struct buf *out, enum verdict v)
{
    buf_add_format(out, "<span class=\"v\" style=\"background:%s\">%s</span>", markup_colour(v),
                   verdict_name(v));
}

static void add_head(const json_t *document, struct buf *out)
{
    const json_t *run = json_object_get(document, "run");
    const json_t *end = json_object_get(document, "end");
    const json_t *counts = json_object_get(end, "counts");

    buf_add_str(
        out,
        STR("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Conformance of "));
    markup_add(out, json_text(run, "target"));
    buf_add_format(out, "</title>\n<style>\n%s</style></head><body>\n", style);
    /* one arrow head for all ladders of the page */
    buf_add_str(out,
                STR("<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs><marker id=\"tip\" "
                    "markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\">"
                    "<path d=\"M0,0L8,4L0,8z\" fill=\"#777\"/></marker></defs></svg>\n"
                    "<h1>Conformance of "));
    markup_add(out, json_text(run, "target"));
    buf_add_char(out, ' ');
    markup_add(out, json_text(run, "target_version"));
    buf_add_format(out, "</h1>\n<p>Seatrial %s, %s, seed <code>%s</code>, exit code %d</p>\n<p>",
                   json_text(run, "suite"), json_text(run, "started"), json_text(run, "seed"),
                   (int)json_number(end, "exit_code"));
    for (int v = VERDICTS - 1; v >= 0; v--) {
        if (json_number(counts, verdict_name((enum verdict)v)) == 0)
            continue;
        add_verdict(out, (enum verdict)v);
        buf_add_format(out, " %d &nbsp; ", (int)json_number(counts, verdict_name((enum verdict)v)));
    }
    buf_add_str(out, STR("</p>\n"));
}

static void add_anchor(struct buf *out, const json_t *result)
{
    buf_add_format(out, "%s.%s.%d.%d", json_text(result, "case"), json_text(result, "binding"),
                   (int)json_number(result, "round"), (int)json_number(result, "attempt"));
}

static void add_failure(const json_t *document, const json_t *result, struct buf *out)
{
    struct buf text = buf_growing();

    buf_add_str(out, STR("<details id=\""));
    add_anchor(out, result);
    buf_add_str(out, stream_verdict(result) >= VERDICT_WARN ? STR("\" open><summary>")
                                                            : STR("\"><summary>"));
    add_verdict(out, stream_verdict(result));
    buf_add_format(out, " <b>%s</b> %s ", json_text(result, "case"), json_text(result, "binding"));
    markup_add(out, json_text(result, "title"));
    buf_add_str(out, STR("</summary>\n"));
    if (stream_signature(result) != NULL)
        report_add_finding(&text, stream_signature(result));
    buf_add_char(&text, '\0');
    buf_add_str(out, STR("<p>"));
    markup_add(out, text.ptr);
    buf_add_str(out, STR("</p>\n"));
    if (json_text(result, "detail")[0] != '\0') {
        buf_add_str(out, STR("<pre>"));
        markup_add(out, json_text(result, "detail"));
        buf_add_str(out, STR("</pre>\n"));
    }
    markup_add_ladder(out, result);
    buf_clear(&text);
    report_add_again(&text, document, result);
    buf_add_char(&text, '\0');
    buf_add_str(out, STR("<p>again: <code>"));
    markup_add(out, text.ptr);
    buf_add_str(out, STR("</code></p></details>\n"));
    buf_fini(&text);
}

static void add_failures(const json_t *document, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");
    bool any = false;

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);

        if (stream_verdict(result) == VERDICT_PASS)
            continue;
        if (!any)
            buf_add_str(out, STR("<h2>What did not pass</h2>\n"));
        any = true;
        add_failure(document, result, out);
    }
}

static void add_row(const json_t *document, const json_t *row, struct buf *out)
{
    buf_add_format(out, "<tr><td>%s</td><td>%s</td>", json_text(row, "id"),
                   json_text(row, "level"));
    for (int b = 0; b < BINDINGS; b++) {
        enum verdict v;

        buf_add_str(out, STR("<td>"));
        if (standing_of(document, json_text(row, "id"), (enum binding)b, &v))
            add_verdict(out, v);
        buf_add_str(out, STR("</td>"));
    }
    buf_add_str(out, STR("<td>"));
    markup_add(out, json_text(row, "text"));
    buf_add_str(out, STR("</td></tr>\n"));
}

static void add_cases(const json_t *document, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");

    buf_add_str(out, STR("<h2>Cases</h2>\n<table><tr><th>case</th><th>binding</th><th>verdict</th>"
                         "<th>time</th><th>requirements</th><th>title</th></tr>\n"));
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        const json_t *refs = json_object_get(result, "refs");
        bool linked = stream_verdict(result) != VERDICT_PASS;

        buf_add_format(out, "<tr><td>%s</td><td>%s</td><td>", json_text(result, "case"),
                       json_text(result, "binding"));
        if (linked) {
            buf_add_str(out, STR("<a href=\"#"));
            add_anchor(out, result);
            buf_add_str(out, STR("\">"));
        }
        add_verdict(out, stream_verdict(result));
        buf_add_format(out, "%s%s</td><td>%.2f s</td><td>", linked ? "</a>" : "",
                       json_is_true(json_object_get(result, "flaky")) ? " flaky" : "",
                       (double)json_number(result, "duration_us") / (double)US_PER_S);
        for (size_t k = 0; k < json_array_size(refs); k++) {
            markup_add(out, json_string_value(json_array_get(refs, k)));
            buf_add_char(out, ' ');
        }
        buf_add_str(out, STR("</td><td>"));
        markup_add(out, json_text(result, "title"));
        buf_add_str(out, STR("</td></tr>\n"));
    }
    buf_add_str(out, STR("</table>\n"));
}

void report_html(const json_t *document, struct buf *out)
{
    const json_t *rows = json_object_get(json_object_get(document, "run"), "requirements");

    add_head(document, out);
    add_failures(document, out);
    buf_add_str(out, STR("<h2>Requirements</h2>\n<table><tr><th>requirement</th><th>level</th>"));
    for (int b = 0; b < BINDINGS; b++)
        buf_add_format(out, "<th>%s</th>", binding_name((enum binding)b));
    buf_add_str(out, STR("<th>text</th></tr>\n"));
    for (size_t i = 0; i < json_array_size(rows); i++)
        add_row(document, json_array_get(rows, i), out);
    buf_add_str(out, STR("</table>\n"));
    add_cases(document, out);
    buf_add_str(out, STR("</body></html>\n"));
}
