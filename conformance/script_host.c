#include "conformance/script_host.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance/broker.h"
#include "conformance/script_dtls.h"
#include "conformance/script_forge.h"
#include "conformance/script_message.h"
#include "conformance/script_report.h"
#include "conformance/script_wire.h"
#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/rfc3339.h"

enum { POLL_MAX = 4096, DRAW_MAX = 16 << 20 };

struct script_host *script_host_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

void script_host_add(lua_State *L, int host_index, const luaL_Reg *functions, size_t count)
{
    host_index = lua_absindex(L, host_index);
    for (size_t i = 0; i < count; i++) {
        lua_pushvalue(L, host_index);
        lua_pushcclosure(L, functions[i].func, 1);
        lua_setfield(L, -2, functions[i].name);
    }
}

int64_t script_host_now_us(const struct script_host *h)
{
    return clock_mono_us() - h->started_us;
}

uint64_t script_host_draw(struct script_host *h)
{
    uint64_t n = h->drawn++;

    return siphash(h->seed, &n, sizeof n);
}

static int host_now(lua_State *L)
{
    lua_pushinteger(L, script_host_now_us(script_host_of(L)));
    return 1;
}

static int host_started_us(lua_State *L)
{
    lua_pushinteger(L, script_host_of(L)->started_us);
    return 1;
}

/* A number from 0 to 1. */
static int host_fraction(lua_State *L)
{
    lua_pushnumber(L, (double)(script_host_draw(script_host_of(L)) >> 11) / 9007199254740992.0);
    return 1;
}

static int host_random(lua_State *L)
{
    lua_Integer len = luaL_checkinteger(L, 1);
    luaL_Buffer b;

    luaL_argcheck(L, len >= 0 && len <= DRAW_MAX, 1, "0 to 16 MiB");
    char *out = luaL_buffinitsize(L, &b, (size_t)len);

    for (lua_Integer i = 0; i < len; i += 8) {
        uint64_t n = script_host_draw(script_host_of(L));

        memcpy(out + i, &n, len - i < 8 ? (size_t)(len - i) : 8);
    }
    luaL_pushresultsize(&b, (size_t)len);
    return 1;
}

static void push_buf(lua_State *L, struct buf *b)
{
    lua_pushlstring(L, b->len == 0 ? "" : b->ptr, b->len);
    buf_fini(b);
}

static int host_base64(lua_State *L)
{
    struct buf b = buf_growing();
    size_t len;
    const char *bytes = luaL_checklstring(L, 1, &len);

    base64_encode(&b, bytes, len);
    push_buf(L, &b);
    return 1;
}

static int host_unbase64(lua_State *L)
{
    struct str in;

    in.ptr = luaL_checklstring(L, 1, &in.len);
    size_t cap = BASE64_DECODED_MAX(in.len);
    uint8_t *out = xmalloc(cap);
    size_t len = 0;
    bool ok = base64_decode(in, out, cap, &len);

    if (ok)
        lua_pushlstring(L, (const char *)out, len);
    else
        lua_pushnil(L);
    free(out);
    return 1;
}

/* Seconds from now as an RFC 3339 time. */
static int host_rfc3339(lua_State *L)
{
    struct buf b = buf_growing();
    double seconds = luaL_checknumber(L, 1);

    luaL_argcheck(L, seconds > -4e9 && seconds < 4e9, 1, "some years at most");
    rfc3339_format(clock_wall_us() / US_PER_S * US_PER_S + (int64_t)(seconds * 1e6), &b);
    push_buf(L, &b);
    return 1;
}

static int host_wall_s(lua_State *L)
{
    lua_pushinteger(L, clock_wall_us() / US_PER_S);
    return 1;
}

/* What all random numbers of the case come from. */
static int host_seed(lua_State *L)
{
    struct script_host *h = script_host_of(L);

    lua_pushlstring(L, (const char *)h->seed, sizeof h->seed);
    return 1;
}

static int host_reseed(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    size_t len;
    const char *seed = luaL_checklstring(L, 1, &len);

    luaL_argcheck(L, len == sizeof h->seed, 1, "a seed of another length");
    memcpy(h->seed, seed, sizeof h->seed);
    return 0;
}

static int host_comment(lua_State *L)
{
    struct script_host *h = script_host_of(L);

    (void)snprintf(h->comment, sizeof h->comment, "%s", luaL_checkstring(L, 1));
    return 0;
}

/* The text of a file that the target's description names: certificates and keys. */
static int host_file_text(lua_State *L)
{
    FILE *f = fopen(luaL_checkstring(L, 1), "re");
    static char text[1 << 16];
    size_t len;

    if (f == NULL)
        return 0;
    len = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    lua_pushlstring(L, text, len);
    return 1;
}

static int host_broker_send(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    struct str json;

    json.ptr = luaL_checklstring(L, 1, &json.len);
    lua_pushboolean(L, h->broker != NULL && broker_client_send(h->broker, json));
    return 1;
}

/* The next JSON text or nil; and true when the broker has died. */
static int host_broker_next(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    struct str json;

    if (h->broker == NULL)
        return 0;
    switch (broker_client_next(h->broker, &json)) {
    case BROKER_NOTHING:
        return 0;
    case BROKER_MESSAGE:
        lua_pushlstring(L, json.ptr, json.len);
        return 1;
    case BROKER_GONE:
        break;
    }
    lua_pushnil(L);
    lua_pushboolean(L, true);
    return 2;
}

void script_host_push(lua_State *L, int host_index)
{
    static const luaL_Reg functions[] = {
        {"now",         host_now        },
        {"started_us",  host_started_us },
        {"fraction",    host_fraction   },
        {"random",      host_random     },
        {"base64",      host_base64     },
        {"unbase64",    host_unbase64   },
        {"rfc3339",     host_rfc3339    },
        {"wall_s",      host_wall_s     },
        {"seed",        host_seed       },
        {"reseed",      host_reseed     },
        {"comment",     host_comment    },
        {"file_text",   host_file_text  },
        {"broker_send", host_broker_send},
        {"broker_next", host_broker_next},
    };

    host_index = lua_absindex(L, host_index);
    lua_newtable(L);
    script_host_add(L, host_index, functions, COUNT(functions));
    script_message_add(L, host_index);
    script_report_add(L, host_index);
    script_wire_add(L, host_index);
    script_dtls_add(L, host_index);
    script_forge_add(L, host_index);
}

void script_host_wait(struct script_host *h, int64_t deadline_us)
{
    static struct pollfd fds[POLL_MAX];
    size_t count = script_wire_fill(h, fds, POLL_MAX - 1);
    int64_t left_us = deadline_us - script_host_now_us(h);

    if (h->broker != NULL)
        fds[count++] = (struct pollfd){.fd = broker_client_fd(h->broker), .events = POLLIN};
    if (left_us < 0)
        left_us = 0;
    if (left_us > 3600 * US_PER_S)
        left_us = 3600 * US_PER_S;
    /* poll, as libfaketime can scale it; rounded up */
    (void)poll(fds, count, (int)((left_us + US_PER_MS - 1) / US_PER_MS));
    script_wire_drain(h);
}
