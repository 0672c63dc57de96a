#include "lib/opt_help.h"

#include <stdlib.h>

#include "lib/buf.h"

enum { WIDTH = 90, TEXT_COLUMN = 34, LIST_COLUMN = 12 };

/* Words of text between the columns indent and WIDTH; the cursor stands at column. */
static void print_wrapped(FILE *out, const char *text, size_t indent, size_t column)
{
    while (*text != '\0') {
        size_t len = strcspn(text, " \n");

        if (column > indent && column + 1 + len > WIDTH) {
            (void)fputc('\n', out);
            column = 0;
        }
        if (column < indent)
            (void)fprintf(out, "%*s", (int)(indent - column), "");
        else if (column > indent)
            (void)fputc(' ', out);
        column = column < indent ? indent : column + (column > indent);
        (void)fprintf(out, "%.*s", (int)len, text);
        column += len;
        text += len;
        text += strspn(text, " \n");
    }
    (void)fputc('\n', out);
}

/* `default 2s; 1ms to 1h; repeatable`, empty when there is nothing to say. */
static void describe_value(struct buf *b, const struct opt *row)
{
    const char *gap = "";

    if (row->initial != NULL && row->type != OPT_FLAG) {
        buf_add_format(b, "default %s", row->initial);
        gap = "; ";
    }
    if (row->min != NULL && row->max != NULL) {
        buf_add_format(b, "%s%s to %s", gap, row->min, row->max);
        gap = "; ";
    } else if (row->min != NULL) {
        buf_add_format(b, "%sat least %s", gap, row->min);
        gap = "; ";
    }
    if (row->type == OPT_ADDRESS)
        buf_add_format(b, "%srepeatable", gap);
    if ((row->flags & OPT_ARGS_ONLY) != 0)
        buf_add_format(b, "%snot in a file", b->len > 0 ? "; " : "");
    if ((row->flags & OPT_LIVE) != 0)
        buf_add_format(b, "%scan change while running", b->len > 0 ? "; " : "");
}

static bool is_shown(const struct opt *row)
{
    return (row->flags & OPT_HIDDEN) == 0;
}

static void help_row(FILE *out, const struct opt *row)
{
    struct buf text = buf_growing();
    struct buf value = buf_growing();
    int used = fprintf(out, "  --%s%s%s", row->name, row->unit == NULL ? "" : " ",
                       row->unit == NULL ? "" : row->unit);

    describe_value(&value, row);
    buf_add_str(&text, str_from(row->help));
    if (value.len > 0)
        buf_add_format(&text, " (%.*s)", (int)value.len, value.ptr);
    buf_add_char(&text, '\0');
    if (used + 2 > TEXT_COLUMN) {
        (void)fputc('\n', out);
        used = 0;
    }
    print_wrapped(out, text.ptr, TEXT_COLUMN, (size_t)used);
    buf_fini(&text);
    buf_fini(&value);
}

/* A copy of the line at *text, without its end; moves *text to the next line. NULL at the end. */
static char *next_line(const char **text)
{
    size_t len = strcspn(*text, "\n");
    char *line;

    if (**text == '\0')
        return NULL;
    line = xstrdup((struct str){*text, len});
    *text += len + ((*text)[len] == '\n');
    return line;
}

/* Each line of a text is a paragraph, an empty line, a list entry, or shown as it stands. */
static void help_text(FILE *out, const char *text)
{
    char *line;

    while ((line = next_line(&text)) != NULL) {
        char *tab = strchr(line, '\t');

        if (tab != NULL) {
            *tab = '\0';
            int used = fprintf(out, "  %s", line);

            if (used >= LIST_COLUMN) {
                (void)fputc('\n', out);
                used = 0;
            }
            print_wrapped(out, tab + 1, LIST_COLUMN, (size_t)used);
        } else if (strncmp(line, "  ", 2) == 0 || *line == '\0') {
            (void)fprintf(out, "%s\n", line);
        } else {
            print_wrapped(out, line, 0, 0);
        }
        free(line);
    }
}

static void help_usage(FILE *out, const struct opt_page *page)
{
    const char *usage = page->usage;
    const char *word = "usage:";
    char *line;

    while ((line = next_line(&usage)) != NULL) {
        (void)fprintf(out, "%s %s %s\n", word, page->program, line);
        word = "      ";
        free(line);
    }
}

