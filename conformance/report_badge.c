#include "conformance/report.h"

#include <stdio.h>
#include <string.h>

#include "conformance/json.h"
#include "conformance/markup.h"

enum { CHAR_PX = 7, PAD_PX = 12, LEFT_PX = 118 };

/* One word of the result, and the verdict whose colour it has. */
static enum verdict summarize(const json_t *document, char *text, size_t cap)
{
    const json_t *end = json_object_get(document, "end");
    const json_t *counts = json_object_get(end, "counts");
    int64_t passed = json_number(counts, "PASS");
    int64_t warned = json_number(counts, "WARN");
    int64_t failed = json_number(counts, "FAIL") + json_number(counts, "STALE-WAIVER");

    if (json_number(end, "exit_code") == EXIT_INTERRUPTED) {
        (void)snprintf(text, cap, "interrupted");
        return VERDICT_SKIPPED;
    }
    if (json_number(end, "exit_code") == EXIT_UNREACHABLE) {
        (void)snprintf(text, cap, "unreachable");
        return VERDICT_SKIPPED;
    }
    if (json_number(end, "exit_code") == EXIT_SUITE) {
        (void)snprintf(text, cap, "suite error");
        return VERDICT_ERROR;
    }
    if (failed > 0) {
        (void)snprintf(text, cap, "%lld failed", (long long)failed);
        return VERDICT_FAIL;
    }
    if (passed + warned == 0) {
        (void)snprintf(text, cap, "nothing tested");
        return VERDICT_SKIPPED;
    }
    if (warned > 0)
        (void)snprintf(text, cap, "%lld passed, %lld warn", (long long)passed, (long long)warned);
    else
        (void)snprintf(text, cap, "%lld passed", (long long)passed);
    return warned > 0 ? VERDICT_WARN : VERDICT_PASS;
}

void report_badge(const json_t *document, struct buf *out)
{
    char text[64];
    enum verdict v = summarize(document, text, sizeof text);
    int right = (int)strlen(text) * CHAR_PX + PAD_PX;

    buf_add_format(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"20\" role=\"img\" "
        "aria-label=\"Drogue CoAP: %s\">\n"
        "  <rect width=\"%d\" height=\"20\" fill=\"#444\"/>\n"
        "  <rect x=\"%d\" width=\"%d\" height=\"20\" fill=\"%s\"/>\n"
        "  <g fill=\"#fff\" font-family=\"Verdana,sans-serif\" font-size=\"11\" "
        "text-anchor=\"middle\">\n"
        "    <text x=\"%d\" y=\"14\">Drogue CoAP</text>\n"
        "    <text x=\"%d\" y=\"14\">%s</text>\n"
        "  </g>\n</svg>\n",
        LEFT_PX + right, text, LEFT_PX, LEFT_PX, right, markup_colour(v), LEFT_PX / 2,
        LEFT_PX + right / 2, text);
}
