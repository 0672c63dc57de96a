#include "conformance/script_dtls.h"

#include <stdlib.h>

#include "conformance/evidence.h"
#include "conformance/script_host.h"
#include "conformance/script_wire.h"
#include "lib/buf.h"
#include "lib/dtls.h"

enum { MAX_EXTENSIONS = 16, MAX_NEWS = 100000 };

/* What the session has to tell: taken by next(). */
struct news {
    struct news *next;
    const char *kind;
    uint16_t epoch;
    uint64_t sequence;
    size_t len;
    char text[];
};

struct script_session {
    struct script_host *host;
    struct dtls *dtls;
    struct script_wire *wire; /* kept alive by the user value */
    struct news *first;
    struct news **last;
    size_t news_count;
};

static const char meta[] = "seatrial.session";

static void tell(struct script_session *s, const char *kind, struct str text)
{
    if (s->news_count >= MAX_NEWS)
        return;
    struct news *n = xmalloc(sizeof *n + text.len + 1);

    *n = (struct news){.kind = kind, .len = text.len};
    memcpy(n->text, text.ptr, text.len);
    *s->last = n;
    s->last = &n->next;
    s->news_count++;
}

static void on_send(void *arg, const uint8_t *bytes, size_t len)
{
    struct script_session *s = arg;
    struct str datagram = {(const char *)bytes, len};

    script_wire_send(s->wire, datagram);
    tell(s, "sent", datagram);
}

static void on_message(void *arg, const uint8_t *bytes, size_t len,
                       const struct dtls_record *record)
{
    struct script_session *s = arg;
    struct news **at = s->last;

    tell(s, "message", (struct str){(const char *)bytes, len});
    if (*at != NULL && record != NULL) {
        (*at)->epoch = record->head.epoch;
        (*at)->sequence = record->head.sequence;
    }
}

static void note(struct script_session *s, struct buf *b)
{
    tell(s, "note", buf_str(b));
    buf_fini(b);
}

static void on_state(void *arg, enum dtls_state state)
{
    struct script_session *s = arg;
    struct buf b = buf_growing();
    struct dtls_info info;

    dtls_describe(s->dtls, &info);
    buf_add_format(&b, "DTLS %s", dtls_state_name(state));
    if (state == DTLS_ESTABLISHED && info.suite != NULL)
        buf_add_format(&b, " with %s%s", info.suite, info.is_resumed ? ", resumed" : "");
    if (state == DTLS_FAILED)
        buf_add_format(&b, ": %s", info.why);
    note(s, &b);
}

static void on_alert(void *arg, const struct dtls_alert *alert)
{
    struct buf b = buf_growing();

    buf_add_format(&b, "%s alert %s %s", alert->fatal ? "fatal" : "warning",
                   dtls_alert_name(alert->number), alert->sent ? "sent" : "received");
    note(arg, &b);
}

static void on_secret(void *arg, const char *line)
{
    struct script_session *s = arg;

    if (s->host->evidence != NULL)
        evidence_secret(s->host->evidence, str_from(line));
}

static void on_record(void *arg, const struct dtls_record *record, const char *action)
{
    struct buf b = buf_growing();

    if (record->head.content == DTLS_APPLICATION_DATA && action == NULL)
        return; /* the message itself is shown */
    buf_add_format(&b, "%s ", record->to == DTLS_TO_TARGET ? ">" : "<");
    dtls_record_show(record, &b);
    if (action != NULL)
        buf_add_format(&b, "  link: %s", action);
    note(arg, &b);
}

/* --- the configuration -------------------------------------------------------------------- */

/* A field of the table at 2; it stays on the stack. */
static struct str text_field(lua_State *L, const char *name)
{
    struct str s = {NULL, 0};

    if (lua_getfield(L, 2, name) != LUA_TNIL)
        s.ptr = luaL_checklstring(L, -1, &s.len);
    return s;
}

static bool flag_field(lua_State *L, const char *name)
{
    (void)lua_getfield(L, 2, name);
    return lua_toboolean(L, -1) != 0;
}

static lua_Integer number_field(lua_State *L, int table, const char *name)
{
    lua_Integer n;

    (void)lua_getfield(L, table, name);
    n = luaL_optinteger(L, -1, 0);
    lua_pop(L, 1);
    return n;
}

static size_t read_extensions(lua_State *L, struct dtls_extension *out)
{
    size_t count;

    if (lua_getfield(L, 2, "extensions") == LUA_TNIL)
        return 0;
    count = (size_t)luaL_len(L, -1);
    if (count > MAX_EXTENSIONS)
        return (size_t)luaL_error(L, "at most %d extensions", MAX_EXTENSIONS);
    for (size_t i = 0; i < count; i++) {
        (void)lua_rawgeti(L, -1, (lua_Integer)i + 1);
        out[i].type = (uint16_t)number_field(L, -1, "type");
        (void)lua_getfield(L, -1, "value");
        out[i].value.ptr = luaL_checklstring(L, -1, &out[i].value.len);
        lua_pop(L, 2); /* the list keeps it alive */
    }
    return count;
}