void opt_print_help(FILE *out, const struct opt_page *page, const struct opt *rows,
                    size_t row_count)
{
    (void)fprintf(out, "%s: %s\n\n", page->program, page->summary);
    help_usage(out, page);
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].type != OPT_HEADING) {
            if (is_shown(&rows[i]))
                help_row(out, &rows[i]);
            continue;
        }
        (void)fprintf(out, "\n%s:\n", rows[i].name);
        if (rows[i].help != NULL)
            print_wrapped(out, rows[i].help, 2, 0);
    }
    for (size_t i = 0; i < page->section_count; i++) {
        if (!page->sections[i].in_help)
            continue;
        (void)fprintf(out, "\n%s:\n", page->sections[i].title);
        help_text(out, page->sections[i].text);
    }
}

/* Plain text with what roff would take for a command or a hyphen made harmless. */
static void man_text(FILE *out, const char *text)
{
    for (const char *start = text; *text != '\0'; text++) {
        bool line_start = text == start || text[-1] == '\n';

        if (line_start && (*text == '.' || *text == '\''))
            (void)fputs("\\&", out);
        if (*text == '\\')
            (void)fputs("\\e", out);
        else if (*text == '-')
            (void)fputs("\\-", out);
        else
            (void)fputc(*text, out);
    }
}

static void man_line(FILE *out, const char *before, const char *text)
{
    (void)fputs(before, out);
    man_text(out, text);
    (void)fputc('\n', out);
}

static void man_paragraphs(FILE *out, const char *text)
{
    bool literal = false;
    char *line;

    while ((line = next_line(&text)) != NULL) {
        bool is_literal = strncmp(line, "  ", 2) == 0;
        char *tab = strchr(line, '\t');

        if (is_literal != literal)
            (void)fputs(is_literal ? ".PP\n.nf\n" : ".fi\n", out);
        literal = is_literal;
        if (tab != NULL) {
            *tab = '\0';
            man_line(out, ".TP\n", line);
            man_line(out, "", tab + 1);
        } else if (*line == '\0') {
            (void)fputs(".PP\n", out);
        } else {
            man_line(out, "", line);
        }
        free(line);
    }
    if (literal)
        (void)fputs(".fi\n", out);
}

static void man_row(FILE *out, const struct opt *row)
{
    struct buf value = buf_growing();

    (void)fputs(".TP\n\\fB\\-\\-", out);
    man_text(out, row->name);
    (void)fputs("\\fR", out);
    if (row->unit != NULL) {
        (void)fputs(" \\fI", out);
        man_text(out, row->unit);
        (void)fputs("\\fR", out);
    }
    (void)fputc('\n', out);
    man_line(out, "", row->help);
    describe_value(&value, row);
    buf_add_char(&value, '\0');
    if (value.len > 1) {
        (void)fputc('(', out);
        man_text(out, value.ptr);
        (void)fputs(")\n", out);
    }
    buf_fini(&value);
}

static void man_synopsis(FILE *out, const struct opt_page *page)
{
    const char *usage = page->usage;
    const char *gap = "";
    char *line;

    (void)fputs(".SH SYNOPSIS\n", out);
    while ((line = next_line(&usage)) != NULL) {
        (void)fputs(gap, out);
        man_line(out, ".B ", page->program);
        man_line(out, "", line);
        gap = ".br\n";
        free(line);
    }
}

void opt_print_man(FILE *out, const struct opt_page *page, const struct opt *rows, size_t row_count)
{
    (void)fprintf(out, ".TH \"%s\" 1 \"\" \"Seatrial %s\" \"User Commands\"\n", page->program,
                  page->version);
    (void)fputs(".SH NAME\n", out);
    man_text(out, page->program);
    man_line(out, " \\- ", page->summary);
    man_synopsis(out, page);
    (void)fputs(".SH DESCRIPTION\n", out);
    man_paragraphs(out, page->description);
    (void)fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].type == OPT_HEADING) {
            man_line(out, ".SS ", rows[i].name);
            if (rows[i].help != NULL)
                man_line(out, "", rows[i].help);
        } else if (is_shown(&rows[i])) {
            man_row(out, &rows[i]);
        }
    }
    for (size_t i = 0; i < page->section_count; i++) {
        man_line(out, ".SH ", page->sections[i].title);
        man_paragraphs(out, page->sections[i].text);
    }
}
