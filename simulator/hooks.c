#include "simulator/hooks.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/nearest.h"
#include "simulator/hooks_table.h"
#include "simulator/identity.h"
#include "simulator/marker.h"
#include "simulator/profile_lua.h"
#include "simulator/rng.h"

enum {
    BASE_BYTES = 32 << 20,
    DEVICE_BYTES = 4096, /* for what scripts keep */
    MAX_INSTRUCTIONS = 100000,
    MAX_PAYLOAD = 1 << 20,
};

enum hook { HOOK_START, HOOK_PUBLISH, HOOK_RESPONSE, HOOK_COMMAND, HOOK_TIMEOUT, HOOK_COUNT };

static const char *const names[HOOK_COUNT] = {"on_start", "on_publish", "on_response", "on_command",
                                              "on_timeout"};

struct hooks {
    lua_State *L;
    struct hooks_options o;
    int function[HOOK_COUNT]; /* registry references; LUA_NOREF: the profile has none */
    int devices;              /* of the table of devices by number */
    int class;                /* of what devices have in common */
    uint64_t errors;
    char first[HOOKS_WHY_LEN];
};

/* A hook that is being called. */
struct call {
    struct hooks *h;
    enum hook hook;
    uint32_t device;
    struct hooks_publish *publish;
    const struct hooks_event *event;
};

/* Keys of a device's table that scripts cannot name. */
static const char number_key = 0;
static const char asked_key = 0; /* how often it asked for chance */
static const char payload_key = 0;

/* --- devices */

static int device_random(lua_State *L)
{
    const struct hooks *h = lua_touserdata(L, lua_upvalueindex(1));

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer low = lua_gettop(L) > 2 ? luaL_checkinteger(L, 2) : 1;
    lua_Integer high = lua_gettop(L) > 1 ? luaL_checkinteger(L, lua_gettop(L) > 2 ? 3 : 2) : 0;
    bool whole = lua_gettop(L) > 1;

    (void)lua_rawgetp(L, 1, &number_key);
    (void)lua_rawgetp(L, 1, &asked_key);
    uint32_t number = (uint32_t)lua_tointeger(L, -2);
    uint32_t asked = (uint32_t)lua_tointeger(L, -1);

    lua_pushinteger(L, (lua_Integer)asked + 1);
    lua_rawsetp(L, 1, &asked_key);
    double part = rng_part(rng_nth(h->o.seed, number, RNG_HOOK, asked));

    if (!whole) {
        lua_pushnumber(L, part);
        return 1;
    }
    if (low > high || (lua_Number)high - (lua_Number)low >= 0x1p53)
        return luaL_error(L, "random: there is no number from %I to %I", (LUAI_UACINT)low,
                          (LUAI_UACINT)high);
    lua_pushinteger(L, low + (lua_Integer)(part * (double)(high - low + 1)));
    return 1;
}

static void push_device(lua_State *L, const struct hooks *h, uint32_t device)
{
    char name[IDENTITY_DEVICE_LEN];
    size_t class = profile_class_of(h->o.profile, h->o.seed, device);

    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, h->devices);
    if (lua_rawgeti(L, -1, (lua_Integer)device) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushinteger(L, (lua_Integer)device);
        lua_rawsetp(L, -2, &number_key);
        lua_pushinteger(L, (lua_Integer)device);
        lua_setfield(L, -2, "number");
        identity_device(device, name);
        (void)lua_pushstring(L, name);
        lua_setfield(L, -2, "name");
        (void)lua_pushstring(L, h->o.profile->classes[class].name);
        lua_setfield(L, -2, "class");
        (void)lua_rawgeti(L, LUA_REGISTRYINDEX, h->class);
        (void)lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, (lua_Integer)device);
    }
    lua_remove(L, -2);
}

/* --- what hooks see */

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void set_seconds(lua_State *L, const char *name, int64_t us)
{
    lua_pushnumber(L, (double)us / 1e6);
    lua_setfield(L, -2, name);
}

static void push_publish(lua_State *L, const struct hooks_publish *p)
{
    lua_createtable(L, 0, 4);
    set_integer(L, "sequence", p->sequence);
    set_seconds(L, "at", p->at_us);
    set_integer(L, "ct", p->ct_s);
    set_integer(L, "length", (lua_Integer)p->payload_len);
}

