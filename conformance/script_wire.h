/*
 * A UDP socket of a script. Not connected, so that answers from a wrong address are seen.
 */
#ifndef CONFORMANCE_SCRIPT_WIRE_H
#define CONFORMANCE_SCRIPT_WIRE_H

#include <lua.h>

#include "conformance/script_host.h"

/* host.open(address, label) -> wire. wire:send(bytes), wire:receive() -> bytes, at_us,
 * from, ours (did it come from address?), or nil; wire:close(). */
void script_wire_add(lua_State *L, int host_index);

/* The wire at an index of the stack, or a Lua error. */
struct script_wire *script_wire_check(lua_State *L, int index);
/* What cannot be sent is lost, as UDP may lose anything. */
void script_wire_send(struct script_wire *w, struct str bytes);

/* Descriptors to poll into fds (room for max). */
struct pollfd;
size_t script_wire_fill(const struct script_host *h, struct pollfd *fds, size_t max);
/* Reads all that has come, with its time. */
void script_wire_drain(struct script_host *h);
void script_wire_close_all(struct script_host *h);

#endif
