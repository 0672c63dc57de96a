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

/* Says where id stands already, and which of three digits behind it is free. */
static void complain_of_taken(const struct catalogue *c, const char *id, const char *file, int line)
{
    int len = (int)strcspn(id, "-");
    unsigned long n = strtoul(id + len + (id[len] == '-'), NULL, 10);
    char free_id[64] = "";

    while (n < 999) {
        n++;
        (void)snprintf(free_id, sizeof free_id, "%.*s-%03lu", len, id, n);
        if (catalogue_case(c, free_id) == NULL)
            break;
        free_id[0] = '\0';
    }
    (void)fprintf(stderr, "seatrial: \"%s\" is taken: %s:%d%s%s%s\n", id, file, line,
                  free_id[0] == '\0' ? "" : "; ", free_id, free_id[0] == '\0' ? "" : " is free");
}

enum exit_code scaffold_command(const struct options *o, const struct case_engine *engine)
{
    const char *id = o->args.item[0];
    enum exit_code code = EXIT_USAGE;
    struct catalogue c;

    if (commands_load(o, engine, &c)) {
        const struct case_def *def = catalogue_case(&c, id);
        const struct requirement *row = ledger_find(&c.ledger, id);

        if (def != NULL) {
            complain_of_taken(&c, id, def->file, def->line);
        } else if (row != NULL) {
            complain_of_taken(&c, id, row->file, row->line);
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
