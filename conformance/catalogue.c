#include "conformance/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/sandbox.h"

#define DEFAULT_TIMEOUT_US (60 * US_PER_S)

enum { MAX_LUA_BYTES = 256 << 20, ALL_BINDINGS = (1 << BINDINGS) - 1 };
enum { GC_PAUSE = 400 }; /* per cent of the memory in use, when a collection begins */

/* While files are loaded. */
struct loader {
    struct catalogue *catalogue;
    struct problems *problems;
    const char *file;   /* shown name */
    const char *family; /* NULL: the ledger */
    size_t made;        /* rows that the present file has made */
};

static const char loader_key = 0; /* address: registry key */

static const char *const no_families[] = {"requirements", "targets", "waivers", "swarm", "common"};

#define CASE(name, type, choices, flags)                                                           \
    {                                                                                              \
#name, type, offsetof(struct case_def, name), choices, flags                               \
    }

static const struct field case_fields[] = {
    CASE(id, FIELD_TEXT, NULL, FIELD_REQUIRED),
    CASE(rev, FIELD_INTEGER, NULL, FIELD_REQUIRED),
    CASE(level, FIELD_CHOICE, "MUST|SHOULD|MAY|INFO", FIELD_REQUIRED),
    CASE(title, FIELD_TEXT, NULL, FIELD_REQUIRED),
    CASE(refs, FIELD_TEXTS, NULL, FIELD_REQUIRED),
    CASE(maps, FIELD_TEXTS, NULL, 0),
    CASE(needs, FIELD_TEXTS, NULL, 0),
    CASE(probes, FIELD_TEXTS, NULL, 0),
    CASE(kills, FIELD_OWN, NULL, 0),
    CASE(bindings, FIELD_OWN, NULL, 0),
    CASE(impact, FIELD_CHOICE, "safe|malformed|flood|restart", 0),
    CASE(exclusive, FIELD_FLAG, NULL, 0),
    CASE(timing, FIELD_FLAG, NULL, 0),
    {"timeout", FIELD_DURATION, offsetof(struct case_def, timeout_us), NULL,         0},
    {"run",         FIELD_OWN,                   0,                          NULL,                  FIELD_REQUIRED},
};

static const struct field kill_fields[] = {
    {"mutant", FIELD_TEXT, offsetof(struct case_kill, mutant), NULL, FIELD_REQUIRED},
    {"field",  FIELD_TEXT, offsetof(struct case_kill, field),  NULL, 0             },
    {"target", FIELD_TEXT, offsetof(struct case_kill, target), NULL, 0             },
};

/* --- one row -------------------------------------------------------------------------------------
 */

static struct loader *loader_of(lua_State *L)
{
    struct loader *loader;

    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &loader_key);
    loader = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return loader;
}

/* The line of the script that calls the running C function. */
static int line_of(lua_State *L)
{
    lua_Debug ar;

    for (int level = 1; lua_getstack(L, level, &ar) != 0; level++) {
        (void)lua_getinfo(L, "l", &ar);
        if (ar.currentline > 0)
            return ar.currentline;
    }
    return 0;
}

/* `CMD-002`, `CMD-02`, `DRG-CMD-002a`: what can be typed in a shell, and is no glob. */
bool catalogue_is_id(const char *id)
{
    bool has_digit = false;

    if (*id < 'A' || *id > 'Z')
        return false;
    for (const char *p = id; *p != '\0'; p++) {
        bool is_digit = *p >= '0' && *p <= '9';

        has_digit = has_digit || is_digit;
        if (!is_digit && !(*p >= 'A' && *p <= 'Z') && !(*p >= 'a' && *p <= 'z') && *p != '-')
            return false;
    }
    return has_digit;
}

