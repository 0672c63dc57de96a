#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance/broker.h"
#include "conformance/case.h"
#include "conformance/evidence.h"
#include "conformance/prelude.h"
#include "conformance/problems.h"
#include "conformance/script_host.h"
#include "conformance/script_report.h"
#include "conformance/script_wire.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/sandbox.h"
#include "lib/target.h"
#include "lib/target_where.h"

/* Between two waits a script may run so many instructions (half a second). */
enum { MAX_INSTRUCTIONS = 50000000, PART = 65536 };

static const char host_key = 0;   /* address: registry key of the struct script_host */
static const char shared_key = 0; /* address: registry key of the prelude's P */

/* What scenarios must not have: they would swallow verdicts, or resume what waits. */
static const char *const removed[] = {"pcall", "xpcall", "coroutine"};

static void install(lua_State *L)
{
    struct script_host *h = lua_newuserdatauv(L, sizeof *h, 0);
    int host_index = lua_absindex(L, -1);

    *h = (struct script_host){.env = NULL};
    lua_pushvalue(L, host_index);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &host_key);
    script_host_push(L, host_index);
    prelude_push(L, -1);
    (void)lua_getfield(L, -1, "t");
    lua_setglobal(L, "t");
    (void)lua_getfield(L, -1, "print");
    lua_setglobal(L, "print");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shared_key);
    for (size_t i = 0; i < COUNT(removed); i++) {
        lua_pushnil(L);
        lua_setglobal(L, removed[i]);
    }
    lua_settop(L, host_index - 1);
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    (void)lua_pushstring(L, text); /* NULL: nil */
    lua_setfield(L, -2, name);
}

static void push_texts(lua_State *L, const char *const *item, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        (void)lua_pushstring(L, item[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* Letters and digits that no other run of a case has. */
static void set_unique(lua_State *L, struct script_host *h)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%010llx%s",
                   (unsigned long long)(script_host_draw(h) & 0xffffffffffULL),
                   h->env->accused ? "a" : "");
    set_text(L, "unique", text);
}

static void push_kills(lua_State *L, const struct case_def *def)
{
    lua_createtable(L, (int)def->kill_count, 0);
    for (size_t i = 0; i < def->kill_count; i++) {
        lua_newtable(L);
        set_text(L, "mutant", def->kills[i].mutant);
        set_text(L, "field", def->kills[i].field);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "kills");
}

/* A case that probes what is not claimed fails, too, where it is there and was not claimed. */
static void set_claim(lua_State *L, const struct case_def *def, const struct target *t)
{
    char where[TARGET_WHERE_LEN];
    struct buf b = buf_growing();

    if (def->probes.count == 0)
        return;
    buf_add_format(&b, "%s: if the target has it, claim \"%s\"", target_where(t, "features", where),
                   def->probes.item[0]);
    buf_add_char(&b, '\0');
    set_text(L, "claim", b.ptr);
    buf_fini(&b);
}

static void set_again(lua_State *L, const struct case_def *def, const struct case_env *env)
{
    struct buf b = buf_growing();

    bool own = def->family != NULL && strcmp(def->family, "own") == 0; /* in no catalogue */

    const struct target *t = env->target; /* one from the command line has its address as name */
    const char *target = t->source.len > 0 ? t->file : t->name != NULL ? t->name : "TARGET";

    if (def->family != NULL && strcmp(def->family, "sanity") == 0) /* nor is that */
        buf_add_format(&b, "seatrial doctor -t %s", target);
    else
        buf_add_format(&b, "seatrial run '%s' -t %s --binding %s --seed %llx",
                       own ? def->file : def->id, target, binding_name(env->binding),
                       (unsigned long long)env->run_seed);
    if (env->fuzz > 0)
        buf_add_format(&b, " --fuzz %d", env->fuzz);
    if (env->mutant != NULL)
        buf_add_format(&b, " --mutant %s", env->mutant);
    buf_add_char(&b, '\0');
    set_text(L, "again", b.ptr);
    buf_fini(&b);
}

static void push_about(lua_State *L, const struct case_def *def, struct script_host *h)
{
    lua_newtable(L);
    set_text(L, "id", def->id);
    set_text(L, "title", def->title);
    set_text(L, "level", case_level_name(def->level));
    set_text(L, "binding", binding_name(h->env->binding));
    set_text(L, "evidence", h->env->evidence_dir);
    lua_pushinteger(L, def->rev);
    lua_setfield(L, -2, "rev");
    lua_pushnumber(L, h->env->time_slack < 1 ? 1 : h->env->time_slack);
    lua_setfield(L, -2, "time_slack");
    lua_pushnumber(L, h->env->speed < 1 ? 1 : h->env->speed);
    lua_setfield(L, -2, "speed");
    lua_pushinteger(L, h->env->fuzz);
    lua_setfield(L, -2, "fuzz");
    lua_pushnumber(L, (double)h->env->shrink_us / (double)US_PER_S);
    lua_setfield(L, -2, "shrink_s");
    lua_pushboolean(L, h->env->alone);
    lua_setfield(L, -2, "alone");
    lua_pushboolean(L, h->env->redact);
    lua_setfield(L, -2, "redact");
    lua_pushboolean(L, h->env->trace);
    lua_setfield(L, -2, "trace");
    lua_pushboolean(L, def->impact == CASE_RESTART);
    lua_setfield(L, -2, "may_restart");
    lua_pushboolean(L, def->exclusive);
    lua_setfield(L, -2, "exclusive");
    push_texts(L, def->refs.item, def->refs.count);
    lua_setfield(L, -2, "refs");
    set_unique(L, h);
    push_kills(L, def);
    set_again(L, def, h->env);
    set_claim(L, def, h->env->target);
}

static void set_address(lua_State *L, const char *name, const struct target_address *a)
{
    char text[ADDR_TEXT_LEN];

    if (a->host != NULL)
        set_text(L, name, addr_format(&a->addr, text));
}

static void set_features(lua_State *L, const struct target *t)
{
    size_t count = 0;

    lua_newtable(L);
    while (t->features != NULL && t->features[count] != NULL) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, t->features[count++]);
    }
    lua_setfield(L, -2, "claims");
    push_texts(L, t->features, count);
    lua_setfield(L, -2, "features");
}

