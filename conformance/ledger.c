#include "conformance/ledger.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/sandbox.h"

enum { MAX_REFS = 64, REF_CAP = 64 };

#define ROW(name, type, choices, flags)                                                            \
    {                                                                                              \
#name, type, offsetof(struct requirement, name), choices, flags                            \
    }

static const struct field fields[] = {
    ROW(id, FIELD_TEXT, NULL, FIELD_REQUIRED),
    ROW(level, FIELD_CHOICE, "MUST|SHOULD|MAY|INFO", FIELD_REQUIRED),
    ROW(text, FIELD_TEXT, NULL, FIELD_REQUIRED),
    ROW(source, FIELD_TEXT, NULL, FIELD_REQUIRED),
    ROW(upstream, FIELD_TEXT, NULL, 0),
    ROW(testable, FIELD_FLAG, NULL, 0),
    ROW(why, FIELD_TEXT, NULL, 0),
};

/* --- sources -------------------------------------------------------------------------------------
 */

struct collector {
    struct arena *arena;
    const char *item[MAX_REFS];
    size_t count;
};

static void collect(struct collector *c, const char *ref)
{
    if (c->count < MAX_REFS)
        c->item[c->count++] = arena_str(c->arena, str_from(ref)).ptr;
}

static size_t digits(const char *p)
{
    size_t n = 0;

    while (isdigit((unsigned char)p[n]))
        n++;
    return n;
}

/* `5.9.1.5` or `5`, all of it. */
static bool is_section(const char *p)
{
    for (;;) {
        size_t n = digits(p);

        if (n == 0)
            return false;
        if (p[n] == '\0')
            return true;
        if (p[n] != '.')
            return false;
        p += n + 1;
    }
}

/* `4.2.2–4.2.4`: each of them, when only the last number differs. */
static void collect_sections(struct collector *c, unsigned rfc, char *text)
{
    static const char dash[] = "\xe2\x80\x93";
    char ref[REF_CAP];
    char *second = strstr(text, dash);
    char *last;
    long from;
    long to;

    if (second != NULL) {
        *second = '\0';
        second += sizeof dash - 1;
    }
    (void)snprintf(ref, sizeof ref, "rfc%u/%s", rfc, text);
    collect(c, ref);
    if (second == NULL || !is_section(second))
        return;
    last = strrchr(text, '.');
    from = strtol(last == NULL ? text : last + 1, NULL, 10);
    last = strrchr(second, '.');
    to = strtol(last == NULL ? second : last + 1, NULL, 10);
    if (last != NULL)
        last[1] = '\0';
    else
        second[0] = '\0';
    for (long n = from + 1; n <= to && n < from + 32; n++) {
        (void)snprintf(ref, sizeof ref, "rfc%u/%s%ld", rfc, second, n);
        collect(c, ref);
    }
}

/* One part between commas, without the spaces around it. */
static void collect_part(struct collector *c, unsigned *rfc, char *part)
{
    size_t n = digits(part);
    char first[REF_CAP];

    if (n == 4 && part[4] == ' ') {
        *rfc = (unsigned)strtoul(part, NULL, 10);
        collect_sections(c, *rfc, part + 5);
    } else if (n > 0 && *rfc != 0) {
        collect_sections(c, *rfc, part);
    } else if (n == 4 && part[4] == '\0') {
        *rfc = (unsigned)strtoul(part, NULL, 10);
        (void)snprintf(first, sizeof first, "rfc%u", *rfc);
        collect(c, first);
    } else if (part[0] != '\0') {
        collect(c, part);
    }
}

struct texts ledger_refs(const char *source, struct arena *arena)
{
    struct collector c = {.arena = arena};
    char *copy = xstrdup(str_from(source));
    char *rest = NULL;
    unsigned rfc = 0;
    size_t len = 0;
    int depth = 0;
    struct texts refs;

