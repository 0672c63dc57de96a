/*
 * The Lua half of the engine: the files of conformance/prelude/, inside the program.
 */
#ifndef CONFORMANCE_PRELUDE_H
#define CONFORMANCE_PRELUDE_H

#include <lua.h>

#include "lib/base.h"

/* One part, in the order in which they are run: later ones use earlier ones. Generated. */
struct prelude_part {
    const char *name; /* "judge.lua" */
    const unsigned char *text;
    size_t len;
};
extern const struct prelude_part prelude_parts[];
extern const size_t prelude_part_count;

/*
 * Runs all parts with (host, P): host is the table at host_index, P a new one, which is left on the
 * stack. `debug` is there while they are loaded, and not for scenarios. Raises Lua errors.
 */
void prelude_push(lua_State *L, int host_index);

#endif