static void push_event(lua_State *L, enum hook hook, const struct hooks_event *e)
{
    char code[8];

    lua_createtable(L, 0, 4);
    set_integer(L, "sequence", e->sequence);
    set_seconds(L, "at", e->at_us);
    if (hook == HOOK_COMMAND) {
        (void)lua_pushlstring(L, e->payload.len > 0 ? e->payload.ptr : "", e->payload.len);
        lua_setfield(L, -2, "payload");
    }
    if (hook == HOOK_RESPONSE) {
        (void)snprintf(code, sizeof code, "%d.%02d", e->code >> 5, e->code & 31); /* RFC 7252 3 */
        (void)lua_pushstring(L, code);
        lua_setfield(L, -2, "code");
        set_seconds(L, "latency", e->latency_us);
    }
}

/* --- what on_publish returns */

/* An error at the place where the hook is defined. */
static int refuse(lua_State *L, const struct call *c, const char *message)
{
    lua_Debug where;

    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, c->h->function[c->hook]);
    (void)lua_getinfo(L, ">S", &where);
    return luaL_error(L, "%s:%d: %s returned %s", where.short_src, where.linedefined,
                      names[c->hook], message);
}

/* The field of the table on top of the stack, a number from least to most; otherwise when it is
 * absent. */
static double number_of(lua_State *L, const struct call *c, const char *name, double least,
                        double most, double otherwise)
{
    int type = lua_getfield(L, -1, name);
    double value = type == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;

    lua_pop(L, 1);
    if (type == LUA_TNIL)
        return otherwise;
    if (!(value >= least && value <= most))
        (void)refuse(L, c,
                     lua_pushfstring(L, "%s: expected a number from %f to %f", name, least, most));
    return value;
}

static void refuse_unknown(lua_State *L, const struct call *c)
{
#define NAME(name, text) name,
    static const char *const known[] = {HOOK_RETURN_FIELDS(NAME)};
#undef NAME

    lua_pushnil(L);
    for (; lua_next(L, -2) != 0; lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        struct nearest n = nearest_to(str_from(name));
        bool is_known = false;

        for (size_t i = 0; i < COUNT(known); i++) {
            is_known |= strcmp(name, known[i]) == 0;
            nearest_offer(&n, known[i]);
        }
        if (!is_known)
            (void)refuse(L, c,
                         n.found == NULL
                             ? lua_pushfstring(L, "an unknown field \"%s\"", name)
                             : lua_pushfstring(L, "an unknown field \"%s\", did you mean \"%s\"?",
                                               name, n.found));
    }
}

/* The payload, or nil, onto the stack; *len grows to hold it. */
static void push_payload(lua_State *L, const struct call *c, double *len)
{
    const struct profile *p = c->h->o.profile;
    int type = lua_getfield(L, -1, "payload");

    if (type == LUA_TNIL)
        return;
    if (type != LUA_TSTRING || lua_rawlen(L, -1) > MAX_PAYLOAD - MARKER_LEN)
        (void)refuse(L, c, "payload: expected a text of 1 MiB at most");
    if (p->classes[profile_class_of(p, c->h->o.seed, c->device)].content_format != 42)
        (void)refuse(L, c, "payload: the class of the device needs content = \"octets\"");
    *len = fmax(*len, (double)(MARKER_LEN + lua_rawlen(L, -1)));
}

/* The result of the hook is on top of the stack, the device at index. */
static void take_changes(lua_State *L, const struct call *c, int device)
{
    struct hooks_publish *p = c->publish;
    double len = 0;

    if (lua_isnil(L, -1)) {
        lua_rawsetp(L, device, &payload_key);
        return;
    }
    if (!lua_istable(L, -1))
        (void)refuse(L, c, "something that is no table");
    refuse_unknown(L, c);
    double ct_s = number_of(L, c, "ct", 0, UINT16_MAX, p->ct_s);
    double delay_s = number_of(L, c, "delay", 0, 1e7, (double)p->delay_us / 1e6);

    len = number_of(L, c, "length", MARKER_LEN, MAX_PAYLOAD, 0);
    push_payload(L, c, &len);
    lua_rawsetp(L, device, &payload_key);
    p->ct_s = (uint32_t)ct_s;
    p->delay_us = (int64_t)(delay_s * 1e6);
    if (len > 0)
        p->payload_len = (size_t)len;
}

/* --- calls */

/* In protected mode. */
static int run(lua_State *L)
{
    const struct call *c = lua_touserdata(L, 1);
    int arguments = 1;

    push_device(L, c->h, c->device);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, c->h->function[c->hook]);
    lua_pushvalue(L, 2);
    if (c->publish != NULL)
        push_publish(L, c->publish);
    else if (c->event != NULL)
        push_event(L, c->hook, c->event);
    arguments += c->publish != NULL || c->event != NULL;
    lua_call(L, arguments, 1);
    if (c->publish != NULL)
        take_changes(L, c, 2);
    return 0;
}

