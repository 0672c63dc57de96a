#include "conformance/script_report.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "conformance/evidence.h"
#include "conformance/script_host.h"
#include "lib/buf.h"
#include "lib/utf8.h"

/* The text field of the table at 1, or the empty string; it stays on the stack. */
static struct str field(lua_State *L, const char *name)
{
    struct str s = {"", 0};

    (void)lua_getfield(L, 1, name);
    if (lua_isstring(L, -1))
        s.ptr = lua_tolstring(L, -1, &s.len);
    return s;
}

static void add_json_text(struct buf *b, struct str s)
{
    bool text = utf8_valid(s);

    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c == '"' || c == '\\')
            buf_add_format(b, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || (!text && c >= 0x80))
            buf_add_format(b, "\\u%04x", c);
        else
            buf_add_char(b, (char)c);
    }
    buf_add_char(b, '"');
}

static void add_json_field(struct buf *b, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buf_add_format(b, ",\"%s\":", name);
    add_json_text(b, value);
}

static void write_log(const struct script_host *h, struct str line)
{
    while (h->env != NULL && h->env->log_fd >= 0 && line.len > 0) {
        ssize_t n = write(h->env->log_fd, line.ptr, line.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* a full disk must not change a verdict */
        line.ptr += n;
        line.len -= (size_t)n;
    }
}

/* Cases run side by side: each line says whose it is, by the name of its evidence. */
static void trace(const struct case_env *env, struct str text)
{
    const char *dir = env->evidence_dir == NULL ? "" : env->evidence_dir;
    const char *slash = strrchr(dir, '/');

    (void)fprintf(stderr, "%-20s %.*s\n", slash == NULL ? dir : slash + 1, (int)text.len, text.ptr);
}

static int report_log(lua_State *L)
{
    static const char *const names[] = {"kind", "actor", "peer", "text", "hex", "file"};
    struct script_host *h = script_host_of(L);
    struct str value[COUNT(names)];
    struct buf json = buf_growing();
    struct buf text = buf_growing();
    int64_t at_us = script_host_now_us(h);

    for (size_t i = 0; i < COUNT(names); i++)
        value[i] = field(L, names[i]);
    (void)lua_getfield(L, 1, "line");
    long long line = lua_tointeger(L, -1);

    buf_add_format(&json, "{\"at_us\":%lld", (long long)at_us);
    for (size_t i = 0; i < COUNT(names); i++)
        add_json_field(&json, names[i], value[i]);
    if (line > 0)
        buf_add_format(&json, ",\"line\":%lld", line);
    buf_add_str(&json, STR("}\n"));
    write_log(h, buf_str(&json));
    buf_add_format(&text, "%+10.4f s  %-8.*s %-8.*s %-5.*s ", (double)at_us / 1e6,
                   (int)value[1].len, value[1].ptr, (int)value[0].len, value[0].ptr,
                   (int)value[2].len, value[2].ptr);
    buf_add_str(&text, value[3]);
    if (line > 0)
        buf_add_format(&text, "    %.*s:%lld", (int)value[5].len, value[5].ptr, line);
    if (h->evidence != NULL)
        evidence_line(h->evidence, "timeline.txt", buf_str(&text));
    if (h->env != NULL && h->env->trace)
        trace(h->env, buf_str(&text));
    buf_fini(&json);
    buf_fini(&text);
    return 0;
}

static void copy(char *out, size_t cap, struct str s)
{
    size_t len = s.len < cap ? s.len : cap - 1;

    while (len > 0 && len < s.len && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
        len--; /* not inside a character */
    memcpy(out, s.ptr, len);
    out[len] = '\0';
}

void script_report_finding(struct script_host *h, const struct case_finding *f, const char *detail)
{
    bool worst = h->report->finding_count == 0 || f->verdict > h->report->verdict;

    if (worst)
        copy(h->report->detail, sizeof h->report->detail, str_from(detail));
    case_add_finding(h->report, f);
}

static int report_finding(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    struct case_finding f = {.line = 0};
    const char *detail = luaL_optstring(L, 2, "");

    lua_settop(L, 2);
    if (!verdict_from_name(field(L, "verdict"), &f.verdict))
        return luaL_error(L, "no such verdict");
    copy(f.step, sizeof f.step, field(L, "step"));
    copy(f.field, sizeof f.field, field(L, "field"));
    copy(f.expected, sizeof f.expected, field(L, "expected"));
    copy(f.got, sizeof f.got, field(L, "got"));
    copy(f.reason, sizeof f.reason, field(L, "reason"));
    copy(f.file, sizeof f.file, field(L, "file"));
    (void)lua_getfield(L, 1, "line");
    f.line = (int)lua_tointeger(L, -1);
    script_report_finding(h, &f, detail);
    return 0;
}

static int report_expectation(lua_State *L)
{
    script_host_of(L)->report->expectations++;
    return 0;
}

static int report_source_line(lua_State *L)
{
    const char *file = luaL_checkstring(L, 1);
    lua_Integer wanted = luaL_checkinteger(L, 2);
    FILE *f = fopen(file, "re");
    char line[512];
    bool found = false;

    if (f == NULL)
        return 0;
    for (lua_Integer n = 1; !found && fgets(line, sizeof line, f) != NULL;) {
        size_t len = strlen(line);
        bool whole = len > 0 && line[len - 1] == '\n';

        if (n == wanted) {
            lua_pushlstring(L, line, whole ? len - 1 : len);
            found = true;
        }
        n += whole ? 1 : 0;
    }
    (void)fclose(f);
    return found ? 1 : 0;
}

static int report_keep_event(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    struct str json;

    json.ptr = luaL_checklstring(L, 1, &json.len);
    if (h->evidence != NULL)
        evidence_line(h->evidence, "events.ndjson", json);
    return 0;
}

/* A whole text as a file of the evidence; its name is one that evidence knows. */
static int report_keep_file(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    const char *name = luaL_checkstring(L, 1);
    struct str text;

    text.ptr = luaL_checklstring(L, 2, &text.len);
    if (h->evidence != NULL)
        evidence_line(h->evidence, name, text);
    return 0;
}

static int report_record(lua_State *L)
{
    struct script_host *h = script_host_of(L);
    struct str json;

    json.ptr = luaL_checklstring(L, 1, &json.len);
    if (h->evidence != NULL)
        evidence_line(h->evidence, "recording.jsonl", json);
    return 0;
}

void script_report_add(lua_State *L, int host_index)
{
    static const luaL_Reg functions[] = {
        {"log",         report_log        },
        {"finding",     report_finding    },
        {"expectation", report_expectation},
        {"source_line", report_source_line},
        {"keep_event",  report_keep_event },
        {"keep_file",   report_keep_file  },
        {"record",      report_record     },
    };

    script_host_add(L, host_index, functions, COUNT(functions));
}
