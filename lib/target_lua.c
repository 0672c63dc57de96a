#include "lib/target_lua.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "lib/nearest.h"
#include "lib/target_value.h"
#include "lib/target_where.h"

enum { MAX_BYTES = 8 << 20, MAX_INSTRUCTIONS = 1000000, MAX_LIST = 4096 };

struct memory {
    size_t used;
    size_t max;
};

static void *allocate(void *arg, void *old, size_t old_size, size_t size)
{
    struct memory *m = arg;
    size_t had = old == NULL ? 0 : old_size;

    if (size == 0) {
        free(old);
        m->used -= had;
        return NULL;
    }
    if (size > had && m->used + (size - had) > m->max)
        return NULL;
    void *p = xrealloc(old, size);

    m->used += size - had;
    return p;
}

static int give_env(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *value = getenv(name);

    if (value == NULL)
        return luaL_error(L, "the environment variable %s is not set", name);
    lua_pushstring(L, value);
    return 1;
}

static void stop(lua_State *L, lua_Debug *where)
{
    (void)lua_getinfo(L, "Sl", where);
    luaL_error(L, "%s:%d: runs too long", where->short_src, where->currentline);
}

/* In protected mode. */
static int run_source(lua_State *L)
{
    struct target_reader *r = lua_touserdata(L, 1);
    const char *name = lua_pushfstring(L, "@%s", r->shown);

    if (luaL_loadbufferx(L, r->source.ptr, r->source.len, name, "t") != LUA_OK)
        return lua_error(L);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, give_env);
    lua_setfield(L, -2, "env");
    (void)lua_setupvalue(L, -2, 1);
    lua_sethook(L, stop, LUA_MASKCOUNT, MAX_INSTRUCTIONS);
    lua_call(L, 0, 1);
    lua_sethook(L, NULL, 0, 0);
    return 1;
}

bool target_lua_run(struct target_reader *r, char *why)
{
    struct memory *memory = xcalloc(1, sizeof *memory);

    memory->max = MAX_BYTES;
    r->L = lua_newstate(allocate, memory);
    assert(r->L != NULL);
    lua_pushcfunction(r->L, run_source);
    lua_pushlightuserdata(r->L, r);
    int status = lua_pcall(r->L, 1, 1, 0);

    memory->max = SIZE_MAX; /* what is read now was bounded; nothing may fail outside of a call */
    if (status == LUA_OK)
        return true;
    const char *text = lua_type(r->L, -1) == LUA_TSTRING ? lua_tostring(r->L, -1) : r->shown;

    (void)snprintf(why, TARGET_WHY_LEN, "%s%s", text,
                   strstr(text, "a nil value (global") == NULL
                       ? ""
                       : ": this file is data, and has nothing but env \"NAME\"");
    return false;
}

void target_lua_close(struct target_reader *r)
{
    void *memory;

    if (r->L == NULL)
        return;
    (void)lua_getallocf(r->L, &memory);
    lua_close(r->L);
    free(memory);
    r->L = NULL;
}

static int line_of(const struct target_reader *r, const char *field)
{
    const char *path[COUNT(r->path) + 1];
    size_t depth = r->depth;

    memcpy(path, r->path, depth * sizeof *path);
    if (field != NULL)
        path[depth++] = field;
    return target_where_line(r->source, path, depth);
}

void target_reader_say(struct target_reader *r, const char *field, const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    buf_add_format(&r->problems, "%s:%d: ", r->shown, line_of(r, field));
    for (size_t i = 0; i < r->depth; i++)
        buf_add_format(&r->problems, "%s%s", i > 0 && r->path[i][0] != '[' ? "." : "", r->path[i]);
    if (field != NULL)
        buf_add_format(&r->problems, "%s%s", r->depth > 0 ? "." : "", field);
    buf_add_format(&r->problems, "%s%s\n", field != NULL || r->depth > 0 ? ": " : "", message);
}

void target_reader_enter(struct target_reader *r, const char *name)
{
    assert(r->depth < COUNT(r->path));
    r->path[r->depth++] = name;
}

void target_reader_enter_item(struct target_reader *r, size_t number)
{
    char name[24];

    (void)snprintf(name, sizeof name, "[%zu]", number);
    target_reader_enter(r, arena_str(r->arena, str_from(name)).ptr);
}

void target_reader_leave(struct target_reader *r)
{
    assert(r->depth > 0);
    r->depth--;
}