static void call(struct call *c)
{
    struct hooks *h = c->h;

    if (h->function[c->hook] == LUA_NOREF)
        return;
    sandbox_limit(h->L, MAX_INSTRUCTIONS);
    lua_pushcfunction(h->L, sandbox_add_place);
    lua_pushcfunction(h->L, run);
    lua_pushlightuserdata(h->L, c);
    if (lua_pcall(h->L, 1, 0, 1) != LUA_OK && h->errors++ == 0)
        (void)snprintf(h->first, sizeof h->first, "%s", lua_tostring(h->L, -1));
    lua_settop(h->L, 0);
    sandbox_limit(h->L, 0);
}

void hooks_on_start(struct hooks *h, uint32_t device)
{
    call(&(struct call){.h = h, .hook = HOOK_START, .device = device});
}

void hooks_on_publish(struct hooks *h, uint32_t device, struct hooks_publish *publish)
{
    call(&(struct call){.h = h, .hook = HOOK_PUBLISH, .device = device, .publish = publish});
}

void hooks_on_response(struct hooks *h, uint32_t device, const struct hooks_event *event)
{
    call(&(struct call){.h = h, .hook = HOOK_RESPONSE, .device = device, .event = event});
}

void hooks_on_command(struct hooks *h, uint32_t device, const struct hooks_event *event)
{
    call(&(struct call){.h = h, .hook = HOOK_COMMAND, .device = device, .event = event});
}

void hooks_on_timeout(struct hooks *h, uint32_t device, const struct hooks_event *event)
{
    call(&(struct call){.h = h, .hook = HOOK_TIMEOUT, .device = device, .event = event});
}

struct str hooks_payload(const struct hooks *h, uint32_t device)
{
    struct str payload = {NULL, 0};

    (void)lua_rawgeti(h->L, LUA_REGISTRYINDEX, h->devices);
    if (lua_rawgeti(h->L, -1, (lua_Integer)device) == LUA_TTABLE &&
        lua_rawgetp(h->L, -1, &payload_key) == LUA_TSTRING)
        payload.ptr = lua_tolstring(h->L, -1, &payload.len);
    lua_settop(h->L, 0); /* the device's table keeps the text */
    return payload;
}

/* --- begin and end */

/* In protected mode: the profile is at 2. */
static int prepare(lua_State *L)
{
    struct hooks *h = lua_touserdata(L, 1);

    for (size_t i = 0; i < HOOK_COUNT; i++) {
        h->function[i] = LUA_NOREF;
        if (lua_getfield(L, 2, names[i]) == LUA_TFUNCTION)
            h->function[i] = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_newtable(L);
    h->devices = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L); /* the metatable: */
    lua_newtable(L);
    lua_pushlightuserdata(L, h);
    lua_pushcclosure(L, device_random, 1);
    lua_setfield(L, -2, "random");
    lua_setfield(L, -2, "__index");
    (void)lua_pushliteral(L, "locked");
    lua_setfield(L, -2, "__metatable");
    h->class = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

struct hooks *hooks_new(const struct hooks_options *options, char *why)
{
    const struct profile *p = options->profile;
    size_t max_bytes = BASE_BYTES + (size_t)options->device_count * DEVICE_BYTES;
    lua_State *L = profile_lua_open(p->source, p->file, max_bytes, why);

    if (L == NULL)
        return NULL;
    struct hooks *h = xcalloc(1, sizeof *h);

    h->L = L;
    h->o = *options;
    lua_pushcfunction(L, prepare);
    lua_pushlightuserdata(L, h);
    lua_rotate(L, 1, -1); /* the profile comes last */
    if (lua_pcall(L, 2, 0, 0) == LUA_OK)
        return h;
    (void)snprintf(why, HOOKS_WHY_LEN, "%s: %s", p->file, lua_tostring(L, -1));
    hooks_free(&h);
    return NULL;
}

void hooks_free(struct hooks **h)
{
    if (*h == NULL)
        return;
    sandbox_free((*h)->L);
    free(*h);
    *h = NULL;
}

uint64_t hooks_error_count(const struct hooks *h)
{
    return h->errors;
}

const char *hooks_error(const struct hooks *h)
{
    return h->errors > 0 ? h->first : NULL;
}
