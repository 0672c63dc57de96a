#include "lib/opt.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/nearest.h"
#include "lib/opt_value.h"

enum { NAME_CAP = 32, SHOWN_LEN = 80 };

static const struct type_row {
    enum opt_type type;
    size_t sizes[2]; /* that the field may have */
    const char *expected;
} types[] = {
    {OPT_HEADING,  {0, 0},                         ""                                                 },
    {OPT_TEXT,     {sizeof(char *), 0},            "a text that is not empty"                         },
    {OPT_FLAG,     {sizeof(bool), 0},              "yes or no"                                        },
    {OPT_INTEGER,  {sizeof(int), sizeof(int64_t)}, "a whole number"                                   },
    {OPT_DURATION, {sizeof(int64_t), 0},           "a time with a unit (250us, 1500ms, 2s, 10min, 1h)"},
    {OPT_SIZE,     {sizeof(int64_t), 0},           "a size (512, 64KiB, 1GiB)"                        },
    {OPT_DECIMAL,  {sizeof(double), 0},            "a number such as 1.5"                             },
    {OPT_NAME,     {sizeof(int), 0},               "one of"                                           },
    {OPT_ADDRESS,  {sizeof(struct addr_list), 0},  "an address such as 127.0.0.1:5683, [::1]:5683"    },
};

union value {
    const char *text;
    bool flag;
    int64_t number; /* integer, duration, size, name */
    double decimal;
    struct addr addr;
};

/* Where a value stands, for the error text: `FILE:LINE: name` or `--name`. */
struct place {
    const char *file_name; /* NULL: the command line */
    size_t line;
};

static uint16_t default_port(const struct opt *row)
{
    struct addr first;
    const char *text = row->initial == NULL ? "" : row->initial;
    struct str one = {text, (size_t)(strchrnul(text, ' ') - text)};

    return addr_parse(one, 0, &first) ? addr_port(&first) : 0;
}

/* Bounds aside. v->text is borrowed from text. */
static bool parse_value(const struct opt *row, const char *text, union value *v)
{
    struct str s = str_from(text);

    switch (row->type) {
    case OPT_HEADING:
        break;
    case OPT_TEXT:
        v->text = text;
        return s.len > 0;
    case OPT_FLAG:
        return opt_value_flag(s, &v->flag);
    case OPT_INTEGER:
        return opt_value_integer(s, &v->number);
    case OPT_DURATION:
        return opt_value_duration(s, &v->number);
    case OPT_SIZE:
        return opt_value_size(s, &v->number);
    case OPT_DECIMAL:
        return opt_value_decimal(s, &v->decimal);
    case OPT_NAME:
        v->number = opt_value_name(s, row->unit);
        return v->number >= 0;
    case OPT_ADDRESS:
        return addr_parse(s, default_port(row), &v->addr);
    }
    return false;
}

static bool within(const struct opt *row, const union value *v)
{
    union value bound;

    if (row->type == OPT_INTEGER && row->size == sizeof(int) &&
        (v->number < INT32_MIN || v->number > INT32_MAX))
        return false;
    if (row->min != NULL && parse_value(row, row->min, &bound)) {
        if (row->type == OPT_DECIMAL ? v->decimal < bound.decimal : v->number < bound.number)
            return false;
    }
    if (row->max != NULL && parse_value(row, row->max, &bound)) {
        if (row->type == OPT_DECIMAL ? v->decimal > bound.decimal : v->number > bound.number)
            return false;
    }
    return true;
}

/* False: an address list is full. */
static bool store(void *target, const struct opt *row, const union value *v)
{
    void *field = (char *)target + row->offset;
    int small = (int)v->number;
    struct addr_list *list;

    switch (row->type) {
    case OPT_HEADING:
        break;
    case OPT_TEXT:
        memcpy(field, &v->text, sizeof v->text);
        break;
    case OPT_FLAG:
        memcpy(field, &v->flag, sizeof v->flag);
        break;
    case OPT_INTEGER:
    case OPT_NAME:
        if (row->size == sizeof small) {
            memcpy(field, &small, sizeof small);
            break;
        }
        memcpy(field, &v->number, sizeof v->number);
        break;
    case OPT_DURATION:
    case OPT_SIZE:
        memcpy(field, &v->number, sizeof v->number);
        break;
    case OPT_DECIMAL:
        memcpy(field, &v->decimal, sizeof v->decimal);
        break;
    case OPT_ADDRESS:
        list = field;
        if (list->count == ADDR_LIST_MAX)
            return false;
        list->addr[list->count++] = v->addr;
        break;
    }
    return true;
}

/* Foreign text for a message: control bytes as `?`, cut when long. */
static void add_shown(struct buf *b, struct str s)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len && i < SHOWN_LEN; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        buf_add_char(b, c < 0x20 || c == 0x7f ? '?' : (char)c);
    }
    buf_add_str(b, s.len > SHOWN_LEN ? STR("...\"") : STR("\""));
}

