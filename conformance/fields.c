#include "conformance/fields.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/nearest.h"
#include "lib/opt_value.h"

/* One call of fields_read; it has more to say than six arguments. */
struct reader {
    lua_State *L;
    const struct field *fields;
    size_t count;
    char *target;
    struct arena *arena;
    const struct fields_place *place;
    bool ok;
};

static const char *const expected[] = {
    [FIELD_TEXT] = "a text that is not empty",
    [FIELD_INTEGER] = "a whole number, 0 or more",
    [FIELD_FLAG] = "true or false",
    [FIELD_TEXTS] = "a text or a list of texts",
    [FIELD_CHOICE] = "one of ",
    [FIELD_DURATION] = "a time with a unit (\"250 ms\", \"2 s\", \"10 min\")",
    [FIELD_OWN] = "",
};

static void say(struct reader *r, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(struct reader *r, const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    problems_add(r->place->problems, r->place->file, r->place->line, "%s: %s", r->place->what,
                 message);
    r->ok = false;
}

static bool read_text(struct reader *r, void *field)
{
    size_t len;
    const char *text;
    const char *copy;

    if (lua_type(r->L, -1) != LUA_TSTRING)
        return false;
    text = lua_tolstring(r->L, -1, &len);
    if (len == 0 || memchr(text, '\0', len) != NULL)
        return false;
    copy = arena_str(r->arena, (struct str){text, len}).ptr;
    memcpy(field, &copy, sizeof copy);
    return true;
}

static bool read_integer(lua_State *L, void *field)
{
    int is_integer;
    lua_Integer n = lua_tointegerx(L, -1, &is_integer);
    int small = (int)n;

    if (lua_type(L, -1) != LUA_TNUMBER || !is_integer || n < 0 || n > INT_MAX)
        return false;
    memcpy(field, &small, sizeof small);
    return true;
}

static bool read_flag(lua_State *L, void *field)
{
    bool on = lua_toboolean(L, -1);

    if (!lua_isboolean(L, -1))
        return false;
    memcpy(field, &on, sizeof on);
    return true;
}

static bool read_choice(lua_State *L, const struct field *f, void *field)
{
    int index;

    if (lua_type(L, -1) != LUA_TSTRING)
        return false;
    index = opt_value_name(str_from(lua_tostring(L, -1)), f->choices);
    if (index < 0)
        return false;
    memcpy(field, &index, sizeof index);
    return true;
}

static bool read_duration(lua_State *L, void *field)
{
    int64_t us;

    if (lua_type(L, -1) != LUA_TSTRING ||
        !opt_value_spaced(str_from(lua_tostring(L, -1)), opt_value_duration, &us))
        return false;
    memcpy(field, &us, sizeof us);
    return true;
}

bool fields_texts(lua_State *L, int index, struct arena *arena, struct texts *out)
{
    size_t count;

    if (lua_type(L, index) == LUA_TSTRING) {
        out->item = arena_take(arena, 1, sizeof *out->item);
        out->item[0] = arena_str(arena, str_from(lua_tostring(L, index))).ptr;
        out->count = 1;
        return true;
    }
    if (!lua_istable(L, index))
        return false;
    index = lua_absindex(L, index);
    count = (size_t)lua_rawlen(L, index);
    lua_pushnil(L);
    for (size_t keys = 0; lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -1) != LUA_TSTRING || ++keys > count) {
            lua_pop(L, 2);
            return false;
        }
    }
    *out = (struct texts){.item = arena_take(arena, count + 1, sizeof *out->item), .count = count};
    for (size_t i = 0; i < count; i++) {
        bool is_text = lua_rawgeti(L, index, (lua_Integer)i + 1) == LUA_TSTRING;

        if (is_text)
            out->item[i] = arena_str(arena, str_from(lua_tostring(L, -1))).ptr;
        lua_pop(L, 1);
        if (!is_text)
            return false;
    }
    return true;
}

/* The value is on top of the stack. */
static bool read_value(struct reader *r, const struct field *f)
{
    void *field = r->target + f->offset;
    struct texts texts;

    switch (f->type) {
    case FIELD_TEXT:
        return read_text(r, field);
    case FIELD_INTEGER:
        return read_integer(r->L, field);
    case FIELD_FLAG:
        return read_flag(r->L, field);
    case FIELD_TEXTS:
        if (!fields_texts(r->L, -1, r->arena, &texts))
            return false;
        memcpy(field, &texts, sizeof texts);
        return true;
    case FIELD_CHOICE:
        return read_choice(r->L, f, field);
    case FIELD_DURATION:
        return read_duration(r->L, field);
    case FIELD_OWN:
        return true;
    }
    return false;
}

static const struct field *find(const struct reader *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->fields[i].name, name) == 0)
            return &r->fields[i];
    }
    return NULL;
}

static void refuse_unknown(struct reader *r, const char *name)
{
    struct nearest n = nearest_to(str_from(name));

    for (size_t i = 0; i < r->count; i++)
        nearest_offer(&n, r->fields[i].name);
    if (n.found != NULL)
        say(r, "unknown field \"%s\", did you mean \"%s\"?", name, n.found);
    else
        say(r, "unknown field \"%s\"", name);
}

static void check_keys(struct reader *r, int index)
{
    lua_pushnil(r->L);
    for (; lua_next(r->L, index) != 0; lua_pop(r->L, 1)) {
        if (lua_type(r->L, -2) != LUA_TSTRING)
            say(r, "expected named fields, got a value without a name");
        else if (find(r, lua_tostring(r->L, -2)) == NULL)
            refuse_unknown(r, lua_tostring(r->L, -2));
    }
}

/* NOLINTNEXTLINE(readability-function-size): a table in it, or parameters that are one thing */
bool fields_read(lua_State *L, int index, const struct field *fields, size_t count, void *target,
                 struct arena *arena, const struct fields_place *place)
{
    struct reader r = {L, fields, count, target, arena, place, true};

    index = lua_absindex(L, index);
    if (!lua_istable(L, index)) {
        say(&r, "expected a table");
        return false;
    }
    check_keys(&r, index);
    for (size_t i = 0; i < count; i++) {
        const struct field *f = &fields[i];

        if (lua_getfield(L, index, f->name) == LUA_TNIL) {
            if ((f->flags & FIELD_REQUIRED) != 0)
                say(&r, "\"%s\" is missing", f->name);
        } else if (!read_value(&r, f)) {
            say(&r, "\"%s\": expected %s%s", f->name, expected[f->type],
                f->choices == NULL ? "" : f->choices);
        }
        lua_pop(L, 1);
    }
    return r.ok;
}