static void set_parameters(lua_State *L, const struct target *t)
{
    const char *name;

    lua_newtable(L);
    for (size_t i = 0; (name = target_parameter_name(i)) != NULL; i++) {
        double value = 0;

        if (!target_parameter(t, name, &value) || isnan(value))
            continue;
        lua_pushnumber(L, value);
        lua_setfield(L, -2, name);
    }
    lua_setfield(L, -2, "parameters");
}

static void push_target(lua_State *L, const struct target *t)
{
    lua_newtable(L);
    set_text(L, "name", t->name);
    set_text(L, "version", t->version);
    set_text(L, "coap_host", t->coap.host);
    set_text(L, "coaps_host", t->coaps.host);
    set_text(L, "ca", t->tls.ca);
    set_text(L, "server_name", t->tls.server_name);
    set_address(L, "coap", &t->coap);
    set_address(L, "coaps", &t->coaps);
    lua_pushboolean(L, t->durable);
    lua_setfield(L, -2, "durable");
    lua_pushboolean(L, t->gentle);
    lua_setfield(L, -2, "gentle");
    lua_pushboolean(L, t->events.kind != EVENTS_NONE);
    lua_setfield(L, -2, "observed");
    set_features(L, t);
    set_parameters(L, t);
}

/* The engine itself failed, or the script did what the prelude cannot catch. */
static void add_error(struct script_host *h, const struct case_def *def, const char *reason)
{
    struct case_finding f = {.verdict = VERDICT_ERROR, .line = def->line};

    (void)snprintf(f.reason, sizeof f.reason, "%s", reason == NULL ? "unknown error" : reason);
    (void)snprintf(f.file, sizeof f.file, "%s", def->file == NULL ? "" : def->file);
    script_report_finding(h, &f, f.reason);
}

/* The whole file; false: it cannot be read, and why is pushed. */
static bool push_file(lua_State *L, const char *path)
{
    FILE *file = fopen(path, "re");
    struct buf text = buf_growing();
    size_t len = 1;

    if (file == NULL) {
        (void)lua_pushfstring(L, "%s: %s", path, strerror(errno));
        return false;
    }
    while (len > 0) {
        len = fread(buf_reserve(&text, PART), 1, PART, file);
        text.len += len;
    }
    (void)fclose(file);
    (void)lua_pushlstring(L, text.len == 0 ? "" : text.ptr, text.len);
    buf_fini(&text);
    return true;
}

/* Pushes what is called and its arguments; their number, or -1 with a reason on top. */
static int push_call(lua_State *L, const struct case_def *def, struct script_host *h)
{
    bool replays = h->env->recording != NULL;

    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &shared_key);
    (void)lua_getfield(L, -1, replays ? "replay" : "run");
    lua_remove(L, -2);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, def->run_ref);
    if (replays) {
        (void)script_host_draw(h); /* as push_about does */
        return push_file(L, h->env->recording) ? 2 : -1;
    }
    push_about(L, def, h);
    push_target(L, h->env->target);
    return 3;
}

