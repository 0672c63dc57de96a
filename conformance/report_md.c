#include "conformance/report.h"

#include "conformance/json.h"
#include "conformance/standing.h"
#include "conformance/stream.h"

/* A cell of a table. */
static void add_cell(struct buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '|' || *p == '<' || *p == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *p == '\n' ? ' ' : *p);
    }
}

static void add_head(const json_t *document, struct buf *out)
{
    const json_t *run = json_object_get(document, "run");
    const json_t *counts = json_object_get(json_object_get(document, "end"), "counts");

    buf_add_str(out, STR("# Conformance of "));
    add_cell(out, json_text(run, "target"));
    if (json_text(run, "target_version")[0] != '\0') {
        buf_add_char(out, ' ');
        add_cell(out, json_text(run, "target_version"));
    }
    buf_add_format(
        out, "\n\nSeatrial %s, %s, seed `%s`, exit code %d.\n\n| verdict | count |\n|---|---|\n",
        json_text(run, "suite"), json_text(run, "started"), json_text(run, "seed"),
        (int)json_number(json_object_get(document, "end"), "exit_code"));
    for (int v = VERDICTS - 1; v >= 0; v--) {
        const char *name = verdict_name((enum verdict)v);

        if (json_number(counts, name) > 0)
            buf_add_format(out, "| %s | %d |\n", name, (int)json_number(counts, name));
    }
}

static void add_problems(const json_t *document, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");
    bool any = false;

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        struct buf text = buf_growing(); /* of nothing, until something is added */

        if (stream_verdict(result) == VERDICT_PASS || stream_is_retried(result))
            continue;
        if (!any)
            buf_add_str(
                out, STR("\n## What did not pass\n\n| verdict | case | binding | title | what |\n"
                         "|---|---|---|---|---|\n"));
        any = true;
        if (stream_signature(result) != NULL)
            report_add_finding(&text, stream_signature(result));
        buf_add_char(&text, '\0');
        buf_add_format(out, "| %s | %s | %s | ", json_text(result, "verdict"),
                       json_text(result, "case"), json_text(result, "binding"));
        add_cell(out, json_text(result, "title"));
        buf_add_str(out, STR(" | "));
        add_cell(out, text.ptr);
        buf_add_str(out, STR(" |\n"));
        buf_fini(&text);
    }
}

void report_md(const json_t *document, struct buf *out)
{
    const json_t *rows = json_object_get(json_object_get(document, "run"), "requirements");

    add_head(document, out);
    add_problems(document, out);
    buf_add_str(out, STR("\n## Requirements\n\n| requirement | level | "));
    for (int b = 0; b < BINDINGS; b++)
        buf_add_format(out, "%s | ", binding_name((enum binding)b));
    buf_add_str(out, STR("text |\n|---|---|---|---|---|---|\n"));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        buf_add_format(out, "| %s | %s | ", json_text(row, "id"), json_text(row, "level"));
        for (int b = 0; b < BINDINGS; b++) {
            enum verdict v;

            buf_add_format(out, "%s | ",
                           standing_of(document, json_text(row, "id"), (enum binding)b, &v)
                               ? verdict_name(v)
                               : "");
        }
        add_cell(out, json_text(row, "text"));
        buf_add_str(out, STR(" |\n"));
    }
}
