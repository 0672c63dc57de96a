/*
 * Values of a data file in Lua: numbers within bounds, times, ranges, names out of a few.
 */
#ifndef LIB_TARGET_VALUE_H
#define LIB_TARGET_VALUE_H

#include "lib/target_lua.h"

/* The value on top of the stack into *place, by f->type. False: it is none; *place is unchanged. */
bool target_value_read(lua_State *L, const struct target_field *f, void *place) MUST_CHECK;

/* What f takes, to stand behind `expected `. */
void target_value_expected(const struct target_field *f, char *out, size_t size);

#endif
