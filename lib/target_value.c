#include "lib/target_value.h"

#include <math.h>
#include <stdio.h>

#include "lib/opt_value.h"

/* The number at index of the stack; NAN when it is none or out of bounds. */
static double number_at(lua_State *L, int index, const struct target_field *f)
{
    double number = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : NAN;

    return number >= f->least && number <= f->most ? number : NAN;
}

static bool read_number(lua_State *L, const struct target_field *f, void *place)
{
    double number = number_at(L, -1, f);

    if (isnan(number))
        return false;
    memcpy(place, &number, sizeof number);
    return true;
}

static bool read_count(lua_State *L, const struct target_field *f, void *place)
{
    int64_t number = 0;
    int is_integer = 0;

    if (!isnan(number_at(L, -1, f)))
        number = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer)
        return false;
    memcpy(place, &number, sizeof number);
    return true;
}

static bool take_time(lua_State *L, const struct target_field *f, int64_t *us)
{
    return lua_type(L, -1) == LUA_TSTRING &&
           opt_value_spaced(str_from(lua_tostring(L, -1)), opt_value_duration, us) &&
           (double)*us >= f->least * 1e6 && (double)*us <= f->most * 1e6;
}

static bool read_time(lua_State *L, const struct target_field *f, void *place)
{
    int64_t us;

    if (!take_time(L, f, &us))
        return false;
    memcpy(place, &us, sizeof us);
    return true;
}

static bool read_seconds(lua_State *L, const struct target_field *f, void *place)
{
    double seconds;
    int64_t us;

    if (!take_time(L, f, &us))
        return false;
    seconds = (double)us / 1e6;
    memcpy(place, &seconds, sizeof seconds);
    return true;
}

static bool read_range(lua_State *L, const struct target_field *f, void *place)
{
    double range[2];

    if (lua_type(L, -1) == LUA_TNUMBER) {
        range[0] = range[1] = number_at(L, -1, f);
    } else {
        if (!lua_istable(L, -1) || lua_rawlen(L, -1) != 2)
            return false;
        (void)lua_rawgeti(L, -1, 1);
        (void)lua_rawgeti(L, -2, 2);
        range[0] = number_at(L, -2, f);
        range[1] = number_at(L, -1, f);
        lua_pop(L, 2);
    }
    if (!(range[0] <= range[1]))
        return false;
    memcpy(place, range, sizeof range);
    return true;
}

static bool read_choice(lua_State *L, const struct target_field *f, void *place)
{
    int index = -1;

    if (lua_type(L, -1) == LUA_TSTRING)
        index = opt_value_name(str_from(lua_tostring(L, -1)), f->choices);
    if (index < 0)
        return false;
    memcpy(place, &index, sizeof index);
    return true;
}

bool target_value_read(lua_State *L, const struct target_field *f, void *place)
{
    static const struct {
        enum target_field_type type;
        bool (*read)(lua_State *L, const struct target_field *f, void *place);
    } kinds[] = {
        {TARGET_NUMBER,  read_number },
        {TARGET_COUNT,   read_count  },
        {TARGET_TIME,    read_time   },
        {TARGET_SECONDS, read_seconds},
        {TARGET_RANGE,   read_range  },
        {TARGET_CHOICE,  read_choice },
    };

    size_t i = 0;

    while (i < COUNT(kinds) && kinds[i].type != f->type)
        i++;
    assert(i < COUNT(kinds)); /* target_reader_table reads the others itself */
    return kinds[i].read(L, f, place);
}

void target_value_expected(const struct target_field *f, char *out, size_t size)
{
    const char *unit = f->type == TARGET_TIME || f->type == TARGET_SECONDS ? " s" : "";
    const char *what = f->type == TARGET_NUMBER  ? "a number"
                       : f->type == TARGET_COUNT ? "a whole number"
                       : f->type == TARGET_RANGE ? "a number or {least, most}"
                                                 : "a time (\"250 ms\", \"2 s\", \"10 min\")";

    if (f->type == TARGET_CHOICE)
        (void)snprintf(out, size, "one of %s", f->choices);
    else
        (void)snprintf(out, size, "%s, from %.15g%s to %.15g%s", what, f->least, unit, f->most,
                       unit);
}
