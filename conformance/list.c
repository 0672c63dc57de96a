#include "conformance/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "conformance/json.h"

static void print_joined(const struct texts *t, const char *between)
{
    for (size_t i = 0; i < t->count; i++)
        (void)printf("%s%s", i == 0 ? "" : between, t->item[i]);
}

static void print_bindings(unsigned bindings, const char *between)
{
    const char *sign = "";

    for (int b = 0; b < BINDINGS; b++) {
        if ((bindings & 1U << b) != 0) {
            (void)printf("%s%s", sign, binding_name((enum binding)b));
            sign = between;
        }
    }
}

static void print_text(const struct catalogue *c, const bool *selected)
{
    for (size_t i = 0; i < c->case_count; i++) {
        const struct case_def *def = &c->cases[i];

        if (!selected[i])
            continue;
        (void)printf("%-12s %-6s %-9s %s", def->id, case_level_name(def->level),
                     case_impact_name(def->impact), def->title);
        if (def->needs.count > 0) {
            (void)printf("  [needs ");
            print_joined(&def->needs, ", ");
            (void)printf("]");
        }
        (void)printf("\n");
    }
}

static void print_md(const struct catalogue *c, const bool *selected)
{
    (void)printf("| case | level | title | refs | needs | bindings |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < c->case_count; i++) {
        const struct case_def *def = &c->cases[i];

        if (!selected[i])
            continue;
        (void)printf("| %s | %s | ", def->id, case_level_name(def->level));
        for (const char *p = def->title; *p != '\0'; p++)
            (void)printf(*p == '|' ? "\\%c" : "%c", *p);
        (void)printf(" | ");
        print_joined(&def->refs, ", ");
        (void)printf(" | ");
        print_joined(&def->needs, ", ");
        (void)printf(" | ");
        print_bindings(def->bindings, ", ");
        (void)printf(" |\n");
    }
}

static void print_json(const struct catalogue *c, const bool *selected)
{
    json_t *list = json_array();

    for (size_t i = 0; i < c->case_count; i++) {
        if (selected[i])
            (void)json_array_append_new(list, json_of_case(&c->cases[i]));
    }
    (void)json_dumpf(list, stdout, JSON_INDENT(2));
    (void)printf("\n");
    json_decref(list);
}

enum exit_code list_command(const struct options *o, const struct case_engine *engine)
{
    static void (*const print[])(const struct catalogue *, const bool *) = {
        [FORMAT_TEXT] = print_text,
        [FORMAT_JSON] = print_json,
        [FORMAT_MD] = print_md,
    };
    enum exit_code code = EXIT_USAGE;
    struct catalogue c;
    bool *selected = NULL;

    if (commands_load(o, engine, &c))
        selected = commands_select(o, &c);
    if (selected != NULL) {
        code = EXIT_NOTHING;
        for (size_t i = 0; i < c.case_count; i++)
            code = selected[i] ? EXIT_GOOD : code;
        print[o->format](&c, selected);
    }
    free(selected);
    catalogue_fini(&c);
    return code;
}

/* --- explain -------------------------------------------------------------------------------------
 */

static void print_row(const struct requirement *row)
{
    (void)printf("%s  %s\n  %s\n  source    %s\n", row->id, case_level_name(row->level), row->text,
                 row->source);
    if (row->upstream != NULL)
        (void)printf("  upstream  %s\n", row->upstream);
    if (!row->testable)
        (void)printf("  no case   %s\n", row->why);
    (void)printf("  stands    %s:%d\n", row->file, row->line);
}

static void explain_requirement(const struct catalogue *c, const struct requirement *row)
{
    print_row(row);
    (void)printf("\ncases\n");
    for (size_t i = 0; i < c->case_count; i++) {
        for (size_t k = 0; k < c->cases[i].refs.count; k++) {
            if (strcmp(c->cases[i].refs.item[k], row->id) == 0)
                (void)printf("  %-12s %s\n", c->cases[i].id, c->cases[i].title);
        }
    }
}

static void print_list(const char *title, const struct texts *texts)
{
    if (texts->count == 0)
        return;
    (void)printf("%s", title);
    print_joined(texts, ", ");
    (void)printf("\n");
}

static void explain_case(const struct catalogue *c, const struct case_def *def)
{
    (void)printf("%s rev %d  %s  %s\n\n", def->id, def->rev, case_level_name(def->level),
                 def->title);
    print_list("refs      ", &def->refs);
    print_list("maps      ", &def->maps);
    print_list("needs     ", &def->needs);
    (void)printf("bindings  ");
    print_bindings(def->bindings, ", ");
    (void)printf("\nimpact    %s%s%s\n", case_impact_name(def->impact),
                 def->exclusive ? ", runs alone" : "", def->timing ? ", tight timing" : "");
    for (size_t i = 0; i < def->kill_count; i++)
        (void)printf("%s%s%s%s\n", i == 0 ? "kills     " : "          ", def->kills[i].mutant,
                     def->kills[i].field == NULL ? "" : " at ",
                     def->kills[i].field == NULL ? "" : def->kills[i].field);
    (void)printf("stands    %s:%d\nagain     seatrial run -t TARGET %s\n", def->file, def->line,
                 strcmp(def->family, "own") == 0 ? def->file : def->id);
    for (size_t i = 0; i < def->refs.count; i++) {
        const struct requirement *row = ledger_find(&c->ledger, def->refs.item[i]);

        if (row != NULL) {
            (void)printf("\n");
            print_row(row);
        }
    }
}

/* Of a requirement itself, of anything else the cases that it selects; false: there are none. */
static bool explain(const struct options *o, const struct catalogue *c)
{
    const struct requirement *row =
        o->args.count == 1 ? ledger_find(&c->ledger, o->args.item[0]) : NULL;
    bool *selected = row == NULL ? commands_select(o, c) : NULL;
    size_t shown = row != NULL;

    if (row != NULL)
        explain_requirement(c, row);
    for (size_t i = 0; selected != NULL && i < c->case_count; i++) {
        if (!selected[i])
            continue;
        (void)printf("%s", shown++ == 0 ? "" : "\n\n");
        explain_case(c, &c->cases[i]);
    }
    free(selected);
    return shown > 0;
}

enum exit_code explain_command(const struct options *o, const struct case_engine *engine)
{
    enum exit_code code = EXIT_USAGE;
    struct catalogue c;

    if (commands_load(o, engine, &c) && explain(o, &c))
        code = EXIT_GOOD;
    catalogue_fini(&c);
    return code;
}
