#include "lib/sandbox.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"

enum { MAX_FILE_LEN = 1 << 20, LOAD_INSTRUCTIONS = 20000000 };

/* What the allocator counts. */
struct budget {
    size_t used;
    size_t max;
};

static const char root_key = 0;   /* address: registry key of the folder's name */
static const char loaded_key = 0; /* address: registry key of what `require` has loaded */

static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct budget *budget = context;
    void *fresh;

    if (old == NULL)
        old_size = 0;
    if (size == 0) {
        free(old);
        budget->used -= old_size;
        return NULL;
    }
    if (size > old_size && budget->used + (size - old_size) > budget->max)
        return NULL; /* Lua raises "not enough memory" */
    fresh = realloc(old, size);
    if (fresh != NULL)
        budget->used = budget->used - old_size + size;
    return fresh;
}

static void too_long(lua_State *L, lua_Debug *ar)
{
    UNUSED(ar);
    (void)luaL_error(L, "the script ran too many instructions; does it loop for ever?");
}

void sandbox_limit(lua_State *L, int instructions)
{
    lua_sethook(L, instructions > 0 ? too_long : NULL, instructions > 0 ? LUA_MASKCOUNT : 0,
                instructions);
}

/* The environment of a file: reads see the globals, writes are refused. */
static int refuse_global(lua_State *L)
{
    return luaL_error(L, "assigns the global \"%s\": write `local %s`", lua_tostring(L, 2),
                      lua_tostring(L, 2));
}

static void push_environment(lua_State *L)
{
    lua_newtable(L);
    lua_newtable(L);
    lua_pushglobaltable(L);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_global);
    lua_setfield(L, -2, "__newindex");
    (void)lua_pushliteral(L, "locked");
    lua_setfield(L, -2, "__metatable");
    (void)lua_setmetatable(L, -2);
}

int sandbox_add_place(lua_State *L)
{
    const char *text = luaL_tolstring(L, 1, NULL);
    lua_Debug ar;

    if (strchr(text, ':') != NULL)
        return 1;
    for (int level = 1; lua_getstack(L, level, &ar) != 0; level++) {
        (void)lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0) {
            (void)lua_pushfstring(L, "%s:%d: %s", ar.short_src, ar.currentline, text);
            return 1;
        }
    }
    return 1;
}

/* Loads text and runs it; one result. Raises errors. */
static bool run(lua_State *L, struct str text, const char *shown, char *why)
{
    struct buf name = buf_growing();
    int base = lua_gettop(L);
    bool ok;

    buf_add_format(&name, "@%s", shown);
    buf_add_char(&name, '\0');
    lua_pushcfunction(L, sandbox_add_place);
    ok = luaL_loadbufferx(L, text.ptr, text.len, name.ptr, "t") == LUA_OK;
    buf_fini(&name);
    if (ok) {
        push_environment(L);
        (void)lua_setupvalue(L, -2, 1);
        ok = lua_pcall(L, 0, 1, base + 1) == LUA_OK;
    }
    lua_remove(L, base + 1);
    if (!ok) {
        const char *text_of_error = lua_tostring(L, -1);

        (void)snprintf(why, SANDBOX_WHY_LEN, "%s", text_of_error == NULL ? "error" : text_of_error);
        lua_settop(L, base);
    }
    return ok;
}

bool sandbox_run_text(lua_State *L, struct str text, const char *shown, char *why)
{
    bool ok;

    sandbox_limit(L, LOAD_INSTRUCTIONS);
    ok = run(L, text, shown, why);
    sandbox_limit(L, 0);
    return ok;
}

char *sandbox_read_file(const char *path, const char *shown, size_t *len, char *why)
{
    FILE *file = fopen(path, "re");
    char *text;

    if (file == NULL) {
        (void)snprintf(why, SANDBOX_WHY_LEN, "%s: %s", shown, strerror(errno));
        return NULL;
    }
    text = xmalloc(MAX_FILE_LEN + 1);
    errno = 0;
    *len = fread(text, 1, MAX_FILE_LEN + 1, file);
    if (ferror(file) != 0 || *len > MAX_FILE_LEN) {
        (void)snprintf(why, SANDBOX_WHY_LEN, "%s: %s", shown,
                       ferror(file) != 0 ? strerror(errno) : "longer than 1 MiB");
        free(text);
        text = NULL;
    }
    (void)fclose(file);
    return text;
}