static void add_place(struct buf *b, const struct place *place)
{
    if (place->file_name != NULL)
        buf_add_format(b, "%s:%zu: ", place->file_name, place->line);
}

/* The start of a message about a known option. */
static struct buf message(char *why, const struct place *place, const struct opt *row)
{
    struct buf b = buf_over(why, OPT_WHY_LEN - 1);

    add_place(&b, place);
    buf_add_format(&b, "%s%s: ", place->file_name == NULL ? "--" : "", row->name);
    return b;
}

static bool end_message(struct buf *b)
{
    b->ptr[b->len] = '\0';
    return false;
}

static bool say(char *why, const struct place *place, const struct opt *row, const char *text)
{
    struct buf b = message(why, place, row);

    buf_add_str(&b, str_from(text));
    return end_message(&b);
}

static bool say_expected(char *why, const struct place *place, const struct opt *row,
                         const char *got)
{
    struct buf b = message(why, place, row);
    union value v;

    buf_add_str(&b, STR("expected "));
    if (parse_value(row, got, &v) && row->min != NULL && row->max != NULL)
        buf_add_format(&b, "%s to %s", row->min, row->max);
    else if (parse_value(row, got, &v) && row->min != NULL)
        buf_add_format(&b, "at least %s", row->min);
    else if (row->type == OPT_NAME)
        buf_add_format(&b, "one of %s", row->unit);
    else
        buf_add_str(&b, str_from(types[row->type].expected));
    buf_add_str(&b, STR(", got "));
    add_shown(&b, str_from(got));
    return end_message(&b);
}

static bool say_unknown(const struct opt_reader *r, char *why, const struct place *place,
                        struct str name)
{
    struct buf b = buf_over(why, OPT_WHY_LEN - 1);
    const char *dashes = place->file_name == NULL ? "--" : "";
    const char *nearest = opt_nearest(r->rows, r->row_count, name);

    add_place(&b, place);
    buf_add_str(&b, STR("unknown option "));
    add_shown(&b, name);
    if (nearest != NULL)
        buf_add_format(&b, ", did you mean %s%s?", dashes, nearest);
    return end_message(&b);
}

/* Checks text and stores it unless the row has a value of a better origin. */
static bool set(struct opt_reader *r, size_t index, const char *text, const struct place *place,
                char *why)
{
    const struct opt *row = &r->rows[index];
    enum opt_origin origin = place->file_name == NULL ? OPT_FROM_ARGS : OPT_FROM_FILE;
    union value v = {.number = 0};

    if (origin == OPT_FROM_FILE && (row->flags & OPT_ARGS_ONLY) != 0)
        return say(why, place, row, "only for the command line");
    if (origin == OPT_FROM_FILE && r->origin[index] == OPT_FROM_FILE && row->type != OPT_ADDRESS)
        return say(why, place, row, "given twice");
    if (!parse_value(row, text, &v) || !within(row, &v))
        return say_expected(why, place, row, text);
    if (origin < r->origin[index])
        return true;
    if (row->type == OPT_ADDRESS && r->origin[index] != origin)
        ((struct addr_list *)(void *)((char *)r->target + row->offset))->count = 0;
    r->origin[index] = origin;
    return store(r->target, row, &v) || say(why, place, row, "too many addresses");
}

/* The index of the row, or row_count. */
static size_t find(const struct opt_reader *r, struct str name)
{
    for (size_t i = 0; i < r->row_count; i++) {
        if (r->rows[i].type != OPT_HEADING && str_equal(name, str_from(r->rows[i].name)))
            return i;
    }
    return r->row_count;
}

static bool size_fits(const struct opt *row)
{
    const struct type_row *t = &types[row->type];

    return t->type == row->type && (row->size == t->sizes[0] || row->size == t->sizes[1]);
}

static void set_default(void *target, const struct opt *row)
{
    union value v = {.number = 0};
    bool ok = true;

    memset((char *)target + row->offset, 0, row->size);
    if (row->type == OPT_ADDRESS) {
        const char *text = row->initial == NULL ? "" : row->initial;

        while (*text != '\0') {
            struct str one = {text, (size_t)(strchrnul(text, ' ') - text)};

            ok = ok && addr_parse(one, 0, &v.addr) && store(target, row, &v);
            text += one.len + (text[one.len] == ' ');
        }
    } else if (row->initial != NULL) {
        ok = parse_value(row, row->initial, &v) && within(row, &v) && store(target, row, &v);
    }
    assert(ok);
}

void opt_init(struct opt_reader *r, const struct opt *rows, size_t row_count, void *target)
{
    assert(row_count <= OPT_MAX_ROWS);
    *r = (struct opt_reader){.rows = rows, .row_count = row_count, .target = target};
    for (size_t i = 0; i < row_count; i++) {
        union value bound;

        if (rows[i].type == OPT_HEADING)
            continue;
        assert(size_fits(&rows[i]) && strlen(rows[i].name) < NAME_CAP);
        assert(find(r, str_from(rows[i].name)) == i);
        assert(rows[i].min == NULL || parse_value(&rows[i], rows[i].min, &bound));
        assert(rows[i].max == NULL || parse_value(&rows[i], rows[i].max, &bound));
        set_default(target, &rows[i]);
    }
}

