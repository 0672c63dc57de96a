#include "conformance/waiver.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance/json.h"
#include "conformance/stream.h"
#include "lib/rfc3339.h"
#include "lib/sandbox.h"

#define DAY_US (INT64_C(86400) * US_PER_S)

enum { MAX_LUA_BYTES = 16 << 20 };

#define ROW(name, field, type, flags)                                                              \
    {                                                                                              \
        name, type, offsetof(struct waiver, field), NULL, flags                                    \
    }

static const struct field fields[] = {
    ROW("case", case_glob, FIELD_TEXT, FIELD_REQUIRED),
    ROW("binding", binding, FIELD_TEXT, 0),
    ROW("step", step, FIELD_TEXT, 0),
    ROW("expect", field, FIELD_OWN, 0),
    ROW("reason", reason, FIELD_TEXT, FIELD_REQUIRED),
    ROW("issue", issue, FIELD_TEXT, 0),
    ROW("owner", owner, FIELD_TEXT, 0),
    ROW("target", target, FIELD_TEXT, 0),
    ROW("chance", chance, FIELD_FLAG, 0),
    ROW("expires", expires, FIELD_TEXT, FIELD_REQUIRED),
};

static const struct field expect_fields[] = {
    ROW("field", field, FIELD_TEXT, FIELD_REQUIRED),
    ROW("got", got, FIELD_TEXT, 0),
};

static bool read_expect(lua_State *L, struct waiver *row, struct arena *arena,
                        const struct fields_place *place)
{
    bool ok = true;

    if (lua_getfield(L, -1, "expect") != LUA_TNIL)
        ok = fields_read(L, -1, expect_fields, COUNT(expect_fields), row, arena, place);
    lua_pop(L, 1);
    return ok;
}

static bool read_expiry(struct waiver *row, const struct fields_place *place)
{
    char time[40];

    (void)snprintf(time, sizeof time, "%.16sT00:00:00Z", row->expires);
    if (rfc3339_parse(str_from(time), &row->expires_us)) {
        row->expires_us += DAY_US;
        return true;
    }
    problems_add(place->problems, place->file, place->line,
                 "%s: \"expires\": expected a day such as \"2026-12-31\", got \"%.40s\"",
                 place->what, row->expires);
    return false;
}

static void read_row(struct waivers *w, lua_State *L, int number, struct problems *problems)
{
    char what[32];
    struct fields_place place = {what, w->file, 0, problems};
    struct waiver row = {.number = number};

    (void)snprintf(what, sizeof what, "waiver %d", number);
    if (!fields_read(L, -1, fields, COUNT(fields), &row, &w->arena, &place) ||
        !read_expect(L, &row, &w->arena, &place) || !read_expiry(&row, &place))
        return;
    w->rows = xrealloc(w->rows, (w->count + 1) * sizeof *w->rows);
    w->rows[w->count++] = row;
}

/* The table on top of the stack is a list: a single waiver without the braces around it is none. */
static void refuse_names(lua_State *L, const char *path, struct problems *problems)
{
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            continue;
        problems_add(problems, path, 0,
                     "expected a list of waivers, { { case = ... } }, got a field \"%s\"",
                     lua_tostring(L, -1));
        lua_pop(L, 1);
        return;
    }
}

bool waivers_load(struct waivers *w, const char *path, struct problems *problems)
{
    size_t before = problems->count;
    lua_State *L = sandbox_new(MAX_LUA_BYTES, NULL);
    char why[SANDBOX_WHY_LEN];

    *w = (struct waivers){.file = path};
    if (!sandbox_run_file(L, path, path, why)) {
        problems_add(problems, NULL, 0, "%s", why);
    } else if (!lua_istable(L, -1)) {
        problems_add(problems, path, 0, "expected a file that returns a list of waivers");
    } else {
        for (int i = 1; i <= (int)lua_rawlen(L, -1); i++) {
            (void)lua_rawgeti(L, -1, i);
            read_row(w, L, i, problems);
            lua_pop(L, 1);
        }
        refuse_names(L, path, problems);
    }
    sandbox_free(L);
    return problems->count == before;
}

void waivers_fini(struct waivers *w)
{
    free(w->rows);
    arena_fini(&w->arena);
    *w = (struct waivers){.rows = NULL};
}