/* Within the bound of instructions that is set already. */
static bool run_file(lua_State *L, const char *path, const char *shown, char *why)
{
    size_t len;
    char *text = sandbox_read_file(path, shown, &len, why);
    bool ok;

    if (text == NULL)
        return false;
    ok = run(L, (struct str){text, len}, shown, why);
    free(text);
    return ok;
}

bool sandbox_run_file(lua_State *L, const char *path, const char *shown, char *why)
{
    bool ok;

    sandbox_limit(L, LOAD_INSTRUCTIONS);
    ok = run_file(L, path, shown, why);
    sandbox_limit(L, 0);
    return ok;
}

/* `common.values` is common/values.lua. Nothing else can be named: no dots that climb, no slash. */
static void push_path(lua_State *L, const char *name)
{
    luaL_Buffer b;

    luaL_buffinit(L, &b);
    for (const char *p = name; *p != '\0'; p++) {
        bool is_word =
            (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '-';

        if (!is_word && (*p != '.' || p == name || p[1] == '.' || p[1] == '\0'))
            (void)luaL_error(L, "require: expected names of [a-z0-9_-] joined by dots, got \"%s\"",
                             name);
        luaL_addchar(&b, *p == '.' ? '/' : *p);
    }
    luaL_addstring(&b, ".lua");
    luaL_pushresult(&b);
}

static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    char why[SANDBOX_WHY_LEN];

    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key);
    if (lua_getfield(L, -1, name) != LUA_TNIL)
        return 1;
    lua_pop(L, 1);
    push_path(L, name);
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &root_key);
    (void)lua_pushfstring(L, "%s/%s", lua_tostring(L, -1), lua_tostring(L, -2));
    if (!run_file(L, lua_tostring(L, -1), lua_tostring(L, -3), why))
        return luaL_error(L, "%s", why);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

static const luaL_Reg libraries[] = {
    {LUA_GNAME,       luaopen_base     },
    {LUA_STRLIBNAME,  luaopen_string   },
    {LUA_TABLIBNAME,  luaopen_table    },
    {LUA_MATHLIBNAME, luaopen_math     },
    {LUA_COLIBNAME,   luaopen_coroutine},
    {LUA_UTF8LIBNAME, luaopen_utf8     },
};

/* Of the libraries above: they reach files, code or the collector. */
static const char *const removed[] = {"dofile",         "loadfile", "load",
                                      "collectgarbage", "print",    "warn"};

static int fill(lua_State *L)
{
    const char *root = lua_touserdata(L, 1);

    for (size_t i = 0; i < COUNT(libraries); i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < COUNT(removed); i++) {
        lua_pushnil(L);
        lua_setglobal(L, removed[i]);
    }
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
    if (root != NULL) {
        (void)lua_pushstring(L, root);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &root_key);
        lua_pushcfunction(L, require);
        lua_setglobal(L, "require");
    }
    return 0;
}

lua_State *sandbox_new(size_t max_bytes, const char *root)
{
    struct budget *budget = xcalloc(1, sizeof *budget);
    lua_State *L;
    void *borrowed;

    budget->max = max_bytes;
    L = lua_newstate(allocate, budget);
    assert(L != NULL);
    memcpy(&borrowed, &root, sizeof borrowed); /* only read */
    lua_pushcfunction(L, fill);
    lua_pushlightuserdata(L, borrowed);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        (void)fprintf(stderr, "the Lua state does not fit into %zu bytes\n", max_bytes);
        abort();
    }
    return L;
}

void sandbox_free(lua_State *L)
{
    void *budget;

    (void)lua_getallocf(L, &budget);
    lua_close(L);
    free(budget);
}
