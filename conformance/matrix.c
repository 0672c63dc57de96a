#include "conformance/matrix.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance/diff.h"
#include "conformance/json.h"
#include "conformance/markup.h"
#include "conformance/stream.h"

struct matrix {
    json_t **documents;
    size_t count;
};

/* Is this the first report that has the run, and the last attempt of it? */
static bool begins_row(const struct matrix *m, size_t document, const json_t *result)
{
    if (stream_is_retried(result) || diff_find(m->documents[document], result) != result)
        return false;
    for (size_t i = 0; i < document; i++) {
        if (diff_find(m->documents[i], result) != NULL)
            return false;
    }
    return true;
}

typedef void matrix_row(const struct matrix *m, const json_t *result, void *context);

static void each_row(const struct matrix *m, matrix_row *row, void *context)
{
    for (size_t d = 0; d < m->count; d++) {
        const json_t *results = json_object_get(m->documents[d], "results");

        for (size_t i = 0; i < json_array_size(results); i++) {
            if (begins_row(m, d, json_array_get(results, i)))
                row(m, json_array_get(results, i), context);
        }
    }
}

static const char *verdict_in(const struct matrix *m, size_t document, const json_t *result)
{
    const json_t *other = diff_find(m->documents[document], result);

    return other == NULL ? "" : json_text(other, "verdict");
}

static void add_name(const struct matrix *m, size_t document, struct buf *out)
{
    const json_t *run = json_object_get(m->documents[document], "run");

    buf_add_str(out, str_from(json_text(run, "target")));
    if (json_text(run, "target_version")[0] != '\0')
        buf_add_format(out, " %s", json_text(run, "target_version"));
}

/* --- forms ---------------------------------------------------------------------------------------
 */

static void text_row(const struct matrix *m, const json_t *result, void *context)
{
    UNUSED(context);
    (void)printf("%-12s %-10s", json_text(result, "case"), json_text(result, "binding"));
    for (size_t i = 0; i < m->count; i++)
        (void)printf(" %-14s", verdict_in(m, i, result));
    (void)printf("\n");
}

static void print_text(const struct matrix *m)
{
    for (size_t i = 0; i < m->count; i++) {
        struct buf name = buf_growing();

        add_name(m, i, &name);
        (void)printf("column %zu: %.*s\n", i + 1, (int)name.len, name.ptr);
        buf_fini(&name);
    }
    each_row(m, text_row, NULL);
}

static void md_row(const struct matrix *m, const json_t *result, void *context)
{
    UNUSED(context);
    (void)printf("| %s | %s |", json_text(result, "case"), json_text(result, "binding"));
    for (size_t i = 0; i < m->count; i++)
        (void)printf(" %s |", verdict_in(m, i, result));
    (void)printf("\n");
}

static void print_md(const struct matrix *m)
{
    (void)printf("| case | binding |");
    for (size_t i = 0; i < m->count; i++) {
        struct buf name = buf_growing();

        add_name(m, i, &name);
        (void)printf(" %.*s |", (int)name.len, name.ptr);
        buf_fini(&name);
    }
    (void)printf("\n|---|---|");
    for (size_t i = 0; i < m->count; i++)
        (void)printf("---|");
    (void)printf("\n");
    each_row(m, md_row, NULL);
}

static void json_row(const struct matrix *m, const json_t *result, void *context)
{
    json_t *row = json_object();
    json_t *verdicts = json_array();

    for (size_t i = 0; i < m->count; i++)
        (void)json_array_append_new(verdicts, json_of_text(verdict_in(m, i, result)));
    (void)json_object_set_new(row, "case", json_of_text(json_text(result, "case")));
    (void)json_object_set_new(row, "binding", json_of_text(json_text(result, "binding")));
    (void)json_object_set_new(row, "verdicts", verdicts);
    (void)json_array_append_new(context, row);
}

static void print_json(const struct matrix *m)
{
    json_t *rows = json_array();
    json_t *names = json_array();
    json_t *page = json_object();

    for (size_t i = 0; i < m->count; i++) {
        struct buf name = buf_growing();

        add_name(m, i, &name);
        buf_add_char(&name, '\0');
        (void)json_array_append_new(names, json_of_text(name.ptr));
        buf_fini(&name);
    }
    each_row(m, json_row, rows);
    (void)json_object_set_new(page, "endpoints", names);
    (void)json_object_set_new(page, "rows", rows);
    (void)json_dumpf(page, stdout, JSON_INDENT(2));
    (void)printf("\n");
    json_decref(page);
}

static void html_row(const struct matrix *m, const json_t *result, void *context)
{
    struct buf *out = context;

    buf_add_format(out, "<tr><td>%s</td><td>%s</td>", json_text(result, "case"),
                   json_text(result, "binding"));
    for (size_t i = 0; i < m->count; i++) {
        const json_t *other = diff_find(m->documents[i], result);

        if (other == NULL)
            buf_add_str(out, STR("<td></td>"));
        else
            buf_add_format(out, "<td style=\"color:#fff;background:%s\">%s</td>",
                           markup_colour(stream_verdict(other)), json_text(other, "verdict"));
    }
    buf_add_str(out, STR("<td>"));
    markup_add(out, json_text(result, "title"));
    buf_add_str(out, STR("</td></tr>\n"));
}

static void print_html(const struct matrix *m)
{
    struct buf out = buf_growing();

    buf_add_str(&out, STR("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                          "<title>Endpoints and cases</title>\n<style>body{font:15px system-ui}"
                          "table{border-collapse:collapse}td,th{border:1px solid #ccc;"
                          "padding:.2em .5em;text-align:left}</style></head><body>\n"
                          "<table><tr><th>case</th><th>binding</th>"));
    for (size_t i = 0; i < m->count; i++) {
        struct buf name = buf_growing();

        add_name(m, i, &name);
        buf_add_char(&name, '\0');
        buf_add_str(&out, STR("<th>"));
        markup_add(&out, name.ptr);
        buf_add_str(&out, STR("</th>"));
        buf_fini(&name);
    }
    buf_add_str(&out, STR("<th>title</th></tr>\n"));
    each_row(m, html_row, &out);
    buf_add_str(&out, STR("</table></body></html>\n"));
    (void)fwrite(out.ptr, 1, out.len, stdout);
    buf_fini(&out);
}

enum exit_code matrix_command(const struct options *o, const struct case_engine *engine)
{
    static void (*const print[])(const struct matrix *) = {
        [FORMAT_TEXT] = print_text,
        [FORMAT_JSON] = print_json,
        [FORMAT_MD] = print_md,
        [FORMAT_HTML] = print_html,
    };
    struct matrix m = {xcalloc(o->args.count, sizeof *m.documents), 0};
    char why[DIFF_WHY_LEN];
    bool ok = true;

    UNUSED(engine);
    while (ok && m.count < o->args.count) {
        m.documents[m.count] = diff_read(o->args.item[m.count], why);
        ok = m.documents[m.count] != NULL;
        m.count += ok;
    }
    if (ok)
        print[o->format](&m);
    else
        (void)fprintf(stderr, "seatrial: %s\n", why);
    while (m.count > 0)
        json_decref(m.documents[--m.count]);
    free(m.documents);
    return ok ? EXIT_GOOD : EXIT_USAGE;
}