/* --- use -----------------------------------------------------------------------------------------
 */

static bool fits(const char *wanted, const char *value)
{
    return wanted == NULL || strcmp(wanted, value) == 0;
}

static struct waiver *find(struct waivers *w, const json_t *result, const char *version)
{
    for (size_t i = 0; i < w->count; i++) {
        struct waiver *row = &w->rows[i];

        if (fnmatch(row->case_glob, json_text(result, "case"), 0) == 0 &&
            fits(row->binding, json_text(result, "binding")) &&
            (row->target == NULL || (version != NULL && fnmatch(row->target, version, 0) == 0)))
            return row;
    }
    return NULL;
}

/* Is one of the failures of the result not the one that is waived? NULL: no. */
static const json_t *other_failure(const struct waiver *row, const json_t *result)
{
    const json_t *findings = json_object_get(result, "findings");

    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *f = json_array_get(findings, i);

        if (stream_verdict(f) >= VERDICT_WARN &&
            (!fits(row->step, json_text(f, "step")) || !fits(row->field, json_text(f, "field")) ||
             !fits(row->got, json_text(f, "got"))))
            return f;
    }
    return NULL;
}

static void set_verdict(json_t *result, const struct waiver *row, const char *file, enum verdict v,
                        const char *why)
{
    json_t *waiver = json_object();
    char reason[CASE_TEXT_LEN]; /* as in struct case_finding */
    json_t *finding;

    (void)json_object_set_new(waiver, "file", json_of_text(file));
    (void)json_object_set_new(waiver, "row", json_integer(row->number));
    (void)json_object_set_new(waiver, "reason", json_of_text(row->reason));
    if (row->issue != NULL)
        (void)json_object_set_new(waiver, "issue", json_of_text(row->issue));
    (void)json_object_set_new(waiver, "was", json_string(json_text(result, "verdict")));
    (void)json_object_set_new(result, "waiver", waiver);
    (void)json_object_set_new(result, "verdict", json_string(verdict_name(v)));
    (void)snprintf(reason, sizeof reason, "waiver %d of %s: %s", row->number, file, why);
    finding = json_pack("{s:s, s:o}", "verdict", verdict_name(v), "reason", json_of_text(reason));
    if (json_object_get(result, "findings") == NULL)
        (void)json_object_set_new(result, "findings", json_array());
    (void)json_array_insert_new(json_object_get(result, "findings"), 0, finding);
}

void waivers_apply(struct waivers *w, json_t *result, const char *target_version, int64_t now_us)
{
    struct waiver *row = find(w, result, target_version);
    enum verdict v = stream_verdict(result);

    if (row == NULL)
        return;
    row->used = true;
    if (v != VERDICT_PASS && v != VERDICT_WARN && v != VERDICT_FAIL)
        return;
    if (v == VERDICT_PASS && row->chance)
        return;
    if (v == VERDICT_PASS)
        set_verdict(result, row, w->file, VERDICT_STALE_WAIVER,
                    "the case passes: remove the waiver");
    else if (other_failure(row, result) != NULL)
        set_verdict(result, row, w->file, VERDICT_STALE_WAIVER, "the case fails in another way");
    else if (now_us >= row->expires_us)
        set_verdict(result, row, w->file, VERDICT_STALE_WAIVER, "it has expired");
    else
        set_verdict(result, row, w->file, VERDICT_WAIVED, row->reason);
}

void waivers_add_unknown(const struct waivers *w, const struct catalogue *c, json_t *list)
{
    for (size_t i = 0; i < w->count; i++) {
        bool known = false;
        json_t *result;

        for (size_t k = 0; k < c->case_count && !known; k++)
            known = fnmatch(w->rows[i].case_glob, c->cases[k].id, 0) == 0;
        if (known)
            continue;
        result = json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:[], s:i, s:i}", "type", "result",
                           "case", json_of_text(w->rows[i].case_glob), "title",
                           "a waiver of a case that does not exist", "family", "waivers", "level",
                           "MUST", "binding", "coap", "verdict", "STALE-WAIVER", "refs", "rev", 0,
                           "duration_us", 0);
        set_verdict(result, &w->rows[i], w->file, VERDICT_STALE_WAIVER, "there is no such case");
        (void)json_array_append_new(list, result);
    }
}
