#include "conformance/prelude_teststate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <lauxlib.h>
#include <lua.h>

#include "conformance/prelude.h"
#include "conformance/script_host.h"
#include "lib/buf.h"
#include "lib/sandbox.h"

/* A state with the prelude's P and t as globals of the test. */
static lua_State *new_state(void)
{
    static struct case_report report;
    lua_State *L = sandbox_new(64 << 20, NULL);
    struct script_host *h = lua_newuserdatauv(L, sizeof *h, 0);

    *h = (struct script_host){.report = &report};
    script_host_push(L, -1);
    prelude_push(L, -1);
    lua_setglobal(L, "P");
    (void)luaL_dostring(L, "t = P.t P.parameters = P.parameters_of { ACK_TIMEOUT = 1 } "
                           "P.time_slack = 1 "
                           "function caught(f, ...) local ok, e = pcall(f, ...) "
                           "return not ok and (e.reason or e) or 'no error' end "
                           "function inspect(text) "
                           "local found = P.inspect(text, { x = 1, f = 1, t = 1 })[1] "
                           "return found and found.line .. ': ' .. found.text or 'nothing' end");
    return L;
}

/* The value of a Lua expression as text. */
static void check(const char *expression, const char *expected)
{
    lua_State *L = new_state();
    struct buf b = buf_growing();

    buf_add_format(&b,
                   "local function show(...) local r = {} for i = 1, select('#', ...) do "
                   "r[i] = tostring((select(i, ...))) end return table.concat(r, ' ') end "
                   "return show(%s)",
                   expression);
    buf_add_char(&b, '\0');
    if (luaL_dostring(L, b.ptr) != LUA_OK)
        fail_msg("%s: %s", expression, luaL_tolstring(L, -1, NULL));
    if (strcmp(lua_tostring(L, -1), expected) != 0)
        fail_msg("%s gives\n%s\nnot\n%s", expression, lua_tostring(L, -1), expected);
    buf_fini(&b);
    sandbox_free(L);
}

void prelude_teststate_check(const struct prelude_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(rows[i].expression, rows[i].expected);
}
