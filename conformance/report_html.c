#include "conformance/report.h"

#include <string.h>

#include "conformance/json.h"
#include "conformance/markup.h"
#include "conformance/standing.h"
#include "conformance/stream.h"

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:82em;padding:0 "
    "1em;color:#222;background:#fff}\n"
    "table{border-collapse:collapse;margin:1em 0;width:100%}"
    "th,td{border:1px solid #ccc;padding:.2em .5em;text-align:left;vertical-align:top}\n"
    "thead th{position:sticky;top:0;background:#eee}tr.row{background:#f4f4f4}"
    "tr.row td:first-child{font-weight:600}tr.case td:first-child{padding-left:1.6em}\n"
    "td{white-space:nowrap}td:last-child{white-space:normal;width:100%}\n"
    ".v{color:#fff;font-weight:600;font-size:.85em;padding:.05em "
    ".45em;border-radius:.2em;white-space:nowrap}a .v{text-decoration:underline}\n"
    "pre{background:#f6f6f6;padding:.7em;overflow:auto;font-size:13px;margin:.5em 0}\n"
    "details{margin:.6em 0;border:1px solid #ccc;padding:.3em "
    ".8em}details:target{border-color:#c62828}"
    "summary{cursor:pointer}\n"
    ".scroll{overflow-x:auto}.ladder{font:12px monospace}.ladder .life{stroke:#bbb}"
    ".ladder .arrow{stroke:#555}.ladder .dtls{stroke-dasharray:4 3}\n"
    ".ladder text{fill:#222;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-dasharray:none}"
    ".ladder .lane,.ladder .step{font-weight:700}.ladder .time{fill:#777}"
    ".ladder .bad{fill:#c62828;font-weight:700}\n"
    "#filter{margin:1em 0}#filter input[type=search]{width:22em;padding:.3em}.none{display:none}\n"
    "@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}pre{background:#222}"
    "thead th{background:#333}tr.row{background:#242424}th,td,details{border-color:#444}"
    ".ladder text{fill:#ddd;stroke:#181818}.ladder .bad{fill:#ff8a80}.ladder .arrow{stroke:#bbb}"
    "a{color:#9ecbff}}\n";

/* Hides what the filter does not ask for: rows of the matrix, and failures. Without it all is seen.
 */
static const char script[] =
    "const words=document.querySelector('#filter input[type=search]'),"
    "bad=document.querySelector('#filter input[type=checkbox]');\n"
    "function filter(){const text=words.value.toLowerCase();\n"
    "for(const body of document.querySelectorAll('tbody')){let any=false;\n"
    "for(const row of body.querySelectorAll('tr.case')){const show="
    "(!bad.checked||row.classList.contains('bad'))&&(row.textContent+body.rows[0].textContent)"
    ".toLowerCase().includes(text);\n"
    "row.classList.toggle('none',!show);any=any||show}\n"
    "body.rows[0].classList.toggle('none',!any)}\n"
    "for(const d of document.querySelectorAll('details'))"
    "d.classList.toggle('none',!d.textContent.toLowerCase().includes(text))}\n"
    "words.oninput=bad.onchange=filter;\n"
    "onhashchange=()=>{const d=document.querySelector(':target');if(d)d.open=true};\n";

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

enum { OPEN_FAILURES = 10 }; /* the others open when they are asked for */

static void add_failure(const json_t *document, const json_t *result, bool open, struct buf *out)
{
    const char *detail = json_text(result, "detail");
    struct buf text = buf_growing();

    buf_add_str(out, STR("<details id=\""));
    add_anchor(out, result);
    buf_add_str(out, open ? STR("\" open><summary>") : STR("\"><summary>"));
    add_verdict(out, stream_verdict(result));
    buf_add_format(out, " <b>%s</b> %s ", json_text(result, "case"), json_text(result, "binding"));
    markup_add(out, json_text(result, "title"));
    buf_add_str(out, STR("</summary>\n"));
    if (detail[0] != '\0') { /* ends with how to repeat it */
        buf_add_str(out, STR("<pre>"));
        markup_add(out, detail);
        buf_add_str(out, STR("</pre>\n"));
    } else {
        if (stream_signature(result) != NULL)
            report_add_finding(&text, stream_signature(result));
        buf_add_str(&text, STR("\nagain: "));
        report_add_again(&text, document, result);
        buf_add_char(&text, '\0');
        buf_add_str(out, STR("<pre>"));
        markup_add(out, text.ptr);
        buf_add_str(out, STR("</pre>\n"));
    }
    if (json_text(result, "target_log")[0] != '\0') {
        buf_add_str(out, STR("<p>What the target logged meanwhile: <code>"));
        markup_add(out, json_text(result, "target_log"));
        buf_add_str(out, STR("</code></p>\n"));
    }
    buf_add_str(out, STR("<div class=\"scroll\">"));
    markup_add_ladder(out, result);
    buf_add_str(out, STR("</div></details>\n"));
    buf_fini(&text);
}

