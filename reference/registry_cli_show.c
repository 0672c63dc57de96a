/* `list` and `show` of `seatrial-endpoint registry`. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "reference/registry_cli_command.h"

/* A cell of the table; NUL-terminated, without control characters: names are foreign text. */
typedef void cell_fn(const json_t *doc, struct buf *out);

static void add_text(const json_t *v, struct buf *out)
{
    const char *text = json_string_value(v);

    for (size_t i = 0; i < json_string_length(v); i++)
        buf_add_char(out, (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i]);
}

static void cell_name(const json_t *doc, struct buf *out)
{
    add_text(json_object_get(json_object_get(doc, "metadata"), "name"), out);
}

static void cell_state(const json_t *doc, struct buf *out)
{
    const json_t *core = json_object_get(json_object_get(doc, "spec"), "core");
    const bool deleting =
        json_object_get(json_object_get(doc, "metadata"), "deletionTimestamp") != NULL;
    const bool disabled = json_is_true(json_object_get(core, "disabled"));

    buf_add_str(out, deleting ? STR("deleting") : disabled ? STR("disabled") : STR("enabled"));
}

static void cell_created(const json_t *doc, struct buf *out)
{
    add_text(json_object_get(json_object_get(doc, "metadata"), "creationTimestamp"), out);
}

/* The kinds of credentials, as `pass psk psk`. */
static void cell_credentials(const json_t *doc, struct buf *out)
{
    const json_t *spec = json_object_get(doc, "spec");
    const json_t *section = json_object_get(spec, "authentication");
    const json_t *list;
    json_t *v;
    const char *kind;
    size_t i;

    if (section == NULL)
        section = json_object_get(spec, "credentials");
    list = json_object_get(section, "credentials");
    json_array_foreach(list, i, v)
    {
        json_t *unused;

        json_object_foreach(v, kind, unused)
        {
            UNUSED(unused);
            buf_add_format(out, "%s%.16s", out->len > 0 ? " " : "", kind);
        }
    }
}

static void add_all(const json_t *list, struct buf *out)
{
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v)
    {
        if (i > 0)
            buf_add_str(out, STR("; "));
        add_text(v, out);
    }
}

static void cell_aliases(const json_t *doc, struct buf *out)
{
    add_all(json_object_get(json_object_get(doc, "spec"), "alias"), out);
}

static void cell_anchors(const json_t *doc, struct buf *out)
{
    const json_t *status = json_object_get(json_object_get(doc, "status"), "trustAnchors");
    const json_t *v;
    size_t i;

    json_array_foreach(json_object_get(status, "anchors"), i, v)
    {
        const json_t *valid = json_object_get(v, "valid");

        if (i > 0)
            buf_add_str(out, STR("; "));
        if (valid == NULL)
            buf_add_str(out, STR("(invalid)"));
        else
            add_text(json_object_get(valid, "subject"), out);
    }
}

enum { COLUMNS = 4 };

struct column {
    const char *title;
    cell_fn *cell;
};

static const struct column app_columns[COLUMNS] = {
    {"NAME",    cell_name   },
    {"STATE",   cell_state  },
    {"CREATED", cell_created},
    {"ANCHORS", cell_anchors},
};

static const struct column device_columns[COLUMNS] = {
    {"NAME",        cell_name       },
    {"STATE",       cell_state      },
    {"CREDENTIALS", cell_credentials},
    {"ALIASES",     cell_aliases    },
};

static void make_cell(const struct column *column, const json_t *doc, struct buf *out)
{
    buf_clear(out);
    if (doc == NULL)
        buf_add_str(out, str_from(column->title));
    else
        column->cell(doc, out);
    buf_add_char(out, '\0');
}

/* One line; doc NULL: the titles. The last column is not padded. */
static void print_line(const struct column *columns, const size_t *widths, const json_t *doc)
{
    struct buf cell = buf_growing();

    for (size_t c = 0; c < COLUMNS; c++) {
        make_cell(&columns[c], doc, &cell);
        if (c + 1 < COLUMNS)
            (void)printf("%-*s  ", (int)widths[c], cell.ptr);
        else
            (void)puts(cell.ptr);
    }
    buf_fini(&cell);
}

static void print_table(const struct column *columns, const json_t *docs)
{
    struct buf cell = buf_growing();
    size_t widths[COLUMNS] = {0};
    const json_t *doc;
    size_t i;

    for (size_t c = 0; c < COLUMNS; c++) {
        make_cell(&columns[c], NULL, &cell);
        widths[c] = cell.len - 1;
        json_array_foreach(docs, i, doc)
        {
            make_cell(&columns[c], doc, &cell);
            if (cell.len - 1 > widths[c])
                widths[c] = cell.len - 1;
        }
    }
    buf_fini(&cell);
    print_line(columns, widths, NULL);
    json_array_foreach(docs, i, doc)
    {
        print_line(columns, widths, doc);
    }
}

static void print_json(const json_t *v)
{
    (void)json_dumpf(v, stdout, JSON_INDENT(2));
    (void)putchar('\n');
}

enum cli_exit cli_list(struct cli *cli)
{
    const struct registry_target *t = &cli->target;
    const struct registry_page page = {.labels = cli->option[CLI_LABELS], .limit = -1};
    json_t *docs;
    const enum registry_err err =
        t->app.len == 0 ? registry_app_list(t->registry, &page, &docs, cli->why)
                        : registry_device_list(t->registry, t->app, &page, &docs, cli->why);

    if (err != REGISTRY_OK)
        return cli_result(cli, err);
    if (cli->option[CLI_JSON] != NULL)
        print_json(docs);
    else
        print_table(t->app.len == 0 ? app_columns : device_columns, docs);
    json_decref(docs);
    return CLI_OK;
}

enum cli_exit cli_show(struct cli *cli)
{
    const struct registry_target *t = &cli->target;
    json_t *doc;
    const enum registry_err err = t->device.len == 0
                                      ? registry_app_get(t->registry, t->app, &doc)
                                      : registry_device_get(t->registry, t->app, t->device, &doc);

    if (err != REGISTRY_OK)
        return cli_result(cli, err);
    print_json(doc);
    json_decref(doc);
    return CLI_OK;
}
