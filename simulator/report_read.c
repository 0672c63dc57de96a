#include "simulator/report_read.h"

#include <errno.h>
#include <stdio.h>

#include "lib/json_walk.h"
#include "simulator/result_field.h"

enum { COLUMN_MAX = 256, NAME_SHOWN = 60 };

struct reader {
    struct result *result;
    char *why;
};

static bool fail(const struct reader *r, const char *what, struct str name)
{
    (void)snprintf(r->why, REPORT_READ_WHY_LEN, "%s \"%.*s\"", what,
                   name.len > NAME_SHOWN ? NAME_SHOWN : (int)name.len, name.ptr);
    return false;
}

/* The name without its quotes; names that we look for have no escapes. */
static struct str bare(struct str key)
{
    return key.len < 2 ? key : (struct str){key.ptr + 1, key.len - 2};
}

/* Each known member of an object goes into base. */
static bool read_members(const struct reader *r, const struct result_fields *fields, void *base,
                         struct str object)
{
    struct json_walk w;
    struct str key;
    struct str value;

    if (object.ptr[0] != '{' || !json_walk_begin(&w, object))
        return fail(r, "expected an object, got", object);
    while (json_walk_next(&w, &key, &value)) {
        const struct result_field *field = result_field_find(fields, bare(key));

        if (field != NULL && !result_field_read(field, base, value, &r->result->arena))
            return fail(r, "of the wrong kind:", bare(key));
    }
    return true;
}

static bool begin_array(const struct reader *r, struct json_walk *w, const char *name,
                        struct str value)
{
    if (value.ptr[0] == '[' && json_walk_begin(w, value))
        return true;
    return fail(r, "expected an array:", str_from(name));
}

static bool read_stages(const struct reader *r, struct str value)
{
    struct json_walk w;
    struct str key;

    if (!begin_array(r, &w, "stages", value))
        return false;
    while (json_walk_next(&w, &key, &value)) {
        if (!read_members(r, &result_stage_fields, result_add_stage(r->result), value))
            return false;
    }
    return true;
}

static bool read_slo(const struct reader *r, struct str value)
{
    struct result *to = r->result;
    struct json_walk w;
    struct str key;

    if (!begin_array(r, &w, "slo", value))
        return false;
    while (json_walk_next(&w, &key, &value)) {
        if (to->slo_count == RESULT_SLO_MAX)
            return fail(r, "too many of", STR("slo"));

        struct result_slo *slo = &to->slo[to->slo_count++];

        *slo = (struct result_slo){.text = "", .measured = ""};
        if (!read_members(r, &result_slo_fields, slo, value))
            return false;
    }
    return true;
}

static bool read_invalid(const struct reader *r, struct str value)
{
    static const struct result_field text = {"", RESULT_FIELD_TEXT, 0};
    struct json_walk w;
    struct str key;

    if (!begin_array(r, &w, "invalid", value))
        return false;
    while (json_walk_next(&w, &key, &value)) {
        const char *sentence;

        if (!result_field_read(&text, &sentence, value, &r->result->arena))
            return fail(r, "of the wrong kind:", STR("invalid"));
        result_add_invalid(r->result, sentence);
    }
    return true;
}

static bool read_counters(const struct reader *r, struct str value)
{
    struct result_second row = {0}; /* has them under the same names */

    if (!read_members(r, &result_second_fields, &row, value))
        return false;
    memcpy(r->result->total.counter, row.counter, sizeof row.counter);
    return true;
}

static bool read_gauges(const struct reader *r, struct str value)
{
    struct result_second row = {0};

    if (!read_members(r, &result_second_fields, &row, value))
        return false;
    memcpy(r->result->total.gauge, row.gauge, sizeof row.gauge);
    return true;
}

static bool read_hist(const struct reader *r, struct hist *h, struct str value)
{
    struct json_walk w;
    struct str key;

    if (value.ptr[0] != '{' || !json_walk_begin(&w, value))
        return fail(r, "expected an object:", STR("histograms"));
    while (json_walk_next(&w, &key, &value)) {
        if (!str_equal(key, STR("\"data\"")))
            continue;
        hist_clear(h);
        if (value.ptr[0] != '"' || !hist_decode(h, bare(value)))
            return fail(r, "no histogram:", bare(value));
    }
    return true;
}

static bool read_hists(const struct reader *r, struct str value)
{
    struct json_walk w;
    struct str key;

    if (value.ptr[0] != '{' || !json_walk_begin(&w, value))
        return fail(r, "expected an object:", STR("histograms"));
    while (json_walk_next(&w, &key, &value)) {
        for (size_t i = 0; i < TALLY_HIST_COUNT; i++) {
            if (str_equal(bare(key), str_from(tally_hist_rows[i].name)) &&
                !read_hist(r, r->result->total.hist[i], value))
                return false;
        }
    }
    return true;
}