static int64_t retransmit_field(lua_State *L)
{
    int64_t us = 0;

    if (lua_getfield(L, 2, "retransmit_us") == LUA_TBOOLEAN)
        us = DTLS_NEVER;
    else
        us = luaL_optinteger(L, -1, 0);
    return us;
}

static struct script_session *resumed_field(lua_State *L)
{
    return lua_getfield(L, 2, "resume") == LUA_TNIL ? NULL : luaL_checkudata(L, -1, meta);
}

static int session_new(lua_State *L)
{
    static const struct dtls_hooks hooks = {on_send,  on_message, on_state,
                                            on_alert, on_secret,  on_record};
    struct dtls_extension extensions[MAX_EXTENSIONS];
    char why[DTLS_WHY_LEN] = "";

    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checkstack(L, 30, "fields");
    struct script_session *old = resumed_field(L);
    struct str version = text_field(L, "max_version");
    struct dtls_config config = {
        .suites = text_field(L, "suites").ptr,
        .groups = text_field(L, "groups").ptr,
        .psk_identity = text_field(L, "psk_identity"),
        .psk_key = text_field(L, "psk_key"),
        .certificate_pem = text_field(L, "certificate_pem"),
        .key_pem = text_field(L, "key_pem"),
        .ca_pem = text_field(L, "ca_pem"),
        .server_name = text_field(L, "server_name").ptr,
        .resume = old == NULL ? NULL : dtls_session(old->dtls),
        .version = str_equal(version, STR("1.0")) ? DTLS1_VERSION : 0,
        .mtu = (unsigned)number_field(L, 2, "mtu"),
        .no_tickets = flag_field(L, "no_tickets"),
        .no_extended_master_secret = flag_field(L, "no_extended_master_secret"),
        .retransmit_us = retransmit_field(L),
        .extensions = extensions,
        .extension_count = read_extensions(L, extensions),
    };
    struct script_session *s = lua_newuserdatauv(L, sizeof *s, 1);

    *s = (struct script_session){.host = script_host_of(L), .wire = script_wire_check(L, 1)};
    s->last = &s->first;
    luaL_setmetatable(L, meta);
    lua_pushvalue(L, 1);
    (void)lua_setiuservalue(L, -2, 1);
    s->dtls = dtls_new(&config, &hooks, s, why);
    if (config.resume != NULL)
        SSL_SESSION_free(config.resume);
    if (s->dtls != NULL)
        return 1;
    lua_pushnil(L);
    (void)lua_pushstring(L, why);
    return 2;
}

/* --- methods ------------------------------------------------------------------------------ */

static struct script_session *check(lua_State *L)
{
    struct script_session *s = luaL_checkudata(L, 1, meta);

    luaL_argcheck(L, s->dtls != NULL, 1, "the session is gone");
    return s;
}

static int64_t now_us(const struct script_session *s)
{
    return script_host_now_us(s->host);
}

static int session_start(lua_State *L)
{
    struct script_session *s = check(L);

    dtls_start(s->dtls, now_us(s));
    return 0;
}

static int session_receive(lua_State *L)
{
    struct script_session *s = check(L);
    size_t len;
    const char *bytes = luaL_checklstring(L, 2, &len);

    dtls_receive(s->dtls, (const uint8_t *)bytes, len, now_us(s));
    return 0;
}

static int session_send(lua_State *L)
{
    struct script_session *s = check(L);
    size_t len;
    const char *bytes = luaL_checklstring(L, 2, &len);

    lua_pushboolean(L, dtls_send(s->dtls, (const uint8_t *)bytes, len, now_us(s)));
    return 1;
}

static int session_close(lua_State *L)
{
    struct script_session *s = check(L);

    dtls_close(s->dtls, now_us(s));
    return 0;
}

static int session_renegotiate(lua_State *L)
{
    struct script_session *s = check(L);

    lua_pushboolean(L, dtls_renegotiate(s->dtls, now_us(s)));
    return 1;
}

static int session_stop_after(lua_State *L)
{
    struct script_session *s = check(L);

    dtls_stop_after(s->dtls, (int)luaL_checkinteger(L, 2));
    return 0;
}

static int session_tick(lua_State *L)
{
    struct script_session *s = check(L);
    int64_t deadline_us = dtls_deadline_us(s->dtls, now_us(s));

    if (deadline_us <= now_us(s)) {
        dtls_tick(s->dtls, now_us(s));
        deadline_us = dtls_deadline_us(s->dtls, now_us(s));
    }
    if (deadline_us == DTLS_NEVER)
        return 0;
    lua_pushinteger(L, deadline_us);
    return 1;
}