/* The worst first. */
static void add_failures(const json_t *document, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");
    size_t shown = 0;

    for (int v = VERDICTS - 1; v > VERDICT_PASS; v--) {
        for (size_t i = 0; i < json_array_size(results); i++) {
            const json_t *result = json_array_get(results, i);

            if (stream_is_retried(result) || stream_verdict(result) != (enum verdict)v)
                continue;
            if (shown++ == 0)
                buf_add_str(out, STR("<h2>What did not pass</h2>\n"));
            add_failure(document, result, v >= VERDICT_WARN && shown <= OPEN_FAILURES, out);
        }
    }
}

/* --- the matrix: requirement, case, binding ------------------------------------------------------
 */

static bool refers(const json_t *result, const char *requirement)
{
    const json_t *refs = json_object_get(result, "refs");

    for (size_t i = 0; i < json_array_size(refs); i++) {
        if (strcmp(json_string_value(json_array_get(refs, i)), requirement) == 0)
            return true;
    }
    return false;
}

static bool same_case(const json_t *a, const json_t *b)
{
    return strcmp(json_text(a, "case"), json_text(b, "case")) == 0;
}

/* The worst result of the case of `first` with the binding; NULL: it did not run with it. */
static const json_t *worst_of(const json_t *results, const json_t *first, enum binding binding)
{
    const json_t *worst = NULL;

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);

        if (!stream_is_retried(result) && same_case(result, first) &&
            strcmp(json_text(result, "binding"), binding_name(binding)) == 0 &&
            (worst == NULL || stream_verdict(result) > stream_verdict(worst)))
            worst = result;
    }
    return worst;
}

static void add_cell(struct buf *out, const json_t *result)
{
    if (result == NULL) {
        buf_add_str(out, STR("<td></td>"));
        return;
    }
    bool linked = stream_verdict(result) != VERDICT_PASS;

    buf_add_format(out, "<td title=\"%.2f s\">",
                   (double)json_number(result, "duration_us") / (double)US_PER_S);
    if (linked) {
        buf_add_str(out, STR("<a href=\"#"));
        add_anchor(out, result);
        buf_add_str(out, STR("\">"));
    }
    add_verdict(out, stream_verdict(result));
    buf_add_str(out, linked ? STR("</a>") : STR(""));
    if (json_is_true(json_object_get(result, "flaky")))
        buf_add_str(out, STR(" flaky"));
    buf_add_str(out, STR("</td>"));
}

static void add_case(const json_t *results, const json_t *first, struct buf *out)
{
    const json_t *cells[BINDINGS];
    bool bad = false;

    for (int b = 0; b < BINDINGS; b++) {
        cells[b] = worst_of(results, first, (enum binding)b);
        bad = bad || (cells[b] != NULL && stream_verdict(cells[b]) > VERDICT_NA);
    }
    buf_add_format(out, "<tr class=\"case%s\"><td>%s</td><td>%s</td>", bad ? " bad" : "",
                   json_text(first, "case"), json_text(first, "level"));
    for (int b = 0; b < BINDINGS; b++)
        add_cell(out, cells[b]);
    buf_add_str(out, STR("<td>"));
    markup_add(out, json_text(first, "title"));
    buf_add_str(out, STR("</td></tr>\n"));
}

/* Cases are in order of their first result; each once a requirement. */
static void add_row(const json_t *document, const json_t *row, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");
    const char *id = json_text(row, "id");

    buf_add_format(out, "<tbody><tr class=\"row\"><td>%s</td><td>%s</td>", id,
                   json_text(row, "level"));
    for (int b = 0; b < BINDINGS; b++) {
        enum verdict v;

        buf_add_str(out, STR("<td>"));
        if (standing_of(document, id, (enum binding)b, &v))
            add_verdict(out, v);
        buf_add_str(out, STR("</td>"));
    }
    buf_add_str(out, STR("<td>"));
    markup_add(out, json_text(row, "text"));
    buf_add_str(out, STR("</td></tr>\n"));
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        bool known = !refers(result, id);

        for (size_t k = 0; k < i && !known; k++)
            known = same_case(json_array_get(results, k), result);
        if (!known)
            add_case(results, result, out);
    }
    buf_add_str(out, STR("</tbody>\n"));
}

void report_html(const json_t *document, struct buf *out)
{
    const json_t *rows = json_object_get(json_object_get(document, "run"), "requirements");

    add_head(document, out);
    buf_add_str(out, STR("<p id=\"filter\"><input type=\"search\" placeholder=\"id, title, text\"> "
                         "<label><input type=\"checkbox\"> only what did not pass</label></p>\n"));
    add_failures(document, out);
    buf_add_str(out, STR("<h2>Requirements and their cases</h2>\n<table><thead><tr><th>id</th>"
                         "<th>level</th>"));
    for (int b = 0; b < BINDINGS; b++)
        buf_add_format(out, "<th>%s</th>", binding_name((enum binding)b));
    buf_add_str(out, STR("<th>what</th></tr></thead>\n"));
    for (size_t i = 0; i < json_array_size(rows); i++)
        add_row(document, json_array_get(rows, i), out);
    buf_add_format(out, "</table>\n<script>\n%s</script></body></html>\n", script);
}