/* --- seconds -------------------------------------------------------------------------------------
 */

struct columns {
    const struct result_field *field[COLUMN_MAX]; /* NULL: not known to us */
    size_t count;
};

static bool read_columns(const struct reader *r, struct columns *c, struct str value)
{
    struct json_walk w;
    struct str key;

    c->count = 0;
    if (!begin_array(r, &w, "columns", value))
        return false;
    while (json_walk_next(&w, &key, &value)) {
        if (c->count == COLUMN_MAX)
            return fail(r, "too many of", STR("columns"));
        c->field[c->count++] = result_field_find(&result_second_fields, bare(value));
    }
    return true;
}

static bool read_row(const struct reader *r, const struct columns *c, struct str value)
{
    struct result_second *row = result_add_second(r->result);
    struct json_walk w;
    struct str key;
    size_t i = 0;

    if (!begin_array(r, &w, "rows", value))
        return false;
    for (; json_walk_next(&w, &key, &value); i++) {
        if (i < c->count && c->field[i] != NULL &&
            !result_field_read(c->field[i], row, value, &r->result->arena))
            return fail(r, "of the wrong kind:", str_from(c->field[i]->name));
    }
    return i == c->count || fail(r, "a row is as long as", STR("columns"));
}

static bool read_seconds(const struct reader *r, struct str value)
{
    struct columns c = {.count = 0};
    struct json_walk members;
    struct json_walk rows;
    struct str key;
    bool ok = true;

    if (value.ptr[0] != '{' || !json_walk_begin(&members, value))
        return fail(r, "expected an object:", STR("seconds"));
    while (ok && json_walk_next(&members, &key, &value)) { /* columns stand first */
        if (str_equal(key, STR("\"columns\"")))
            ok = read_columns(r, &c, value);
        if (!str_equal(key, STR("\"rows\"")))
            continue;
        ok = begin_array(r, &rows, "rows", value);
        while (ok && json_walk_next(&rows, &key, &value))
            ok = read_row(r, &c, value);
    }
    return ok;
}

static const struct member {
    const char *name;
    bool (*read)(const struct reader *r, struct str value);
} members[] = {
    {"stages",     read_stages  },
    {"slo",        read_slo     },
    {"invalid",    read_invalid },
    {"counters",   read_counters},
    {"gauges",     read_gauges  },
    {"histograms", read_hists   },
    {"seconds",    read_seconds },
};

static bool has_schema(struct str document)
{
    struct json_walk w;
    struct str key;
    struct str value;

    if (document.ptr[0] != '{' || !json_walk_begin(&w, document))
        return false;
    while (json_walk_next(&w, &key, &value)) {
        if (str_equal(key, STR("\"schema\"")))
            return str_equal(value, STR("\"" REPORT_READ_SCHEMA "\""));
    }
    return false;
}

bool report_read(struct result *result, struct str text, char *why)
{
    const struct reader r = {result, why};
    struct json_walk w;
    struct str document;
    struct str key;
    struct str value;

    if (!json_walk_value(&text, &document) || text.len > 0 || !has_schema(document)) {
        (void)snprintf(why, REPORT_READ_WHY_LEN,
                       "no JSON report of a run (schema " REPORT_READ_SCHEMA ")");
        return false;
    }
    if (!read_members(&r, &result_run_fields, result, document) || !json_walk_begin(&w, document))
        return false;
    while (json_walk_next(&w, &key, &value)) {
        for (size_t i = 0; i < COUNT(members); i++) {
            if (str_equal(bare(key), str_from(members[i].name)) && !members[i].read(&r, value))
                return false;
        }
    }
    return true;
}

static bool read_all(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");
    size_t got = 1;

    if (file == NULL)
        return false;
    while (got > 0) {
        char *to = buf_reserve(out, 1 << 16);

        got = fread(to, 1, 1 << 16, file);
        out->len += got;
    }

    bool ok = ferror(file) == 0;

    return fclose(file) == 0 && ok;
}

bool report_read_file(struct result *r, const char *path, char *why)
{
    struct buf text = buf_growing();
    char what[REPORT_READ_WHY_LEN / 2];
    bool ok = read_all(path, &text);

    if (!ok)
        (void)snprintf(why, REPORT_READ_WHY_LEN, "%s: %s", path, strerror(errno));
    result_init(r);
    if (ok && !report_read(r, buf_str(&text), what)) {
        (void)snprintf(why, REPORT_READ_WHY_LEN, "%.250s: %s", path, what);
        ok = false;
    }
    if (!ok)
        result_fini(r);
    buf_fini(&text);
    return ok;
}
