#include "reference/mutant.h"

#if SEATRIAL_MUTANTS

enum mutant mutant_chosen = MUTANT_NONE;

static const struct mutant_row {
    enum mutant id;
    const char *name;
    const char *text;
} rows[] = {
/* clang-format off */
#define X(id, name, text) {MUTANT_##id, name, text},
    MUTANT_TABLE(X)
#undef X
    /* clang-format on */
};

bool mutant_choose(const char *name)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            mutant_chosen = rows[i].id;
            return true;
        }
    }
    return false;
}

void mutant_list(FILE *out)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        (void)fprintf(out, "%-34s %s\n", rows[i].name, rows[i].text);
}

#else

bool mutant_choose(const char *name)
{
    UNUSED(name);
    return false;
}

void mutant_list(FILE *out)
{
    UNUSED(out);
}

#endif
