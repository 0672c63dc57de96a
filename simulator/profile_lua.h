/*
 * The Lua of a profile: that of scenarios, without anything that differs from run to run. Random
 * numbers come from the device that a hook is called for.
 */
#ifndef SIMULATOR_PROFILE_LUA_H
#define SIMULATOR_PROFILE_LUA_H

#include "lib/sandbox.h"

/* A new state in which source has run; its result is on top of the stack. max_bytes: of all
 * values together. To be closed by sandbox_free. NULL: why (SANDBOX_WHY_LEN) says `file:line:
 * message`. */
lua_State *profile_lua_open(struct str source, const char *shown, size_t max_bytes,
                            char *why) MUST_CHECK;

#endif
