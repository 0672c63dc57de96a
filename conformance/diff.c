#include "conformance/diff.h"

#include <stdio.h>
#include <string.h>

#include "conformance/json.h"
#include "conformance/report.h"
#include "conformance/stream.h"

/* A duration differs when it is this many times the other, and by more than a tenth of a second. */
enum { SLOWER = 3, SLOWER_US = 100000 };

json_t *diff_read(const char *path, char *why)
{
    json_error_t error;
    json_t *document = json_load_file(path, 0, &error);

    if (document == NULL) {
        if (error.line > 0)
            (void)snprintf(why, DIFF_WHY_LEN, "%s:%d: %s (no report: run --report json=FILE)", path,
                           error.line, error.text);
        else
            (void)snprintf(why, DIFF_WHY_LEN, "%s", error.text);
        return NULL;
    }
    if (strcmp(json_text(document, "schema"), "seatrial-report/1") != 0 ||
        !json_is_array(json_object_get(document, "results"))) {
        (void)snprintf(why, DIFF_WHY_LEN, "%s: no report of seatrial (run --report json=FILE)",
                       path);
        json_decref(document);
        return NULL;
    }
    return document;
}

static bool same_run(const json_t *a, const json_t *b)
{
    return strcmp(json_text(a, "case"), json_text(b, "case")) == 0 &&
           strcmp(json_text(a, "binding"), json_text(b, "binding")) == 0 &&
           json_number(a, "round") == json_number(b, "round");
}

const json_t *diff_find(const json_t *document, const json_t *result)
{
    const json_t *results = json_object_get(document, "results");

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *other = json_array_get(results, i);

        if (!stream_is_retried(other) && same_run(other, result))
            return other;
    }
    return NULL;
}

bool diff_same_signature(const json_t *a, const json_t *b)
{
    static const char *const parts[] = {"step", "field", "got"};
    const json_t *x = stream_signature(a);
    const json_t *y = stream_signature(b);

    for (size_t i = 0; i < COUNT(parts); i++) {
        if (strcmp(json_text(x, parts[i]), json_text(y, parts[i])) != 0)
            return false;
    }
    return true;
}

/* --- differences ---------------------------------------------------------------------------------
 */

static void add(json_t *list, const json_t *result, const char *kind, const char *old,
                const char *fresh)
{
    json_t *object = json_object();

    (void)json_object_set_new(object, "case", json_of_text(json_text(result, "case")));
    (void)json_object_set_new(object, "binding", json_of_text(json_text(result, "binding")));
    (void)json_object_set_new(object, "kind", json_string(kind));
    (void)json_object_set_new(object, "old", json_of_text(old));
    (void)json_object_set_new(object, "new", json_of_text(fresh));
    (void)json_array_append_new(list, object);
}

static void add_signature(json_t *list, const json_t *old, const json_t *fresh)
{
    struct buf a = buf_growing();
    struct buf b = buf_growing();

    if (stream_signature(old) != NULL)
        report_add_finding(&a, stream_signature(old));
    if (stream_signature(fresh) != NULL)
        report_add_finding(&b, stream_signature(fresh));
    buf_add_char(&a, '\0');
    buf_add_char(&b, '\0');
    add(list, fresh, "signature", a.ptr, b.ptr);
    buf_fini(&a);
    buf_fini(&b);
}

static void add_duration(json_t *list, const json_t *old, const json_t *fresh)
{
    int64_t before = json_number(old, "duration_us");
    int64_t now = json_number(fresh, "duration_us");
    int64_t less = before < now ? before : now;
    int64_t more = before < now ? now : before;
    char a[32];
    char b[32];

    if (more - less <= SLOWER_US || more < less * SLOWER || less == 0)
        return;
    (void)snprintf(a, sizeof a, "%.2f s", (double)before / (double)US_PER_S);
    (void)snprintf(b, sizeof b, "%.2f s", (double)now / (double)US_PER_S);
    add(list, fresh, "duration", a, b);
}

static void compare(json_t *list, const json_t *old, const json_t *fresh)
{
    if (stream_verdict(old) != stream_verdict(fresh))
        add(list, fresh, "verdict", json_text(old, "verdict"), json_text(fresh, "verdict"));
    else if (stream_verdict(fresh) >= VERDICT_WARN && !diff_same_signature(old, fresh))
        add_signature(list, old, fresh);
    else
        add_duration(list, old, fresh);
}

json_t *diff_make(const json_t *old, const json_t *fresh)
{
    const json_t *before = json_object_get(old, "results");
    const json_t *now = json_object_get(fresh, "results");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(now); i++) {
        const json_t *result = json_array_get(now, i);
        const json_t *other = diff_find(old, result);

        if (stream_is_retried(result))
            continue;
        if (other == NULL)
            add(list, result, "new", "", json_text(result, "verdict"));
        else
            compare(list, other, result);
    }
    for (size_t i = 0; i < json_array_size(before); i++) {
        const json_t *result = json_array_get(before, i);

        if (!stream_is_retried(result) && diff_find(fresh, result) == NULL)
            add(list, result, "gone", json_text(result, "verdict"), "");
    }
    return list;
}

static void print(const json_t *list, int format)
{
    if (format == FORMAT_JSON) {
        (void)json_dumpf(list, stdout, JSON_INDENT(2));
        (void)printf("\n");
        return;
    }
    if (format == FORMAT_MD)
        (void)printf("| case | binding | what | old | new |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *d = json_array_get(list, i);

        (void)printf(format == FORMAT_MD ? "| %s | %s | %s | %s | %s |\n"
                                         : "%-12s %-10s %-9s %s -> %s\n",
                     json_text(d, "case"), json_text(d, "binding"), json_text(d, "kind"),
                     json_text(d, "old"), json_text(d, "new"));
    }
    if (format == FORMAT_TEXT && json_array_size(list) == 0)
        (void)printf("no difference\n");
}

enum exit_code diff_command(const struct options *o, const struct case_engine *engine)
{
    char why[DIFF_WHY_LEN];
    json_t *old = diff_read(o->args.item[0], why);
    json_t *fresh = old == NULL ? NULL : diff_read(o->args.item[1], why);
    enum exit_code code = EXIT_USAGE;

    UNUSED(engine);
    if (fresh != NULL) {
        json_t *list = diff_make(old, fresh);

        print(list, o->format);
        code = json_array_size(list) == 0 ? EXIT_GOOD : EXIT_FAILED;
        json_decref(list);
    } else {
        (void)fprintf(stderr, "seatrial: %s\n", why);
    }
    json_decref(old);
    json_decref(fresh);
    return code;
}
