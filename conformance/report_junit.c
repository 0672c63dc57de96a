#include "conformance/report.h"

#include <string.h>

#include "conformance/json.h"
#include "conformance/markup.h"
#include "conformance/stream.h"

/* The element of a test case that did not simply pass; NULL: none. JUnit counts failures apart from
 * errors: a failure is the target's, an error the suite's. */
static const char *const elements[VERDICTS] = {
    [VERDICT_SKIPPED] = "skipped",      [VERDICT_NA] = "skipped",
    [VERDICT_WAIVED] = "skipped",       [VERDICT_INCONCLUSIVE] = "skipped",
    [VERDICT_STALE_WAIVER] = "failure", [VERDICT_FAIL] = "failure",
    [VERDICT_ERROR] = "error",
};

static const char *element_of(const json_t *document, const json_t *result)
{
    enum verdict v = stream_verdict(result);

    if (v == VERDICT_WARN &&
        json_is_true(json_object_get(json_object_get(document, "run"), "strict")))
        return "failure";
    return elements[v];
}

static void add_message(struct buf *out, const json_t *result)
{
    struct buf text = buf_growing();
    const json_t *finding = stream_signature(result);

    if (finding != NULL)
        report_add_finding(&text, finding);
    buf_add_char(&text, '\0');
    markup_add_attribute(out, "message", text.ptr);
    buf_fini(&text);
}

static void add_problem(const json_t *document, const json_t *result, const char *element,
                        struct buf *out)
{
    struct buf again = buf_growing();

    buf_add_format(out, "      <%s", element);
    add_message(out, result);
    if (strcmp(element, "skipped") == 0) {
        buf_add_str(out, STR("/>\n"));
        return;
    }
    markup_add_attribute(out, "type", json_text(result, "verdict"));
    buf_add_char(out, '>');
    markup_add(out, json_text(result, "detail"));
    report_add_again(&again, document, result);
    buf_add_char(&again, '\0');
    buf_add_str(out, STR("\nagain: "));
    markup_add(out, again.ptr);
    buf_add_format(out, "</%s>\n", element);
    buf_fini(&again);
}

static void add_case(const json_t *document, const json_t *result, struct buf *out)
{
    const char *element = element_of(document, result);
    const json_t *refs = json_object_get(result, "refs");

    buf_add_str(out, STR("    <testcase"));
    buf_add_str(out, STR(" classname=\"seatrial."));
    markup_add(out, json_text(result, "family"));
    buf_add_format(out, ".%s\" name=\"", json_text(result, "binding"));
    markup_add(out, json_text(result, "case"));
    if (json_number(result, "round") > 0)
        buf_add_format(out, " round %d", (int)json_number(result, "round") + 1);
    buf_add_char(out, ' ');
    markup_add(out, json_text(result, "title"));
    buf_add_format(out, "\" time=\"%.3f\">\n",
                   (double)json_number(result, "duration_us") / (double)US_PER_S);
    if (element != NULL)
        add_problem(document, result, element, out);
    buf_add_format(out, "      <system-out>verdict %s, level %s, rev %d, seed %s, refs",
                   json_text(result, "verdict"), json_text(result, "level"),
                   (int)json_number(result, "rev"), json_text(result, "seed"));
    for (size_t i = 0; i < json_array_size(refs); i++) {
        buf_add_char(out, ' ');
        markup_add(out, json_string_value(json_array_get(refs, i)));
    }
    buf_add_str(out, STR("</system-out>\n    </testcase>\n"));
}

struct counts {
    int tests;
    int failures;
    int errors;
    int skipped;
    int64_t duration_us;
};

static void count(const json_t *document, const json_t *result, struct counts *c)
{
    const char *element = element_of(document, result);

    c->tests++;
    c->duration_us += json_number(result, "duration_us");
    if (element == NULL)
        return;
    c->failures += strcmp(element, "failure") == 0;
    c->errors += strcmp(element, "error") == 0;
    c->skipped += strcmp(element, "skipped") == 0;
}

static void add_counts(struct buf *out, const struct counts *c)
{
    buf_add_format(
        out, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\">\n",
        c->tests, c->failures, c->errors, c->skipped, (double)c->duration_us / (double)US_PER_S);
}

/* Results that belong to the family, NULL: any; retried ones are left out. */
static bool belongs(const json_t *result, const char *family)
{
    return !stream_is_retried(result) &&
           (family == NULL || strcmp(json_text(result, "family"), family) == 0);
}

static struct counts count_family(const json_t *document, const char *family)
{
    const json_t *results = json_object_get(document, "results");
    struct counts c = {.tests = 0};

    for (size_t i = 0; i < json_array_size(results); i++) {
        if (belongs(json_array_get(results, i), family))
            count(document, json_array_get(results, i), &c);
    }
    return c;
}

static void add_suite(const json_t *document, const char *family, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");
    const json_t *run = json_object_get(document, "run");
    struct counts c = count_family(document, family);
    char time[32];

    /* the schema wants a time without a zone */
    (void)snprintf(time, sizeof time, "%.19s", json_text(run, "started"));
    buf_add_str(out, STR("  <testsuite name=\"seatrial."));
    markup_add(out, family);
    buf_add_char(out, '"');
    markup_add_attribute(out, "timestamp", time);
    add_counts(out, &c);
    buf_add_str(out, STR("    <properties>\n      <property name=\"target\""));
    markup_add_attribute(out, "value", json_text(run, "target"));
    buf_add_str(out, STR("/>\n      <property name=\"seed\""));
    markup_add_attribute(out, "value", json_text(run, "seed"));
    buf_add_str(out, STR("/>\n    </properties>\n"));
    for (size_t i = 0; i < json_array_size(results); i++) {
        if (belongs(json_array_get(results, i), family))
            add_case(document, json_array_get(results, i), out);
    }
    buf_add_str(out, STR("  </testsuite>\n"));
}

/* Is result i the first of its family? */
static bool is_first(const json_t *results, size_t i)
{
    const json_t *result = json_array_get(results, i);

    if (stream_is_retried(result))
        return false;
    for (size_t k = 0; k < i; k++) {
        if (belongs(json_array_get(results, k), json_text(result, "family")))
            return false;
    }
    return true;
}

void report_junit(const json_t *document, struct buf *out)
{
    const json_t *results = json_object_get(document, "results");
    struct counts c = count_family(document, NULL);

    buf_add_str(out,
                STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"seatrial\""));
    add_counts(out, &c);
    for (size_t i = 0; i < json_array_size(results); i++) {
        if (is_first(results, i))
            add_suite(document, json_text(json_array_get(results, i), "family"), out);
    }
    buf_add_str(out, STR("</testsuites>\n"));
}
