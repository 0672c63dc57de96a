#include <stdio.h>

#include "lib/markup.h"
#include "lib/rfc3339.h"
#include "simulator/report.h"
#include "simulator/result_verdict.h"
#include "simulator/show.h"

struct counts {
    int tests;
    int failures;
    int errors;
    int skipped;
};

/*
 * A test case with, unless it passed, an element of the given name: `failure` is the target's,
 * `error` the generator's, `skipped` not judged.
 */
static void add_case(struct buf *out, const char *group, const char *name, const char *element,
                     const char *message)
{
    buf_add_format(out, "    <testcase classname=\"swarm.%s\"", group);
    markup_add_attribute(out, "name", name);
    buf_add_str(out, STR(" time=\"0\""));
    if (element == NULL) {
        buf_add_str(out, STR("/>\n"));
        return;
    }
    buf_add_format(out, ">\n      <%s", element);
    markup_add_attribute(out, "message", message);
    if (strcmp(element, "skipped") != 0)
        markup_add_attribute(out, "type", group);
    buf_add_str(out, STR("/>\n    </testcase>\n"));
}

static void add(struct buf *out, struct counts *c, const char *group, const char *name,
                const char *element, const char *message)
{
    c->tests++;
    c->failures += element != NULL && strcmp(element, "failure") == 0;
    c->errors += element != NULL && strcmp(element, "error") == 0;
    c->skipped += element != NULL && strcmp(element, "skipped") == 0;
    add_case(out, group, name, element, message);
}

/* An INVALID run does not judge the target. */
static void add_objective(struct buf *out, struct counts *c, const struct result *r,
                          const struct result_slo *slo)
{
    struct buf message = buf_growing();

    if (slo->unknown)
        buf_add_str(&message, STR("not measured in this run"));
    else if (r->verdict == RESULT_INVALID)
        buf_add_format(&message, "measured %s, but the run is invalid", slo->measured);
    else
        buf_add_format(&message, "measured %s", slo->measured);
    buf_add_char(&message, '\0');
    add(out, c, "slo", slo->text,
        slo->unknown || r->verdict == RESULT_INVALID ? "skipped"
        : slo->held                                  ? NULL
                                                     : "failure",
        message.ptr);
    buf_fini(&message);
}

static void add_wrong(struct buf *out, struct counts *c, const struct result *r,
                      const struct result_wrong *wrong)
{
    const char *name = tally_counter_rows[wrong->counter].name;
    uint64_t count = r->total.counter[wrong->counter];
    struct buf title = buf_growing();
    struct buf message = buf_growing();
    bool unseen = !r->events_checked && strncmp(name, "event.", strlen("event.")) == 0;
    const char *element = unseen                                                   ? "skipped"
                          : count == 0                                             ? NULL
                          : wrong->needs_generator && r->verdict == RESULT_INVALID ? "skipped"
                                                                                   : "failure";

    buf_add_format(&title, "%s == 0", name);
    buf_add_char(&title, '\0');
    if (unseen)
        buf_add_str(&message, STR("the target does not show its events"));
    else
        buf_add_format(&message, "%llu %s", (unsigned long long)count, wrong->text);
    buf_add_char(&message, '\0');
    add(out, c, "truth", title.ptr, element, message.ptr);
    buf_fini(&message);
    buf_fini(&title);
}

static void add_property(struct buf *out, const char *name, const char *value)
{
    buf_add_str(out, STR("      <property"));
    markup_add_attribute(out, "name", name);
    markup_add_attribute(out, "value", value);
    buf_add_str(out, STR("/>\n"));
}

static void add_properties(struct buf *out, const struct result *r)
{
    char seed[32];

    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    buf_add_str(out, STR("    <properties>\n"));
    add_property(out, "target", r->target);
    add_property(out, "profile", r->profile);
    add_property(out, "run", r->run_id);
    add_property(out, "seed", seed);
    add_property(out, "verdict", result_verdict_name(r->verdict));
    add_property(out, "options", r->options);
    buf_add_str(out, STR("    </properties>\n"));
}

static void add_counts(struct buf *out, const struct counts *c, const struct result *r)
{
    buf_add_format(
        out, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\">\n",
        c->tests, c->failures, c->errors, c->skipped, (double)r->duration_us / (double)US_PER_S);
}

void report_junit(const struct result *r, struct buf *out)
{
    struct buf cases = buf_growing();
    struct buf started = buf_growing();
    struct counts c = {.tests = 0};

    for (size_t i = 0; i < r->invalid_count; i++)
        add(&cases, &c, "validity", "the generator was not the limit", "error", r->invalid[i]);
    if (r->invalid_count == 0)
        add(&cases, &c, "validity", "the generator was not the limit", NULL, "");
    if (r->verdict == RESULT_INTERRUPTED)
        add(&cases, &c, "validity", "the run came to its end", "error", "it was interrupted");
    for (size_t i = 0; i < COUNT(result_wrongs); i++)
        add_wrong(&cases, &c, r, &result_wrongs[i]);
    for (size_t i = 0; i < r->slo_count; i++)
        add_objective(&cases, &c, r, &r->slo[i]);
    rfc3339_format(r->started_wall_us, &started);
    buf_add_str(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<testsuites name=\"seatrial-swarm\""));
    add_counts(out, &c, r);
    /* the schema wants a time without a zone */
    buf_add_format(out, "  <testsuite name=\"swarm\" timestamp=\"%.19s\"", started.ptr);
    add_counts(out, &c, r);
    add_properties(out, r);
    buf_add_str(out, buf_str(&cases));
    buf_add_str(out, STR("  </testsuite>\n</testsuites>\n"));
    buf_fini(&started);
    buf_fini(&cases);
}
