#include "conformance/gaps.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance/fields.h"
#include "lib/sandbox.h"

enum { MAX_LUA_BYTES = 16 << 20 };

static const struct field fields[] = {
    {"mutant",      FIELD_TEXT, offsetof(struct gap, mutant),      NULL, 0             },
    {"requirement", FIELD_TEXT, offsetof(struct gap, requirement), NULL, 0             },
    {"by",          FIELD_TEXT, offsetof(struct gap, by),          NULL, 0             },
    {"why",         FIELD_TEXT, offsetof(struct gap, why),         NULL, FIELD_REQUIRED},
};

static void read_row(struct gaps *g, lua_State *L, const char *path, int number,
                     struct problems *problems)
{
    char what[32];
    struct fields_place place = {what, path, 0, problems};
    struct gap row = {.mutant = NULL};

    (void)snprintf(what, sizeof what, "row %d", number);
    if (!fields_read(L, -1, fields, COUNT(fields), &row, &g->arena, &place))
        return;
    if ((row.mutant == NULL) == (row.requirement == NULL) ||
        (row.mutant == NULL) != (row.by == NULL)) {
        problems_add(problems, path, 0,
                     "%s: expected a mutant and the test that kills it (by), or a requirement",
                     what);
        return;
    }
    g->rows = xrealloc(g->rows, (g->count + 1) * sizeof *g->rows);
    g->rows[g->count++] = row;
}

bool gaps_load(struct gaps *g, const char *scenarios, struct problems *problems)
{
    size_t before = problems->count;
    char path[PATH_MAX];
    char why[SANDBOX_WHY_LEN];
    lua_State *L;

    *g = (struct gaps){.rows = NULL};
    (void)snprintf(path, sizeof path, "%s/gaps.lua", scenarios);
    if (access(path, F_OK) != 0)
        return true;
    L = sandbox_new(MAX_LUA_BYTES, NULL);
    if (!sandbox_run_file(L, path, path, why)) {
        problems_add(problems, NULL, 0, "%s", why);
    } else if (!lua_istable(L, -1)) {
        problems_add(problems, path, 0, "expected a file that returns a list");
    } else {
        for (int i = 1; i <= (int)lua_rawlen(L, -1); i++) {
            (void)lua_rawgeti(L, -1, i);
            read_row(g, L, path, i, problems);
            lua_pop(L, 1);
        }
    }
    sandbox_free(L);
    return problems->count == before;
}

void gaps_fini(struct gaps *g)
{
    free(g->rows);
    arena_fini(&g->arena);
    *g = (struct gaps){.rows = NULL};
}

const struct gap *gaps_of_mutant(const struct gaps *g, const char *name)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->rows[i].mutant != NULL && strcmp(g->rows[i].mutant, name) == 0)
            return &g->rows[i];
    }
    return NULL;
}

const struct gap *gaps_of_requirement(const struct gaps *g, const char *id)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->rows[i].requirement != NULL && strcmp(g->rows[i].requirement, id) == 0)
            return &g->rows[i];
    }
    return NULL;
}