    for (const char *p = source; *p != '\0'; p++) { /* without parentheses */
        depth += *p == '(';
        if (depth == 0)
            copy[len++] = *p;
        depth -= *p == ')' && depth > 0;
    }
    copy[len] = '\0';
    for (char *part = strtok_r(copy, ",", &rest); part != NULL; part = strtok_r(NULL, ",", &rest)) {
        part += strspn(part, " ");
        len = strlen(part);
        while (len > 0 && part[len - 1] == ' ')
            part[--len] = '\0';
        collect_part(&c, &rfc, part);
    }
    free(copy);
    refs =
        (struct texts){.item = arena_take(arena, c.count + 1, sizeof *refs.item), .count = c.count};
    for (size_t i = 0; i < c.count; i++)
        refs.item[i] = c.item[i];
    return refs;
}

/* --- rows ----------------------------------------------------------------------------------------
 */

/* The line on which the row's id stands; 0 when it cannot be seen. */
static int line_of(const char *path, const char *id)
{
    FILE *file = fopen(path, "re");
    char needle[REF_CAP];
    char *line = NULL;
    size_t cap = 0;
    int number = 0;
    int found = 0;

    if (file == NULL)
        return 0;
    (void)snprintf(needle, sizeof needle, "\"%s\"", id);
    while (found == 0 && getline(&line, &cap, file) >= 0) {
        const char *name = strstr(line, "id =");

        number++;
        if (name != NULL && strstr(name, needle) != NULL)
            found = number;
    }
    free(line);
    (void)fclose(file);
    return found;
}

static const char *text_field(lua_State *L, const char *name)
{
    const char *text = NULL;

    if (lua_istable(L, -1)) {
        if (lua_getfield(L, -1, name) == LUA_TSTRING)
            text = lua_tostring(L, -1); /* the table keeps it */
        lua_pop(L, 1);
    }
    return text;
}

static void add_row(struct ledger *ledger, const struct requirement *row,
                    const struct fields_place *place)
{
    const struct requirement *other = ledger_find(ledger, row->id);

    if (other != NULL) {
        problems_add(place->problems, place->file, place->line,
                     "requirement: \"%s\" is taken: %s:%d", row->id, other->file, other->line);
        return;
    }
    if (row->testable != (row->why == NULL))
        problems_add(place->problems, place->file, place->line,
                     "requirement: \"why\" belongs to testable = false, and only to it");
    ledger->rows = xrealloc(ledger->rows, (ledger->count + 1) * sizeof *ledger->rows);
    ledger->rows[ledger->count++] = *row;
}

void ledger_load(struct ledger *ledger, lua_State *L, const char *path, const char *shown,
                 struct arena *arena, struct problems *problems)
{
    char why[SANDBOX_WHY_LEN];

    if (!sandbox_run_file(L, path, shown, why)) {
        problems_add(problems, NULL, 0, "%s", why);
        return;
    }
    if (!lua_istable(L, -1) || lua_rawlen(L, -1) == 0)
        problems_add(problems, shown, 0, "expected a file that returns a list of requirements");
    for (lua_Integer i = 1; lua_istable(L, -1) && i <= (lua_Integer)lua_rawlen(L, -1); i++) {
        struct fields_place place = {"requirement", shown, 0, problems};
        struct requirement row = {.testable = true, .file = shown};
        const char *id;

        (void)lua_rawgeti(L, -1, i);
        id = text_field(L, "id");
        place.line = row.line = id == NULL ? 0 : line_of(path, id);
        if (fields_read(L, -1, fields, COUNT(fields), &row, arena, &place)) {
            row.refs = ledger_refs(row.source, arena);
            add_row(ledger, &row, &place);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void ledger_fini(struct ledger *ledger)
{
    free(ledger->rows);
    *ledger = (struct ledger){NULL, 0};
}

const struct requirement *ledger_find(const struct ledger *ledger, const char *id)
{
    for (size_t i = 0; i < ledger->count; i++) {
        if (strcmp(ledger->rows[i].id, id) == 0)
            return &ledger->rows[i];
    }
    return NULL;
}
