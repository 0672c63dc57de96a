/*
 * Runs one script through the engine, against a scripted endpoint, and compares the verdict.
 */
#ifndef CONFORMANCE_ENGINE_FIXTURE_H
#define CONFORMANCE_ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <lauxlib.h>
#include <lua.h>

#include "conformance/case.h"
#include "conformance/engine_testdtls.h"
#include "conformance/engine_testpeer.h"
#include "lib/buf.h"
#include "lib/sandbox.h"
#include "lib/target.h"
#include "lib/target_parameter.h"

struct run {
    peer_answer_fn *answer;
    const char *script; /* body of function(c) */
    enum verdict verdict;
    const char *field;
    const char *expected; /* parts of the finding's texts; NULL: any */
    const char *got;
    enum case_level level;
    enum binding binding; /* with a coaps binding: an endpoint of DTLS, answer is not used */
};

static inline void run_script(const struct run *r, const char *evidence_dir,
                              struct case_report *report)
{
    lua_State *L = sandbox_new(64 << 20, NULL);
    struct peer *p = peer_new(r->answer);
    struct dtls_peer *secure = dtls_peer_new("sixteen bytes ok");
    struct target target;
    struct case_env env = {.target = &target, .broker_fd = peer_broker_fd(p), .log_fd = -1};
    struct case_def def = {
        .id = "TST-001", .rev = 1, .title = "a test", .file = "test.lua", .level = r->level};
    struct buf text = buf_growing();
    char why[SANDBOX_WHY_LEN] = "";
    char url[40];

    if (r->binding == BINDING_COAP)
        (void)snprintf(url, sizeof url, "coap://127.0.0.1:%u", peer_port(p));
    else
        (void)snprintf(url, sizeof url, "coaps://127.0.0.1:%u", dtls_peer_port(secure));
    assert_true(target_from_url(&target, url, NULL, why) && target_resolve(&target, why));
    target.events.kind = EVENTS_FILE; /* the peer's broker */
    (void)target_parameter_set(&target, target_parameter_find("ACK_TIMEOUT"), 0.2);
    env.evidence_dir = evidence_dir;
    env.time_slack = 1;
    env.binding = r->binding;
    case_engine.install(L);
    buf_add_format(&text, "return function(c)\n%s\nend", r->script);
    if (!sandbox_run_text(L, buf_str(&text), "test.lua", why))
        fail_msg("%s", why);
    def.run_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    case_engine.execute(L, &def, &env, report);
    peer_free(&p);
    dtls_peer_free(&secure);
    sandbox_free(L);
    target_fini(&target);
    buf_fini(&text);
}

static inline void check(const struct run *r)
{
    static struct case_report report;

    report = (struct case_report){.done = false};
    run_script(r, NULL, &report);
    const struct case_finding *f = case_signature(&report);

    assert_true(report.done);
    if (report.verdict != r->verdict)
        fail_msg("%s\n%s, not %s:\n%s", r->script, verdict_name(report.verdict),
                 verdict_name(r->verdict), report.detail);
    if (r->field != NULL) {
        assert_non_null(f);
        assert_string_equal(f->field, r->field);
    }
    if (r->expected != NULL && strstr(f->expected, r->expected) == NULL)
        fail_msg("%s\nexpected is `%s`, not `%s`", r->script, f->expected, r->expected);
    if (r->got != NULL && strstr(f->got, r->got) == NULL && strstr(f->reason, r->got) == NULL)
        fail_msg("%s\ngot is `%s`, reason `%s`, not `%s`", r->script, f->got, f->reason, r->got);
}

#endif
