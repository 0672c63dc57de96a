#include "conformance/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "conformance/lint.h"
#include "conformance/selector.h"

void commands_complain(const struct problems *problems)
{
    if (problems->text.len > 0)
        (void)fwrite(problems->text.ptr, 1, problems->text.len, stderr);
    if (problems->count > 1)
        (void)fprintf(stderr, "seatrial: %zu mistakes\n", problems->count);
}

bool commands_load(const struct options *o, const struct case_engine *engine, struct catalogue *out)
{
    struct texts own = {xcalloc(o->args.count + 1, sizeof *own.item), 0};
    struct problems problems;
    bool ok;

    problems_init(&problems);
    for (size_t i = 0; i < o->args.count; i++) {
        if (selector_is_file(o->args.item[i]))
            own.item[own.count++] = o->args.item[i];
    }
    ok = catalogue_load(out, options_scenarios(o), &own, engine, &problems);
    commands_complain(&problems);
    problems_fini(&problems);
    free(own.item);
    return ok;
}

bool *commands_select(const struct options *o, const struct catalogue *c)
{
    bool *selected = xcalloc(c->case_count + 1, sizeof *selected);
    struct problems problems;

    problems_init(&problems);
    if (!selector_apply(c, &o->args, selected, &problems)) {
        free(selected);
        selected = NULL;
    }
    commands_complain(&problems);
    problems_fini(&problems);
    return selected;
}

enum exit_code check_command(const struct options *o, const struct case_engine *engine)
{
    struct catalogue c;
    struct problems problems;
    bool ok = commands_load(o, engine, &c);

    problems_init(&problems);
    if (ok)
        catalogue_inspect(&c, engine, &problems);
    for (size_t i = 0; ok && i < c.case_count; i++)
        lint_check_refs(&c, &c.cases[i], &problems);
    commands_complain(&problems);
    ok = ok && problems.count == 0;
    problems_fini(&problems);
    if (ok)
        (void)printf("%zu cases and %zu requirements are well-formed\n", c.case_count,
                     c.ledger.count);
    catalogue_fini(&c);
    return ok ? EXIT_GOOD : EXIT_USAGE;
}
