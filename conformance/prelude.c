#include "conformance/prelude.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

static const char *const borrowed[] = {
    "assert",   "coroutine", "error",  "getmetatable", "ipairs",       "math",   "next",
    "pairs",    "pcall",     "rawget", "rawset",       "select",       "string", "table",
    "tonumber", "tostring",  "type",   "utf8",         "setmetatable", "xpcall"};

/* The environment is at the top of the stack. */
static void run_part(lua_State *L, const struct prelude_part *part, int host_index, int shared)
{
    char name[64];

    (void)snprintf(name, sizeof name, "=prelude/%s", part->name);
    if (luaL_loadbufferx(L, (const char *)part->text, part->len, name, "t") != LUA_OK)
        (void)lua_error(L);
    lua_pushvalue(L, -2);
    (void)lua_setupvalue(L, -2, 1);
    lua_pushvalue(L, host_index);
    lua_pushvalue(L, shared);
    lua_call(L, 2, 0);
}

void prelude_push(lua_State *L, int host_index)
{
    host_index = lua_absindex(L, host_index);
    lua_newtable(L);
    int shared = lua_absindex(L, -1);

    /* An environment of its own: scenarios get no `debug`, and cannot change what parts use. */
    lua_newtable(L);
    lua_pushcfunction(L, luaopen_debug);
    lua_call(L, 0, 1);
    lua_setfield(L, -2, LUA_DBLIBNAME);
    for (size_t i = 0; i < COUNT(borrowed); i++) {
        (void)lua_getglobal(L, borrowed[i]);
        lua_setfield(L, -2, borrowed[i]);
    }
    for (size_t i = 0; i < prelude_part_count; i++)
        run_part(L, &prelude_parts[i], host_index, shared);
    lua_settop(L, shared);
}
