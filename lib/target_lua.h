/*
 * A data file in Lua, read strictly: tables of fields, line numbers for people, a bounded state in
 * which nothing but env "NAME" can be called.
 */
#ifndef LIB_TARGET_LUA_H
#define LIB_TARGET_LUA_H

#include <lua.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/target.h"

struct target_reader {
    lua_State *L;
    struct str source;
    const char *shown;
    const char *folder; /* of the file: relative file names start there */
    const struct target_places *places;
    struct arena *arena;
    struct buf problems; /* lines */
    const char
        *path[8]; /* names of the tables that are being read, from the outside; `[2]` in a list */
    size_t depth;
    const struct target_field *field; /* that is being read */
};

enum target_field_type {
    TARGET_TEXT,    /* const char *, not empty, expanded */
    TARGET_FILE,    /* the same, a file name */
    TARGET_RAW,     /* const char *, not expanded */
    TARGET_FLAG,    /* bool */
    TARGET_TEXTS,   /* NULL-terminated list, expanded */
    TARGET_ARGV,    /* the same; the first is a program */
    TARGET_START,   /* as TARGET_ARGV; placeholders are checked, not expanded */
    TARGET_NUMBER,  /* double, least..most */
    TARGET_COUNT,   /* int64_t, whole, least..most */
    TARGET_TIME,    /* int64_t microseconds, `2 s`; bounds in seconds */
    TARGET_SECONDS, /* double, the same */
    TARGET_RANGE,   /* double[2]: a number, or two: {least, most} */
    TARGET_CHOICE,  /* int or enum: index of one of the names in choices (`basic|psk`) */
    TARGET_OWN,     /* read is called with the value on top of the stack */
};

struct target_field {
    const char *name;
    enum target_field_type type;
    size_t offset;
    bool required;
    void (*read)(struct target_reader *r, void *target);
    const char *choices;
    double least;
    double most;
};

/* Runs source, whose one result is left on top of the new state's stack. False: why says
 * `file:line: message`. */
bool target_lua_run(struct target_reader *r, char *why) MUST_CHECK;
void target_lua_close(struct target_reader *r);

/* Adds a problem of the field (NULL: the table) that is being read. */
void target_reader_say(struct target_reader *r, const char *field, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Adds the problem that there is no such field, with the nearest one that there is. */
void target_reader_unknown(struct target_reader *r, const char *name,
                           const struct target_field *fields, size_t count);

/* The value on top of the stack, as field says, into *target. */
void target_reader_value(struct target_reader *r, const struct target_field *field, void *target);
/* The table on top of the stack into *target. */
void target_reader_table(struct target_reader *r, const struct target_field *fields, size_t count,
                         void *target);

/* Around the reading of a table inside the one that is being read; of the item of a list, from 1.
 */
void target_reader_enter(struct target_reader *r, const char *name);
void target_reader_enter_item(struct target_reader *r, size_t number);
void target_reader_leave(struct target_reader *r);

#endif
