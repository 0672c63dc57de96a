#include "conformance/selector.h"

#include <fnmatch.h>

#include "lib/nearest.h"

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool selector_is_file(const char *text)
{
    size_t len = strlen(text);

    return text[0] != '!' && len > 4 && strcmp(text + len - 4, ".lua") == 0;
}

static bool takes_family(const struct catalogue *c, const struct case_def *def, const char *text)
{
    UNUSED(c);
    return fnmatch(text, def->family, 0) == 0;
}

static bool takes_level(const struct catalogue *c, const struct case_def *def, const char *text)
{
    UNUSED(c);
    return strcmp(text, case_level_name(def->level)) == 0;
}

static bool takes_impact(const struct catalogue *c, const struct case_def *def, const char *text)
{
    UNUSED(c);
    return strcmp(text, case_impact_name(def->impact)) == 0;
}

static bool takes_feature(const struct catalogue *c, const struct case_def *def, const char *text)
{
    UNUSED(c);
    for (size_t i = 0; i < def->needs.count; i++) {
        if (fnmatch(text, def->needs.item[i], 0) == 0)
            return true;
    }
    return false;
}

static bool takes_section(const struct catalogue *c, const struct case_def *def, const char *text)
{
    return catalogue_case_refers(c, def, text);
}

static bool takes_file(const struct catalogue *c, const struct case_def *def, const char *text)
{
    UNUSED(c);
    return strcmp(text, def->file) == 0;
}

/* An id of a case or of a requirement, or a glob over case ids. */
static bool takes_id(const struct catalogue *c, const struct case_def *def, const char *text)
{
    if (fnmatch(text, def->id, 0) == 0)
        return true;
    for (size_t i = 0; i < def->refs.count; i++) {
        if (strcmp(def->refs.item[i], text) == 0)
            return true;
    }
    UNUSED(c);
    return false;
}

static const struct kind {
    const char *prefix;
    size_t skip; /* bytes of the prefix that are not part of the value */
    bool (*takes)(const struct catalogue *c, const struct case_def *def, const char *text);
} kinds[] = {
    {"@",        1, takes_family },
    {"level:",   6, takes_level  },
    {"impact:",  7, takes_impact },
    {"feature:", 8, takes_feature},
    {"rfc",      0, takes_section},
    {"",         0, takes_id     },
};

static bool takes(const struct catalogue *c, const struct case_def *def, const char *text)
{
    if (selector_is_file(text))
        return takes_file(c, def, text);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (starts(text, kinds[i].prefix))
            return kinds[i].takes(c, def, text + kinds[i].skip);
    }
    return false;
}

static void refuse(const struct catalogue *c, const char *text, struct problems *problems)
{
    struct nearest n = nearest_to(str_from(text));
    struct nearest family = nearest_to(str_from(text[0] == '@' ? text + 1 : ""));

    for (size_t i = 0; i < c->case_count; i++) {
        nearest_offer(&n, c->cases[i].id);
        nearest_offer(&family, c->cases[i].family);
    }
    for (size_t i = 0; i < c->ledger.count; i++)
        nearest_offer(&n, c->ledger.rows[i].id);
    if (text[0] == '@' && family.found != NULL)
        problems_add(problems, NULL, 0, "no case is selected by \"%s\", did you mean \"@%s\"?",
                     text, family.found);
    else if (text[0] != '@' && n.found != NULL)
        problems_add(problems, NULL, 0, "no case is selected by \"%s\", did you mean \"%s\"?", text,
                     n.found);
    else
        problems_add(problems, NULL, 0, "no case is selected by \"%s\" (`seatrial list` shows all)",
                     text);
}

/* A name that nothing bears is a mistake; a question may have no answer. */
static bool is_name(const char *text)
{
    return strpbrk(text, "*?[:") == NULL && !starts(text, "rfc");
}

bool selector_apply(const struct catalogue *c, const struct texts *selectors, bool *selected,
                    struct problems *problems)
{
    size_t before = problems->count;
    bool has_positive = false;

    for (size_t s = 0; s < selectors->count; s++)
        has_positive = has_positive || selectors->item[s][0] != '!';
    for (size_t i = 0; i < c->case_count; i++)
        selected[i] = !has_positive;
    for (int negative = 0; negative < 2; negative++) {
        for (size_t s = 0; s < selectors->count; s++) {
            const char *text = selectors->item[s];
            bool any = false;

            if ((text[0] == '!') != (negative == 1))
                continue;
            for (size_t i = 0; i < c->case_count; i++) {
                if (takes(c, &c->cases[i], text + negative)) {
                    selected[i] = negative == 0;
                    any = true;
                }
            }
            if (!any && is_name(text + negative))
                refuse(c, text + negative, problems);
        }
    }
    return problems->count == before;
}
