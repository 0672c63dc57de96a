/*
 * Where something stands in a target file, so that whoever finds out that it is wrong, be it long
 * after the file was read, can say which line to change.
 */
#ifndef LIB_TARGET_WHERE_H
#define LIB_TARGET_WHERE_H

#include "lib/target.h"

enum { TARGET_WHERE_LEN = 400 };

/*
 * The line of a field, from 1: the names of the tables around it and its own, from the outside;
 * `[2]` is an item of a list. Lua keeps no lines of tables: the text is searched. What is not found
 * is where the table around it is.
 */
int target_where_line(struct str source, const char *const *path, size_t depth);

/* `file:line: registry.drogue.url` into space (TARGET_WHERE_LEN bytes), which is returned; only the
 * field where the target is from no file. field: as there, items as in `registry.static[2].key`. */
const char *target_where(const struct target *t, const char *field, char *space);

/* The same of a field of a section: `registry.drogue` and `url`. */
const char *target_where_in(const struct target *t, const char *section, const char *field,
                            char *space);

#endif