/* `name` of `--no-name`, when that is a flag. */
static size_t find_negated(const struct opt_reader *r, struct str name)
{
    if (name.len <= 3 || memcmp(name.ptr, "no-", 3) != 0)
        return r->row_count;
    size_t index = find(r, (struct str){name.ptr + 3, name.len - 3});

    return index < r->row_count && r->rows[index].type == OPT_FLAG ? index : r->row_count;
}

/* One option at argv[*at]; moves *at over a value that stands alone. */
static bool read_arg(struct opt_reader *r, int argc, char **argv, int *at, char *why)
{
    const struct place here = {.file_name = NULL};
    const char *arg = strcmp(argv[*at], "-h") == 0 ? "--help" : argv[*at];

    if (arg[0] != '-' || arg[1] != '-' || arg[2] == '\0') {
        struct buf b = buf_over(why, OPT_WHY_LEN - 1);

        buf_add_str(&b, STR("unexpected argument "));
        add_shown(&b, str_from(arg));
        return end_message(&b);
    }
    struct str name = {arg + 2, (size_t)(strchrnul(arg, '=') - arg) - 2};
    const char *value = arg[2 + name.len] == '=' ? arg + 3 + name.len : NULL;
    size_t index = find(r, name);

    if (index == r->row_count) {
        index = find_negated(r, name);
        if (index == r->row_count)
            return say_unknown(r, why, &here, name);
        return value == NULL ? set(r, index, "no", &here, why)
                             : say(why, &here, &r->rows[index], "--no- takes no value");
    }
    if (value == NULL && r->rows[index].type == OPT_FLAG)
        value = "yes";
    if (value == NULL && *at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0)
        value = argv[++*at];
    if (value == NULL)
        return say(why, &here, &r->rows[index], "a value is missing");
    return set(r, index, value, &here, why);
}

bool opt_read_args(struct opt_reader *r, int argc, char **argv, char *why)
{
    for (int at = 1; at < argc; at++) {
        if (!read_arg(r, argc, argv, &at, why))
            return false;
    }
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static char *skip_space(char *p)
{
    while (is_space(*p))
        p++;
    return p;
}

/*
 * The value at p as a C string, made in place; NULL when it is no value. What follows is a comment
 * or nothing.
 */
static char *cut_value(char *p)
{
    char *end;

    if (*p == '"') {
        end = strchr(p + 1, '"');
        if (end == NULL)
            return NULL;
        char *rest = skip_space(end + 1);

        *end = '\0';
        return *rest == '\0' || (*rest == '#' && rest > end + 1) ? p + 1 : NULL;
    }
    for (end = p; *end != '\0'; end++) {
        if (*end == '#' && (end == p || is_space(end[-1])))
            break;
    }
    while (end > p && is_space(end[-1]))
        end--;
    *end = '\0';
    return p;
}

/* One line, NUL-terminated. */
static bool read_line(struct opt_reader *r, char *line, const struct place *place, char *why)
{
    char *name = skip_space(line);
    struct buf b = buf_over(why, OPT_WHY_LEN - 1);

    if (*name == '\0' || *name == '#')
        return true;
    struct str name_str = {name, strcspn(name, " \t\r=")};
    char *equals = skip_space(name + name_str.len);
    char *value = *equals == '=' ? cut_value(skip_space(equals + 1)) : NULL;

    if (value == NULL) {
        add_place(&b, place);
        buf_add_str(&b, STR("expected `name = value`, got "));
        add_shown(&b, str_from(name));
        return end_message(&b);
    }
    size_t index = find(r, name_str);

    if (index == r->row_count)
        return say_unknown(r, why, place, name_str);
    return set(r, index, value, place, why);
}

bool opt_read_text(struct opt_reader *r, const char *file_name, char *text, size_t len, char *why)
{
    struct place place = {.file_name = file_name, .line = 1};

    assert(text[len] == '\0');
    for (char *line = text; line < text + len; place.line++) {
        size_t line_len = strcspn(line, "\n");
        char *next = line + line_len + 1;

        if (line[line_len] == '\0' && line + line_len < text + len) {
            (void)snprintf(why, OPT_WHY_LEN, "%s:%zu: expected text, got a zero byte", file_name,
                           place.line);
            return false;
        }
        line[line_len] = '\0';
        if (!read_line(r, line, &place, why))
            return false;
        line = next;
    }
    return true;
}

enum opt_origin opt_origin_of(const struct opt_reader *r, const char *name)
{
    size_t index = find(r, str_from(name));

    assert(index < r->row_count);
    return r->origin[index];
}

const char *opt_nearest(const struct opt *rows, size_t row_count, struct str name)
{
    struct nearest n = nearest_to(name);

    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].type != OPT_HEADING && (rows[i].flags & OPT_HIDDEN) == 0)
            nearest_offer(&n, rows[i].name);
    }
    return n.found;
}
