#include "conformance/script_forge.h"

#include "conformance/script_host.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/pki_forge.h"

static const char meta[] = "seatrial.forged";

static struct str text_field(lua_State *L, const char *name)
{
    struct str s = {NULL, 0};

    if (lua_getfield(L, 1, name) != LUA_TNIL)
        s.ptr = luaL_checklstring(L, -1, &s.len);
    return s; /* stays on the stack, so that it lives */
}

static bool flag_field(lua_State *L, const char *name)
{
    bool set;

    (void)lua_getfield(L, 1, name);
    set = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return set;
}

static int64_t number_field(lua_State *L, const char *name)
{
    int64_t n;

    (void)lua_getfield(L, 1, name);
    n = (int64_t)luaL_optnumber(L, -1, 0);
    lua_pop(L, 1);
    return n;
}

static const struct forged *forged_field(lua_State *L, const char *name)
{
    return lua_getfield(L, 1, name) == LUA_TNIL ? NULL : luaL_checkudata(L, -1, meta);
}

static int forge_new(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    struct forge forge = {.seed = script_host_draw(h)};
    char why[FORGE_WHY_LEN] = "";

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, 20, "fields");
    struct forge_wish wish = {
        .subject = text_field(L, "subject"),
        .issuer = forged_field(L, "issuer"),
        .issuer_name = text_field(L, "issuer_name"),
        .from_s = number_field(L, "from_s"),
        .to_s = number_field(L, "to_s"),
        .is_ca = flag_field(L, "is_ca"),
        .version_1 = flag_field(L, "version_1"),
        .bad_signature = flag_field(L, "bad_signature"),
        .key_kind = text_field(L, "key_kind").ptr,
        .key_usage = text_field(L, "key_usage").ptr,
        .extended_usage = text_field(L, "extended_usage").ptr,
        .alternative_names = text_field(L, "alternative_names").ptr,
        .key_of = forged_field(L, "key_of"),
    };
    struct forged *f = lua_newuserdatauv(L, sizeof *f, 0);

    *f = (struct forged){NULL, NULL};
    luaL_setmetatable(L, meta);
    if (forge_make(&forge, &wish, clock_wall_us() / US_PER_S, f, why))
        return 1;
    lua_pushnil(L);
    (void)lua_pushstring(L, why);
    return 2;
}

static void push_buf(lua_State *L, struct buf *b)
{
    lua_pushlstring(L, b->len == 0 ? "" : b->ptr, b->len);
    buf_fini(b);
}

static int forged_pem(lua_State *L)
{
    const struct forged *f = luaL_checkudata(L, 1, meta);
    struct buf certificate = buf_growing();
    struct buf key = buf_growing();
    struct buf subject = buf_growing();

    forge_certificate_pem(f->certificate, &certificate);
    forge_key_pem(f->key, &key);
    forge_show_subject(f->certificate, &subject);
    push_buf(L, &certificate);
    push_buf(L, &key);
    push_buf(L, &subject);
    return 3;
}

static int forged_gc(lua_State *L)
{
    forged_fini(luaL_checkudata(L, 1, meta));
    return 0;
}

void script_forge_add(lua_State *L, int host_index)
{
    static const luaL_Reg methods[] = {
        {"pem", forged_pem},
    };
    static const luaL_Reg functions[] = {
        {"forge", forge_new},
    };

    if (luaL_newmetatable(L, meta) != 0) {
        lua_newtable(L);
        script_host_add(L, host_index, methods, COUNT(methods));
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, forged_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_pop(L, 1);
    script_host_add(L, host_index, functions, COUNT(functions));
}
