#include "simulator/profile_lua.h"

static int remove_chance(lua_State *L)
{
    lua_getglobal(L, "math");
    lua_pushnil(L);
    lua_setfield(L, -2, "random");
    lua_pushnil(L);
    lua_setfield(L, -2, "randomseed");
    return 0;
}

lua_State *profile_lua_open(struct str source, const char *shown, size_t max_bytes, char *why)
{
    lua_State *L = sandbox_new(max_bytes, NULL);

    lua_pushcfunction(L, remove_chance);
    int status = lua_pcall(L, 0, 0, 0);

    assert(status == LUA_OK);
    if (sandbox_run_text(L, source, shown, why))
        return L;
    sandbox_free(L);
    return NULL;
}