/* The text at index, as type wants it, in the arena; NULL after a problem. */
static const char *read_text(struct target_reader *r, int index, const struct target_field *f,
                             bool expand, bool is_path)
{
    char why[TARGET_WHY_LEN];
    size_t len;
    const char *text =
        lua_type(r->L, index) == LUA_TSTRING ? lua_tolstring(r->L, index, &len) : NULL;

    if (text == NULL || len == 0 || memchr(text, '\0', len) != NULL) {
        target_reader_say(r, f->name, "expected a text that is not empty");
        return NULL;
    }
    char *value = NULL;

    if (expand)
        value = target_expand(text, r->places, why);
    else if (f->type != TARGET_START || target_may_expand(text, r->places, why))
        value = xstrdup((struct str){text, len});

    if (value == NULL) {
        target_reader_say(r, f->name, "%s", why);
        return NULL;
    }
    struct buf whole = buf_growing();

    if (is_path && value[0] != '/' && value[0] != '{' && r->folder[0] != '\0')
        buf_add_format(&whole, "%s/", r->folder);
    buf_add_str(&whole, str_from(value));
    const char *kept = arena_str(r->arena, buf_str(&whole)).ptr;

    buf_fini(&whole);
    free(value);
    return kept;
}

static const char *const *read_texts(struct target_reader *r, const struct target_field *f)
{
    bool argv = f->type == TARGET_ARGV || f->type == TARGET_START;

    if (!lua_istable(r->L, -1) || lua_rawlen(r->L, -1) > MAX_LIST) {
        target_reader_say(r, f->name, "expected a list of texts");
        return NULL;
    }
    size_t count = (size_t)lua_rawlen(r->L, -1);
    const char **list = arena_take(r->arena, count + 1, sizeof *list);

    if (argv && count == 0)
        target_reader_say(r, f->name, "expected a program and its arguments");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(r->L, -1, (lua_Integer)i + 1);
        /* a program with a `/` in its name is a file */
        bool is_path = argv && i == 0 && lua_type(r->L, -1) == LUA_TSTRING &&
                       strchr(lua_tostring(r->L, -1), '/') != NULL;

        list[i] = read_text(r, -1, f, f->type != TARGET_START, is_path);
        lua_pop(r->L, 1);
        if (list[i] == NULL)
            break;
    }
    return list;
}

void target_reader_value(struct target_reader *r, const struct target_field *f, void *target)
{
    void *place = (char *)target + f->offset;

    switch (f->type) {
    case TARGET_TEXT:
    case TARGET_FILE:
    case TARGET_RAW: {
        const char *text = read_text(r, -1, f, f->type != TARGET_RAW, f->type == TARGET_FILE);

        memcpy(place, &text, sizeof(const char *));
        break;
    }
    case TARGET_FLAG:
        if (!lua_isboolean(r->L, -1))
            target_reader_say(r, f->name, "expected true or false");
        *(bool *)place = lua_toboolean(r->L, -1);
        break;
    case TARGET_TEXTS:
    case TARGET_ARGV:
    case TARGET_START: {
        const char *const *list = read_texts(r, f);

        memcpy(place, &list, sizeof(const char *const *));
        break;
    }
    case TARGET_NUMBER:
    case TARGET_COUNT:
    case TARGET_TIME:
    case TARGET_SECONDS:
    case TARGET_RANGE:
    case TARGET_CHOICE:
        if (!target_value_read(r->L, f, place)) {
            char expected[160];

            target_value_expected(f, expected, sizeof expected);
            target_reader_say(r, f->name, "expected %s", expected);
        }
        break;
    case TARGET_OWN:
        r->field = f;
        f->read(r, place);
        break;
    }
}

void target_reader_unknown(struct target_reader *r, const char *name,
                           const struct target_field *fields, size_t count)
{
    struct nearest n = nearest_to(str_from(name));

    for (size_t i = 0; i < count; i++)
        nearest_offer(&n, fields[i].name);
    if (n.found != NULL)
        target_reader_say(r, name, "unknown field, did you mean \"%s\"?", n.found);
    else
        target_reader_say(r, name, "unknown field");
}

static void check_name(struct target_reader *r, const struct target_field *fields, size_t count)
{
    if (lua_type(r->L, -2) != LUA_TSTRING) {
        target_reader_say(r, NULL, "expected named fields, got a value without a name");
        return;
    }
    const char *name = lua_tostring(r->L, -2);

    for (size_t i = 0; i < count; i++)
        if (strcmp(name, fields[i].name) == 0)
            return;
    target_reader_unknown(r, name, fields, count);
}

void target_reader_table(struct target_reader *r, const struct target_field *fields, size_t count,
                         void *target)
{
    if (!lua_istable(r->L, -1)) {
        target_reader_say(r, NULL, "expected a table%s",
                          r->depth == 0 ? ": the file must end with return { ... }" : "");
        return;
    }
    if (!lua_checkstack(r->L, 8))
        return;
    size_t before = r->problems.len;

    lua_pushnil(r->L);
    for (; lua_next(r->L, -2) != 0; lua_pop(r->L, 1))
        check_name(r, fields, count);
    bool misnamed = r->problems.len > before; /* what is missing may be there under that name */

    for (size_t i = 0; i < count; i++) {
        lua_pushstring(r->L, fields[i].name);
        if (lua_rawget(r->L, -2) != LUA_TNIL)
            target_reader_value(r, &fields[i], target);
        else if (fields[i].required && !misnamed)
            target_reader_say(r, NULL, "\"%s\" is missing", fields[i].name);
        lua_pop(r->L, 1);
    }
}
