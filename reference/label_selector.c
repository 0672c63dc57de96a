#include "reference/label_selector.h"

#include <stdlib.h>

#include "lib/arena.h"

enum term_kind { TERM_EXISTS, TERM_ABSENT, TERM_IN, TERM_NOT_IN };

struct value {
    struct value *next;
    struct str text;
};

struct term {
    struct term *next;
    enum term_kind kind;
    struct str label;
    struct value *values; /* of TERM_IN and TERM_NOT_IN; `=` and `!=` are lists of one */
};

struct label_selector {
    struct arena memory;
    struct term *terms;
};

static void skip_spaces(struct str *in)
{
    while (in->len > 0 && in->ptr[0] == ' ')
        *in = (struct str){in->ptr + 1, in->len - 1};
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool take(struct str *in, struct str word)
{
    skip_spaces(in);
    if (in->len < word.len || memcmp(in->ptr, word.ptr, word.len) != 0)
        return false;
    *in = (struct str){in->ptr + word.len, in->len - word.len};
    return true;
}

/* Letters, digits, `-`, `_`, `.`, and for a label one `/` behind a prefix. Empty when there is
 * none. */
static struct str take_word(struct str *in, bool is_label)
{
    size_t len = 0;
    bool slash = !is_label;

    skip_spaces(in);
    for (; len < in->len; len++) {
        const char c = in->ptr[len];

        if (c == '/' && !slash && len > 0 && len + 1 < in->len && is_alnum(in->ptr[len + 1]))
            slash = true;
        else if (!is_alnum(c) && (len == 0 || (c != '-' && c != '_' && c != '.')))
            break;
    }
    const struct str word = {in->ptr, len};

    *in = (struct str){in->ptr + len, in->len - len};
    return word;
}

static bool take_value(struct arena *memory, struct str *in, struct value **values)
{
    const struct str word = take_word(in, false);

    if (word.len == 0)
        return false;
    struct value *v = arena_take(memory, 1, sizeof *v);

    *v = (struct value){*values, arena_str(memory, word)};
    *values = v;
    return true;
}

/* `(a,b)` */
static bool take_values(struct arena *memory, struct str *in, struct value **values)
{
    if (!take(in, STR("(")))
        return false;
    do {
        if (!take_value(memory, in, values))
            return false;
    } while (take(in, STR(",")));
    return take(in, STR(")"));
}

static const struct operation {
    struct str sign;
    enum term_kind kind;
    bool list;
} operations[] = {
    {{"==", 2},    TERM_IN,     false},
    {{"=", 1},     TERM_IN,     false},
    {{"!=", 2},    TERM_NOT_IN, false},
    {{"in", 2},    TERM_IN,     true },
    {{"notin", 5}, TERM_NOT_IN, true },
};

static bool take_term(struct arena *memory, struct str *in, struct term *t)
{
    const bool negated = take(in, STR("!"));
    const struct str label = take_word(in, true);

    t->label = arena_str(memory, label);
    t->kind = negated ? TERM_ABSENT : TERM_EXISTS;
    for (size_t i = 0; i < COUNT(operations) && !negated; i++) {
        if (!take(in, operations[i].sign))
            continue;
        t->kind = operations[i].kind;
        if (!(operations[i].list ? take_values(memory, in, &t->values)
                                 : take_value(memory, in, &t->values)))
            return false;
        break;
    }
    return label.len > 0;
}

struct label_selector *label_selector_parse(struct str text)
{
    struct label_selector *s = xcalloc(1, sizeof *s);
    bool ok = false;

    skip_spaces(&text);
    while (text.len > 0) {
        struct term *t = arena_take(&s->memory, 1, sizeof *t);

        t->next = s->terms;
        s->terms = t;
        if (!take_term(&s->memory, &text, t))
            goto out;
        skip_spaces(&text);
        /* A comma asks for one more term. */
        if (text.len > 0 && (!take(&text, STR(",")) || (skip_spaces(&text), text.len == 0)))
            goto out;
    }
    ok = true;
out:
    if (!ok)
        label_selector_free(&s); /* also sets s to NULL */
    return s;
}

void label_selector_free(struct label_selector **s)
{
    if (*s == NULL)
        return;
    arena_fini(&(*s)->memory);
    free(*s);
    *s = NULL;
}

static bool term_holds(const struct term *t, const json_t *labels)
{
    const json_t *label = json_object_get(labels, t->label.ptr);
    const struct str text = {json_string_value(label), json_string_length(label)};
    bool in = false;

    if (t->kind == TERM_EXISTS || t->kind == TERM_ABSENT)
        return (label != NULL) == (t->kind == TERM_EXISTS);
    for (const struct value *v = t->values; v != NULL && label != NULL; v = v->next)
        in |= str_equal(v->text, text);
    return in == (t->kind == TERM_IN);
}

bool label_selector_matches(const struct label_selector *s, const json_t *labels)
{
    for (const struct term *t = s->terms; t != NULL; t = t->next)
        if (!term_holds(t, labels))
            return false;
    return true;
}
