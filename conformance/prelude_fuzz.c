/* Foreign bytes in the Lua half of the engine: JSON is read, written and read again to the same
 * value; a datagram becomes a record and a failure text with a caret at any field. */
#include "conformance/prelude.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance/script_host.h"
#include "lib/sandbox.h"

static const char script[] =
    "local P, bytes = ...\n"
    "local value, why = P.json_read(bytes)\n"
    "if value ~= nil then\n"
    "  local text = P.json_write(value)\n"
    "  local again, problem = P.json_read(text)\n"
    "  assert(again ~= nil, problem)\n"
    "  assert(P.json_equal(value, again), text)\n"
    "else\n"
    "  assert(type(why) == 'string')\n"
    "end\n"
    "local record = P.new_record({ label = 'dev1' }, bytes, 0)\n"
    "local about = { id = 'X-1', rev = 1, title = 't', level = 'MUST' }\n"
    "for _, field in ipairs { 'type', 'code', 'mid', 'token', 'payload', 'format', 'wellformed',\n"
    "                         'options.11', 'options.4210' } do\n"
    "  P.failure_text({ verdict = 'FAIL', field = field, expected = 'x', got = P.show(bytes),\n"
    "                   message = record, request = record, step = '' }, about)\n"
    "end\n"
    "if not record.fault then\n"
    "  P.judge(record, { code = '2.04', token = 'x', payload = P.t.json { a = 1 }, reason = true,\n"
    "                    format = 50, options = { [11] = 'v1', [14] = 60, [4210] = P.t.any } },\n"
    "          { start_us = 0 })\n"
    "end\n";

enum { INPUT_CAP = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static lua_State *new_state(void)
{
    static struct case_report report;
    lua_State *L = sandbox_new(256U << 20, NULL);
    struct script_host *h = lua_newuserdatauv(L, sizeof *h, 0);

    *h = (struct script_host){.report = &report};
    script_host_push(L, -1);
    prelude_push(L, -1);
    lua_setglobal(L, "P");
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static lua_State *L; /* one for all: inputs leave nothing behind */

    if (len > INPUT_CAP)
        return 0;
    if (L == NULL)
        L = new_state();
    if (luaL_loadbufferx(L, script, sizeof script - 1, "=fuzz", "t") != LUA_OK)
        abort();
    (void)lua_getglobal(L, "P");
    (void)lua_pushlstring(L, (const char *)data, len);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        (void)fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
        abort();
    }
    lua_settop(L, 0);
    return 0;
}
