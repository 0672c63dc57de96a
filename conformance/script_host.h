/*
 * What C offers to the prelude: the table `host`. Time, randomness from the case's seed, sockets,
 * messages, the broker, the report. The prelude builds from it what scenarios see.
 *
 * One struct script_host a Lua state; it lives in it as a userdata, is made by the engine's install
 * and filled at execute. Functions reach it by script_host_of, as their first upvalue.
 */
#ifndef CONFORMANCE_SCRIPT_HOST_H
#define CONFORMANCE_SCRIPT_HOST_H

#include <lauxlib.h>
#include <lua.h>

#include "conformance/case.h"
#include "lib/siphash.h"

struct broker_client;
struct evidence;
struct script_wire;

struct script_host {
    const struct case_env *env; /* NULL before execute */
    struct case_report *report;
    struct evidence *evidence;
    struct broker_client *broker; /* NULL: none */
    struct script_wire *wires;    /* all open sockets */
    int64_t started_us;           /* clock_mono_us at the start of the case */
    int64_t wall_offset_us;       /* wall time minus monotonic time, then */
    uint8_t seed[SIPHASH_KEY_LEN];
    uint64_t drawn;    /* numbers taken from the seed */
    char comment[256]; /* why datagrams leave now: of the packets in the capture */
};

/* The host of a function that script_host_add has registered. */
struct script_host *script_host_of(lua_State *L);
/* Adds functions to the table on the top of the stack; host is the first upvalue of each. */
void script_host_add(lua_State *L, int host_index, const luaL_Reg *functions, size_t count);

/* us since the start of the case */
int64_t script_host_now_us(const struct script_host *h);
uint64_t script_host_draw(struct script_host *h);

/* Pushes the table `host` for the userdata at host_index. */
void script_host_push(lua_State *L, int host_index);

/* Sleeps until a socket or the broker has something, or deadline_us (since the start). */
void script_host_wait(struct script_host *h, int64_t deadline_us);

#endif
