/*
 * The Lua that scenarios and profiles run in: strings, tables, mathematics, coroutines; no files,
 * no processes, no `debug`. `require "name"` finds a file of the scenario folder only. A file has
 * globals of its own that cannot be assigned: a forgotten `local` is an error.
 *
 * Memory and the number of instructions are bounded, so that a script ends.
 */
#ifndef LIB_SANDBOX_H
#define LIB_SANDBOX_H

#include <lua.h>

#include "lib/base.h"

/* max_bytes: of all Lua values together. root: folder that `require` looks in; copied; NULL: none.
 * To be closed by sandbox_free. */
lua_State *sandbox_new(size_t max_bytes, const char *root);
void sandbox_free(lua_State *L);

enum { SANDBOX_WHY_LEN = 1024 };

/* The whole of a file, to be freed; NULL: why says so. */
char *sandbox_read_file(const char *path, const char *shown, size_t *len, char *why) MUST_CHECK;

/*
 * Runs a file with one result, which is left on the stack. shown: its name in messages. False: why
 * (SANDBOX_WHY_LEN) says `file:line: message`, nothing is left on the stack.
 */
bool sandbox_run_file(lua_State *L, const char *path, const char *shown, char *why) MUST_CHECK;

/* As sandbox_run_file, for text that is part of the program. */
bool sandbox_run_text(lua_State *L, struct str text, const char *shown, char *why) MUST_CHECK;

/* A message handler for lua_pcall: puts `file:line: ` of the script in front of an error that does
 * not say so itself. */
int sandbox_add_place(lua_State *L);

/* From now on the state may run this many instructions more; what runs longer is ended with an
 * error. 0: no bound. */
void sandbox_limit(lua_State *L, int instructions);

#endif