static int session_rule(lua_State *L)
{
    static const char *const actions[] = {"drop", "duplicate", "delay", "reorder", "corrupt", NULL};
    static const char *const ways[] = {"target", "device", NULL};
    struct script_session *s = check(L);
    struct dtls_rule rule = {.action = DTLS_DROP};

    (void)lua_getfield(L, 2, "action");
    rule.action = (enum dtls_action)luaL_checkoption(L, -1, NULL, actions);
    (void)lua_getfield(L, 2, "to");
    rule.to = (enum dtls_way)luaL_checkoption(L, -1, NULL, ways);
    rule.flight = (int)number_field(L, 2, "flight");
    rule.number = (int)number_field(L, 2, "number");
    rule.content = (int)number_field(L, 2, "content");
    rule.skip = (int)number_field(L, 2, "skip");
    rule.count = (int)number_field(L, 2, "count");
    rule.by_us = number_field(L, 2, "by_us");
    if (lua_getfield(L, 2, "message") != LUA_TNIL) {
        const char *name = luaL_checkstring(L, -1);

        rule.message = dtls_message_from_name(str_from(name));
        if (rule.message < 0)
            return luaL_error(L, "there is no handshake message %s", name);
    }
    dtls_add_rule(s->dtls, &rule);
    return 0;
}

static int session_clear_rules(lua_State *L)
{
    dtls_clear_rules(check(L)->dtls);
    return 0;
}

static void set_flag(lua_State *L, const char *name, bool set)
{
    lua_pushboolean(L, set);
    lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    (void)lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, int n)
{
    lua_pushinteger(L, n);
    lua_setfield(L, -2, name);
}

static void set_head(lua_State *L, const char *name, const struct dtls_head *head)
{
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, head->epoch);
    lua_setfield(L, -2, "epoch");
    lua_pushinteger(L, (lua_Integer)head->sequence);
    lua_setfield(L, -2, "sequence");
    lua_setfield(L, -2, name);
}

static int session_info(lua_State *L)
{
    struct dtls_info info;

    dtls_describe(check(L)->dtls, &info);
    lua_createtable(L, 0, 14);
    set_text(L, "state", dtls_state_name(info.state));
    set_text(L, "why", info.why[0] == '\0' ? NULL : info.why);
    set_text(L, "suite", info.suite);
    set_text(L, "version",
             info.version == DTLS1_2_VERSION ? "1.2"
             : info.version == DTLS1_VERSION ? "1.0"
                                             : NULL);
    set_flag(L, "resumed", info.is_resumed);
    set_flag(L, "cookie", info.saw_cookie);
    set_flag(L, "asked_certificate", info.saw_certificate_request);
    set_flag(L, "extended_master_secret", info.is_extended_master_secret);
    set_head(L, "sent", &info.sent);
    set_head(L, "received", &info.message);
    set_number(L, "handshakes", info.handshakes);
    set_number(L, "answered_extension", info.answered_extension);
    set_number(L, "flight", info.flight);
    if (info.alert_count > 0) {
        set_text(L, "alert", dtls_alert_name(info.alert.number));
        set_flag(L, "alert_sent", info.alert.sent);
        set_flag(L, "alert_fatal", info.alert.fatal);
    }
    return 1;
}

static int session_next(lua_State *L)
{
    struct script_session *s = check(L);
    struct news *n = s->first;

    if (n == NULL)
        return 0;
    (void)lua_pushstring(L, n->kind);
    lua_pushlstring(L, n->text, n->len);
    lua_pushinteger(L, n->epoch);
    lua_pushinteger(L, (lua_Integer)n->sequence);
    s->first = n->next;
    if (s->first == NULL)
        s->last = &s->first;
    s->news_count--;
    free(n);
    return 4;
}

static int session_gc(lua_State *L)
{
    struct script_session *s = luaL_checkudata(L, 1, meta);

    dtls_free(&s->dtls);
    while (s->first != NULL) {
        struct news *n = s->first;

        s->first = n->next;
        free(n);
    }
    return 0;
}

void script_dtls_add(lua_State *L, int host_index)
{
    static const luaL_Reg methods[] = {
        {"start",       session_start      },
        {"receive",     session_receive    },
        {"send",        session_send       },
        {"close",       session_close      },
        {"renegotiate", session_renegotiate},
        {"stop_after",  session_stop_after },
        {"tick",        session_tick       },
        {"rule",        session_rule       },
        {"clear_rules", session_clear_rules},
        {"info",        session_info       },
        {"next",        session_next       },
    };
    static const luaL_Reg functions[] = {
        {"dtls", session_new},
    };

    if (luaL_newmetatable(L, meta) != 0) {
        lua_newtable(L);
        script_host_add(L, host_index, methods, COUNT(methods));
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, session_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_pop(L, 1);
    script_host_add(L, host_index, functions, COUNT(functions));
}
