/*
 * A Lua table that a person wrote, read strictly into a struct from a table of fields: an unknown
 * field is an error with a suggestion, a wrong type says what was expected.
 */
#ifndef CONFORMANCE_FIELDS_H
#define CONFORMANCE_FIELDS_H

#include <lua.h>

#include "conformance/problems.h"
#include "lib/arena.h"
#include "lib/base.h"

/* Texts that live in an arena. */
struct texts {
    const char **item;
    size_t count;
};

enum field_type {
    FIELD_TEXT,     /* const char *, not empty */
    FIELD_INTEGER,  /* int, 0 or more */
    FIELD_FLAG,     /* bool */
    FIELD_TEXTS,    /* struct texts: a list of texts, or one text */
    FIELD_CHOICE,   /* int or enum: index of one of the names in choices (`safe|flood`) */
    FIELD_DURATION, /* int64_t microseconds: `2 s`, `10 min` */
    FIELD_OWN,      /* the caller reads it */
};

enum { FIELD_REQUIRED = 1 };

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    const char *choices;
    unsigned flags;
};

/* Where the table stands, and who is told. */
struct fields_place {
    const char *what; /* `case`, `requirement`, `waiver` */
    const char *file;
    int line;
    struct problems *problems;
};

/*
 * Reads the table at index of L's stack. Texts are copied into arena. Fields that are absent leave
 * *target as it was. False: *place->problems has grown.
 */
bool fields_read(lua_State *L, int index, const struct field *fields, size_t count, void *target,
                 struct arena *arena, const struct fields_place *place) MUST_CHECK;

/* `index` of the stack as texts; false when it is neither a text nor a list of texts. */
bool fields_texts(lua_State *L, int index, struct arena *arena, struct texts *out) MUST_CHECK;

#endif