static bool read_bindings(lua_State *L, struct case_def *def, struct arena *arena,
                          const struct fields_place *place)
{
    struct texts names = {NULL, 0};
    bool ok = true;

    if (lua_getfield(L, 1, "bindings") != LUA_TNIL && !fields_texts(L, -1, arena, &names))
        ok = false;
    lua_pop(L, 1);
    def->bindings = ALL_BINDINGS;
    if (ok && (names.count == 0 || (names.count == 1 && strcmp(names.item[0], "all") == 0)))
        return true;
    def->bindings = 0;
    for (size_t i = 0; i < names.count; i++) {
        unsigned b = 0;

        while (b < BINDINGS && strcmp(names.item[i], binding_name((enum binding)b)) != 0)
            b++;
        ok = ok && b < BINDINGS;
        def->bindings |= b < BINDINGS ? 1U << b : 0;
    }
    if (!ok)
        problems_add(place->problems, place->file, place->line,
                     "case: \"bindings\": expected \"all\", or a list of \"coap\", \"coaps-psk\", "
                     "\"coaps-x509\"");
    return ok;
}

/* A table that has only what stands in its list. */
static bool is_list(lua_State *L, int index)
{
    lua_Unsigned count = 0;

    index = lua_absindex(L, index);
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        count++;
        lua_pop(L, 1);
    }
    return count == lua_rawlen(L, index);
}

static bool read_kills(lua_State *L, struct case_def *def, struct arena *arena,
                       const struct fields_place *place)
{
    struct fields_place inner = *place;
    bool ok = true;

    inner.what = "case: kills";
    if (lua_getfield(L, 1, "kills") == LUA_TTABLE && is_list(L, -1)) {
        def->kill_count = (size_t)lua_rawlen(L, -1);
        def->kills = arena_take(arena, def->kill_count + 1, sizeof *def->kills);
        for (size_t i = 0; i < def->kill_count; i++) {
            (void)lua_rawgeti(L, -1, (lua_Integer)i + 1);
            ok = fields_read(L, -1, kill_fields, COUNT(kill_fields), &def->kills[i], arena,
                             &inner) &&
                 ok;
            lua_pop(L, 1);
        }
    } else if (!lua_isnil(L, -1)) {
        problems_add(place->problems, place->file, place->line,
                     "case: \"kills\": expected a list of { mutant = \"...\", field = \"...\" }");
        ok = false;
    }
    lua_pop(L, 1);
    return ok;
}

static bool read_run(lua_State *L, struct case_def *def, const struct fields_place *place)
{
    if (lua_getfield(L, 1, "run") != LUA_TFUNCTION) {
        problems_add(place->problems, place->file, place->line,
                     "case: \"run\": expected a function");
        lua_pop(L, 1);
        return false;
    }
    def->run_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return true;
}

static bool check_id(const char *id, const struct catalogue *c, const struct fields_place *place)
{
    const struct case_def *def = catalogue_case(c, id);
    const struct requirement *row = ledger_find(&c->ledger, id);

    if (!catalogue_is_id(id)) {
        problems_add(place->problems, place->file, place->line,
                     "%s: \"id\": expected capitals, digits and hyphens such as CMD-002, got "
                     "\"%.64s\"",
                     place->what, id);
        return false;
    }
    if (def == NULL && row == NULL)
        return true;
    problems_add(place->problems, place->file, place->line, "%s: \"%s\" is taken: %s:%d",
                 place->what, id, def != NULL ? def->file : row->file,
                 def != NULL ? def->line : row->line);
    return false;
}

