#include "conformance/script_message.h"

#include "conformance/script_host.h"
#include "lib/buf.h"
#include "lib/msg.h"
#include "lib/tbl/coap_option.h"
#include "lib/tbl/content_format.h"

enum { OPTION_VALUE_MAX = 65535 + 269 }; /* RFC 7252 3.1 */

static const char *const types[] = {"CON", "NON", "ACK", "RST"};

static void set_str(lua_State *L, const char *name, struct str s)
{
    lua_pushlstring(L, s.len == 0 ? "" : s.ptr, s.len);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, size_t n)
{
    lua_pushinteger(L, (lua_Integer)n);
    lua_setfield(L, -2, name);
}

static void set_options(lua_State *L, const struct msg *m)
{
    lua_createtable(L, (int)m->option_count, 0);
    for (size_t i = 0; i < m->option_count; i++) {
        const struct msg_option *o = &m->options[i];

        lua_createtable(L, 0, 4);
        set_number(L, "number", o->number);
        set_str(L, "value", o->value);
        set_number(L, "at", o->range.at);
        set_number(L, "len", o->range.len);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "options");
}

static void set_texts(lua_State *L, const struct msg *m)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%u.%02u", m->code >> 5, m->code & 31U);
    set_str(L, "code", buf_str(&b));
    buf_clear(&b);
    msg_show_code(m->code, &b);
    set_str(L, "code_text", buf_str(&b));
    buf_clear(&b);
    msg_show(m, &b);
    set_str(L, "shown", buf_str(&b));
    buf_fini(&b);
}

static int message_read(lua_State *L)
{
    struct str bytes;
    struct msg m;
    size_t where;

    bytes.ptr = luaL_checklstring(L, 1, &bytes.len);
    enum msg_fault fault = msg_read((const uint8_t *)bytes.ptr, bytes.len, &m, &where);

    lua_createtable(L, 0, 20);
    set_str(L, "bytes", bytes);
    (void)lua_pushstring(L, types[m.type]);
    lua_setfield(L, -2, "type");
    set_number(L, "mid", m.mid);
    set_str(L, "token", m.token);
    set_str(L, "payload", m.payload);
    set_number(L, "payload_at", m.payload_range.at);
    set_options(L, &m);
    set_texts(L, &m);
    if (fault != MSG_GOOD) {
        (void)lua_pushstring(L, msg_fault_text(fault));
        lua_setfield(L, -2, "fault");
        set_number(L, "fault_at", where);
    }
    return 1;
}

static struct str get_str(lua_State *L, const char *name)
{
    struct str s = {NULL, 0};

    if (lua_getfield(L, 1, name) != LUA_TNIL)
        s.ptr = luaL_checklstring(L, -1, &s.len);
    return s; /* stays on the stack, so that it lives */
}

static void get_options(lua_State *L, struct msg *m)
{
    if (lua_getfield(L, 1, "options") == LUA_TNIL)
        return;
    luaL_checktype(L, -1, LUA_TTABLE);
    int list = lua_absindex(L, -1);
    size_t count = (size_t)luaL_len(L, list);

    if (count > MSG_MAX_OPTIONS)
        (void)luaL_error(L, "at most %d options", MSG_MAX_OPTIONS);
    luaL_checkstack(L, (int)count + 4, "options");
    for (size_t i = 0; i < count; i++) {
        struct msg_option *o = &m->options[m->option_count++];

        (void)lua_rawgeti(L, list, (lua_Integer)i + 1);
        (void)lua_getfield(L, -1, "number");
        lua_Integer number = luaL_checkinteger(L, -1);

        if (number < 0 || number > 65535)
            (void)luaL_error(L, "option number %I is not 0 to 65535", number);
        o->number = (uint32_t)number;
        (void)lua_getfield(L, -2, "value");
        o->value.ptr = luaL_checklstring(L, -1, &o->value.len);
        if (o->value.len > OPTION_VALUE_MAX)
            (void)luaL_error(L, "an option's value has %d bytes at most", OPTION_VALUE_MAX);
        lua_pop(L, 3); /* the list keeps the value alive */
    }
}

static int message_write(lua_State *L)
{
    static const char *const names[] = {"CON", "NON", "ACK", "RST", NULL};
    struct msg m = {.version = 1};
    struct buf b = buf_growing();

    luaL_checktype(L, 1, LUA_TTABLE);
    (void)lua_getfield(L, 1, "type");
    m.type = (enum msg_type)luaL_checkoption(L, -1, NULL, names);
    struct str code = get_str(L, "code");

    if (!msg_code_from_text(code, &m.code))
        return luaL_error(L, "%s is no code: write \"0.02\" or \"POST\"", code.ptr);
    (void)lua_getfield(L, 1, "mid");
    m.mid = (uint16_t)luaL_checkinteger(L, -1);
    m.token = get_str(L, "token");
    if (m.token.len > MSG_MAX_TOKEN)
        return luaL_error(L, "a token has 8 bytes at most; use send_raw for longer ones");
    m.payload = get_str(L, "payload");
    get_options(L, &m);
    msg_write(&m, &b);
    lua_pushlstring(L, b.ptr, b.len);
    buf_fini(&b);
    return 1;
}

static const struct {
    uint32_t number;
    const char *name;
} options[] = {
/* clang-format off */
#define X(id, number, name, format, min_len, max_len, repeatable) {(number), name},
    OPTION_TABLE(X)
#undef X
    /* clang-format on */
};

static int message_option_number(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);

    for (size_t i = 0; i < COUNT(options); i++) {
        if (strcmp(options[i].name, name) == 0) {
            lua_pushinteger(L, options[i].number);
            return 1;
        }
    }
    return 0;
}

static int message_option_name(lua_State *L)
{
    struct buf b = buf_growing();

    msg_show_option_name((uint32_t)luaL_checkinteger(L, 1), &b);
    lua_pushlstring(L, b.ptr, b.len);
    buf_fini(&b);
    return 1;
}

static const struct {
    int number;
    const char *media_type;
    const char *coding;
} formats[] = {
/* clang-format off */
#define X(number, media_type, coding) {number, media_type, coding},
    FORMAT_TABLE(X)
#undef X
    /* clang-format on */
};

static int message_format_number(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);

    for (size_t i = 0; i < COUNT(formats); i++) {
        if (strcmp(formats[i].media_type, name) == 0 && formats[i].coding[0] == '\0') {
            lua_pushinteger(L, formats[i].number);
            return 1;
        }
    }
    return 0;
}

void script_message_add(lua_State *L, int host_index)
{
    static const luaL_Reg functions[] = {
        {"read",          message_read         },
        {"write",         message_write        },
        {"option_number", message_option_number},
        {"option_name",   message_option_name  },
        {"format_number", message_format_number},
    };

    script_host_add(L, host_index, functions, COUNT(functions));
}
