#include "conformance/sanity.h"

#include <lauxlib.h>

#include "lib/clock.h"
#include "lib/sandbox.h"

bool sanity_load(struct case_def *out, lua_State *L, double speed, char *why)
{
    static const char alive[] = "return function(c) c:device():expect_alive() end";
    /* at another speed than ours the target would answer much later, or much too early */
    static const char timed[] =
        "return function(c)\n"
        "  local dev = c:device()\n"
        "  dev:expect_alive()\n"
        "  if not c:claims('commands') then return end\n"
        "  dev:post('/v1/speed', { query = { ct = 4 }, payload = 's' }):expect {\n"
        "    code = '2.04', between = { '3.9 s', '6 s' } }\n"
        "  c:await_event { device = dev.name }\n"
        "end";

    if (!sandbox_run_text(L, str_from(speed == 1 ? alive : timed), "sanity.lua", why))
        return false;
    *out = (struct case_def){
        .id = "SANITY-0",
        .rev = 1,
        .title = "a known-good publish on a fresh device is answered",
        .family = "sanity",
        .timeout_us = 60 * US_PER_S,
        .file = "sanity.lua",
        .line = 1,
        .run_ref = luaL_ref(L, LUA_REGISTRYINDEX),
    };
    return true;
}
