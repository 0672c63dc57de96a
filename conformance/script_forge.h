/*
 * Certificates for scripts: lib/pki_forge as Lua objects. See script_dtls.h.
 */
#ifndef CONFORMANCE_SCRIPT_FORGE_H
#define CONFORMANCE_SCRIPT_FORGE_H

#include <lua.h>

void script_forge_add(lua_State *L, int host_index);

#endif
