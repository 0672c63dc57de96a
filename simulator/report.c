#include "simulator/report.h"

#include <stdio.h>

static const char kind_names[] = "json|csv|hdr|junit|html";

/* In the order of kind_names. */
static const struct {
    void (*make)(const struct result *r, struct buf *out);
    const char *file; /* in a folder of all of them */
} kinds[] = {
    {report_json,  "result.json"},
    {report_csv,   "seconds.csv"},
    {report_hdr,   "result.hdr" },
    {report_junit, "junit.xml"  },
    {report_html,  "report.html"},
};

bool report_check(const char *spec, char *why)
{
    return report_list_check(spec, kind_names, why);
}

static bool write_kind(size_t kind, struct str path, const struct result *r, char *why)
{
    struct buf text = buf_growing();

    kinds[kind].make(r, &text);

    bool ok = report_list_write(path, &text, why);

    buf_fini(&text);
    return ok;
}

bool report_write(const char *spec, const struct result *r, char *why)
{
    struct str path;
    int kind;

    while (*spec != '\0') {
        if (!report_list_next(&spec, kind_names, &kind, &path, why) ||
            !write_kind((size_t)kind, path, r, why))
            return false;
    }
    return true;
}

bool report_write_all(const char *folder, const struct result *r, char *why)
{
    bool ok = true;

    for (size_t i = 0; i < COUNT(kinds) && ok; i++) {
        struct buf path = buf_growing();

        buf_add_format(&path, "%s/%s", folder, kinds[i].file);
        ok = write_kind(i, buf_str(&path), r, why);
        buf_fini(&path);
    }
    return ok;
}