static int add_case(lua_State *L)
{
    struct loader *loader = loader_of(L);
    struct catalogue *c = loader->catalogue;
    struct case_def def = {.timeout_us = DEFAULT_TIMEOUT_US,
                           .family = loader->family,
                           .file = loader->file,
                           .line = line_of(L)};
    struct fields_place place = {"case", def.file, def.line, loader->problems};
    bool ok;

    if (loader->family == NULL)
        return luaL_error(L, "a case cannot stand in the ledger");
    loader->made++;
    lua_settop(L, 1);
    ok = fields_read(L, 1, case_fields, COUNT(case_fields), &def, &c->arena, &place);
    if (lua_istable(L, 1)) {
        ok = read_bindings(L, &def, &c->arena, &place) && ok;
        ok = read_kills(L, &def, &c->arena, &place) && ok;
        ok = ok && read_run(L, &def, &place);
    }
    if (ok && def.impact == CASE_RESTART && !def.exclusive) {
        problems_add(
            place.problems, place.file, place.line,
            "case: impact = \"restart\" needs exclusive = true: others would lose the target");
        ok = false;
    }
    if (!ok || !check_id(def.id, c, &place))
        return 0;
    c->cases = xrealloc(c->cases, (c->case_count + 1) * sizeof *c->cases);
    c->cases[c->case_count++] = def;
    return 0;
}

/* --- folders -------------------------------------------------------------------------------------
 */

static void load_file(struct loader *l, const char *path, const char *shown)
{
    char why[SANDBOX_WHY_LEN];
    struct catalogue *c = l->catalogue;
    lua_State *L = c->L;
    size_t before = l->problems->count;

    l->file = arena_str(&l->catalogue->arena, str_from(shown)).ptr;
    l->made = 0;
    if (l->family == NULL) {
        ledger_load(&l->catalogue->ledger, L, path, l->file, &l->catalogue->arena, l->problems);
        return;
    }
    c->files = xrealloc(c->files, (c->file_count + 1) * sizeof *c->files);
    c->files[c->file_count++] =
        (struct catalogue_file){arena_str(&c->arena, str_from(path)).ptr, l->file};
    if (!sandbox_run_file(L, path, l->file, why))
        problems_add(l->problems, NULL, 0, "%s", why);
    else
        lua_pop(L, 1);
    if (l->made == 0 && l->problems->count == before)
        problems_add(l->problems, l->file, 0, "holds no case: none is made by case { ... }");
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool ends_with_lua(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".lua") == 0;
}

/* Appends the place of name below dir; the buffer ends with a NUL that does not count. */
static void set_path(struct buf *b, const char *dir, const char *name)
{
    buf_clear(b);
    buf_add_format(b, "%s/%s", dir, name);
    buf_add_char(b, '\0');
}

