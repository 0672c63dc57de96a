#include "conformance/report.h"

#include "conformance/json.h"
#include "conformance/stream.h"

static void print_buf(FILE *out, const char *title, struct buf *b)
{
    (void)fprintf(out, "  %-9s %.*s\n", title, (int)b->len, b->len == 0 ? "" : b->ptr);
    buf_clear(b);
}

static void print_findings(FILE *out, const json_t *result)
{
    const json_t *findings = json_object_get(result, "findings");
    struct buf b = buf_growing();

    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *f = json_array_get(findings, i);
        const char *step = json_text(f, "step");

        if (step[0] != '\0')
            buf_add_format(&b, "at \"%s\": ", step);
        report_add_finding(&b, f);
        if (json_text(f, "file")[0] != '\0')
            buf_add_format(&b, "  %s:%d", json_text(f, "file"), (int)json_number(f, "line"));
        print_buf(out, verdict_name(stream_verdict(f)), &b);
    }
    buf_fini(&b);
}

static void print_detail(FILE *out, const json_t *result, const char *target)
{
    const char *detail = json_text(result, "detail");
    size_t len = strlen(detail);

    if (len > 0) { /* ends with evidence and how to repeat it */
        (void)fprintf(out, "%s%s", detail, detail[len - 1] == '\n' ? "" : "\n");
        return;
    }
    print_findings(out, result);
    if (json_text(result, "evidence")[0] != '\0')
        (void)fprintf(out, "  %-10s%s\n", "evidence", json_text(result, "evidence"));
    if (json_text(result, "seed")[0] != '\0') /* it is no case that does not exist */
        (void)fprintf(out, "  %-10sseatrial run -t %s %s --seed %s\n", "again", target,
                      json_text(result, "case"), json_text(result, "seed"));
}

void report_console_result(FILE *out, const json_t *result, const char *target)
{
    enum verdict v = stream_verdict(result);
    const json_t *first = stream_signature(result);

    (void)fprintf(out, "%-12s %-10s %-10s %6.2f s  %s", verdict_name(v), json_text(result, "case"),
                  json_text(result, "binding"),
                  (double)json_number(result, "duration_us") / (double)US_PER_S,
                  json_text(result, "title"));
    if (stream_is_retried(result))
        (void)fprintf(out, "  (is run again)");
    if (json_object_get(result, "speed") != NULL)
        (void)fprintf(out, "  (again, alone, at speed %d)", (int)json_number(result, "speed"));
    if (json_is_true(json_object_get(result, "flaky")))
        (void)fprintf(out, "  FLAKY");
    (void)fprintf(out, "\n");
    if (v == VERDICT_PASS || v == VERDICT_WAIVED)
        return;
    if (v == VERDICT_SKIPPED || v == VERDICT_NA || v == VERDICT_INCONCLUSIVE) {
        (void)fprintf(out, "  %s\n", json_text(first, "reason"));
        return;
    }
    print_detail(out, result, target);
    if (json_text(result, "target_log")[0] != '\0')
        (void)fprintf(out, "  %-10s%s\n", "its log", json_text(result, "target_log"));
}

void report_console_end(FILE *out, const json_t *document)
{
    const json_t *end = json_object_get(document, "end");
    const json_t *counts = json_object_get(end, "counts");
    const char *sign = "\n";

    for (int v = VERDICTS - 1; v >= 0; v--) {
        const char *name = verdict_name((enum verdict)v);
        int64_t count = json_number(counts, name);

        if (count == 0)
            continue;
        (void)fprintf(out, "%s%lld %s", sign, (long long)count, name);
        sign = ", ";
    }
    if (json_number(end, "flaky") > 0)
        (void)fprintf(out, "%s%lld flaky", sign, (long long)json_number(end, "flaky"));
    if (json_number(end, "strays") > 0)
        (void)fprintf(out, "%s%lld events of no case", sign, (long long)json_number(end, "strays"));
    if (strcmp(sign, "\n") == 0)
        (void)fprintf(out, "\nnothing was run");
    (void)fprintf(out, "   seed %s\n", json_text(json_object_get(document, "run"), "seed"));
}
