#include "conformance/scaffold.h"

#include <stdio.h>
#include <stdlib.h>

#include "conformance/commands.h"

/* The requirement whose family the id has; NULL: none. */
static const struct requirement *fitting(const struct catalogue *c, const char *id)
{
    size_t len = strcspn(id, "-");

    for (size_t i = 0; i < c->ledger.count; i++) {
        if (strncmp(c->ledger.rows[i].id, id, len + 1) == 0)
            return &c->ledger.rows[i];
    }
    return NULL;
}

static void print(const char *id, const struct requirement *row)
{
    (void)printf(
        "case {\n"
        "  id = \"%s\", rev = 1, level = \"%s\", refs = { \"%s\" },\n"
        "  title = \"what the endpoint does, as one sentence\",\n"
        "  -- kills = { { mutant = \"NAME\", field = \"code\" } }, seatrial-endpoint --mutant "
        "list\n"
        "  run = function(c)\n"
        "    local dev = c:device()\n"
        "    dev:post(\"/v1/temp\", { payload = \"21\" }):expect { code = \"2.04\" }\n"
        "    c:await_event { device = dev.name, subject = \"temp\", data = \"21\" }\n"
        "    c:expect_no_more_events()\n"
        "  end,\n"
        "}\n",
        id, row == NULL ? "MUST" : case_level_name(row->level),
        row == NULL ? "REQUIREMENT" : row->id);
}

enum exit_code scaffold_command(const struct options *o, const struct case_engine *engine)
{
    const char *id = o->args.item[0];
    enum exit_code code = EXIT_USAGE;
    struct catalogue c;

    if (commands_load(o, engine, &c)) {
        const struct case_def *def = catalogue_case(&c, id);

        if (def != NULL) {
            (void)fprintf(stderr, "seatrial: \"%s\" is taken: %s:%d\n", id, def->file, def->line);
        } else if (!catalogue_is_id(id)) {
            (void)fprintf(stderr, "seatrial: expected an id such as CMD-002, got \"%s\"\n", id);
        } else {
            if (fitting(&c, id) == NULL)
                (void)fprintf(stderr,
                              "seatrial: no requirement begins like %s: choose refs from %s/"
                              "requirements\n",
                              id, options_scenarios(o));
            print(id, fitting(&c, id));
            code = EXIT_GOOD;
        }
    }
    catalogue_fini(&c);
    return code;
}
