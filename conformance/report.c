#include "conformance/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/json.h"
#include "conformance/stream.h"
#include "lib/nearest.h"

static const struct kind {
    const char *name;
    void (*make)(const json_t *document, struct buf *out);
} kinds[] = {
    {"junit", report_junit},
    {"tap",   report_tap  },
    {"json",  report_json },
    {"md",    report_md   },
    {"html",  report_html },
    {"badge", report_badge},
};

void report_json(const json_t *document, struct buf *out)
{
    char *text = json_dumps(document, JSON_INDENT(1));

    assert(text != NULL);
    buf_add_str(out, str_from(text));
    buf_add_char(out, '\n');
    free(text);
}

void report_add_finding(struct buf *out, const json_t *finding)
{
    const char *field = json_text(finding, "field");
    const char *expected = json_text(finding, "expected");
    const char *got = json_text(finding, "got");
    const char *reason = json_text(finding, "reason");

    if (field[0] != '\0')
        buf_add_format(out, "%s: ", field);
    if (reason[0] != '\0')
        buf_add_str(out, str_from(reason));
    if (reason[0] != '\0' && (expected[0] != '\0' || got[0] != '\0'))
        buf_add_str(out, STR("; "));
    if (expected[0] != '\0')
        buf_add_format(out, "expected %s", expected);
    if (got[0] != '\0')
        buf_add_format(out, "%sgot %s", expected[0] != '\0' ? ", " : "", got);
}

void report_add_again(struct buf *out, const json_t *document, const json_t *result)
{
    const json_t *run = json_object_get(document, "run");

    buf_add_format(out, "seatrial run -t %s %s --seed %s", json_text(run, "target_argument"),
                   json_text(result, "case"), json_text(result, "seed"));
}

/* --- `junit=F,tap=-` -----------------------------------------------------------------------------
 */

struct wanted {
    const struct kind *kind;
    const char *path; /* ends with the list */
    size_t path_len;
};

static bool fail_unknown(struct str name, char *why)
{
    struct nearest n = nearest_to(name);

    for (size_t i = 0; i < COUNT(kinds); i++)
        nearest_offer(&n, kinds[i].name);
    (void)snprintf(
        why, REPORT_WHY_LEN, "--report: unknown kind \"%.*s\"%s%s", (int)name.len, name.ptr,
        n.found == NULL ? "; there are junit, tap, json, md, html, badge" : ", did you mean ",
        n.found == NULL ? "" : n.found);
    return false;
}

/* The next of *spec; false: why says what is wrong. */
static bool next_wanted(const char **spec, struct wanted *w, char *why)
{
    size_t len = strcspn(*spec, ",");
    const char *equals = memchr(*spec, '=', len);
    struct str name = {*spec, equals == NULL ? len : (size_t)(equals - *spec)};

    w->kind = NULL;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (str_equal(name, str_from(kinds[i].name)))
            w->kind = &kinds[i];
    }
    if (w->kind == NULL)
        return fail_unknown(name, why);
    if (equals == NULL || equals + 1 == *spec + len) {
        (void)snprintf(why, REPORT_WHY_LEN, "--report: expected %s=FILE", w->kind->name);
        return false;
    }
    w->path = equals + 1;
    w->path_len = len - name.len - 1;
    *spec += len;
    *spec += **spec == ',';
    return true;
}

bool report_check(const char *spec, char *why)
{
    struct wanted w;

    while (*spec != '\0') {
        if (!next_wanted(&spec, &w, why))
            return false;
    }
    return true;
}

static bool write_text(const char *path, const struct buf *text, char *why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    bool ok = file != NULL && (text->len == 0 || fwrite(text->ptr, text->len, 1, file) == 1);

    if (file != NULL && file != stdout)
        ok = fclose(file) == 0 && ok;
    if (!ok)
        (void)snprintf(why, REPORT_WHY_LEN, "%s: %s", path, strerror(errno));
    return ok;
}

bool report_write(const char *spec, const json_t *document, char *why)
{
    bool ok = true;

    while (*spec != '\0' && ok) {
        struct buf text = buf_growing();
        struct wanted w;
        char *path;

        if (!next_wanted(&spec, &w, why))
            return false;
        path = xstrdup((struct str){w.path, w.path_len});
        w.kind->make(document, &text);
        ok = write_text(path, &text, why);
        free(path);
        buf_fini(&text);
    }
    return ok;
}