static void load_family(struct loader *l, const char *dir, const char *shown)
{
    struct dirent **entries;
    int count = scandir(dir, &entries, is_visible, alphasort);
    struct buf path = buf_growing();
    struct buf name = buf_growing();

    for (int i = 0; i < count; i++) {
        if (ends_with_lua(entries[i]->d_name)) {
            set_path(&path, dir, entries[i]->d_name);
            set_path(&name, shown, entries[i]->d_name);
            load_file(l, path.ptr, name.ptr);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    else
        problems_add(l->problems, shown, 0, "%s", strerror(errno));
    buf_fini(&path);
    buf_fini(&name);
}

static bool is_family(const char *dir, const char *name)
{
    struct stat st;

    for (size_t i = 0; i < COUNT(no_families); i++) {
        if (strcmp(name, no_families[i]) == 0)
            return false;
    }
    return stat(dir, &st) == 0 && S_ISDIR(st.st_mode);
}

static void load_root(struct loader *l, const char *root)
{
    const char *slash = strrchr(root, '/');
    const char *base = slash != NULL && slash[1] != '\0' ? slash + 1 : root;
    struct dirent **entries;
    int count = scandir(root, &entries, is_visible, alphasort);
    struct buf path = buf_growing();
    struct buf name = buf_growing();

    if (count < 0) {
        problems_add(l->problems, root, 0, "%s (--scenarios names the catalogue's folder)",
                     strerror(errno));
        return;
    }
    set_path(&path, root, "requirements");
    set_path(&name, base, "requirements");
    if (access(path.ptr, R_OK) == 0)
        load_family(l, path.ptr, name.ptr);
    for (int i = 0; i < count; i++) {
        set_path(&path, root, entries[i]->d_name);
        set_path(&name, base, entries[i]->d_name);
        if (is_family(path.ptr, entries[i]->d_name)) {
            l->family = arena_str(&l->catalogue->arena, str_from(entries[i]->d_name)).ptr;
            load_family(l, path.ptr, name.ptr);
        }
        free(entries[i]);
    }
    free(entries);
    buf_fini(&path);
    buf_fini(&name);
}

bool catalogue_load(struct catalogue *c, const char *root, const struct texts *own,
                    const struct case_engine *engine, struct problems *problems)
{
    struct loader loader = {.catalogue = c, .problems = problems};

    *c = (struct catalogue){.L = sandbox_new(MAX_LUA_BYTES, root)};
    lua_pushlightuserdata(c->L, &loader);
    lua_rawsetp(c->L, LUA_REGISTRYINDEX, &loader_key);
    if (engine->install != NULL)
        engine->install(c->L);
    lua_register(c->L, "case", add_case);
    if (root != NULL)
        load_root(&loader, root);
    loader.family = "own";
    for (size_t i = 0; i < own->count; i++)
        load_file(&loader, own->item[i], own->item[i]);
    lua_pushnil(c->L);
    lua_setglobal(c->L, "case");
    /* A collector that marks the catalogue again in every forked case would copy all its pages. */
    (void)lua_gc(c->L, LUA_GCCOLLECT);
    (void)lua_gc(c->L, LUA_GCINC, GC_PAUSE, 0, 0);
    return problems->count == 0;
}

void catalogue_inspect(const struct catalogue *c, const struct case_engine *engine,
                       struct problems *problems)
{
    char why[SANDBOX_WHY_LEN];

    lua_pushboolean(c->L, true); /* it was there while files were loaded */
    lua_setglobal(c->L, "case");
    for (size_t i = 0; i < c->file_count && engine->inspect != NULL; i++) {
        size_t len;
        char *text = sandbox_read_file(c->files[i].path, c->files[i].shown, &len, why);

        if (text == NULL)
            problems_add(problems, NULL, 0, "%s", why);
        else
            engine->inspect(c->L, (struct str){text, len}, c->files[i].shown, problems);
        free(text);
    }
    lua_pushnil(c->L);
    lua_setglobal(c->L, "case");
}

void catalogue_fini(struct catalogue *c)
{
    free(c->files);
    sandbox_free(c->L);
    arena_fini(&c->arena);
    free(c->cases);
    ledger_fini(&c->ledger);
}

/* --- questions -----------------------------------------------------------------------------------
 */

const struct case_def *catalogue_case(const struct catalogue *c, const char *id)
{
    for (size_t i = 0; i < c->case_count; i++) {
        if (strcmp(c->cases[i].id, id) == 0)
            return &c->cases[i];
    }
    return NULL;
}

bool catalogue_ref_within(const char *ref, const char *outer)
{
    size_t len = strlen(outer);

    return strncmp(ref, outer, len) == 0 &&
           (ref[len] == '\0' || ref[len] == '.' || ref[len] == '/' ||
            (ref[len] == '-' && strchr(outer, '/') != NULL));
}

static bool any_within(const struct texts *refs, const char *outer)
{
    for (size_t i = 0; i < refs->count; i++) {
        if (catalogue_ref_within(refs->item[i], outer))
            return true;
    }
    return false;
}

bool catalogue_case_refers(const struct catalogue *c, const struct case_def *def, const char *ref)
{
    if (any_within(&def->refs, ref))
        return true;
    for (size_t i = 0; i < def->refs.count; i++) {
        const struct requirement *row = ledger_find(&c->ledger, def->refs.item[i]);

        if (row != NULL && any_within(&row->refs, ref))
            return true;
    }
    return false;
}
