/*
 * CoAP messages between Lua and lib/msg, and the names of options and formats.
 *
 *   host.read(bytes) -> { bytes, type, code ("2.04"), code_text, mid, token, options = { { number,
 *       value, at, len } }, payload, payload_at, shown, fault, fault_at }
 *   host.write { type, code, mid, token, options = { { number, value } }, payload } -> bytes
 *   host.option_number(name)  host.option_name(number)  host.format_number(media type)
 */
#ifndef CONFORMANCE_SCRIPT_MESSAGE_H
#define CONFORMANCE_SCRIPT_MESSAGE_H

#include <lua.h>

void script_message_add(lua_State *L, int host_index);

#endif
