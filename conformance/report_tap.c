#include "conformance/report.h"

#include <stdlib.h>

#include "conformance/json.h"
#include "conformance/stream.h"

/* A description: `#` and `\` are escaped, a line stays a line. */
static void add_text(struct buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '#' || *p == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, (unsigned char)*p < 0x20 ? ' ' : *p);
    }
}

/* A YAML value; JSON strings are YAML. */
static void add_yaml(struct buf *out, const char *name, const char *value)
{
    json_t *text = json_of_text(value);
    char *quoted = json_dumps(text, JSON_ENCODE_ANY);

    if (value[0] != '\0')
        buf_add_format(out, "  %s: %s\n", name, quoted);
    free(quoted);
    json_decref(text);
}

static const char *const ok_word[VERDICTS] = {
    [VERDICT_PASS] = "ok",
    [VERDICT_SKIPPED] = "ok",
    [VERDICT_NA] = "ok",
    [VERDICT_WAIVED] = "not ok",
    [VERDICT_INCONCLUSIVE] = "ok",
    [VERDICT_WARN] = "ok",
    [VERDICT_STALE_WAIVER] = "not ok",
    [VERDICT_FAIL] = "not ok",
    [VERDICT_ERROR] = "not ok",
};

static const char *const directives[VERDICTS] = {
    [VERDICT_SKIPPED] = "SKIP",
    [VERDICT_NA] = "SKIP not applicable:",
    /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): two literals, one text */
    [VERDICT_WAIVED] = "TO"
                       "DO waived:",
    [VERDICT_INCONCLUSIVE] = "SKIP inconclusive:",
};

static void add_diagnostics(const json_t *document, const json_t *result, struct buf *out)
{
    const json_t *finding = stream_signature(result);
    struct buf again = buf_growing();

    report_add_again(&again, document, result);
    buf_add_char(&again, '\0');
    buf_add_str(out, STR("  ---\n"));
    add_yaml(out, "verdict", json_text(result, "verdict"));
    add_yaml(out, "level", json_text(result, "level"));
    add_yaml(out, "step", json_text(finding, "step"));
    add_yaml(out, "field", json_text(finding, "field"));
    add_yaml(out, "message", json_text(finding, "reason"));
    add_yaml(out, "wanted", json_text(finding, "expected"));
    add_yaml(out, "found", json_text(finding, "got"));
    add_yaml(out, "file", json_text(finding, "file"));
    if (json_number(finding, "line") > 0)
        buf_add_format(out, "  line: %d\n", (int)json_number(finding, "line"));
    add_yaml(out, "again", again.ptr);
    add_yaml(out, "evidence", json_text(result, "evidence"));
    buf_add_str(out, STR("  ...\n"));
    buf_fini(&again);
}

static void add_result(const json_t *document, const json_t *result, size_t number, struct buf *out)
{
    enum verdict v = stream_verdict(result);
    bool strict = json_is_true(json_object_get(json_object_get(document, "run"), "strict"));

    buf_add_format(out, "%s %zu - ", v == VERDICT_WARN && strict ? "not ok" : ok_word[v], number);
    add_text(out, json_text(result, "case"));
    buf_add_format(out, " %s: ", json_text(result, "binding"));
    add_text(out, json_text(result, "title"));
    if (directives[v] != NULL) {
        buf_add_format(out, " # %s ", directives[v]);
        add_text(out, json_text(stream_signature(result), "reason"));
    }
    buf_add_char(out, '\n');
    if (v >= VERDICT_WARN)
        add_diagnostics(document, result, out);
}

void report_tap(const json_t *document, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");
    const json_t *end = json_object_get(document, "end");
    size_t count = 0;
    size_t number = 0;

    for (size_t i = 0; i < json_array_size(results); i++)
        count += !stream_is_retried(json_array_get(results, i));
    buf_add_format(out, "TAP version 14\n1..%zu\n", count);
    for (size_t i = 0; i < json_array_size(results); i++) {
        if (!stream_is_retried(json_array_get(results, i)))
            add_result(document, json_array_get(results, i), ++number, out);
    }
    if (json_is_true(json_object_get(end, "interrupted")))
        buf_add_str(out, STR("Bail out! interrupted\n"));
    else if (json_is_true(json_object_get(end, "unreachable")))
        buf_add_str(out, STR("Bail out! the target cannot be reached\n"));
}