/* Sleeps, or in a replay lets the recording's time go on. */
static void wait_until(lua_State *L, struct script_host *h, int64_t deadline_us)
{
    if (h->env->recording == NULL) {
        script_host_wait(h, deadline_us);
        return;
    }
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &shared_key);
    (void)lua_getfield(L, -1, "advance");
    lua_pushinteger(L, deadline_us);
    lua_call(L, 1, 0);
    lua_pop(L, 1);
}

/* Runs P.run(function, about, target), or P.replay(function, text), in a coroutine; each yield
 * gives the time until which to sleep. */
static void run_script(lua_State *L, const struct case_def *def, struct script_host *h)
{
    lua_State *co = lua_newthread(L);
    int results = 0;
    int arguments = push_call(L, def, h);

    if (arguments < 0) {
        add_error(h, def, lua_tostring(L, -1));
        return;
    }
    lua_xmove(L, co, arguments + 1);
    sandbox_limit(co, MAX_INSTRUCTIONS);
    int status = lua_resume(co, L, arguments, &results);

    while (status == LUA_YIELD) {
        int64_t deadline_us = results > 0 ? lua_tointeger(co, -1) : 0;

        lua_pop(co, results);
        wait_until(L, h, deadline_us);
        sandbox_limit(co, MAX_INSTRUCTIONS);
        status = lua_resume(co, L, 0, &results);
    }
    if (status != LUA_OK)
        add_error(h, def, lua_tostring(co, -1));
}

static void begin(struct script_host *h, const struct case_env *env, struct case_report *out)
{
    uint32_t attempt = (uint32_t)env->attempt;

    h->env = env;
    h->report = out;
    h->drawn = 0;
    memcpy(h->seed, env->seed, sizeof h->seed);
    for (size_t i = 0; i < sizeof attempt; i++)
        h->seed[i] ^= (uint8_t)(attempt >> 8 * i);
    h->started_us = clock_mono_us();
    h->wall_offset_us = clock_wall_us() - h->started_us;
    h->evidence = evidence_new(env->recording == NULL ? env->evidence_dir : NULL, env->redact);
    h->broker = env->broker_fd >= 0 ? broker_client_new(env->broker_fd) : NULL;
    out->started_us = h->started_us;
}

/* A case that passes leaves nothing, unless it is traced. */
static void end(struct script_host *h, const struct case_def *def, struct case_report *out)
{
    if (out->verdict == VERDICT_PASS && out->expectations == 0)
        add_error(h, def, "the script judges nothing: it has no expectation");
    if (out->verdict == VERDICT_PASS && !h->env->trace)
        evidence_discard(h->evidence);
    if (evidence_problem(h->evidence) != NULL)
        (void)fprintf(stderr, "%s: evidence is incomplete: %s\n", def->id,
                      evidence_problem(h->evidence));
    out->has_evidence = evidence_kept(h->evidence);
    script_wire_close_all(h);
    broker_client_free(&h->broker);
    evidence_free(&h->evidence);
    out->ended_us = clock_mono_us();
    out->done = true;
}

static void execute(lua_State *L, const struct case_def *def, const struct case_env *env,
                    struct case_report *out)
{
    struct script_host *h;

    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &host_key);
    h = lua_touserdata(L, -1);
    assert(h != NULL);
    begin(h, env, out);
    out->has_evidence = true; /* should this process die: what was written is there */
    run_script(L, def, h);
    end(h, def, out);
    lua_settop(L, 0);
}

static void inspect(lua_State *L, struct str text, const char *shown, struct problems *problems)
{
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &shared_key);
    (void)lua_getfield(L, -1, "inspect");
    (void)lua_pushlstring(L, text.ptr, text.len);
    lua_pushglobaltable(L);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
        problems_add(problems, shown, 0, "cannot be inspected: %s", lua_tostring(L, -1));
        lua_pop(L, 2);
        return;
    }
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
        (void)lua_getfield(L, -1, "line");
        (void)lua_getfield(L, -2, "text");
        problems_add(problems, shown, (int)lua_tointeger(L, -2), "%s", lua_tostring(L, -1));
        lua_pop(L, 3);
    }
    lua_pop(L, 3);
}

const struct case_engine case_engine = {install, execute, inspect};
